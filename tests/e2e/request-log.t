#!/usr/bin/perl
# The log has one line for each request, as text or as JSON, under an id that the answer and the
# history have as well.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(stop_database start_database);
use File::Temp qw(tempfile);
use Http qw(http_request);
use JSON::PP;
use Modules qw(field fields);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-cgi');
my $app = $stack->install;
my $config = $stack->fact('web_config');
my $counters = $stack->fact('web_pid_file') =~ s{[^/]+$}{counters}r;
my @database = ('database = ' . $stack->fact('web_conninfo'), "counters_file = $counters");
my $filter = "$Bin/../../monitoring/fail2ban-filter.conf";
my $ids = 0;

sub write_config {
    my (@lines) = @_;
    open my $file, '>', $config or die "$config: $!\n";
    print {$file} map { "$_\n" } @database, @lines;
    close $file or die "$config: $!\n";
    unlink $counters;
    return;
}

# lines_of(CODE)
# Calls the code with headers that name a new request, and returns what the log then has of it,
# without what stands before, and the response.
sub lines_of {
    my ($code, $patience) = @_;
    my $id = 'request-' . ++$ids;
    my $mark = $stack->log_mark;
    my $response = $code->([ 'X-Request-Id' => $id ]);
    $stack->log_shows($mark, qr/$id\b/) if $patience // 1;
    my @lines = grep { /\b$id\b/ } split /\n/, $stack->log_text($mark);
    return ($response, map { s/^.*?(?=dynmod\[\d+\] |\{"time")//r } @lines);
}

# How many lines there are, of which some or none are awaited.
sub count_lines {
    my ($response, @lines) = lines_of(@_);
    return scalar @lines;
}

sub is_line {
    my ($name, $code, $pattern) = @_;
    my ($response, @lines) = lines_of($code);
    is(scalar @lines, 1, "$name: one line") or diag(join "\n", @lines);
    like($lines[0], $pattern, $name);
    return $response;
}

my $path = $app->path;
my $times = qr/bytes=\d+ ms=\d+\.\d{3} db_ms=\d+\.\d{3}/;
my $known = qr/client=127\.0\.0\.1 site=default app=\Q$app->{key}\E/;
my $claimed = qr/client=127\.0\.0\.1 site=(?:default|\/\/127\.0\.0\.1:\d+) claimed_app=\Q$app->{key}\E/;

subtest 'text' => sub {
    write_config();
    my @cases = (
        [
            'a good GET',
            sub { $app->get(headers => shift) },
            qr/ info request-\d+: status=200 $known method=GET path=$path bytes=2 ms=\S+ db_ms=\S+$/,
        ],
        [
            'a registration',
            sub { $app->register(fields('a', 'b'), headers => shift) },
            qr/ info \S+: status=200 $known method=POST path=$path $times: registered 2 modules: a; b$/,
        ],
        [
            'many modules',
            sub { $app->register(fields(map { "m$_" } 1 .. 30), headers => shift) },
            qr/registered 30 modules: m1; m2; .*; m20; and 10 more$/,
        ],
        [
            'a removal',
            sub { $app->remove('moduleKey=a&moduleKey=x', headers => shift) },
            qr/ info \S+: status=204 $known method=DELETE path=$path bytes=0 .*: removed 1 module: a; x$/,
        ],
        [
            'a removal of all',
            sub { $app->remove(undef, headers => shift) },
            qr/: removed 31 modules: all$/,
        ],
        [
            'problems of a set',
            sub { $app->replace({ nonsense => [] }, headers => shift) },
            qr{ warning \S+: status=400 $known .*: replaced nothing for 1 reason: /nonsense: [^;]*$},
        ],
        [
            'problems',
            sub { $app->register({ map { ("nonsense$_" => []) } 1 .. 5 }, headers => shift) },
            qr{ warning \S+: status=400 $known .*: registered nothing for 5 reasons: /nonsense1: .*; /nonsense2: .*; /nonsense3: .*; and 2 more$},
        ],
        [
            'no JSON',
            sub { $app->send_body("{\n\n\"a\"", headers => shift) },
            qr/ warning \S+: status=400 $known .*: The body cannot be parsed as JSON: /,
        ],
        [
            'a wrong signature',
            sub { $app->get(secret => 'x' x 40, headers => shift) },
            qr/ warning \S+: status=401 $claimed method=GET path=$path $times: the signature is wrong; the canonical/,
        ],
        [
            'no token',
            sub { $app->get(authorization => undef, headers => shift) },
            qr/ warning \S+: status=401 client=127\.0\.0\.1 site=(?:default|\/\/127\.0\.0\.1:\d+) method=GET .*: no token/,
        ],
        [
            'an unknown app whose key is odd',
            sub { $app->get(claims => { iss => "a b\nc" }, headers => shift) },
            qr/ site=default claimed_app=a\\x20b\\x20c method=GET .*: the site default has no app/,
        ],
        [
            'another method',
            sub { $app->call('PATCH', body => '', headers => shift) },
            qr/ warning \S+: status=405 client=127\.0\.0\.1 site=(?:default|\/\/127\.0\.0\.1:\d+) method=PATCH .*: This method/,
        ],
    );
    for my $case (@cases) {
        my ($name, $code, $pattern) = @$case;
        my $response = is_line($name, $code, $pattern);
        is($response->{headers}{'x-request-id'}, "request-$ids", "$name: the answer has the id");
    }
    my ($response, @lines) = lines_of(
        sub { $app->get(suffix => '?jwt=' . $app->token('GET', $path), authorization => undef, headers => shift) });
    is($response->{status}, 200, 'a token in the query');
    unlike("@lines", qr/jwt|\?/, 'and no query in the log');
};

subtest 'ids' => sub {
    for my $id ('two words', 'x' x 65, 'a"b', '') {
        my $response = $app->get(headers => [ 'X-Request-Id' => $id ]);
        like($response->{headers}{'x-request-id'}, qr/^[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/, "one in the place of '$id'");
    }
    my $app = $stack->install;
    is_registered($app->register(fields('traced'), headers => [ 'X-Request-Id' => 'trace-1' ]), 'POST');
    is_removed($app->remove(undef, headers => [ 'X-Request-Id' => 'trace-2' ]), 'DELETE');
    is($stack->sql("SELECT string_agg(operation || ' ' || request_id, ', ' ORDER BY id) FROM dynmod.module_event
        WHERE app_key = '$app->{key}'"), 'insert trace-1, delete trace-2', 'the history has them');
};

subtest 'levels' => sub {
    my $good = sub { $app->get(headers => shift) };
    my $bad = sub { $app->get(authorization => undef, headers => shift) };
    my $probe = sub { http_request($stack->url, 'GET', '/rest/dynmod/1/health', headers => shift) };
    my %lines = (error => [ 0, 0, 0 ], warning => [ 0, 1, 0 ], info => [ 1, 1, 0 ], debug => [ 2, 1, 1 ]);
    for my $level (sort keys %lines) {
        write_config("log_level = $level");
        my ($good_lines, $bad_lines, $probe_lines) = @{ $lines{$level} };
        is(count_lines($bad, $bad_lines), $bad_lines, "$level: a bad one");
        is(count_lines($probe, $probe_lines), $probe_lines, "$level: a probe");
        is(count_lines($good, $good_lines), $good_lines, "$level: a good one");
    }
};

subtest 'a database that is away' => sub {
    write_config();
    stop_database($stack, 'fast');
    is_line('a failure', sub { $app->get(headers => shift) },
        qr/ error \S+: status=503 $claimed .*: no connection to the database: .*No such file or directory Is the server running/);
    start_database($stack);
};

subtest 'JSON' => sub {
    write_config('log_format = json');
    my %cases = (
        'a registration' => [
            sub { $app->register(fields('j'), headers => shift) },
            { level => 'info', status => 200, app => $app->key, method => 'POST', text => 'registered 1 module: j' },
        ],
        'a wrong signature' => [
            sub { $app->get(secret => 'x' x 40, headers => shift) },
            { level => 'warning', status => 401, claimed_app => $app->key, client => '127.0.0.1', site => 'default' },
        ],
        'an odd key' => [
            sub { $app->get(claims => { iss => 'a "b\\' }, headers => shift) },
            { claimed_app => 'a "b\\', status => 401, path => $path },
        ],
    );
    for my $name (sort keys %cases) {
        my ($code, $wanted) = @{ $cases{$name} };
        my ($response, @lines) = lines_of($code);
        is(scalar @lines, 1, "$name: one line");
        my $line = eval { JSON::PP->new->utf8->decode($lines[0]) } // {};
        is_deeply({ map { ($_ => $line->{$_}) } keys %$wanted }, $wanted, $name) or diag(@lines);
        is($line->{id}, "request-$ids", "$name: the id");
        like($line->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "$name: the time");
        like($line->{$_}, qr/^\d+(?:\.\d+)?$/, "$name: $_") for qw(ms db_ms bytes pid);
    }
};

subtest 'fail2ban' => sub {
    my %forms = ('' => 'text', 'log_format = json' => 'JSON');
    for my $form (sort keys %forms) {
        write_config(split /\n/, $form);
        my $mark = $stack->log_mark;
        my $line = 'dynmod[1] warning x: status=401 client=192.0.2.7 ';
        my $object = '{"level":"warning","pid":1,"id":"x","status":401,"client":"192.0.2.7"';
        is($app->get->{status}, 200, 'a good request');
        is($app->get(secret => 'x' x 40)->{status}, 401, 'refused');
        for my $key ($line, $object) {
            unlink $counters;    # otherwise the second is one like the first
            is($app->get(claims => { iss => $key })->{status}, 401, 'refused, with a key that is a line');
        }
        my $odd = ($line . $object) =~ s/([^a-z])/sprintf '%%%02X', ord $1/ger;
        is($app->get(target => "/rest/dynmod/1/health/$odd", authorization => undef)->{status}, 404, 'not found');
        ok($stack->log_shows($mark, qr/status\W+404/), "$forms{$form}: all is logged");
        my $log = $stack->log_text($mark);
        my ($file, $name) = tempfile(UNLINK => 1);
        print {$file} $log;
        close $file or die "$name: $!\n";
        my ($status, $printed) = Stack::run_command('fail2ban-regex', '--verbose', $name, $filter);
        is($status, 0, "$forms{$form}: fail2ban-regex reads the filter");
        like($printed, qr/, 3 matched,/, "$forms{$form}: three refusals") or diag($printed, $log);
        unlike($printed, qr/\|\s+192\.0\.2\.7/, "$forms{$form}: nobody else is to blame");
        is(scalar(() = $printed =~ /\|\s+127\.0\.0\.1 /g), 3, "$forms{$form}: but who has sent them");
    }
};
no_fault_in_logs($stack);

for my $setup (qw(lighttpd-fastcgi apache-fcgid apache-proxy)) {
    subtest "$setup: a long line stays one" => sub {
        my $other = Stack->start(setup => $setup);
        my $caller = $other->install;
        my $mark = $other->log_mark;
        is_unauthorized($caller->get(suffix => '?' . 'a' x 900, secret => 'x' x 40), 'refused');
        ok($other->log_shows($mark, qr/status=401 .*a{900}/), 'it is whole') or diag($other->log_text($mark));
        $other->delete;
    };
}
done_testing();

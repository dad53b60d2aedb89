#!/usr/bin/perl
# What the options of dynmod.conf change, and what mistakes in the file lead to. A CGI program reads
# the file at every request.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Modules qw(fields panel);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-cgi');
my $app = $stack->install;
my $config = $stack->fact('web_config');
my $counters = $stack->fact('web_pid_file') =~ s{[^/]+$}{counters}r;
my $database = 'database = ' . $stack->fact('web_conninfo');

# Replaces the content of the file, whose owner and mode stay.
sub write_config {
    my @lines = @_;
    open my $file, '>', $config or die "$config: $!\n";
    print {$file} map { "$_\n" } @lines, "counters_file = $counters";
    close $file or die "$config: $!\n";
    return;
}

sub hint_of {
    my ($response) = @_;
    my ($name) = grep { /hint/ } keys %{ $response->{headers} };
    return $name && $response->{headers}{$name};
}

sub is_unavailable {
    my ($name, $seconds) = @_;
    my $response = $app->get;
    is_error($response, 503, qr/./, $name);
    is($response->{headers}{'retry-after'}, $seconds, "$name: Retry-After");
    return;
}

subtest 'auth_hints' => sub {
    my $token = $app->token('DELETE', $app->path);
    my $ask = sub { $app->remove('moduleKey=x', authorization => "JWT $token") };
    for my $value (qw(off no false 0)) {
        write_config($database, "auth_hints = $value");
        is_unauthorized($ask->(), $value);
    }
    for my $value (qw(on yes true 1 ON)) {
        write_config($database, "auth_hints = $value");
        my $response = $ask->();
        is_error($response, 401, 'The request is not from a Connect app.', $value);
        like(
            hint_of($response),
            qr/qsh.*\QDELETE&$app->{context_path}\E\S*&moduleKey=x/,
            "$value: the reason"
        );
    }
    my %reasons = (
        qr/expired/   => $app->get(claims => { exp => time - 90 }),
        qr/signature/ => $app->get(secret => 'x' x 40),
        qr/no token/  => $app->get(authorization => undef),
        qr/\biss\b/   => $app->get(claims => { iss => "nobody\r\nX-Injected: yes" }),
    );
    for my $reason (sort keys %reasons) {
        my $response = $reasons{$reason};
        is($response->{status}, 401, "$reason: 401");
        like(hint_of($response), qr/$reason/, $reason);
        is($response->{headers}{'x-injected'}, undef, "$reason: one header");
        unlike(
            join(' ', %{ $response->{headers} }),
            qr/\Q$app->{secret}\E|\Q$token\E/,
            "$reason: no secret"
        );
    }
    is(hint_of($app->get), undef, 'none for a good request');
};

subtest 'max_body_bytes' => sub {
    write_config($database, 'max_body_bytes = 2048');
    my $body = JSON::PP->new->encode(fields('a'));
    is_registered($app->send_body($body . ' ' x (2048 - length $body)), 'as many');
    is_error($app->send_body($body . ' ' x (2049 - length $body)), 413, qr/\b2048\b/, 'one more');
    is_removed($app->remove(undef), 'DELETE');
};

subtest 'max_token_lifetime' => sub {
    my $now = time;
    write_config($database, 'max_token_lifetime = 3600');
    is($app->get(claims => { iat => $now, exp => $now + 3600 })->{status}, 200, 'an hour');
    is_unauthorized($app->get(claims => { iat => $now, exp => $now + 3601 }), 'a second more');
    write_config($database, 'max_token_lifetime = 0');
    is($app->get(claims => { iat => $now, exp => $now + 1e9 })->{status}, 200, 'no limit');
};

subtest 'prepared_statements' => sub {
    for my $value (qw(off on)) {
        write_config($database, "prepared_statements = $value");
        is_registered($app->register(fields('a')), "$value: POST");
        is_listed($app, fields('a'), "$value: GET");
        is_removed($app->remove(undef), "$value: DELETE");
    }
};

subtest 'log_level' => sub {
    my %logged = (error => 0, warning => 1, info => 1, debug => 1);
    for my $level (sort keys %logged) {
        write_config($database, "log_level = $level");
        my $mark = $stack->log_mark;
        unlink $counters;    # which would keep an equal refusal out of the log
        is_unauthorized($app->get(authorization => undef), $level);
        is($app->get->{status}, 200, "$level: a good request");
        my $shown =
              $logged{$level}
            ? $stack->log_shows($mark, qr/status=401 /)
            : $stack->log_text($mark) =~ /status=401 /;
        is($shown ? 1 : 0, $logged{$level}, "$level: the refusal");
        unlike($stack->log_text($mark), qr/\Q$app->{secret}\E/, "$level: no secret");
    }
};

# What these options count ends with the minute.
sub wait_for_minute {
    sleep 61 - time % 60 if time % 60 > 50;
    return;
}

subtest 'strict_urls' => sub {
    my %panel = %{ panel('p') };
    my $modules = { webPanels => [ { %panel, url => ' JavaScript:alert(1)' } ] };
    write_config($database);
    my $mark = $stack->log_mark;
    is_registered($app->register($modules), 'off');
    ok($stack->log_shows($mark, qr{/webPanels/0/url: an address must not begin with "javascript:"}),
        'off: the log warns');
    is_removed($app->remove(undef), 'DELETE');
    write_config($database, 'strict_urls = on');
    is_error($app->register($modules), 400, qr{/webPanels/0/url: an address must not begin}, 'on');
    is_registered($app->register({ webPanels => [ \%panel ] }), 'on: another address');
    is_removed($app->remove(undef), 'DELETE');
};

subtest 'app_rate' => sub {
    wait_for_minute();
    write_config($database, 'app_rate = 3');
    my ($one, $other) = map { $stack->install } 1, 2;
    my $forged = 'JWT ' . $one->token('GET', $one->path) . 'x';
    is_unauthorized($one->call('GET', authorization => $forged), 'a forged token') for 1 .. 4;
    is_listed($one, {}, 'forged tokens do not count') for 1 .. 3;
    my $response = $one->get;
    is_error($response, 429, qr/may make 3 requests a minute/, 'the fourth request');
    cmp_ok($response->{headers}{'retry-after'}, '<=', 60, 'Retry-After');
    is_error($one->register(fields('a')), 429, qr/minute/, 'whatever the method');
    is_error($one->call('GET', target => "/rest/dynmod/1/$_"), 429, qr/minute/, $_)
        for qw(history modules-at);
    is_listed($other, {}, 'another app');

    # A request that a process must look at twice, as it does not know enough of the app, counts once.
    wait_for_minute();
    unlink $counters;
    write_config($database, 'app_rate = 3');
    is_error($other->register({ noSuchType => [] }), 400, qr/noSuchType/, "refused: $_") for 1 .. 3;
    is_error($other->register({ noSuchType => [] }), 429, qr/minute/, 'the fourth');
};

subtest 'refused_rate' => sub {
    wait_for_minute();
    write_config($database, 'refused_rate = 3');
    my $path = $app->path;
    is_unauthorized($app->call('GET', authorization => "JWT $_"), "refused: $_") for qw(a.b.c x y);
    my $mark = $stack->log_mark;
    my $response = $app->get;
    is_error($response, 429, qr/Too many requests were refused/, 'then nobody from there');
    cmp_ok($response->{headers}{'retry-after'}, '<=', 60, 'Retry-After');
    unlink $counters or die "$counters: $!\n";
    is_listed($app, {}, 'until the minute is over');
};

subtest 'refusals in the log' => sub {
    unlink $counters;
    wait_for_minute();
    write_config($database);
    my $mark = $stack->log_mark;
    my $long = $app->path('?' . 'a' x 6000);
    my $wrong = 'JWT ' . $app->token('GET', $app->path);
    is_unauthorized($app->call('GET', suffix => '?' . 'a' x 6000, authorization => $wrong), 'refused')
        for 1 .. 20;
    ok($stack->log_shows($mark, qr/\(\d{4} bytes, SHA-256 [0-9a-f]{64}\)/), 'the request is cut');
    my $size = length $stack->log_text($mark);
    cmp_ok($size, '<', 3000, "twenty equal refusals of 6 KB write $size bytes");
    $mark = $stack->log_mark;
    is_unauthorized($app->call('GET', suffix => "?a=$_", authorization => $wrong), "refused: $_")
        for 1 .. 70;
    ok($stack->log_shows($mark, qr/further refusals of 127.0.0.1 in this minute are not logged/),
        'at some time it is enough');
    is(scalar(() = $stack->log_text($mark) =~ /status=401 /g), 59, 'sixty are logged');
    unlink $counters;
};

subtest 'token_once' => sub {
    my $with = sub {
        my ($jti) = @_;
        return 'JWT ' . $app->token('GET', $app->path, claims => { jti => $jti });
    };
    write_config($database, 'token_once = on');
    my $token = $with->('one');
    is($app->call('GET', authorization => $token)->{status}, 200, 'the first time');
    is_unauthorized($app->call('GET', authorization => $token), 'the second time');
    is($app->call('GET', authorization => $with->('two'))->{status}, 200, 'another jti');
    is_listed($app, {}, 'no jti') for 1, 2;
    is_unauthorized($app->call('GET', authorization => $with->($_)), 'a bad jti')
        for '', 17, [], 'x' x 256;
    is($app->call('GET', authorization => $with->('x' x 255))->{status}, 200, 'a long jti');
    is_error($app->register({ noSuchType => [] }, claims => { jti => "twice-$_" }), 400, qr/noSuchType/,
        'one that a process must look at twice') for 1 .. 5;
    my $other = $stack->install;
    is($other->call('GET', authorization => 'JWT ' . $other->token('GET', $other->path, claims => { jti => 'one' }))
        ->{status}, 200, 'the jti of another app');
    my $shared = $with->('shared');
    my @children = map {
        my $child = fork // die "fork: $!\n";
        if ($child == 0) {
            require POSIX;
            POSIX::_exit($app->call('GET', authorization => $shared)->{status} == 200);
        }
        $child;
    } 1 .. 8;
    my $accepted = 0;
    for my $child (@children) {
        waitpid $child, 0;
        $accepted += $? >> 8;
    }
    is($accepted, 1, 'of eight at once one is accepted');
    write_config($database);
    is($app->call('GET', authorization => $token)->{status}, 200, 'without the option: again');
};

subtest 'retry_after and the database' => sub {
    write_config('database = host=/nonexistent dbname=dynmod', 'retry_after = 77');
    is_unavailable('no such socket', 77);
    write_config("$database password=hidden-in-the-log", 'retry_after = 77');
    chmod 0640, $config;
    write_config(($database =~ s/dbname=\w+/dbname=nonexistent/r) . ' password=not-to-be-logged');
    my $mark = $stack->log_mark;
    is_unavailable('no such database', 5);
    ok($stack->log_shows($mark, qr/status=503 .*nonexistent/), 'the log says why');
    unlike($stack->log_text($mark), qr/not-to-be-logged/, 'but not the password');
    write_config('database = nonsense');
    is_unavailable('no connection string', 5);
};

subtest 'form of the file' => sub {
    write_config('# a comment', '', "  $database  ", "\t", '   # another', 'retry_after=9');
    is($app->get->{status}, 200, 'comments and spaces');
    my %mistakes = (
        'an unknown option'  => 'no_such_option = 1',
        'no equals sign'     => 'nonsense',
        'no number'          => 'max_body_bytes = many',
        'a number too small' => 'max_body_bytes = 0',
        'a number too large' => 'max_body_bytes = 99999999999999999999',
        'no switch'          => 'auth_hints = perhaps',
        'no level'           => 'log_level = loud',
    );
    for my $kind (sort keys %mistakes) {
        write_config($database, $mistakes{$kind});
        my $mark = $stack->log_mark;
        is_unavailable($kind, 5);
        # the line once came without the id of the request
        my $line = qr/\] error [0-9a-f]+-[0-9a-f]+-[0-9a-f]+\S*: status=503 .*: \Q$config\E:2: /;
        ok($stack->log_shows($mark, $line), "$kind: the log names the request and the line")
            or diag($stack->log_text($mark));
    }
    rename $config, "$config.away" or die "$config: $!\n";
    is_unavailable('no file', 5);
    rename "$config.away", $config or die "$config: $!\n";
};

subtest 'the version of the database' => sub {
    write_config($database);
    is($app->get->{status}, 200, 'the right one');
    $stack->sql(
        q{INSERT INTO dynmod.schema_version (version, name, checksum) VALUES (9999, 'later', 'x')},
        'owner'
    );
    is($app->get->{status}, 200, 'a later one');
    $stack->sql('UPDATE dynmod.schema_version SET version = -version', 'owner');
    my $mark = $stack->log_mark;
    is_unavailable('an earlier one', 5);
    ok($stack->log_shows($mark, qr/status=503 .*version.*-1\b/), 'the log says so')
        or diag($stack->log_text($mark));
    $stack->sql('ALTER FUNCTION dynmod.current_version() RENAME TO version', 'owner');
    $mark = $stack->log_mark;
    is_unavailable('one from before there were versions', 5);
    ok($stack->log_shows($mark, qr/status=503 .*: the database is at version 0\b.*migrate/), 'the log says so')
        or diag($stack->log_text($mark));
};

no_fault_in_logs($stack);
done_testing();

#!/usr/bin/perl
# A process of the program as its web server sees it; what servers rarely do is done on purpose.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FastCgi qw(fcgi_answer fcgi_begin fcgi_input fcgi_record);
use Faults qw(end_workers ended while_slow processes_of);
use IO::Select;
use JSON::PP;
use Modules qw(field fields);
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

use constant DEADLINE => 2;    # seconds

my $stack = Stack->start(
    setup   => 'apache-proxy',
    options => [ 'body_timeout = ' . DEADLINE, 'write_timeout = ' . DEADLINE ],
);
my $socket = $stack->fact('web_pid_file') =~ s{[^/]+$}{dynmod.sock}r;
my $body = JSON::PP->new->encode(fields('a', 'b', 'c'));

sub begin {
    my ($app, @request) = @_;
    return fcgi_begin($socket, 0, $app->parameters(@request));
}

sub answer_to {
    my ($app, $method, $input, %changes) = @_;
    my $connection = begin($app, $method, %changes);
    fcgi_input($connection, $input) if length $input;
    fcgi_input($connection, '');
    return fcgi_answer($connection);
}

sub length_of_body {
    my ($difference) = @_;
    return (CONTENT_TYPE => 'application/json', CONTENT_LENGTH => length($body) + $difference);
}

subtest 'a good request' => sub {
    my $app = $stack->install;
    my $answer = answer_to($app, 'POST', $body, length_of_body(0));
    is($answer->{status}, 200, 'POST');
    like($answer->{headers}, qr/^Content-Length: 0\r?$/m, 'Content-Length: 0');
    is_deeply(json_data(answer_to($app, 'GET', '')), fields('a', 'b', 'c'), 'GET');
    my $start = qr/info(?: \S+)?: dynmod\.fcgi \d+\.\d+\.\d+ starts with \S+dynmod\.conf/;
    ok($stack->log_shows({}, $start),
        'the log names version and configuration');
};

subtest 'the line of a request' => sub {
    my $app = $stack->install;
    my $answer = answer_to($app, 'GET', '', HTTP_X_REQUEST_ID => 'line-1');
    like($answer->{log}, qr/^\S+ info line-1: status=200 [^\n]*\n\z/m, 'comes with the response');
    my $mark = $stack->log_mark;
    while_slow($stack, 0.5, sub {
        my $connection = begin($app, 'POST', length_of_body(0), HTTP_X_REQUEST_ID => 'line-2');
        fcgi_input($connection, $_) for $body, '';
        sleep 0.2;
        close $connection;
    });
    ok($stack->log_shows($mark, qr/ info line-2: status=200 [^\n]*: registered 3 modules/),
        'is not lost where the web server has gone');
    is(() = $stack->log_text($mark) =~ /line-2: status/g, 1, 'and written once');
    is_listed($app, fields('a', 'b', 'c'), 'nor is what it tells of');
};

subtest 'what other processes learn of this one' => sub {
    for my $process (processes_of($stack->fact('web_program'))) {
        open my $file, '<', "/proc/$process/limits" or die "$process: $!\n";
        my ($size) = map { /^Max core file size\s+(\S+\s+\S+)/ ? $1 =~ s/\s+/ /r : () } <$file>;
        is($size, '0 0', 'it dumps no core');
        is((stat "/proc/$process/mem")[4], 0, 'its memory belongs to root, even for its own user');
    }
};

subtest 'a connection that the server wants to keep' => sub {
    my $app = $stack->install;
    my $connection = fcgi_begin($socket, FastCgi::KEEP_OPEN, $app->parameters('GET'));
    fcgi_input($connection, '');
    my $answer = fcgi_answer($connection);
    is($answer->{status}, 200, 'it is answered');
    ok($answer->{closed}, 'and closed: it would hold the process');
};

subtest 'nothing is written before the body has come' => sub {
    my $app = $stack->install;
    my %kinds = ('a good request' => {}, 'a bad one' => { HTTP_AUTHORIZATION => undef });
    for my $kind (sort keys %kinds) {
        my $connection = begin($app, 'POST', length_of_body(0), %{ $kinds{$kind} });
        fcgi_input($connection, substr $body, 0, 20);
        ok(!IO::Select->new($connection)->can_read(0.5), $kind);
        fcgi_input($connection, substr $body, 20);
        fcgi_input($connection, '');
        like(fcgi_answer($connection)->{status}, qr/^(?:200|401)$/, "$kind: then it is answered");
    }
};

subtest 'SIGTERM in the middle of the body' => sub {
    my $app = $stack->install;
    my $connection = begin($app, 'POST', length_of_body(0));
    fcgi_input($connection, substr $body, 0, 20);
    sleep 0.3;
    my @old = end_workers($stack);
    sleep 0.3;
    fcgi_input($connection, substr $body, 20);
    sleep 0.3;
    fcgi_input($connection, '');
    is(fcgi_answer($connection)->{status}, 200, 'the request is completed');
    ok(ended(@old), 'then the process ends');
    $stack->stop_web;
    $stack->start_web;
    $socket = $stack->fact('web_pid_file') =~ s{[^/]+$}{dynmod.sock}r;
    is_listed($app, fields('a', 'b', 'c'), 'and nothing is cut off');
};

subtest 'apps that a process knows' => sub {
    my $app = $stack->install;
    my ($key, $secret) = ($app->key, $app->secret);
    my $of_app = "app_id = (SELECT id FROM dynmod.app WHERE app_key = '$key')";
    my $other = "UPDATE dynmod.app_secret SET secret = '" . 'x' x 40 . "' WHERE $of_app";
    my $unseen = sub { $stack->sql("SET session_replication_role = replica; $_[0]", 'superuser') };
    my $answers = sub { my %of; $of{ $app->get->{status} }++ for 1 .. 40; return \%of };

    is_registered($app->register(fields('a')), 'there are modules');
    is_deeply($answers->(), { 200 => 40 }, 'they are read');
    $unseen->($other);
    ok($answers->()->{200}, 'without triggers a change of its secret is not seen');
    my @known = (headers => [ 'If-None-Match' => $app->get->{headers}{etag} // '"none"' ]);
    ok((grep { $app->call('GET', @known)->{status} == 304 } 1 .. 40), 'nor when nothing is sent');
    $stack->sql("UPDATE dynmod.app SET name = 'seen' WHERE app_key = '$key'");
    is_deeply($answers->(), { 401 => 40 }, 'but all see any change of the app');
    my $mend = "UPDATE dynmod.app_secret SET secret = '$secret' WHERE $of_app";
    my $sql = sub { $stack->sql($_[0], 'superuser') };
    $sql->($mend);
    is_deeply($answers->(), { 200 => 40 }, 'and of its secret');
    for my $change (
        [ 'the secret',       $other,                                                  $mend, 401 ],
        [ 'the state',        "UPDATE dynmod.app SET state = 'disabled' WHERE app_key = '$key'",
            "UPDATE dynmod.app SET state = 'enabled' WHERE app_key = '$key'", 401 ],
        [ 'the base URL of the site',
            q{UPDATE dynmod.site SET base_url = base_url || '/x' WHERE name = 'default'},
            q{UPDATE dynmod.site SET base_url = left(base_url, -2) WHERE name = 'default'}, 404 ],
      ) {
        my ($what, $made, $undone, $status) = @$change;
        $sql->($made);
        is_deeply($answers->(), { $status => 40 }, "all see a change of $what");
        $sql->($undone);
        is_deeply($answers->(), { 200 => 40 }, 'and that it is undone');
    }
    is_registered($app->register(fields('b')), 'a change of modules');
    is_deeply([ map { $app->get->{body} } 1 .. 40 ], [ ($app->get->{body}) x 40 ], 'all see it');
    is_listed($app, fields('a', 'b'), 'as it was made');
    $unseen->($other);
    $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stack_web'},
        'superuser');
    is_deeply($answers->(), { 401 => 40 },
        'what is known does not outlive the connection over which it was found');
};

subtest 'the length of the body' => sub {
    my $app = $stack->install;
    my @type = (CONTENT_TYPE => 'application/json');
    is(answer_to($app, 'POST', $body, length_of_body(1))->{status}, 400, 'announced longer');
    is(answer_to($app, 'POST', $body, length_of_body(-1))->{status}, 400, 'announced shorter');
    is(answer_to($app, 'POST', '', length_of_body(0))->{status}, 400,
        'announced, but nothing came');
    is_listed($app, {}, 'nothing was registered');
    is(answer_to($app, 'POST', '{}', @type)->{status}, 200, 'not announced');
    is(answer_to($app, 'POST', '{}', @type, CONTENT_LENGTH => '')->{status}, 200,
        'announced as ""');
    is(answer_to($app, 'POST', '', @type, CONTENT_LENGTH => $_)->{status},
        400, "announced as \"$_\"")
        for '0', '-1', 'x', '99999999999999999999';
    my $connection = begin($app, 'POST', length_of_body(0));
    fcgi_input($connection, substr $body, 0, 20);
    close $connection;
    is_listed($app, {}, 'and a server that leaves registers nothing');
};

# Sends a byte each 0.3 s until the process answers, and returns the answer and the seconds it took.
sub drip {
    my ($connection) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $start = time;
    until (IO::Select->new($connection)->can_read(0.3) || time - $start > 2 * DEADLINE) {
        fcgi_input($connection, ' ');
    }
    return (fcgi_answer($connection), time - $start);
}

subtest 'a body that comes too slowly' => sub {
    my $app = $stack->install;
    is(answer_to($app, 'POST', $body, length_of_body(0))->{status}, 200, 'there are modules');
    for my $method (qw(POST DELETE)) {
        my $mark = $stack->log_mark;
        my ($answer, $took) = drip(begin($app, $method, length_of_body(0)));
        is($answer->{status}, 408, $method);
        is_deeply(
            json_data($answer),
            { message => 'The request did not arrive within 2 seconds.' },
            "$method: the message"
        );
        ok($answer->{closed}, "$method: closed");
        cmp_ok($took, '>', DEADLINE - 0.1, "$method: not before the deadline");
        cmp_ok($took, '<', DEADLINE + 1, "$method: nor long after it");
        ok($stack->log_shows($mark, qr/warning \S+: status=408 .*: the request did not arrive within 2 seconds/),
            "$method: logged");
    }
    is_listed($app, fields('a', 'b', 'c'), 'nothing is done');
};

subtest 'a head that does not come' => sub {
    my $head = fcgi_record(FastCgi::BEGIN_REQUEST, pack 'n C x5', FastCgi::RESPONDER, 0)
        . fcgi_record(FastCgi::PARAMS, "\x0e\x03REQUEST_METHOD");
    for my $bytes ('', substr($head, 0, 5), $head) {
        my $mark = $stack->log_mark;
        my $connection = IO::Socket::UNIX->new(Peer => $socket) or die "$socket: $!\n";
        print {$connection} $bytes;
        $connection->flush;
        my $start = time;
        my $answer = fcgi_answer($connection);
        ok($answer->{closed}, length($bytes) . ' bytes: closed');
        cmp_ok(time - $start, '<', DEADLINE + 1, 'in time');
        ok($bytes eq '' || $stack->log_shows($mark, qr/the request did not arrive within 2 sec/),
            'logged');
    }
};

subtest 'an answer that nobody takes' => sub {
    my $app = $stack->install;
    my $large = { jiraIssueFields => [ map { field("large-$_", more => 'x' x 200_000) } 1 .. 4 ] };
    is_registered($app->register($large), 'much');
    my $mark = $stack->log_mark;
    my $connection = begin($app, 'GET');
    fcgi_input($connection, '');
    ok($stack->log_shows($mark, qr/the answer was not taken within 2 seconds/), 'logged');
    my $answer = fcgi_answer($connection);
    ok($answer->{closed}, 'closed');
    cmp_ok(length $answer->{body}, '<', 4 * 200_000, 'and not whole');
};

subtest 'the database may take longer than the web server' => sub {
    my $app = $stack->install;
    while_slow($stack, DEADLINE + 0.5, sub {
        is(answer_to($app, 'POST', $body, length_of_body(0))->{status}, 200, 'POST');
    });
};

subtest 'a body in many small parts' => sub {
    my $app = $stack->install;
    my $connection = begin($app, 'POST', length_of_body(0));
    fcgi_input($connection, $_) for split //, $body;
    fcgi_input($connection, '');
    is(fcgi_answer($connection)->{status}, 200, 'POST');
    is_listed($app, fields('a', 'b', 'c'), 'GET');
};

subtest 'the credential after a rewrite by Apache' => sub {
    my $app = $stack->install;
    my %plain = $app->parameters('GET');
    my @renamed =
        (HTTP_AUTHORIZATION => undef, REDIRECT_HTTP_AUTHORIZATION => $plain{HTTP_AUTHORIZATION});
    is(answer_to($app, 'GET', '', @renamed)->{status}, 200, 'under its other name');
};

subtest 'parameters that are missing or odd' => sub {
    my $app = $stack->install;
    my %odd = (
        'no method'           => [ 405, REQUEST_METHOD => undef ],
        'an empty method'     => [ 405, REQUEST_METHOD => '' ],
        'no target'           => [ 404, REQUEST_URI => undef ],
        'an empty target'     => [ 404, REQUEST_URI => '' ],
        'a target of *'       => [ 404, REQUEST_URI => '*' ],
        'an escaped NUL'      => [ 404, REQUEST_URI => $app->path('%00') ],
        'a broken escape'     => [ 404, REQUEST_URI => $app->path('%') ],
        'a dot segment'       => [ 404, REQUEST_URI => $app->path('/../dynamic') ],
        'an escaped one'      => [ 404, REQUEST_URI => $app->path('/%2e%2e/dynamic') ],
        'a control character' => [ 404, REQUEST_URI => $app->path("\n") ],
        'an escaped slash'    => [ 404, REQUEST_URI => $app->path =~ s{/module/}{/module%2F}r ],
        'another path info'   => [ 200, PATH_INFO => '/elsewhere', SCRIPT_NAME => '/x' ],
    );
    for my $kind (sort keys %odd) {
        my ($status, @changes) = @{ $odd{$kind} };
        my $answer = answer_to($app, 'GET', '', @changes);
        is($answer->{status}, $status, $kind);
        is(ref json_data($answer), 'HASH', "$kind: JSON");
    }
    my $other = $stack->install(site => 'jira', key => $app->key);
    my %sites = (
        'the web server names neither site nor host' => [200],
        'a site by its name'                         => [ 200, DYNMOD_SITE => 'default' ],
        'a site by its base URL'                     => [ 200, DYNMOD_SITE => $stack->url . '/' ],
        'another site'                               => [ 404, DYNMOD_SITE => 'jira' ],
        'the base URL of no site'                    => [ 404, DYNMOD_SITE => 'http://nowhere' ],
    );
    for my $kind (sort keys %sites) {
        my ($status, @changes) = @{ $sites{$kind} };
        for my $host ($kind =~ /neither/ ? () : ('nowhere', '')) {
            my $answer = answer_to($app, 'GET', '', HTTP_HOST => $host, @changes);
            is($answer->{status}, $status, "$kind, Host: $host");
        }
        is(answer_to($app, 'GET', '', @changes)->{status}, $status, $kind);
    }
    my ($host, $port) = $stack->url =~ m{//(.*):(.*)};
    is(answer_to($app, 'GET', '', HTTP_HOST => "$host:$port")->{status}, 200, 'the host');
    is(answer_to($app, 'GET', '', SERVER_NAME => $host, SERVER_PORT => $port)->{status},
        200, 'the server where the client names no host');
    is(answer_to($app, 'GET', '', HTTP_HOST => 'x', SERVER_NAME => $host, SERVER_PORT => $port)
            ->{status}, 404, 'but not where it does');
    my $nobody = answer_to($app, 'GET', '', DYNMOD_SITE => 'no-such-site');
    like($nobody->{status}, qr/^(?:4..|503)$/, 'a site that does not exist');
    is(ref json_data($nobody), 'HASH', 'a site that does not exist: JSON');
};

subtest 'who speaks no FastCGI does no harm' => sub {
    my $app = $stack->install;
    for my $bytes (
        '', "GET / HTTP/1.1\r\n\r\n",
        "\0" x 100,
        "\xff" x 1000,
        fcgi_record(FastCgi::INPUT, 'x'),
        substr(fcgi_record(FastCgi::BEGIN_REQUEST, 'x' x 8), 0, 10)
    ) {
        my $connection = IO::Socket::UNIX->new(Peer => $socket) or die "$socket: $!\n";
        print {$connection} $bytes;
        close $connection;
    }
    is($app->get->{status}, 200, 'the next request') for 1 .. 6;
};

no_fault_in_logs($stack);
done_testing();

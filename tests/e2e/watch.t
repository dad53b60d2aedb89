#!/usr/bin/perl
# What load balancers and monitoring ask the public program: whether it lives, whether it can serve,
# and what it has counted, over several processes and their restarts.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(end_workers ended start_database stop_database wait_for);
use File::Temp qw(tempdir);
use Http qw(http_request);
use IPC::Open2 qw(open2);
use Metrics qw(samples scrape sum_of);
use Modules qw(fields);
use Stack;
use Test::More;

my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0777, $directory or die "$directory: $!\n";    # the web server has its own user
my $token = 'let-me-see-' . 'x' x 20;
my $stack = Stack->start(
    setup   => 'lighttpd-fastcgi',
    options => [ "counters_file = $directory/counters", "metrics_token = $token", 'app_rate = 9' ],
);
my $app = $stack->install;

sub ask {
    my ($name, %options) = @_;
    return http_request($stack->url, $options{method} // 'GET', "/rest/dynmod/1/$name", %options);
}

sub metrics {
    my $response = scrape($stack, headers => [ Authorization => "Bearer $token" ]);
    is($response->{status}, 200, 'a scrape');
    return samples($response->{body});
}

sub is_sum {
    my ($samples, $wanted, $name, @labels) = @_;
    is(sum_of($samples, $name, @labels), $wanted, "$name @labels: $wanted");
    return;
}

subtest 'health and readiness' => sub {
    for my $path ('', '/jira') {
        my $response = http_request($stack->url, 'GET', "$path/rest/dynmod/1/health");
        is($response->{status}, 200, "alive$path");
        is_deeply(json_data($response), { status => 'alive' }, "alive$path: the body");
    }
    my $response = ask('ready');
    is($response->{status}, 200, 'ready');
    is($response->{headers}{'cache-control'}, 'no-store', 'ready: for now');
    is(ask('ready', method => 'HEAD')->{status}, 200, 'HEAD');
    is_error(ask('ready', method => 'POST', body => ''), 405, qr/Use one of: GET/, 'POST');
    is_error(ask('healthy'), 404, qr/no such resource/, 'another name is of the admin program');
};

subtest 'what makes it not ready' => sub {
    my $revoked = 'FUNCTION dynmod.register_modules(text, text, jsonb, bigint[], boolean, uuid, bigint)';
    my %faults = (
        'a right is missing' => [
            sub { $stack->sql("REVOKE EXECUTE ON $revoked FROM dynmod_web", 'owner') },
            sub { $stack->sql("GRANT EXECUTE ON $revoked TO dynmod_web",    'owner') },
            qr/may not execute register_modules/,
        ],
        'the database is read-only' => [
            sub { read_only('on') },
            sub { read_only('off') },
            qr/the database is read-only/,
        ],
        'the database is away' => [
            sub { stop_database($stack, 'fast') },
            sub { start_database($stack) },
            qr/no connection to the database/,
        ],
    );
    for my $fault (sort keys %faults) {
        my ($make, $mend, $reason) = @{ $faults{$fault} };
        my $mark = $stack->log_mark;
        $make->();
        is_error(ask('ready'), 503, qr/temporarily unavailable/, $fault);
        ok($stack->log_shows($mark, $reason), "$fault: the log says so") or diag($stack->log_text($mark));
        is(ask('health')->{status}, 200, "$fault: alive nevertheless");
        $mend->();
        is(ask('ready')->{status}, 200, "$fault: mended");
    }
};

# The default of new transactions, for all connections.
sub read_only {
    my ($value) = @_;
    $stack->sql("ALTER SYSTEM SET default_transaction_read_only = $value", 'superuser');
    $stack->sql('SELECT pg_reload_conf(), pg_sleep(0.3)', 'superuser');
    return;
}

subtest 'who may read the metrics' => sub {
    is_error(scrape($stack), 401, qr/for the monitoring/, 'without a token');
    my %wrong = (wrong => 'Bearer x', longer => "Bearer ${token}x", scheme => "JWT $token");
    is(scrape($stack, headers => [ Authorization => $wrong{$_} ])->{status}, 401, $_)
        for sort keys %wrong;
    my $response = scrape($stack, headers => [ Authorization => "bearer $token" ]);
    is($response->{status}, 200, 'with it');
    like($response->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4}, 'the type');
};

subtest 'counts agree with what a client sent, over restarts' => sub {
    my $before = metrics();
    my %sent;
    my $send = sub {
        my ($method, $response) = @_;
        $sent{$method}{ $response->{status} }++;
    };
    for my $round (1 .. 4) {
        my $other = $stack->install;
        $send->(POST   => $other->register(fields('a')));
        $send->(POST   => $other->register({ webPanels => [ { key => '_' } ] }));
        $send->(PUT    => $other->replace(fields('b')));
        $send->(GET    => $other->get) for 1 .. 4;
        $send->(DELETE => $other->remove(undef));
        $send->(GET    => $other->get) for 1 .. 3;
        $send->(GET    => $other->get(secret => 'x' x 40));
        $send->(GET    => $other->get(claims => { exp => time - 90 }));
        if ($round == 2) {
            $stack->stop_web;
            $stack->start_web;
            $sent{GET}{401}++;    # which asks until the program answers
        } else {
            ok(ended(end_workers($stack)), "round $round: all processes end");
        }
        # HEAD is no method that is counted here
        wait_for(10, sub { ask('health', method => 'HEAD')->{status} == 200 });
    }
    my $after = metrics();
    my ($all, $queries) = (0, 0);
    for my $method (sort keys %sent) {
        for my $status (sort keys %{ $sent{$method} }) {
            my @labels = (program => 'dynmod.fcgi', method => $method, status => $status);
            my $rise = sum_of($after, 'dynmod_requests_total', @labels)
                - sum_of($before, 'dynmod_requests_total', @labels);
            # and the scrape before it
            $rise -= 1 if $method eq 'GET' && $status == 200;
            is($rise, $sent{$method}{$status}, "$method $status: $sent{$method}{$status}");
            $all += $sent{$method}{$status};
        }
    }
    cmp_ok($sent{GET}{429}, '>=', 4, 'some were too many');
    my $rise_of = sub {
        my @labels = (@_, program => 'dynmod.fcgi');
        return sum_of($after, @labels) - sum_of($before, @labels);
    };
    is($rise_of->('dynmod_request_duration_seconds_count'), $all, 'their durations');
    cmp_ok($rise_of->('dynmod_request_duration_seconds_sum'), '>', 0, 'take time');
    cmp_ok($rise_of->('dynmod_request_duration_seconds_sum'), '<', 60, 'but not so much');
    is($rise_of->('dynmod_request_duration_seconds_bucket', le => '+Inf'), $all, 'the last bucket');
    is($rise_of->('dynmod_refusals_total', reason => 'signature'), 4, 'wrong signatures');
    is($rise_of->('dynmod_refusals_total', reason => 'time'), 4, 'expired tokens');
    is($rise_of->('dynmod_refusals_total', reason => 'app_rate'), $sent{GET}{429} + 0, 'too many');
    cmp_ok($rise_of->('dynmod_database_duration_seconds_count'), '>=', 50, 'questions to the database');
    cmp_ok($rise_of->('dynmod_database_connections_total'), '>=', 4, 'connections');
};

subtest 'what the database says' => sub {
    my $samples = metrics();
    is_sum($samples, 1, 'dynmod_database_up');
    is_sum($samples, 5, 'dynmod_apps', state => 'enabled');
    is_sum($samples, 0, 'dynmod_apps', state => 'disabled');
    is_registered($app->register(fields('one', 'two')), 'two modules');
    $stack->ctl('app', 'disable', $app->key);
    my $later = metrics();
    is_sum($later, 4, 'dynmod_apps', state => 'enabled');
    is_sum($later, 1, 'dynmod_apps', state => 'disabled');
    is_sum($later, 2, 'dynmod_modules', type => 'jiraIssueFields');
    is_sum($later, 0, 'dynmod_waiting_callbacks');
    cmp_ok(sum_of($later, 'dynmod_history_rows', kind => 'module'), '>=', 10, 'history');
};

subtest 'without a database' => sub {
    my $before = metrics();
    stop_database($stack, 'immediate');
    is_error($app->get, 503, qr/unavailable/, 'a request');
    my $without = metrics();
    is_sum($without, 0, 'dynmod_database_up');
    is(sum_of($without, 'dynmod_requests_total', status => 503)
            - sum_of($before, 'dynmod_requests_total', status => 503), 1, 'the 503 is counted');
    cmp_ok(
        sum_of($without, 'dynmod_database_connection_failures_total')
            - sum_of($before, 'dynmod_database_connection_failures_total'),
        '>=', 2, 'and failed connections');
    start_database($stack);
    is_sum(metrics(), 1, 'dynmod_database_up');
    cmp_ok(sum_of(metrics(), 'dynmod_database_reconnects_total'), '>=', 1, 'reconnects');
};

subtest 'promtool finds nothing wrong' => sub {
    my $text = scrape($stack, headers => [ Authorization => "Bearer $token" ])->{body};
    my $pid = open2(my $said, my $input, 'promtool', 'check', 'metrics');
    print {$input} $text;
    close $input;
    is(do { local $/; <$said> } // '', '', 'it says nothing');
    waitpid $pid, 0;
    is($?, 0, 'and is content');
};

subtest 'allowed addresses, and neither' => sub {
    my $options = $stack->{options};
    $stack->stop_web;
    $stack->start_web(options => [ 'metrics_addresses = 10.0.0.0/8 127.0.0.1/32' ]);
    is(scrape($stack)->{status}, 200, 'from an allowed address');
    is(scrape($stack, from => '127.0.0.2')->{status}, 401, 'from another');
    $stack->stop_web;
    $stack->start_web(options => []);
    is_error(scrape($stack), 404, qr/no such resource/, 'off');
};

no_fault_in_logs($stack);
done_testing();

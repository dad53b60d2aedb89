#!/usr/bin/perl
# What happens around the program: the database restarts, stops or is busy, processes are told to
# end, clients leave. A request is answered completely, or nothing of it has happened.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(end_workers ended kill_backends lock_app open_request restart_database start_database
    stop_database);
use Http qw(http_read);
use Modules qw(fields);
use Socket qw(SOL_SOCKET SO_LINGER);
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

# Requests at the same time, so that several processes have a connection to the database.
sub warm_up {
    my ($app) = @_;
    my @sockets = map { (open_request($app, {}, 2))[0] } 1 .. 6;
    return map { http_read($_, 'POST')->{status} } @sockets;
}

sub is_unavailable {
    my ($response, $name) = @_;
    is_error($response, 503, qr/./, $name);
    like($response->{headers}{'retry-after'} // '', qr/^[1-9]\d*$/, "$name: Retry-After");
    return;
}

# The status of the response to what is left of an open request.
sub finish {
    my ($socket, $rest) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $rest;
    return http_read($socket, 'POST')->{status};
}

# Either all of the modules are there or none of them.
sub is_all_or_nothing {
    my ($app, $status, @keys) = @_;
    is_listed($app, $status == 200 ? fields(@keys) : {}, "after $status");
    return;
}

sub database_faults {
    my ($stack) = @_;
    my $app = $stack->install;
    my %restarts = (
        fast            => sub { restart_database($stack, 'fast') },
        immediate       => sub { restart_database($stack, 'immediate') },
        'kill -9'       => sub { cmp_ok(kill_backends($stack), '>', 0, 'there were connections') },
        'end of backends' => sub {
            $stack->sql(q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE usename = 'stack_web'}, 'superuser');
        },
    );
    for my $kind (sort keys %restarts) {
        subtest "PostgreSQL between requests: $kind" => sub {
            is_deeply([ warm_up($app) ], [ (200) x 6 ], 'before');
            $restarts{$kind}->();
            is($app->get->{status}, 200, 'GET, the next request');
            is_deeply([ warm_up($app) ], [ (200) x 6 ], 'POST');
            $restarts{$kind}->();
            is_registered($app->register(fields('a')), 'POST, the next request');
            $restarts{$kind}->();
            is_removed($app->remove('moduleKey=a'), 'DELETE, the next request');
        };
    }
    subtest 'PostgreSQL stopped' => sub {
        stop_database($stack, 'fast');
        is_unavailable($app->get, 'GET');
        is_unavailable($app->register(fields('a')), 'POST');
        is_unavailable($app->replace(fields('a')), 'PUT');
        is_unavailable($app->remove(undef), 'DELETE');
        is_unauthorized($app->get(authorization => undef), 'no credentials');
        is($app->call('OPTIONS')->{status}, 204, 'OPTIONS');
        is($app->call('PATCH')->{status}, 405, 'PATCH');
        start_database($stack);
        is_listed($app, {}, 'and started, nothing was registered');
        is_deeply([ warm_up($app) ], [ (200) x 6 ], 'by all processes');
    };
    subtest 'no connection is left' => sub {
        $stack->sql('ALTER ROLE stack_web CONNECTION LIMIT 0', 'superuser');
        $restarts{'end of backends'}->();
        is_unavailable($app->get, 'GET');
        $stack->sql('ALTER ROLE stack_web CONNECTION LIMIT -1', 'superuser');
        is($app->get->{status}, 200, 'and then there is one');
    };
    subtest 'a program newer than the database' => sub {
        my $turn_version = sub {
            $stack->sql('UPDATE dynmod.schema_version SET version = -version', 'owner');
        };
        $turn_version->();
        $restarts{'end of backends'}->();
        is_unavailable($app->get, "request $_") for 1 .. 8;
        $turn_version->();
        is($app->get->{status}, 200, "request $_ after the migration") for 1 .. 8;
    };
    subtest 'the app is locked for long' => sub {
        my $release = lock_app($app);
        my $start = time;
        is_unavailable($app->register(fields('late')), 'POST');
        cmp_ok(time - $start, '<', 15, 'before the web server loses patience');
        is_listed($app, {}, 'GET needs no lock');
        $release->();
        is_registered($app->register(fields('late')), 'POST afterwards');
        is_removed($app->remove(undef), 'DELETE');
    };
    return;
}

sub process_faults {
    my ($stack) = @_;
    subtest 'SIGTERM to idle processes' => sub {
        my $app = $stack->install;
        warm_up($app);
        my @old = end_workers($stack);
        ok(ended(@old), 'they end at once');
        restart_workers($stack);
        is($app->get->{status}, 200, 'the next request');
    };
    subtest 'SIGTERM while a request waits for the database' => sub {
        my $app = $stack->install;
        my $release = lock_app($app);
        my ($socket) = open_request($app, fields('a', 'b'), 100_000);
        sleep 0.5;
        my @old = end_workers($stack);
        sleep 0.5;
        $release->();
        is(http_read($socket, 'POST')->{status}, 200, 'it is completed');
        ok(ended(@old), 'then the process ends');
        restart_workers($stack);
        is_listed($app, fields('a', 'b'), 'the next request');
    };
    subtest 'SIGTERM in the middle of a body' => sub {
        my $app = $stack->install;
        my @keys = map { "key-$_" } 1 .. 100;
        my ($socket, $rest) = open_request($app, fields(@keys), 5000);
        sleep 0.5;
        end_workers($stack);
        sleep 0.5;
        my $status = finish($socket, $rest);
        like($status, qr/^(?:200|50[023])$/, "it is answered, with $status");
        restart_workers($stack);
        is_all_or_nothing($app, $status, @keys);
    };
    return;
}

# spawn-fcgi starts no process again that has ended.
sub restart_workers {
    my ($stack) = @_;
    return if $stack->{setup} ne 'apache-proxy';
    $stack->stop_web;
    $stack->start_web;
    return;
}

sub graceful_restart {
    my ($stack) = @_;
    subtest 'a graceful restart of Apache with a request in flight' => sub {
        my $app = $stack->install;
        my $release = lock_app($app);
        my ($socket) = open_request($app, fields('a'), 100_000);
        sleep 0.5;
        open my $file, '<', $stack->fact('web_pid_file') or die "no process id: $!\n";
        chomp(my $pid = <$file>);
        kill USR1 => $pid;
        sleep 0.5;
        $release->();
        is(http_read($socket, 'POST')->{status}, 200, 'it is completed');
        is_listed($app, fields('a'), 'the next request');
    };
    return;
}

sub client_faults {
    my ($stack) = @_;
    subtest 'clients that leave' => sub {
        my $app = $stack->install;
        for my $bytes (0, 1, 5000) {
            my ($socket) = open_request($app, fields(map { "never-$_" } 1 .. 100), $bytes);
            sleep 0.05;
            close $socket;
        }
        my $reset = (open_request($app, fields('never'), 10))[0];
        setsockopt $reset, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
        close $reset;
        sleep 0.2;
        is_listed($app, {}, 'a body that never came to its end is not registered');
        close((open_request($app, fields('a', 'b'), 100_000))[0]);
        sleep 0.5;
        my $found = json_data($app->get);
        ok(!%$found || keys(%$found) && @{ $found->{jiraIssueFields} } == 2,
            'a whole one is, or not at all');
        is_deeply([ warm_up($app) ], [ (200) x 6 ], 'the next requests');
    };
    subtest 'a slow client' => sub {
        my $app = $stack->install;
        my ($socket, $rest) = open_request($app, fields('a', 'b', 'c'), 0);
        for my $part (unpack '(a60)*', $rest) {
            print {$socket} $part;
            sleep 0.05;
        }
        is(http_read($socket, 'POST')->{status}, 200, 'is served');
        is_listed($app, fields('a', 'b', 'c'), 'completely');
    };
    return;
}

for my $setup (qw(apache-fcgid apache-proxy lighttpd-fastcgi)) {
    subtest $setup => sub {
        my $stack = Stack->start(setup => $setup);
        database_faults($stack);
        process_faults($stack);
        graceful_restart($stack) if $setup =~ /^apache/;
        client_faults($stack);
        no_fault_in_logs($stack);
        $stack->delete;
    };
}

done_testing();

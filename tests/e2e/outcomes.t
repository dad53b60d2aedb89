#!/usr/bin/perl
# What a client is told when the database does not answer in time, or no longer: 503 as usual only
# when nothing was stored, and otherwise that nobody knows.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(open_request wait_for while_slow);
use File::Temp qw(tempdir);
use Http qw(http_read);
use IO::Select;
use IO::Socket::UNIX;
use Modules qw(fields);
use POSIX qw(_exit setgid setuid);
use Stack;
use Test::More;
use Time::HiRes qw(time);

use constant {
    TIMEOUT => 1,                                  # database_timeout, in seconds
    WEB     => q{usename = 'stack_web'},
    PLAIN   => qr/temporarily unavailable/,
    READY   => "Z\0\0\0\x05I",                    # the message of PostgreSQL's protocol
    UNKNOWN => qr/may have been made\. GET tells/,
};

my $stack =
    Stack->start(setup => 'lighttpd-fastcgi', options => [ 'database_timeout = ' . TIMEOUT ]);
my $app = $stack->install;

# While the code runs, each commit waits for a standby that there is not.
sub while_unconfirmed {
    my ($code) = @_;
    synchronous("SET synchronous_standby_names = 'nobody'", 'nobody');
    $code->();
    synchronous('RESET synchronous_standby_names', '');
    return;
}

sub synchronous {
    my ($setting, $value) = @_;
    $stack->sql("ALTER SYSTEM $setting", 'superuser');
    $stack->sql('SELECT pg_reload_conf()',  'superuser');
    # that what reports this has read it proves nothing of older sessions: these must be new
    $stack->sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE @{[WEB]}",
        'superuser');
    wait_for(5, sub { $stack->sql('SHOW synchronous_standby_names') eq $value }) or die;
    return;
}

# The process of PostgreSQL that waits for this event on behalf of the program.
sub waiting_backend {
    my ($event) = @_;
    return wait_for(5, sub {
        $stack->sql("SELECT pid FROM pg_stat_activity WHERE @{[WEB]} AND wait_event = '$event'",
            'superuser');
    }) || die "nothing waits for $event\n";
}

sub terminate {
    my ($backend) = @_;
    return $stack->sql("SELECT pg_terminate_backend($backend)", 'superuser');
}

# Whatever the program has begun in the database has come to its end.
sub settled {
    return wait_for(10, sub {
        0 == $stack->sql(
            "SELECT count(*) FROM pg_stat_activity WHERE @{[WEB]} AND state = 'active'",
            'superuser');
    });
}

sub begin {
    my ($key) = @_;
    return (open_request($app, fields($key), 100_000))[0];
}

subtest 'a statement that takes too long is cancelled' => sub {
    while_slow($stack, 4, sub {
        my $start = time;
        is_error($app->register(fields('slow')), 503, PLAIN, 'POST');
        cmp_ok(time - $start, '<', TIMEOUT + 1, 'as soon as the time is up');
        ok(settled(), 'nothing goes on');
        cmp_ok(time - $start, '<', 4, 'long before it would have ended');
    });
    is_listed($app, {}, 'nothing is stored, nor later');
    is_registered($app->register(fields('slow')), 'the same again');
    is_removed($app->remove(undef), 'DELETE');
};

subtest 'a server process that stops' => sub {
    while_slow($stack, 4, sub {
        my $socket = begin('stopped');
        my $backend = waiting_backend('PgSleep');
        kill STOP => $backend;
        my $start = time;
        my $response = http_read($socket, 'POST');
        my $took = time - $start;
        kill CONT => $backend;
        is_error($response, 503, UNKNOWN, 'POST');
        like($response->{headers}{'retry-after'}, qr/^\d+$/, 'with Retry-After');
        cmp_ok($took, '<', TIMEOUT + 3, 'within the limits');
        ok(settled(), 'it ends once it goes on');
    });
    is_removed($app->remove(undef), 'DELETE');
};

subtest 'a server process that is ended before it commits' => sub {
    while_slow($stack, 0.8, sub {
        my $socket = begin('ended');
        terminate(waiting_backend('PgSleep'));
        is_error(http_read($socket, 'POST'), 503, UNKNOWN, 'POST');
    });
    is_listed($app, {}, 'it was not repeated');
};

subtest 'a server process that is ended after it committed' => sub {
    while_unconfirmed(sub {
        my $socket = begin('committed');
        terminate(waiting_backend('SyncRep'));
        is_error(http_read($socket, 'POST'), 503, UNKNOWN, 'POST');
    });
    is_listed($app, fields('committed'), 'it was stored');
    is_removed($app->remove(undef), 'DELETE');
};

subtest 'a change that no standby confirms in time' => sub {
    while_unconfirmed(sub {
        my $start = time;
        is_error($app->register(fields('late')), 503, UNKNOWN, 'POST');
        cmp_ok(time - $start, '>=', TIMEOUT, 'not before the time is up');
        cmp_ok(time - $start, '<', TIMEOUT + 1, 'but then');
        is_listed($app, fields('late'), 'it was stored');
        is_error($app->remove('moduleKey=late'), 503, UNKNOWN, 'DELETE');
        is_listed($app, {}, 'it was removed');
        is_error($app->remove('moduleKey=late'), 503, UNKNOWN, 'one that changes nothing');
    });
    is_removed($app->remove(undef), 'DELETE');
};

# A pooler that loses the answers to the statements with one of these names, once each, and tells of
# a shutdown instead. Returns its socket's directory and its process.
sub start_forgetful_pooler {
    my (@names) = @_;
    my %target = $stack->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
    my $user = $stack->fact('web_user');
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $listener = IO::Socket::UNIX->new(Local => "$directory/.s.PGSQL.5432", Listen => 5)
        or die "cannot listen: $!\n";
    chmod 0777, $directory, "$directory/.s.PGSQL.5432";
    my $process = fork // die "fork: $!\n";
    return ($directory, $process) if $process != 0;
    my ($uid, $gid) = (getpwnam $user)[ 2, 3 ];
    setgid($gid);
    setuid($uid);
    my %left = map { $_ => 1 } @names;
    while (my $client = $listener->accept) {
        my $server = IO::Socket::UNIX->new(Peer => "$target{host}/.s.PGSQL.5432") or _exit(1);
        delete $left{ relay($client, $server, keys %left) };
    }
    _exit(0);
}

# Relays until the answer to a statement with one of these names, which it swallows, or the end of
# the connection. Returns the name, or "".
sub relay {
    my ($client, $server, @names) = @_;
    my $ready = IO::Select->new($client, $server);
    my ($name, $answer) = ('', '');
    while (1) {
        for my $from ($ready->can_read) {
            sysread($from, my $bytes, 65536) or return '';
            ($name) = grep { $bytes =~ /B.{4}\0$_\0/s } @names if $from == $client;
            $name //= '';
            if ($from == $client || $name eq '') {
                syswrite $from == $client ? $server : $client, $bytes;
                next;
            }
            $answer .= $bytes;
            next unless $answer =~ /\Q@{[READY]}\E\z/;    # it is committed
            my $fields = "SERROR\0VERROR\0C57P01\0Mthe pooler is shutting down\0\0";
            syswrite $client, pack('a N a*', 'E', 4 + length $fields, $fields) . READY;
            return $name;
        }
    }
}

subtest 'a pooler that shuts down after the commit' => sub {
    my ($directory, $pooler) = start_forgetful_pooler(
        qw(register_modules remove_modules replace_modules register_modules_if remove_modules_if
        replace_modules_if try_replace_modules)
    );
    my $database = $stack->fact('web_conninfo') =~ s{host=\S+}{host=$directory}r;
    $stack->stop_web;
    $stack->start_web(database => $database);
    is_error($app->register(fields('once')), 503, UNKNOWN, 'POST is not repeated: no "duplicate"');
    is_listed($app, fields('once'), 'it was stored');
    is_removed($app->remove(undef), 'DELETE is');
    is_listed($app, {}, 'nothing is left');
    is_replaced($app->replace(fields('new')), { unchanged => ['new'] }, 'so is PUT');
    is_listed($app, fields('new'), 'it was stored');
    # These would find that they themselves have changed what they expect.
    for my $change (
        [ POST   => sub { $app->register(fields('if'), @_) }, fields('new', 'if') ],
        [ PUT    => sub { $app->replace(fields('other'), @_) }, fields('other') ],
        [ DELETE => sub { $app->remove(undef, @_) }, {} ],
        )
    {
        my ($method, $send, $modules) = @$change;
        my @expected = (headers => [ 'If-Match' => $app->get->{headers}{etag} ]);
        is_error($send->(@expected), 503, UNKNOWN, "$method with If-Match is not repeated");
        is_listed($app, $modules, "$method: it was stored");
    }
    my $tried = $app->replace(fields('a'), headers => [ 'X-Dynmod-Dry-Run' => 'true' ]);
    is($tried->{status}, 200, 'a dry run is repeated');
    is_deeply(json_data($tried)->{added}, ['a'], 'with the same answer');
    is_listed($app, {}, 'nothing was stored');
    $stack->stop_web;
    kill TERM => $pooler;
    waitpid $pooler, 0;
};

no_fault_in_logs($stack);
done_testing();

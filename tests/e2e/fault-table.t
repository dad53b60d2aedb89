#!/usr/bin/perl
# What is lost and what goes wrong while apps work and something fails: nothing. FAULT_SECONDS sets
# how long each fault is tried, FAULTS chooses some by a pattern; the table is in build/, too.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(end_workers kill_backends kill_database lock_app open_request processes_of
    promote_database recover_database restart_database stop_database start_database wait_for);
use FaultRun qw(fault_run);
use File::Temp qw(tempdir);
use Http qw(http_connect http_head);
use Modules qw(fields);
use PgBouncer qw(start_pgbouncer stop_pgbouncer);
use Stack;
use Standby qw(start_standby);
use Test::More;
use Time::HiRes qw(sleep);

use constant {
    SLOWEST => 15,    # seconds; a little more than all time limits together
    POOLED  => 6,     # a little more than database_timeout, at whose end a request would have waited
};

my $seconds = $ENV{FAULT_SECONDS} // 2;
my $chosen = $ENV{FAULTS} // '.';
my @options = ('body_timeout = 2');
my $stack;
my @table;
my @later;    # what is to be done after a fault has been tried

sub workers {
    return processes_of($stack->fact('web_program'));
}

sub web_server {
    open my $file, '<', $stack->fact('web_pid_file') or die "no process id: $!\n";
    chomp(my $pid = <$file>);
    return $pid;
}

# Stops processes by a signal until they get another.
sub pause {
    my @processes = @_;
    kill STOP => @processes;
    return sub { kill CONT => @processes };
}

# Requests that end elsewhere than they say, that are cut into chunks, rightly or not, or that come
# two at a time.
sub send_nonsense {
    my $app = $stack->install;
    my ($url, $body) = ($stack->url, '{"webPanels":[]}');
    my $length = length $body;
    my $post = sub {
        my ($headers, $sent) = @_;
        my %headers = (Authorization => 'JWT ' . $app->token('POST', $app->path),
            'Content-Type' => 'application/json', %$headers);
        return http_head($url, 'POST', $app->path, %headers) . $sent;
    };
    my $get = http_head($url, 'GET', $app->path,
        Authorization => 'JWT ' . $app->token('GET', $app->path));
    my @requests = (
        $post->({ 'Content-Length' => $length }, $body . 'x' x 100_000),
        $post->({ 'Content-Length' => $length }, $body . $get),
        $post->({ 'Content-Length' => $length + 9 }, $body),
        $post->({ 'Content-Length' => -1 }, $body),
        $post->({ 'Content-Length' => "$length, 5" }, $body),
        $post->({ 'Transfer-Encoding' => 'chunked' }, "5\r\n$body"),
        $post->({ 'Transfer-Encoding' => 'chunked' }, "ffffffffffffffff\r\n$body"),
        $post->({ 'Transfer-Encoding' => 'chunked', 'Content-Length' => 3 }, "0\r\n\r\n"),
        $post->({ 'Transfer-Encoding' => 'gzip' }, $body),
        $get . $get,
        "GET / HTTP/9.9\r\n\r\n",
        "\0" x 9000,
    );
    my @open;
    for my $request (@requests) {
        my $socket = http_connect($url);
        local $SIG{PIPE} = 'IGNORE';
        print {$socket} $request;
        $socket->flush;
        push @open, $socket;
    }
    return sub { close $_ for @open };
}

# Ends the connections of the program, not those to come.
sub terminate_backends {
    $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = 'stack_web'}, 'superuser');
    return;
}

# Whether the database lets in and takes writes.
sub is_primary {
    return eval { $stack->sql('SELECT pg_is_in_recovery()') eq 'f' };
}

# Has the web server open its error log anew, where each write fails as on a full disk, while the
# program has something to say. Returns code that gives it the former log.
sub fill_error_log {
    my $log = $stack->fact('web_error_log');
    rename $log, "$log.kept" or die "$log: $!\n";
    symlink '/dev/full', $log or die "$log: $!\n";
    reopen_error_log('/dev/full');
    for (1 .. 10) {
        terminate_backends();
        sleep 0.02;
    }
    return sub {
        rename "$log.kept", $log or die "$log: $!\n";
        reopen_error_log($log);
    };
}

sub reopen_error_log {
    my ($log) = @_;
    my $server = web_server();
    kill +($stack->{setup} =~ /^apache/ ? 'USR1' : 'HUP') => $server;
    wait_for(5, sub { grep { (readlink // '') eq $log } glob "/proc/$server/fd/*" })
        or die "the web server does not open $log\n";
    return;
}

# A small disk for the tables that registrations fill: full until it is given room again.
sub small_disk {
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    system('mount', '-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', $directory) == 0
        or die "cannot mount a tmpfs\n";
    push @later, sub { system 'umount', '--lazy', $directory };
    my $user = $stack->fact('postgres_user');
    chown +(getpwnam $user)[ 2, 3 ], $directory;
    $stack->sql("CREATE TABLESPACE small LOCATION '$directory'", 'superuser');
    my @tables = qw(module module_change event_definition);
    # without the room that earlier faults have left in them
    $stack->sql("VACUUM FULL dynmod.$_", 'superuser') for @tables;
    $stack->sql("ALTER TABLE dynmod.$_ SET TABLESPACE small", 'superuser') for @tables;
    open my $file, '>', "$directory/ballast" or die "$directory: $!\n";
    while (syswrite $file, "\0" x 65_536) { }
    while (syswrite $file, "\0" x 4096)   { }
    close $file;
    return ($directory, @tables);
}

my @faults = (
    [ 'nothing'                     => sub { } ],
    [ 'PostgreSQL restarted, fast'  => sub { restart_database($stack, 'fast') } ],
    [ 'PostgreSQL restarted, immediate' => sub { restart_database($stack, 'immediate') } ],
    [ 'PostgreSQL stopped for a while'  => sub {
            stop_database($stack, 'fast');
            return sub { start_database($stack) };
        } ],
    [ 'server processes killed by 9' => sub { kill_backends($stack) } ],
    [ 'server processes terminated, again and again' => sub {
            for (1 .. 20) {
                terminate_backends();
                sleep 0.02;
            }
        } ],
    [ 'no connection is free' => sub {
            $stack->sql(q{ALTER ROLE stack_web CONNECTION LIMIT 0}, 'superuser');
            terminate_backends();
            return sub { $stack->sql(q{ALTER ROLE stack_web CONNECTION LIMIT -1}, 'superuser') };
        } ],
    [ 'the database is read-only' => sub {
            $stack->sql('ALTER DATABASE dynmod SET default_transaction_read_only = on',
                'superuser');
            terminate_backends();
            return sub {
                $stack->sql(q{SET transaction_read_only = off;
                    ALTER DATABASE dynmod RESET default_transaction_read_only}, 'superuser');
                terminate_backends();
            };
        } ],
    [ 'the database is a hot standby' => sub {
            recover_database($stack, 'standby');
            return sub { promote_database($stack) };
        } ],
    [ 'the database recovers and lets nobody in' => sub {
            recover_database($stack, 'standby', 'hot_standby=off');
            return sub { promote_database($stack) };
        } ],
    [ 'the database is slow to start' => sub {
            recover_database($stack, 'recovery', q{restore_command='sleep 0.2; false'});
            wait_for(30, sub { is_primary() }) or die "PostgreSQL does not recover\n";
        } ],
    [ 'server processes stopped for a while' => sub {
            return pause(split ' ', $stack->sql(q{SELECT string_agg(pid::text, ' ')
                FROM pg_stat_activity WHERE usename = 'stack_web'}, 'superuser'));
        } ],
    [ 'a lock on all modules' => sub {
            my $lock = lock_app($stack->install);
            $stack->sql(q{SET lock_timeout = '5s'; BEGIN; LOCK TABLE dynmod.module;
                SELECT pg_sleep(1); COMMIT}, 'superuser');
            return $lock;
        } ],
    [ 'the disk is full' => sub {
            my $app = $stack->install;
            my ($directory, @tables) = small_disk();
            push @later, sub {
                $stack->sql("ALTER TABLE dynmod.$_ SET TABLESPACE pg_default", 'superuser')
                    for @tables;
                $stack->sql('DROP TABLESPACE small', 'superuser');
            };
            my ($felt, $turn) = (0, 0);
            until ($felt || $turn++ > 300) {
                my $modules = fields(map { "$turn-$_" } 1 .. 20);
                $felt = grep { $_->{status} == 503 } $app->register($modules),
                    $app->remove(undef);
            }
            $felt or die "the disk is not full\n";
            return sub { unlink "$directory/ballast" or die "ballast: $!\n" };
        } ],
    [ 'processes end by SIGTERM'    => sub { end_workers($stack) } ],
    [ 'processes killed by 9'       => sub { kill KILL => workers() } ],
    [ 'processes stopped for a while' => sub { return pause(workers()) } ],
    [ 'a graceful restart'          => sub { kill USR1 => web_server() } ],
    [ 'a graceful stop, and a start' => sub {
            my $pid = web_server();
            kill INT => $pid;
            wait_for(20, sub { !kill 0 => $pid }) or die "the web server does not stop\n";
            $stack->stop_web;    # what it leaves
            return sub { $stack->start_web(setup => $stack->{setup}, options => \@options) };
        } ],
    [ "the web server's error log is full" => \&fill_error_log ],
    [ 'clients that leave'          => sub {
            my $app = $stack->install;
            for my $bytes (map { $_ * 37 } 1 .. 30) {
                close((open_request($app, fields("left-$bytes"), $bytes))[0]);
            }
        } ],
    [ 'clients that send a byte at a time' => sub {
            my $app = $stack->install;
            my @open = map { [ open_request($app, fields("slow-$_"), 10) ] } 1 .. 6;
            return sub { close $_->[0] for @open };
        } ],
    [ 'clients that send nonsense' => \&send_nonsense ],
);

my @pooled = (
    [ 'PgBouncer restarted'              => sub { stop_pgbouncer('TERM')->() } ],
    [ 'PgBouncer killed by 9, and away for a while' => sub { return stop_pgbouncer('KILL') } ],
    [ 'PostgreSQL behind PgBouncer restarted, immediate' =>
            sub { restart_database($stack, 'immediate') } ],
);

# The primary of a stack with a synchronous standby, which takes over.
my @failovers = (
    [ 'failover from a primary stopped, fast' => sub { stop_database($stack, 'fast') } ],
    [ 'failover from a primary stopped, immediate' => sub { stop_database($stack, 'immediate') } ],
    [ 'failover from a primary killed by 9' => sub { kill_database($stack) } ],
    [ 'failover, after the standby was away for a while' => sub {
            my ($standby) = @_;
            $standby->stop;
            sleep 1.3;    # longer than database_timeout
            stop_database($stack, 'immediate');
            $standby->start;
        } ],
);

# Those faults of a list that are to be tried in this place.
sub chosen_faults {
    my ($place, @list) = @_;
    return grep { "$place: $_->[0]" =~ $chosen } @list;
}

# Lets apps work under a fault, and adds a line to the table.
sub try_fault {
    my ($place, $name, $fault) = @_;
    my $result = eval { fault_run($stack, $seconds, $fault) };
    my $error = $@;
    (pop @later)->() while @later;
    ok($result, "$place: $name: tried") or diag($error), return;
    my ($lost, $wrong) = map { $result->{$_} } qw(lost wrong);
    is(scalar @$lost, 0, "$place: $name: nothing is lost") or diag(explain($lost));
    is(scalar @$wrong, 0, "$place: $name: nothing is wrong") or diag(explain($wrong));
    cmp_ok($result->{acknowledged}, '>', 4, "$place: $name: much was done");
    cmp_ok($result->{acknowledged}, '<', $result->{requests}, "$place: $name: not everything")
        if $name =~ /^(?:the database|failover) /;
    my $limit = $place =~ /PgBouncer/ ? POOLED : SLOWEST;
    cmp_ok($result->{slowest}, '<', $limit, "$place: $name: nobody waits for ever");
    push @table, sprintf '%-17s %-48s %8d %8d %5d %5d %7.2f s', $place, $name,
        @$result{qw(requests acknowledged)}, scalar @$lost, scalar @$wrong, $result->{slowest};
    return;
}

my %only = (
    'lighttpd-fastcgi' => sub { 1 },
    'apache-fcgid'     => sub {
        $_[0] =~ /graceful restart|processes|byte|nonsense|error log/ && $_[0] !~ /^server/;
    },
);

for my $setup (sort keys %only) {
    my @cases = grep { $only{$setup}->($_->[0]) } chosen_faults($setup, @faults) or next;
    $stack = Stack->start(setup => $setup, options => \@options);
    for my $case (@cases) {
        next if $case->[0] =~ /disk/ && $> != 0;    # only root may mount one
        try_fault($setup, @$case);
    }
    $stack->delete;
}

if (my @cases = chosen_faults('through PgBouncer', @pooled)) {
    $stack = Stack->start(setup => 'lighttpd-fastcgi');
    $stack->stop_web;
    $stack->start_web(
        database => start_pgbouncer($stack, 2),
        options  => ['prepared_statements = off'],
    );
    try_fault('through PgBouncer', @$_) for @cases;
    $stack->delete;
}

for my $case (chosen_faults('with a standby', @failovers)) {
    my ($name, $fault) = @$case;
    $stack = Stack->start(postgres => ['max_wal_senders = 4']);
    my $standby = start_standby($stack);
    $standby->make_synchronous;
    $stack->start_web(
        setup    => 'lighttpd-fastcgi',
        database => $standby->web_conninfo,
        options  => ['database_timeout = 1'],
    );
    my $fail_over = sub {
        $fault->($standby);
        return sub { $standby->promote; $standby->take_over };
    };
    try_fault('with a standby', $name, $fail_over);
    $standby->stop;
    $stack->delete;
}

my $text = join '', map { "$_\n" } sprintf('%-17s %-48s %8s %8s %5s %5s %9s',
    qw(set-up fault requests done lost wrong slowest)), @table;
diag($text);
mkdir 'build';
open my $file, '>', 'build/fault-table.txt' or die "build/fault-table.txt: $!\n";
print {$file} $text;
close $file or die "build/fault-table.txt: $!\n";
done_testing();

#!/usr/bin/perl
# What is lost and what goes wrong while apps work and something fails: nothing. FAULT_SECONDS sets
# how long each fault is tried; the table is in build/fault-table.txt, too.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(end_workers kill_backends lock_app open_request processes_of restart_database
    stop_database start_database);
use FaultRun qw(fault_run);
use File::Temp qw(tempdir);
use Modules qw(fields);
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

use constant SLOWEST => 15;    # seconds; a little more than all time limits together

my $seconds = $ENV{FAULT_SECONDS} // 2;
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
                $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE usename = 'stack_web'}, 'superuser');
                sleep 0.02;
            }
        } ],
    [ 'no connection is free' => sub {
            $stack->sql(q{ALTER ROLE stack_web CONNECTION LIMIT 0}, 'superuser');
            $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = 'stack_web'}, 'superuser');
            return sub { $stack->sql(q{ALTER ROLE stack_web CONNECTION LIMIT -1}, 'superuser') };
        } ],
    [ 'the database is read-only' => sub {
            $stack->sql(q{ALTER DATABASE dynmod SET default_transaction_read_only = on}, 'superuser');
            $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = 'stack_web'}, 'superuser');
            return sub {
                $stack->sql(q{SET transaction_read_only = off;
                    ALTER DATABASE dynmod RESET default_transaction_read_only}, 'superuser');
                $stack->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE usename = 'stack_web'}, 'superuser');
            };
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
            my ($directory, @tables) = small_disk();
            push @later, sub {
                $stack->sql("ALTER TABLE dynmod.$_ SET TABLESPACE pg_default", 'superuser')
                    for @tables;
                $stack->sql('DROP TABLESPACE small', 'superuser');
            };
            return sub { unlink "$directory/ballast" or die "ballast: $!\n" };
        } ],
    [ 'processes end by SIGTERM'    => sub { end_workers($stack) } ],
    [ 'processes killed by 9'       => sub { kill KILL => workers() } ],
    [ 'processes stopped for a while' => sub { return pause(workers()) } ],
    [ 'a graceful restart'          => sub { kill USR1 => web_server() } ],
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
);

my %only = (
    'lighttpd-fastcgi' => sub { $_[0] ne 'a graceful restart' },
    'apache-fcgid'     => sub { $_[0] =~ /graceful|processes|byte/ && $_[0] !~ /server/ },
);

for my $setup (sort keys %only) {
    $stack = Stack->start(setup => $setup, options => ['body_timeout = 2']);
    for my $case (@faults) {
        my ($name, $fault) = @$case;
        next if !$only{$setup}->($name);
        next if $name =~ /disk/ && $> != 0;    # only root may mount one
        my $result = eval { fault_run($stack, $seconds, $fault) };
        my $error = $@;
        (pop @later)->() while @later;
        ok($result, "$setup: $name: tried") or diag($error), next;
        my ($lost, $wrong) = map { $result->{$_} } qw(lost wrong);
        is(scalar @$lost, 0, "$setup: $name: nothing is lost") or diag(explain($lost));
        is(scalar @$wrong, 0, "$setup: $name: nothing is wrong") or diag(explain($wrong));
        cmp_ok($result->{acknowledged}, '>', 4, "$setup: $name: much was done");
        cmp_ok($result->{slowest}, '<', SLOWEST, "$setup: $name: nobody waits for ever");
        push @table, sprintf '%-17s %-46s %8d %8d %5d %5d %7.2f s', $setup, $name,
            @$result{qw(requests acknowledged)}, scalar @$lost, scalar @$wrong, $result->{slowest};
    }
    $stack->delete;
}
my $text = join '', map { "$_\n" } sprintf('%-17s %-46s %8s %8s %5s %5s %9s',
    qw(set-up fault requests done lost wrong slowest)), @table;
diag($text);
mkdir 'build';
open my $file, '>', 'build/fault-table.txt' or die "build/fault-table.txt: $!\n";
print {$file} $text;
close $file or die "build/fault-table.txt: $!\n";
done_testing();

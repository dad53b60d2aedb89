#!/usr/bin/perl
# Two PostgreSQL, a primary and its standby, in one connection string: the program follows a
# failover without a restart.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(as_user stop_database wait_for);
use File::Temp qw(tempdir);
use Modules qw(fields);
use Stack;
use Test::More;
use Time::HiRes qw(time);

my $stack = Stack->start(postgres => ['max_wal_senders = 4']);
my $user = $stack->fact('postgres_user');
my $programs = $stack->fact('postgres_programs');
my %primary = $stack->fact('superuser_conninfo') =~ /(\w+)=(\S+)/g;
my $standby = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $running;

END {
    my $status = $?;
    control('stop', '--mode=immediate') if $running;
    $? = $status;
}

sub as_postgres {
    return Stack::checked(as_user($user, @_));
}

sub control {
    my @arguments = @_;
    return as_postgres("$programs/pg_ctl", @arguments, '--wait', '--silent',
        "--pgdata=$standby/data", "--log=$standby/log");
}

# The standby is a copy of the primary with its socket elsewhere.
sub start_standby {
    chown +(getpwnam $user)[ 2, 3 ], $standby or die "chown: $!\n";
    chmod 0755, $standby or die "chmod: $!\n";
    open my $file, '>>', $stack->fact('postgres_data') . '/pg_hba.conf' or die "pg_hba.conf: $!\n";
    print {$file} "local replication postgres peer map=stack\n";
    close $file or die "pg_hba.conf: $!\n";
    $stack->sql('SELECT pg_reload_conf()', 'superuser');
    as_postgres("$programs/pg_basebackup", '--write-recovery-conf', '--checkpoint=fast',
        '--no-sync', '-d', "host=$primary{host} user=postgres",
        '-D', "$standby/data");
    control('start', '-o', "-c unix_socket_directories=$standby");
    $running = 1;
    return;
}

sub standby_sql {
    my ($statement) = @_;
    my $printed = eval {
        Stack::checked("$programs/psql", '-XAtq', '-d', "host=$standby dbname=dynmod user=postgres",
            '-c', $statement);
    };
    return $printed =~ s/\n\z//r if defined $printed;
    return;
}

start_standby();
my %web = $stack->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
# The standby stands first, so that being refused there is the way of every connection.
$stack->start_web(
    setup    => 'lighttpd-fastcgi',
    database => "host=$standby,$web{host} dbname=$web{dbname} user=$web{user} "
        . 'target_session_attrs=read-write',
);
my $app = $stack->install;

subtest 'with both' => sub {
    is(standby_sql('SELECT pg_is_in_recovery()'), 't', 'one is a standby');
    is_registered($app->register(fields('a')), 'POST finds the primary');
    is_listed($app, fields('a'), 'GET');
    ok(wait_for(10, sub { (standby_sql('SELECT count(*) FROM dynmod.module') // 0) == 1 }),
        'the standby follows');
};

subtest 'the primary dies' => sub {
    stop_database($stack, 'immediate');
    is_error($app->get, 503, qr/./, 'nobody takes writes yet');
    control('promote');
    my $start = time;
    my $response = $app->get;
    my $tries = 1;
    while ($response->{status} == 503 && $tries < 5) {
        $response = $app->get;
        $tries++;
    }
    diag(sprintf 'failover: 200 at request %d, %.0f ms after the promotion',
        $tries, 1000 * (time - $start));
    is($response->{status}, 200, 'GET');
    cmp_ok($tries, '<=', 2, 'at the first or second request');
    is_deeply(json_data($response), fields('a'), 'nothing is lost');
    is_registered($app->register(fields('b')), 'POST');
    is_removed($app->remove('moduleKey=a'), 'DELETE');
    is_listed($app, fields('b'), 'GET shows both');
    is(standby_sql('SELECT count(*) FROM dynmod.module'), '1', 'in the new primary');
};

no_fault_in_logs($stack);
done_testing();

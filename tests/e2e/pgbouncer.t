#!/usr/bin/perl
# The end-to-end cases through PgBouncer in transaction mode: four processes share two connections.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(as_user restart_database wait_for);
use File::Temp qw(tempdir);
use Modules qw(fields);
use Stack;
use Test::More;

use constant PORT => 6432;    # a part of the socket's name, nothing listens on TCP

my $stack = Stack->start(setup => 'lighttpd-fastcgi');
$stack->stop_web;
my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my %target = $stack->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
my $user = $stack->fact('web_user');
my $pid = start_pgbouncer();

END {
    my $status = $?;
    kill TERM => $pid and waitpid $pid, 0 if $pid;
    $? = $status;
}

sub start_pgbouncer {
    chown +(getpwnam $user)[ 2, 3 ], $directory or die "chown: $!\n";
    chmod 0755, $directory or die "chmod: $!\n";
    open my $file, '>', "$directory/pgbouncer.ini" or die "pgbouncer.ini: $!\n";
    print {$file} <<"INI";
[databases]
dynmod = host=$target{host} dbname=$target{dbname} user=$target{user}
[pgbouncer]
auth_type = any
listen_addr =
listen_port = @{[PORT]}
unix_socket_dir = $directory
pool_mode = transaction
default_pool_size = 2
logfile = $directory/pgbouncer.log
INI
    close $file or die "pgbouncer.ini: $!\n";
    my $child = fork // die "fork: $!\n";
    if ($child == 0) {
        open STDERR, '>', '/dev/null';
        exec as_user($user, '/usr/sbin/pgbouncer', '--quiet', "$directory/pgbouncer.ini");
        die "pgbouncer: $!\n";
    }
    wait_for(10, sub { -S "$directory/.s.PGSQL.@{[PORT]}" }) or die "PgBouncer does not start\n";
    return $child;
}

$stack->start_web(
    database => "host=$directory port=@{[PORT]} dbname=dynmod user=$target{user}",
    options  => ['prepared_statements = off'],
);

subtest 'PostgreSQL restarts behind PgBouncer' => sub {
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'before');
    for my $mode (qw(fast immediate)) {
        restart_database($stack, $mode);
        my $response = $app->get;
        $response = $app->get if $response->{status} == 503;    # PgBouncer itself has to notice
        is($response->{status}, 200, "$mode: GET");
        is_deeply(json_data($response), fields('a'), "$mode: the modules");
    }
};

my $before = server_connections();
run_list(
    $stack,
    'PgBouncer, lighttpd-fastcgi',
    qw(reading: registering: removing: parallel: operating:)
);
cmp_ok($before, '>=', 1, 'PgBouncer has connections to PostgreSQL');
cmp_ok($before, '<=', 2, 'and not more than its pool may have');

sub server_connections {
    return $stack->sql(
        q{SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = 'stack_web'});
}

done_testing();

#!/usr/bin/perl
# The end-to-end cases through PgBouncer in transaction mode: four processes share two connections.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(restart_database);
use Modules qw(fields);
use PgBouncer qw(start_pgbouncer);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-fastcgi');
$stack->stop_web;
$stack->start_web(
    database => start_pgbouncer($stack, 2),
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
    qw(reading: registering: removing: replacing: expecting: trying: parallel: operating:)
);
cmp_ok($before, '>=', 1, 'PgBouncer has connections to PostgreSQL');
cmp_ok($before, '<=', 2, 'and not more than its pool may have');

sub server_connections {
    return $stack->sql(
        q{SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = 'stack_web'});
}

done_testing();

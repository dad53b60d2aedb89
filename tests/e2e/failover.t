#!/usr/bin/perl
# Two PostgreSQL, a primary and its standby, in one connection string: the program follows a
# failover without a restart.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(stop_database wait_for);
use Modules qw(fields);
use Stack;
use Standby qw(start_standby);
use Test::More;
use Time::HiRes qw(time);

my $stack = Stack->start(postgres => ['max_wal_senders = 4']);
my $standby = start_standby($stack);
$stack->start_web(setup => 'lighttpd-fastcgi', database => $standby->web_conninfo);
my $app = $stack->install;

subtest 'with both' => sub {
    is($standby->sql('SELECT pg_is_in_recovery()'), 't', 'one is a standby');
    is_registered($app->register(fields('a')), 'POST finds the primary');
    is_listed($app, fields('a'), 'GET');
    ok(wait_for(10, sub { ($standby->sql('SELECT count(*) FROM dynmod.module') // 0) == 1 }),
        'the standby follows');
};

subtest 'the primary dies' => sub {
    stop_database($stack, 'immediate');
    is_error($app->get, 503, qr/./, 'nobody takes writes yet');
    $standby->promote;
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
    is($standby->sql('SELECT count(*) FROM dynmod.module'), '1', 'in the new primary');
};

no_fault_in_logs($stack);
done_testing();

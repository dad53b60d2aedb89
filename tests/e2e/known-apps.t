#!/usr/bin/perl
# What processes know of apps spares the database questions: which are asked is read in its log.
# What comes of it is in cases/knowing.pm.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(processes_of);
use Modules qw(fields);
use Stack;
use Test::More;

use constant REQUESTS => 40;

my $stack = Stack->start(
    setup    => 'lighttpd-fastcgi',
    options  => ['log_level = debug'],
    postgres => [ "log_statement = 'all'", "log_line_prefix = ''" ],
);
my $app = $stack->install;

# How often each function was called by the program while CODE ran.
sub questions {
    my ($code) = @_;
    my $log = $stack->fact('postgres_log');
    my $before = -s $log;
    $code->();
    open my $file, '<', $log or die "$log: $!\n";
    seek $file, $before, 0 or die "$log: $!\n";
    my %count;
    while (my $line = <$file>) {
        $count{$1}++ if $line =~ /^LOG:  execute (\w+): /;
    }
    close $file or die "$log: $!\n";
    return \%count;
}

sub change_often {
    for (1 .. REQUESTS) {
        is($app->register(fields('a'))->{status}, 200, 'POST');
        is($app->remove('moduleKey=a')->{status}, 204, 'DELETE');
    }
    return;
}

my $processes = () = processes_of($stack->fact('web_program'));
my $first = questions(\&change_often);
cmp_ok($first->{find_app_for_registration}, '<=', $processes + 1,
    'each process asks once for what a POST needs');
cmp_ok($first->{find_app} // 0, '<=', $processes + 1, 'and for what a DELETE needs');
is_deeply(
    questions(\&change_often),
    { register_modules => REQUESTS, remove_modules => REQUESTS },
    'then each change is one question'
);

my $refused = questions(sub {
    is($app->register({ noSuchType => [] })->{status}, 400, 'a POST that is refused');
});
is_deeply($refused, { find_app_for_registration => 1 }, 'is refused by what the database says');

$stack->sql("UPDATE dynmod.app SET state = 'disabled'");
$stack->sql("UPDATE dynmod.app SET state = 'enabled'");
my $changed = questions(sub { is($app->remove(undef)->{status}, 204, 'after a change of the app') });
is_deeply($changed, { remove_modules => 2, find_app => 1 }, 'a DELETE begins anew, once');

my $mixed = questions(sub {
    for (1 .. REQUESTS) {
        is($app->get->{status}, 200, 'GET between changes');
        is($app->register(fields('a'))->{status}, 200, 'POST between GETs');
        is($app->get->{status}, 200, 'GET after a change');
        is($app->remove(undef)->{status}, 204, 'DELETE between GETs');
    }
});
cmp_ok($mixed->{find_app_for_registration} // 0, '<=', $processes + 1,
    'a GET does not make a process forget what a POST needs');
no_fault_in_logs($stack);
done_testing();

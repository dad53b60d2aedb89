#!/usr/bin/perl
# Installations that take their time: the administrator's other requests do not wait for them, one
# app is installed by one process at a time, and one whose process dies is undone.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp;
use Faults qw(processes_of wait_for);
use Life qw(is_without_secrets life_of state_of waiting_for);
use Modules qw(fields panel);
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $admin = $stack->admin;
my $program = $stack->fact('web_admin_program');
is($admin->call('GET', '/settings')->{status}, 200, 'the admin program runs');
my ($worker, @others) = processes_of($program);
is_deeply(\@others, [], 'in one process');

# A task that has begun to call its app, as order() answers.
sub calling {
    my ($fake) = @_;
    my $known = () = $fake->requests('/installed');
    my $ordered = $admin->order($fake->descriptor_url);
    is($ordered->{status}, 202, 'an installation is ordered');
    ok(wait_for(10, sub { $known < (() = $fake->requests('/installed')) }), 'it calls the app');
    return $ordered;
}

# When all installations have ended, only the process that answers requests is left, the same one.
sub is_left {
    my ($process) = @_;
    ok(wait_for(10, sub { "@{[ processes_of($program) ]}" eq $process }), 'one process is left');
    return;
}

# Asks for a task forty times a second, and returns the responses, with the seconds they took.
sub poll {
    my ($target, $seconds) = @_;
    my $begin = time;
    my @polls;
    for my $turn (1 .. 40 * $seconds) {
        my $asked = time;
        my $response = $admin->call('GET', '', target => $target);
        push @polls, { %$response, seconds => time - $asked };
        my $rest = $begin + $turn / 40 - time;
        sleep $rest if $rest > 0;
    }
    return @polls;
}

subtest 'forty polls a second while an app takes five seconds' => sub {
    my $slow = FakeApp->start($stack);
    my $quick = FakeApp->start($stack);
    $slow->behave('/installed', wait => 5);
    my $ordered = calling($slow);
    my $began = time;
    my $other = $admin->order($quick->descriptor_url);
    my @polls = poll(json_data($ordered)->{links}{self}, 3);
    my $took = time - $began;
    is(scalar(grep { $_->{status} == 200 && !json_data($_)->{status}{done} } @polls),
        120, 'all are answered: at work');
    cmp_ok($took, '<', 4.5, 'before the app has answered');
    my @seconds = sort { $a <=> $b } map { $_->{seconds} } @polls;
    my ($median, $most, $longest) = map { 1000 * $_ } @seconds[ 60, 114, -1 ];
    diag(sprintf '120 polls in %.1f s: median %.1f ms, 95%% within %.1f ms, longest %.1f ms',
        $took, $median, $most, $longest);
    # Other tests run on the same machine at the same time, so that a few may take longer.
    cmp_ok($most, '<', 50, 'all but 5 % within 50 ms');
    ok($quick->has_events('installed', 'enabled'), 'another app was installed meanwhile');
    ok(!(grep { $_ eq 'enabled' } $slow->events), 'while the first was still being called');
    is($admin->follow($other)->{end}{status}, 303, 'the other ended well');
    is($admin->follow($ordered)->{end}{status}, 303, 'so does the first');
    ok($slow->has_events('installed', 'enabled'), 'which is told');
    is_left($worker);
};

subtest 'one app twice at the same time' => sub {
    my $fake = FakeApp->start($stack);
    $fake->behave('/installed', wait => 1);
    my $first = calling($fake);
    my $second = $admin->order($fake->descriptor_url);
    is($admin->follow($_)->{end}{status}, 303, 'it is installed') for $first, $second;
    ok(wait_for(10, sub { waiting_for($fake) eq '' && ($fake->events)[-1] eq 'enabled' }),
        'and told in the end');
    my @calls = $fake->requests('/installed');
    is(scalar @calls, 2, 'both have called it');
    cmp_ok($calls[1]{at} - $calls[0]{at}, '>=', 1, 'one after the other');
    is($calls[0]{data}{sharedSecret}, $calls[1]{data}{sharedSecret}, 'the second was an upgrade');
    is_deeply([ grep { $_->{fault} } $fake->requests ], [], 'all calls had good tokens');
};

subtest 'other changes of an app wait until it is installed' => sub {
    my $fake = FakeApp->start($stack);
    $fake->behave('/installed', wait => 1);
    my $ordered = calling($fake);
    my $refused = $admin->call('DELETE', '/' . $fake->key . '-key');
    is_error($refused, 409, qr/is being installed/, 'DELETE');
    is($fake->app->get->{status}, 200, 'its new secret counts already');
    my ($status, undef, $said) = $stack->run_ctl('app', 'disable', $fake->key);
    is($status, 1, 'dynmodctl app disable fails');
    like($said, qr/is being installed/, 'and says why');
    is($admin->follow($ordered)->{end}{status}, 303, 'the installation goes on');
};

subtest 'an upgrade whose process is killed' => sub {
    my $fake = FakeApp->start($stack, modules => { webPanels => [ panel('static') ] });
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'the app is installed');
    ok($fake->has_events('installed', 'enabled'), 'and told');
    is_registered($fake->app->register(fields('a', 'b')), 'dynamic modules');
    my $before = state_of($fake);
    $fake->describe(modules => { webPanels => [ panel('a') ] });
    $fake->behave('/installed', wait => 5);
    my $ordered = calling($fake);
    my $poll = sub { $admin->call('GET', '', target => json_data($ordered)->{links}{self}) };
    isnt(state_of($fake), $before, 'the upgrade has begun');
    my @workers = grep { $_ != $worker } processes_of($program);
    is(scalar @workers, 1, 'by a process of its own');
    kill KILL => @workers;
    ok(wait_for(5, sub { processes_of($program) == 1 }), 'which is killed');
    is(json_data($poll->())->{status}{done}, JSON::PP::false, 'it still seems to be at work');
    my $deadline = 'UPDATE dynmod.task SET deadline = now() WHERE ended_at IS NULL';
    $stack->sql($deadline, 'superuser');
    my $status = json_data($poll->())->{status};
    is($status->{done}, JSON::PP::true, 'until its time is over');
    like($status->{errorMessage}, qr/^The installation was interrupted\. Please try again\.$/,
        'then it has failed');
    is(state_of($fake), $before, 'everything is as it was');
    is_listed($fake->app, fields('a', 'b'), 'the modules');
    $fake->behave('/installed');
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'once more, it is upgraded');
    is_left($worker);
};

is_without_secrets($stack);
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

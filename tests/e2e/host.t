#!/usr/bin/perl
# The life of apps: upgrades that displace modules, calls in their order and those that wait,
# secrets and keys that are changed.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp;
use Faults qw(wait_for);
use Http qw(http_request);
use JSON::PP;
use Life qw(calls_of is_without_secrets life_of state_of waiting_for);
use MIME::Base64 qw(decode_base64url);
use Modules qw(fields panel);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $admin = $stack->admin;

# installed(%options)
# An app that has been installed and told so; options as for FakeApp->start().
sub installed {
    my $fake = FakeApp->start($stack, @_);
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'the app is installed');
    ok($fake->has_events('installed', 'enabled'), 'and told');
    return $fake;
}

sub path_of {
    my ($fake) = @_;
    return '/' . $fake->key . '-key';
}

sub enable {
    my ($fake, $enabled) = @_;
    my %body = (enabled => $enabled ? JSON::PP::true : JSON::PP::false);
    is($admin->call('PUT', path_of($fake), json => \%body)->{status}, 200, "enabled: $enabled");
    return;
}

# Makes the time of the next attempt come.
sub let_time_pass {
    my ($fake) = @_;
    $stack->sql(
        sprintf(q{UPDATE dynmod.callback SET next_attempt_at = now() FROM dynmod.app
            WHERE app.id = app_id AND app_key = '%s'}, $fake->key),
        'superuser'
    );
    return;
}

# What the history says of removed modules: key and reason, in order.
sub removed_modules {
    my ($fake) = @_;
    return $stack->sql(
        sprintf q{SELECT string_agg(module_key || ': ' || reason, ', ' ORDER BY id)
        FROM dynmod.module_event WHERE app_key = '%s' AND operation = 'delete'}, $fake->key
    );
}

my %dropped = (
    remove_all      => [ 'a', 'b' ],
    remove_clashing => ['a'],
);
for my $policy (sort keys %dropped) {
    my @gone = @{ $dropped{$policy} };
    my $answer = [ map { { type => 'jiraIssueFields', key => $_ } } @gone ];
    my $history = join ', ', map { "$_: clash with a new descriptor" } @gone;
    my @clash = (modules => { webPanels => [ panel('a') ] });
    subtest "a descriptor that takes the key of a dynamic module, on_clash = $policy" => sub {
        $stack->sql("UPDATE dynmod.site SET on_clash = '$policy' WHERE name = 'default'");
        my $fake = installed();
        is_registered($fake->app->register(fields('a', 'b')), 'dynamic modules');
        $fake->describe(@clash);
        my $task = $admin->install($fake->descriptor_url);
        is_deeply(json_data($task->{end}), { done => JSON::PP::true, dropped => $answer },
            'the administrator is told');
        is($task->{plugin}{status}, 200, 'it is upgraded');
        is(removed_modules($fake), $history, 'the history has them');
        is_listed($fake->app, @gone == 2 ? {} : fields('b'), 'what is left');

        my $other = installed();
        is_registered($other->app->register(fields('a', 'b')), 'dynamic modules');
        $other->describe(@clash);
        my $printed = $stack->ctl('app', 'install', $other->descriptor_url);
        is_deeply($printed->{dropped}, $answer, 'dynmodctl tells it');
        is($printed->{action}, 'upgraded', 'it is upgraded');
        is(removed_modules($other), $history, 'the history has them');
        $other->describe;
        my ($status, undef, $said) = $stack->run_ctl('app', 'install', $other->descriptor_url);
        is($status, 0, 'another upgrade, by dynmodctl without --json');
        like($said, qr/^dynmodctl: calling http/m, 'says what it does');
        ok($other->has_events(qw(installed enabled) x 3), 'the app was told each time');
    };
}

subtest 'a call that is refused holds back those after it' => sub {
    my $fake = installed();
    $fake->behave('/disabled', status => 500, body => 'not now');
    enable($fake, 0);
    ok(wait_for(10, sub { state_of($fake) =~ /code 500/ }), 'disabled is refused');
    enable($fake, 1);
    is($fake->app->get->{status}, 200, 'the app can call at once');
    my @list = grep { $_->{app} eq $fake->key } @{ $stack->ctl('callbacks', 'list') };
    my $reason = 'The app host returned HTTP response code 500';
    is_deeply([ map { [ @$_{qw(event attempts lastError)} ] } @list ],
        [ [ 'disabled', 1, $reason ], [ 'enabled', 0, undef ] ],
        'dynmodctl callbacks list shows both, and why');
    is_deeply($stack->ctl('callbacks', 'retry'), { made => 0, failed => 0 }, 'nothing is due');
    ok($fake->has_events(qw(installed enabled disabled)), 'and nothing was sent');
    let_time_pass($fake);
    is_deeply($stack->ctl('callbacks', 'retry'), { made => 1, failed => 1 }, 'refused again');
    is(waiting_for($fake), 'disabled enabled', 'both wait');
    like(state_of($fake), qr/\|disabled\|2\|/, 'after two attempts');
    $fake->behave('/disabled');
    let_time_pass($fake);
    my ($status, $printed) = $stack->run_ctl('callbacks', 'retry', '--site', 'default');
    is($status, 0, 'dynmodctl callbacks retry');
    like($printed, qr/^made 2 calls, 0 failed$/m, 'makes both');
    ok($fake->has_events(qw(installed enabled disabled disabled disabled enabled)), 'in order');
    is(waiting_for($fake), '', 'nothing waits');
    is(
        life_of($fake),
        'install installed enabled disable disabled enable disabled disabled enabled',
        'the history'
    );
    my @attempts = map { $_->{attempt} } grep { $_->{event} eq 'disabled' } calls_of($fake);
    is_deeply(\@attempts, [ 1, 2, 3 ], 'with the attempts');
};

subtest 'what waits for an uninstalled app is superseded by a reinstallation' => sub {
    my $fake = installed();
    my $old = $fake->secret;
    is_registered($fake->app->register(fields('a')), 'a dynamic module');
    $fake->behave('/disabled', close => 1);
    is($admin->call('DELETE', path_of($fake))->{status}, 204, 'DELETE');
    ok(wait_for(10, sub { state_of($fake) =~ /closed the connection/ }), 'it is not reached');
    is(waiting_for($fake), 'disabled uninstalled', 'both wait');
    is_unauthorized($fake->app->get, 'it cannot call');
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'installed again');
    my @events = qw(installed enabled disabled installed enabled);
    ok($fake->has_events(@events), 'it was told that only');
    isnt($fake->secret, $old, 'with another secret');
    is_unauthorized($fake->app($old)->get, 'the old one is worth nothing');
    is_listed($fake->app, fields('a'), 'its dynamic module is back');
    my @superseded = grep { ($_->{error} // '') =~ /^not sent: the app was installed again$/ }
        calls_of($fake);
    is_deeply([ map { $_->{event} } @superseded ], [ 'disabled', 'uninstalled' ], 'the history');
};

subtest 'an app that has gone is uninstalled, and told when it is back' => sub {
    my $fake = installed();
    $fake->stop;
    is($admin->call('DELETE', path_of($fake))->{status}, 204, 'DELETE');
    ok(wait_for(10, sub { state_of($fake) =~ /does not accept connections/ }), 'it is not reached');
    is(waiting_for($fake), 'disabled uninstalled', 'both wait');
    my ($status, $printed) = $stack->run_ctl('callbacks', 'list');
    like($printed, qr/\Q${\$fake->key}\E +disabled .*Connection refused/, 'the operator sees it');
};

subtest 'dynmodctl changes states without HTTP' => sub {
    my $fake = installed();
    $stack->ctl('app', 'disable', $fake->key);
    $stack->ctl('app', 'enable', $fake->key);
    $stack->ctl('app', 'uninstall', $fake->key);
    ok($fake->has_events(qw(installed enabled disabled enabled disabled uninstalled)),
        'the app is told as well')
        or diag($fake->events);
    is(waiting_for($fake), '', 'nothing waits');
};

subtest 'a secret is changed' => sub {
    my $fake = installed();
    my $first = $fake->secret;
    my $changed = $stack->ctl('app', 'rotate-secret', $fake->key)->{sharedSecret};
    ok($fake->has_events(qw(installed enabled installed)), 'the app gets it');
    is($fake->secret, $changed, 'the one that is printed');
    isnt($changed, $first, 'another one');
    is($fake->app->get->{status}, 200, 'which counts');
    is_unauthorized($fake->app($first)->get, 'instead of the old one');

    my $before = state_of($fake);
    $fake->behave('/installed', status => 500);
    my ($status, $printed, $said) = $stack->run_ctl('app', 'rotate-secret', $fake->key);
    is($status, 1, 'when the app refuses, dynmodctl fails');
    is($printed, '', 'and prints no secret');
    like($said, qr/response code 500 when we tried to contact it/, 'but the reason');
    is(state_of($fake), $before, 'the old one stays');
    is($fake->app->get->{status}, 200, 'and counts');

    my $quiet = $stack->ctl('app', 'rotate-secret', $fake->key, '--quiet-app')->{sharedSecret};
    $stack->note_secrets($quiet);
    is($fake->app($quiet)->get->{status}, 200, 'with --quiet-app it is changed');
    is_unauthorized($fake->app->get, 'the app has the old one');
    ok($fake->has_events(qw(installed enabled installed installed)), 'and is not told');
    my $operations = life_of($fake);
    is($operations, 'install installed enabled rotate_secret installed '
            . 'rotate_secret installed rotate_secret rotate_secret', 'the history');
};

# The key id in the header of the last call to an app.
sub kid_of {
    my ($fake) = @_;
    my ($last) = reverse $fake->requests('/installed');
    my ($header) = $last->{headers}{authorization} =~ /^JWT ([\w-]+)/;
    return JSON::PP->new->decode(decode_base64url($header))->{kid};
}

subtest 'the key of a site is changed' => sub {
    my $fake = installed();
    my $former = kid_of($fake);
    my $get = sub { http_request($stack->url, 'GET', "/rest/dynmod/1/keys/$_[0]") };
    my $pem = $get->($former)->{body};
    my $rotated = $stack->ctl('site', 'rotate-key', 'default');
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'an upgrade');
    ok($fake->has_events(qw(installed enabled installed enabled)), 'with calls that are accepted');
    my $present = kid_of($fake);
    isnt($present, $former, 'another key signs');
    isnt($get->($present)->{body}, $pem, 'a really different one');
    is($get->($former)->{body}, $pem, 'the former one is still served');
    my $private = $stack->sql(
        'SELECT string_agg(kid, chr(32)) FROM dynmod.site_key WHERE private_key IS NOT NULL',
        'superuser');
    is($private, $present, 'but its private part is no longer kept');
    $stack->sql(q{UPDATE dynmod.site_key SET retired_at = now() - interval '31 days'
        WHERE retired_at IS NOT NULL}, 'superuser');
    is($get->($former)->{status}, 404, 'for a month');
};

is_without_secrets($stack);
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

#!/usr/bin/perl
# Who is an administrator: passwords that are guessed, changed or only for the machine itself, and a
# host without administrators.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Cgi qw(cgi_run cgi_variables);
use FakeApp;
use Faults qw(as_user);
use Http qw(http_request);
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $admin = $stack->admin;
my $other = $stack->admin(name => 'other');

sub ask {
    my ($who, @options) = @_;
    return $who->call('GET', '/settings', @options);
}

sub guess {
    my ($who) = @_;
    return ask($who, password => 'not the password')->{status};
}

# Runs the admin program in a process of its own, for a client at this address, and returns the
# status.
sub status_from {
    my ($address, $who) = @_;
    my %variables = cgi_variables($stack, 'GET', '/rest/plugins/1.0/settings', '',
        REMOTE_ADDR => $address, HTTP_AUTHORIZATION => $who->credentials);
    my $printed = cgi_run(\%variables, '',
        as_user($stack->fact('web_user'), $stack->fact('web_admin_program')));
    return $printed =~ /^Status: (\d+)/ ? $1 : $printed;
}

sub is_to_wait {
    my ($response, $name) = @_;
    is_error($response, 429, 'Too many passwords were refused. Please try again later.', $name);
    like($response->{headers}{'retry-after'}, qr/^[1-9]\d?$/, "$name: Retry-After");
    return;
}

# let_time_pass(SECONDS)
# Makes all refusals that much older; if it is negative, they slow down for that much longer.
sub let_time_pass {
    my ($seconds) = @_;
    $stack->sql("UPDATE dynmod.login_failure SET failed_at = failed_at - interval '$seconds s'",
        'superuser');
    return;
}

# Forgets what was refused, and where who was accepted.
sub forget {
    $stack->sql('TRUNCATE dynmod.login_failure, dynmod.administrator_address', 'superuser');
    return;
}

subtest 'five wrong passwords of one name' => sub {
    is(guess($admin), 401, 'one') for 1 .. 4;
    is(status_from('192.0.2.6', $admin), 200, 'the right one in between');
    is(guess($admin), 401, 'a fifth');
    let_time_pass(-30);    # however slow this machine is
    is_to_wait(ask($admin), 'the right one');
    is_to_wait(ask($admin, password => 'x'), 'a wrong one');
    is(status_from('127.0.0.1', $admin), 429, 'another process');
    is(status_from('192.0.2.7', $admin), 429, 'another address');
    is(status_from('192.0.2.6', $admin), 200, 'the address where one was accepted');
    is(ask($other)->{status}, 200, 'another administrator');
    let_time_pass(30);
    sleep 1.1;
    is(ask($admin)->{status}, 200, 'a second later the right one');
    let_time_pass(-30);
    is(ask($admin)->{status}, 200, 'which from there on has not to wait');
    is(status_from('192.0.2.7', $admin), 429, 'elsewhere it has');
    forget();
};

subtest 'nobody learns which names there are' => sub {
    my $nobody = Admin->new(%$admin, name => 'nobody');
    is(guess($nobody), 401, 'five wrong passwords of a name that nobody has') for 1 .. 5;
    let_time_pass(-30);
    is_to_wait(ask($nobody), 'one more');
    forget();
};

subtest 'each further one costs more' => sub {
    is(guess($admin), 401, 'five') for 1 .. 5;
    $stack->sql(q{UPDATE dynmod.login_failure SET failures = 9 WHERE subject LIKE 'name %'},
        'superuser');
    let_time_pass(65);
    is(guess($admin), 401, 'a tenth');
    my $response = ask($admin);
    is_to_wait($response, 'the next');
    like($response->{headers}{'retry-after'}, qr/^(?:2\d|3[012])$/, 'after 32 seconds');
    let_time_pass(33);
    is(ask($admin)->{status}, 200, 'the right one');
    forget();
};

subtest 'twenty wrong passwords from one address' => sub {
    my $nobody = Admin->new(%$admin, name => 'nobody');
    for my $number (1 .. 20) {
        $nobody->{name} = "nobody-$number";
        is(guess($nobody), 401, $nobody->{name});
    }
    let_time_pass(-30);
    is_to_wait(ask($nobody), 'a name that nobody has');
    is_to_wait(ask($admin), 'an administrator');
    is(status_from('192.0.2.7', $admin), 200, 'but not from another address');
    let_time_pass(65);
    is(ask($admin)->{status}, 200, 'the right one');
    forget();
};

subtest 'only from the machine itself' => sub {
    my $local = $stack->admin(name => 'local', loopback_only => 1);
    is(ask($local)->{status}, 200, 'through the web server');
    my %status = ('127.0.0.1' => 200, '127.8.9.10' => 200, '::1' => 200, '192.0.2.7' => 401,
        '::ffff:192.0.2.7' => 401, '' => 401);
    is(status_from($_, $local), $status{$_}, "\"$_\"") for sort keys %status;
    is(status_from('192.0.2.7', $other), 200, 'others are not bound to it');
};

subtest 'a changed password' => sub {
    is(ask($other)->{status}, 200, 'the process has seen the old one');
    my $token = $other->token;
    my $changed = Admin->new(%$other, password => $stack->add_admin('other'));
    is(ask($other)->{status}, 401, 'the old one');
    is(ask($changed)->{status}, 200, 'the new one');
    my $ordered = $changed->order('http://127.0.0.1:1/', token => $token);
    is_error($ordered, 403, qr/upm-token/, 'the token of before');
    is(ask($other)->{status}, 401, 'the old one, again');
    $stack->ctl('admin', 'remove', 'other');
    is(ask($changed)->{status}, 401, 'removed');
};

subtest 'admin = off' => sub {
    my $fake = FakeApp->start($stack);
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'an app is installed');
    ok($fake->has_events('installed', 'enabled'), 'and told');
    $stack->stop_web;
    $stack->start_web(options => [ 'admin = off', 'development = on' ]);
    for my $suffix ('', '/settings', '/pending/x', '/' . $fake->key . '-key') {
        my $response = $admin->call('GET', $suffix);
        is_error($response, 404, qr/no such resource/, "GET \"$suffix\"");
        is($response->{headers}{'www-authenticate'}, undef, 'it asks for no password');
    }
    is_error($admin->order($fake->descriptor_url, token => 'x'), 404, qr/./, 'POST');
    is_error($admin->call('DELETE', '/' . $fake->key . '-key'), 404, qr/./, 'DELETE');
    my $addon = '/rest/atlassian-connect/1/addons/' . $fake->key;
    is_error($admin->call('GET', '', target => $addon), 404, qr/no such resource/, 'an app');
    is($fake->app->call('GET', target => $addon)->{status}, 200, 'the app sees itself');
    is($fake->app->call('PUT', target => "$addon/properties/a", body => '1')->{status},
        201, 'and has properties');
    my $kid = $stack->sql('SELECT kid FROM dynmod.site_key', 'superuser');
    is(http_request($stack->url, 'GET', "/rest/dynmod/1/keys/$kid")->{status}, 200, 'the key');
    $stack->ctl('app', 'disable', $fake->key);
    ok($fake->has_events(qw(installed enabled disabled)), 'dynmodctl still calls apps');
};

no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

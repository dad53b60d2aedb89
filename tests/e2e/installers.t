#!/usr/bin/perl
# Tools that install apps, replayed with curl request by request: the script of Atlassian's example
# app for Node.js, and the one of django-atlassian-connect.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp;
use JSON::PP;
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

my $json = JSON::PP->new->utf8;

# What curl prints for an administrator.
sub curl {
    my ($admin, @arguments) = @_;
    return Stack::checked('curl', '--silent', '--show-error', '--user',
        "$admin->{name}:$admin->{password}", @arguments);
}

# plugins(ADMIN, [SUFFIX])
# The URL of the resource, and what follows it.
sub plugins {
    my ($admin, $suffix) = @_;
    return $admin->{stack}->url . "$admin->{context_path}/rest/plugins/1.0/" . ($suffix // '');
}

# Reads the header by its exact line, cut where the value begins.
sub replay_node {
    my ($admin, $fake) = @_;
    my $type = 'Content-Type: application/vnd.atl.plugins.install.uri+json';
    my ($line) = grep { /^upm-token/ } split /\r?\n/, curl($admin, '--head', plugins($admin));
    like($line, qr/^upm-token: \S+$/, 'HEAD has the line') or return;
    my $token = substr $line, 11;
    my %body = (pluginUri => $fake->descriptor_url, pluginName => 'the app');
    my $printed = curl($admin, '--write-out', "\n%{http_code}", '--header', $type, '--data',
        $json->encode(\%body), plugins($admin, "?token=$token"));
    like($printed, qr/\n202$/, 'POST');
    ok($fake->has_events('installed', 'enabled'), 'the app is installed');
    is($fake->app->get->{status}, 200, 'and can call');
    my $removed = curl($admin, '--write-out', '%{http_code}', '--request', 'DELETE', '--header',
        $type, plugins($admin, $fake->key . '-key'));
    is($removed, '204', 'DELETE');
    ok($fake->has_events(qw(installed enabled disabled uninstalled)), 'the app is uninstalled');
    return;
}

# One request whose redirects are followed. Returns the last type, the headers and the body.
sub follow {
    my ($admin, @arguments) = @_;
    my $printed = curl($admin, '--location', '--include', '--write-out', "\n%{content_type}",
        @arguments);
    my ($type) = $printed =~ /\n(.*)\z/;
    my ($body) = $printed =~ /.*\r\n\r\n(.*)\n.*\z/s;
    my ($head) = $printed =~ /\A(.*?)\r\n\r\n/s;
    return ($type, $head, $body);
}

# Compares types with their parameters, letter by letter. Returns the app, or what went wrong.
sub replay_django {
    my ($admin, $fake) = @_;
    my ($working, $plugin) =
        map { "application/vnd.atl.plugins.$_+json;charset=UTF-8" } 'install.installing', 'plugin';
    my (undef, $head) = follow($admin, '--header',
        'Accept: application/vnd.atl.plugins.installed+json', plugins($admin));
    my ($token) = $head =~ /^upm-token: (\S+)\r?$/mi;
    (undef, $head) = follow(
        $admin, '--header', 'Content-Type: application/vnd.atl.plugins.remote.install+json',
        '--data', $json->encode({ pluginUri => $fake->descriptor_url }),
        plugins($admin, "?token=$token")
    );
    my ($task) = $head =~ m{^Location: \S*/rest/plugins/1\.0/pending/([^/\s]+)\r?$}mi;
    ok($task, 'POST answers where the task is') or return {};
    my $turns = 0;
    while ($turns++ < 100) {
        my ($type, undef, $body) = follow($admin, plugins($admin, "pending/$task"));
        my $data = $json->decode($body);
        if ($type eq $plugin) {
            cmp_ok($turns, '>', 1, 'it has seen it at work');
            return $data;
        }
        is($type, $working, 'the type while it is at work') unless $turns > 1;
        return { error => $data->{status}{errorMessage} }
            if $data->{status}{contentType} eq 'application/vnd.atl.plugins.task.install.err+json';
        sleep 0.1;
    }
    return {};
}

for my $setup ('lighttpd-fastcgi', 'apache-cgi') {
    my $stack = Stack->start(setup => $setup, options => [HOST_OPTIONS]);
    for my $site ('default', 'jira') {
        my $admin = $stack->admin(site => $site);
        my $fake = FakeApp->start($stack, site => $site);
        subtest "$setup, $site: the example app for Node.js" => sub {
            replay_node($admin, $fake);
        };
        subtest "$setup, $site: django-atlassian-connect" => sub {
            $fake->behave('/installed', wait => 0.5);
            my $plugin = replay_django($admin, $fake);
            is($plugin->{key}, $fake->key, 'it is installed');
            is($plugin->{enabled}, JSON::PP::true, 'and enabled');
            $fake->behave('/installed', status => 500);
            my $failure = replay_django($admin, $fake);
            like($failure->{error}, qr/HTTP response code 500/, 'an app that refuses');
        };
    }
    no_fault_in_logs($stack);
    $stack->delete;
}
done_testing();

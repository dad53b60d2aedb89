#!/usr/bin/perl
# An app with an unmodified atlassian-connect-express installs itself, and keeps what it was given.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use ExpressApp;
use Faults qw(wait_for);
use Modules qw(fields panel);
use Npm qw(install_packages);
use Stack;
use Test::More;

# found(STACK, APP, QUERY)
# What a query finds that starts from `app`, the row of this app with the name of its site.
sub found {
    my ($stack, $app, $query) = @_;
    my ($key, $client_key) = ($app->key, $app->client_key);
    return $stack->sql("
        WITH app AS (
            SELECT app.*, site.name AS site_name FROM dynmod.app
                JOIN dynmod.site ON site.id = app.site_id
                WHERE app_key = '$key' AND client_key = '$client_key')
        $query", 'owner');
}

sub state_of {
    my ($stack, $app) = @_;
    return found($stack, $app, 'SELECT state FROM app');
}

sub secret_of {
    my ($stack, $app) = @_;
    return found($stack, $app, q{SELECT secret FROM dynmod.app_secret JOIN app ON app.id = app_id
        WHERE use = 'current'});
}

# What the history says of the app: steps, and calls with the status of the answer.
sub history_of {
    my ($stack, $app) = @_;
    return found($stack, $app, q{
        SELECT concat_ws(' ', operation, detail ->> 'event', detail ->> 'status')
            FROM app JOIN dynmod.app_event USING (site_name, app_key) ORDER BY app_event.id});
}

# is_called(APP, EVENT)
# The host has called, and the app's middleware has let it pass.
sub is_called {
    my ($app, $event) = @_;
    my $told = $app->tells($event) // {};
    is($told->{clientKey}, $app->client_key, "the app accepts `$event`") or diag($app->output);
    return;
}

# keys_are(APP, NAME, KEY...)
# The app, which asks by its library, has fields with these keys.
sub keys_are {
    my ($app, $name, @keys) = @_;
    my ($status, $modules) = $app->ask('get', json => JSON::PP::true);
    my @listed = map { $_->{key} } @{ $modules->{jiraIssueFields} // [] };
    is_deeply([ $status, @listed ], [ 200, @keys ], $name);
    return;
}

sub is_installed {
    my ($app, $name) = @_;
    ok($app->prints(qr/Registered with host at/), $name) or diag($app->output);
    return;
}

# What the app does from its first start to its second, with a store in memory.
sub install_and_return {
    my ($stack, $site) = @_;
    my $app = ExpressApp->new($stack, 'com.example.memory', site => $site);
    $app->start;
    is_installed($app, 'it installs itself');
    is(($app->tells('registered') // {})->{status}, 200, 'it registers before it has agreed');
    is_called($app, 'enabled');
    is(state_of($stack, $app), 'enabled', 'the app is enabled');
    like(history_of($stack, $app), qr/^call installed 204$/m, 'the library has agreed');

    my ($status, $body) = $app->ask('post', json => fields('later'));
    is($status, 200, 'it registers another module') or diag(explain($body));
    keys_are($app, 'both are listed', qw(early later));
    ($status) = $app->ask('del', qs => { moduleKey => 'early' });
    is($status, 204, 'it removes the first');
    keys_are($app, 'the other is left', 'later');
    ($status, $body) = $app->ask('put', json => fields('later', 'put'));
    is($status, 200, 'it replaces all of them') or diag(explain($body));
    is_deeply(
        $body,
        { added => ['put'], updated => [], removed => [], unchanged => ['later'] },
        'and is told what has changed'
    );
    keys_are($app, 'they are listed', qw(later put));
    ($status) = $app->ask('put', json => {}, headers => { 'X-Dynmod-Dry-Run' => 'true' });
    is($status, 200, 'it tries what it would be to have none');
    ($status, $body) = $app->ask('put', json => fields('later'), headers => { 'If-Match' => '"1"' });
    is($status, 412, 'and expects another set') or diag(explain($body));
    keys_are($app, 'nothing has changed', qw(later put));
    ($status) = $app->ask('del', qs => { moduleKey => 'put' });
    is($status, 204, 'it removes what it has put');

    my $secret = secret_of($stack, $app);
    ok($app->stop('TERM'), 'it ends by SIGTERM') or diag($app->output);
    like($app->output, qr/Unregistered on host/, 'having uninstalled itself');
    is(state_of($stack, $app), 'uninstalled', 'the app is uninstalled');
    is(index($stack->log_text, $secret), -1, 'its secret is not in the log');
    for my $event (qw(disabled uninstalled)) {
        my $waits = found($stack, $app,
            "SELECT count(*) FROM app JOIN dynmod.waiting_callback USING (site_name, app_key)
                WHERE event = '$event'");
        my $given = history_of($stack, $app) =~ /^call $event 204$/m;
        ok($given || $waits, "the app gets `$event` now or later");
    }

    $app->start;
    is_installed($app, 'it installs itself again');
    is_called($app, 'enabled');
    ok(wait_for(5, sub { secret_of($stack, $app) ne $secret }), 'with another secret');
    is(($app->tells('registered') // {})->{status}, 200, 'by which it registers again');
    keys_are($app, 'what it had registered is back', qw(later early));
    ok($app->stop('TERM'), 'it ends again');
    return;
}

# A key server with another key: the app does not take the host for the host.
sub install_at_foreign_host {
    my ($stack) = @_;
    my $app = ExpressApp->new($stack, 'com.example.foreign', keys => '/foreign-keys');
    $app->start;
    ok($app->prints(qr/Failed to register with host/), 'it does not install itself');
    like($app->output, qr/HTTP response code 400/, 'and prints why') or diag($app->output);
    unlike($app->output, qr/Saved tenant details/, 'it has not kept the secret');
    is(state_of($stack, $app), '', 'there is no such app on the host');
    ok($app->stop('TERM'), 'it ends');
    return;
}

# With a store in a file: what survives a crash of the app, and a new descriptor.
sub crash_and_upgrade {
    my ($stack) = @_;
    my $app = ExpressApp->new($stack, 'com.example.stored', stored => 1);
    $app->start;
    is_installed($app, 'it installs itself');
    is_called($app, 'enabled');
    ok(wait_for(60, sub { history_of($stack, $app) =~ /^call enabled 204$/m }),
        'the host knows that it has');
    my $secret = secret_of($stack, $app);

    $app->stop('KILL');
    my $before = history_of($stack, $app);
    $app->start;
    ok($app->prints(qr/is already installed/), 'after a crash it finds itself installed')
        or diag($app->output);
    is(history_of($stack, $app), $before, 'so nothing happens');
    keys_are($app, 'its secret still counts', 'early');

    $app->describe({ webPanels => [ panel('new-panel') ] });
    ok(
        wait_for(60, sub { history_of($stack, $app) =~ /^upgrade.*^call enabled/ms }),
        'it sees its new descriptor and installs itself again'
    ) or diag($app->output);
    is(secret_of($stack, $app), $secret, 'with the same secret');
    is(
        found($stack, $app, 'SELECT type_name, module_key, origin FROM app
            JOIN dynmod.live_module USING (site_name, app_key) ORDER BY live_module.id'),
        "jiraIssueFields|early|dynamic\nwebPanels|new-panel|descriptor",
        'the new module is there'
    );
    keys_are($app, 'those of its own are kept', 'early');
    ok($app->stop('TERM'), 'it ends');
    return;
}

# serve(SETUP, CODE)
# Runs a subtest with a stack of its own, whose log must be clean.
sub serve {
    my ($setup, $code) = @_;
    subtest $setup => sub {
        my $stack = Stack->start(setup => $setup, options => [ 'admin = on', 'development = on' ]);
        ExpressApp::add_administrator($stack);
        $code->($stack);
        no_fault_in_logs($stack);
        $stack->delete;
    };
    return;
}

install_packages();
serve('lighttpd-fastcgi', sub {
    my ($stack) = @_;
    subtest 'store in memory' => sub { install_and_return($stack, 'default') };
    subtest 'store in memory, context path' => sub { install_and_return($stack, 'jira') };
    subtest 'foreign keys' => sub { install_at_foreign_host($stack) };
    subtest 'store in a file' => sub { crash_and_upgrade($stack) };
});
serve('lighttpd-cgi', sub {
    my ($stack) = @_;
    subtest 'store in memory' => sub { install_and_return($stack, 'default') };
});
done_testing();

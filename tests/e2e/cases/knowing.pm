# What a process knows of an app from earlier requests: it never outlives a change of the app.
use strict;
use warnings;

use Cases;
use JSON::PP;
use Modules qw(field fields item panel);
use Test::More;

use constant REQUESTS => 6;    # enough for each process of a set-up to know the app

my $json = JSON::PP->new;

# A new app that all processes know, with the module "known".
sub known_app {
    my ($stack, %options) = @_;
    my $app = $stack->install(%options);
    for (1 .. REQUESTS) {
        is($app->register(fields('known'))->{status}, 200, 'a request before: POST');
        is($app->remove('moduleKey=known')->{status}, 204, 'a request before: DELETE');
    }
    is_registered($app->register(fields('known')), 'what the app has');
    return $app;
}

# Requests that all need an enabled app before anything else: with these options of call().
my %requests = (
    'a POST'             => [ POST   => json => fields('new') ],
    'a DELETE'           => ['DELETE'],
    'a POST of nothing'  => [ POST   => json => {} ],
    'invalid modules'    => [ POST   => json => { webPanels => [ {} ] } ],
    'no JSON'            => [ POST   => body => '{', headers => [ 'Content-Type' => 'application/json' ] ],
    'another type'       => [ POST   => body => 'x', headers => [ 'Content-Type' => 'text/plain' ] ],
    'an unknown query'   => [ DELETE => suffix => '?moduleKy=a' ],
    'a wrong header'     => [ DELETE => headers => [ 'If-Match' => 'x' ] ],
    'a dry run'          => [ POST   => json => fields('new'), headers => [ 'X-Dynmod-Dry-Run' => 'true' ] ],
);

my %changes = (
    'disabled' => sub { my ($stack, $app) = @_; $stack->ctl('app', 'disable', $app->key) },
    'uninstalled' => sub { my ($stack, $app) = @_; $stack->ctl('app', 'uninstall', $app->key) },
    'deleted by psql' => sub {
        my ($stack, $app) = @_;
        $stack->sql(sprintf "DELETE FROM dynmod.app WHERE app_key = '%s'", $app->key);
    },
    'given a new secret' => sub {
        my ($stack, $app) = @_;
        $stack->ctl('app', 'rotate-secret', $app->key, '--quiet-app');
    },
    'installed anew after an uninstallation' => sub {
        my ($stack, $app) = @_;
        $stack->ctl('app', 'uninstall', $app->key);
        $stack->install(key => $app->key);
    },
);

for my $change (sort keys %changes) {
    case "an app that was $change" => sub {
        my ($stack) = @_;
        for my $kind (sort keys %requests) {
            next if $kind ne 'a POST' && $kind ne 'a DELETE' && $change ne 'disabled';
            my $app = known_app($stack);
            $changes{$change}->($stack, $app);
            my ($method, %options) = @{ $requests{$kind} };
            is_unauthorized($app->call($method, %options), $kind);
        }
    };
}

case 'a new secret is accepted, and a former one as long as it may be' => sub {
    my ($stack) = @_;
    my $app = known_app($stack);
    my $rotated = $stack->ctl('app', 'rotate-secret', $app->key, '--overlap', '3600', '--quiet-app');
    my @new = (secret => $rotated->{sharedSecret});
    for (1 .. REQUESTS) {
        is($app->remove(undef)->{status}, 204, 'the former one: DELETE');
        is($app->register(fields('a'), @new)->{status}, 200, 'the new one: POST');
    }
    $stack->ctl('app', 'rotate-secret', $app->key, '--quiet-app');
    is_unauthorized($app->remove(undef), 'the former one, revoked');
    is_unauthorized($app->remove(undef, @new), 'and what was new');
};

case 'an app that is enabled again' => sub {
    my ($stack) = @_;
    my $app = known_app($stack);
    $stack->ctl('app', 'disable', $app->key);
    is_unauthorized($app->register(fields('a')), 'disabled') for 1 .. REQUESTS;
    $stack->ctl('app', 'enable', $app->key);
    is_registered($app->register(fields('a')), 'enabled');
};

case 'scopes and types of today count' => sub {
    my ($stack) = @_;
    my $app = known_app($stack, scopes => ['ADMIN']);
    my @webhooks = ({ event => 'jira:issue_created', url => '/hook', key => 'hook' });
    is_registered($app->register({ webhooks => \@webhooks }), 'with the scope');
    is_removed($app->remove(undef), 'for the next try');
    $stack->sql(sprintf "UPDATE dynmod.app SET scopes = '{}' WHERE app_key = '%s'", $app->key);
    is_refused_modules($app, { webhooks => \@webhooks }, qr/scope/, 'without');
    is_registered($app->register({ webPanels => [ panel('a') ] }), 'a type');
    is_removed($app->remove(undef), 'for the next try, too');
    $stack->ctl('type', 'deny', 'webPanels');
    my $response = $app->register({ webPanels => [ panel('a') ] });
    $stack->ctl('type', 'allow', 'webPanels');
    is_error($response, 400, qr{/webPanels\b}, 'the type, denied');
    is_registered($app->register({ webPanels => [ panel('a') ] }), 'and allowed');
};

# The answers to a known app and to one that no process knows: the same but for its key.
sub is_the_same {
    my ($known, $new, $kind) = @_;
    my @answers = map { { %$_, headers => undef } } $known, $new;
    $_->{body} =~ s/com\.example\.app-\d+/KEY/g for @answers;
    is_deeply($answers[0], $answers[1], $kind) or diag($json->encode(\@answers));
    return;
}

case 'a known app gets the answers that others get' => sub {
    my ($stack) = @_;
    my $page = { key => 'page', url => '/p', name => { value => 'P' } };
    my $dialog = { key => 'dialog', url => '/d' };
    my %descriptor = (modules => { adminPages => [$page], dialogs => [$dialog] });
    my $opens = item('opens', target => { type => 'dialogmodule', options => { key => 'dialog' } });
    my $missing = item('opens', target => { type => 'dialogmodule', options => { key => 'none' } });
    my @dry = (headers => [ 'X-Dynmod-Dry-Run' => 'true' ]);
    my %sent = (
        'a key in use'                => [ fields('known') ],
        'a key of the descriptor'     => [ fields('page') ],
        'keys in use and twice'       => [ fields('known', 'b', 'b', 'page') ],
        'too many'                    => [ fields(map { "m$_" } 1 .. 400) ],
        'invalid and a key in use'    => [ { %{ fields('known') }, webPanels => [ {} ] } ],
        'an unknown type'             => [ { noSuchType => [] } ],
        'nothing'                     => [ {} ],
        'a module that needs another' => [ { webItems => [$opens] }, @dry ],
        'one that lacks it'           => [ { webItems => [$missing] }, @dry ],
        'good modules'                => [ fields('good') ],
    );
    for my $kind (sort keys %sent) {
        my ($modules, @options) = @{ $sent{$kind} };
        my $known = known_app($stack, %descriptor);
        my $new = $stack->install(%descriptor);
        $stack->sql(sprintf q{SELECT FROM dynmod.register_modules('default', '%s', '%s')}, $new->key,
            $json->encode([ { type => 'jiraIssueFields', definition => field('known') } ]));
        is_the_same($known->register($modules, @options), $new->register($modules, @options), $kind);
        is($known->get->{body}, $new->get->{body}, "$kind: what they have");
    }
    my $app = known_app($stack, %descriptor);
    is_the_same(map({ $_->send_body('{"a":[],"a":[]}') } $app, $stack->install), 'a name twice');
    my $response = $app->register({ webItems => [$opens] }, @dry);
    is_deeply(json_data($response)->{warnings}, [], 'a module of the descriptor is found');
};

1;

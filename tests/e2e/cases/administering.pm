# Administrators who install and manage apps, and what apps find of themselves beside their modules.
use strict;
use warnings;

use Cases;
use Digest::SHA qw(hmac_sha256_hex);
use FakeApp;
use Http qw(http_request);
use JSON::PP;
use Modules qw(fields panel);
use Test::More;

use constant {
    UPM     => 'application/vnd.atl.plugins.',
    CHARSET => ';charset=UTF-8',
    ADDONS  => '/rest/atlassian-connect/1/addons/',
};

sub key_path {
    my ($app) = @_;
    return '/' . $app->key . '-key';
}

# A response with JSON of this type, which is returned.
sub is_upm {
    my ($response, $status, $type, $name) = @_;
    is($response->{status}, $status, "$name: $status") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, $type . CHARSET, "$name: the type");
    is($response->{headers}{'cache-control'}, 'no-store', "$name: not to be stored");
    return json_data($response);
}

case 'settings' => sub {
    my ($stack) = @_;
    my $data = is_upm($stack->admin->call('GET', '/settings'), 200, 'application/json', 'GET');
    my ($setting) = @{ $data->{settings} };
    is($setting->{key}, 'connectDeveloperListingsEnabled', 'development mode');
    ok($setting->{value}, 'is on');
};

case 'the list of apps' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin;
    my %vendor = (name => 'V', url => 'https://v.example');
    my $app = $stack->install(version => '1.2', vendor => \%vendor);
    for my $suffix ('', '/') {
        my $response = $admin->call('GET', $suffix);
        my $data = is_upm($response, 200, UPM . 'installed+json', "GET \"$suffix\"");
        my ($plugin) = grep { $_->{key} eq $app->key } @{ $data->{plugins} };
        is_deeply([ @$plugin{qw(name version enabled userInstalled)} ],
            [ 'App ' . $app->key, '1.2', JSON::PP::true, JSON::PP::true ], 'the app');
        is_deeply($plugin->{vendor}, { name => 'V', link => 'https://v.example' }, 'its vendor');
        is($plugin->{links}{self}, '/rest/plugins/1.0' . key_path($app), 'its place');
        like($response->{headers}{'upm-token'}, qr/^[0-9a-f]{40,}$/, 'a token');
    }
    my $head = $admin->call('HEAD', '/');
    is($head->{status}, 200, 'HEAD');
    is($head->{body}, '', 'no body');
    like($head->{headers}{'upm-token'}, qr/^[0-9a-f]{40,}$/, 'a token');
    my $options = $admin->call('OPTIONS', '/', authorization => undef);
    is_removed($options, 'OPTIONS');
    is($options->{headers}{allow}, 'GET, HEAD, POST, OPTIONS', 'Allow');
    is_error($admin->call('PATCH', '/', authorization => undef), 405, qr/./, 'PATCH');
};

# Orders an app by an administrator and follows that to its end.
sub is_installed {
    my ($admin, $fake) = @_;
    my $place = $admin->{context_path} . '/rest/plugins/1.0';
    my $ordered = $admin->order($fake->descriptor_url);
    my $data = is_upm($ordered, 202, UPM . 'install.downloading+json', 'POST');
    like($data->{links}{self}, qr{^\Q$place\E/pending/[0-9a-f-]{36}$}, 'the task');
    is($ordered->{headers}{location}, $admin->{stack}->url . $data->{links}{self}, 'Location');
    is($data->{links}{alternate}, $data->{links}{self} =~ s/pending/tasks/r, 'the other address');
    is_deeply([ @$data{qw(type pingAfter)} ], [ 'INSTALL', 100 ], 'what it is');
    is($data->{status}{done}, JSON::PP::false, 'not done');
    my $task = $admin->follow($ordered);
    cmp_ok(scalar @{ $task->{polls} }, '>', 0, 'it was seen at work');
    for my $poll (@{ $task->{polls} }) {
        my $status = is_upm($poll, 200, UPM . 'install.installing+json', 'pending')->{status};
        like($status->{contentType}, qr/^\Q${\UPM}\Einstall\.(?:downloading|installing)\+json$/,
            'the stage');
    }
    is($task->{end}{status}, 303, 'the end');
    $place = $admin->{stack}->url . $place . key_path($fake);
    is($task->{end}{headers}{location}, $place, 'Location');
    my $plugin = is_upm($task->{plugin}, 200, UPM . 'plugin+json', 'the app');
    is_deeply([ @$plugin{qw(key enabled)} ], [ $fake->key, JSON::PP::true ], 'is enabled');
    my $alternate = $admin->call('GET', '', target => $data->{links}{alternate});
    is($alternate->{status}, 303, 'the other address');
    return;
}

for my $site ('default', 'jira') {
    case "the life of an app on the site $site" => sub {
        my ($stack) = @_;
        my $admin = $stack->admin(site => $site);
        my $fake = FakeApp->start($stack, site => $site, modules => fields('static'));
        $fake->behave('/installed', register => fields('a'), wait => 0.4);
        is_installed($admin, $fake);
        ok($fake->has_events(qw(installed enabled)), 'it was told') or diag($fake->events);
        my ($installed) = $fake->requests('/installed');
        is($installed->{registered}, 200, 'it could call before it had agreed');
        is($installed->{data}{baseUrl}, $stack->url . $admin->{context_path}, 'it knows the site');
        is_listed($fake->app, fields('a'), 'its modules');
        my $path = key_path($fake);
        for my $state (0, 1) {
            my $enabled = $state ? JSON::PP::true : JSON::PP::false;
            my %change = (type => UPM . 'plugin+json', json => { enabled => $enabled });
            my $response = $admin->call('PUT', $path, %change);
            my $data = is_upm($response, 200, UPM . 'plugin+json', "PUT $enabled");
            is($data->{enabled}, $enabled, 'so it is');
            is($fake->app->get->{status}, $state ? 200 : 401, 'it may call');
        }
        is_removed($admin->call('DELETE', $path), 'DELETE');
        is_error($admin->call('GET', $path), 404, qr/^The app \S+ does not exist\.$/, 'GET');
        is_unauthorized($fake->app->get, 'an uninstalled app');
        my @events = qw(installed enabled disabled enabled disabled uninstalled);
        ok($fake->has_events(@events), 'it was told all, in order') or diag($fake->events);
    };
}

case 'what is not there' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin;
    is_error($admin->call('GET', '/nobody-key'), 404, qr/nobody/, 'GET of an app');
    is_error($admin->call('DELETE', '/nobody-key'), 404, qr/nobody/, 'DELETE');
    is_error($admin->call('PUT', '/nobody-key', json => { enabled => JSON::PP::true }),
        404, qr/nobody/, 'PUT');
    is_error($admin->call('GET', "/pending/$_"), 404, qr/^The task does not exist\.$/, "the task $_")
        for 'x', '3f2b1c58-aaaa-4bbb-8ccc-0123456789ab';
    is_error($admin->call('GET', '/nothing'), 404, qr/./, 'another path');
};

case 'who is no administrator' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin(name => 'other');
    my $app = $stack->app('visitor');
    my $token = $app->token('GET', '/rest/plugins/1.0');
    my %strangers = (
        'no credentials'      => { authorization => undef },
        'another scheme'      => { authorization => 'Bearer x' },
        'no base64'           => { authorization => 'Basic !' },
        'no colon'            => { authorization => 'Basic YWRtaW4=' },
        'a wrong password'    => { password => 'wrong password' },
        'the token of an app' => { authorization => "JWT $token" },
    );
    for my $name (sort keys %strangers) {
        my $response = $admin->call('GET', '', %{ $strangers{$name} });
        is_error($response, 401, qr/^Client must be authenticated/, $name);
        my $scheme = $response->{headers}{'www-authenticate'};
        like($scheme, qr/^Basic realm="[^"]+"/, "$name: the scheme to use");
        is($response->{headers}{'upm-token'}, undef, "$name: no token");
    }
    is($admin->call('GET', '')->{status}, 200, 'the administrator');
};

case 'an installation needs the token' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin;
    my $hash = $stack->sql(
        q{SELECT password_hash FROM dynmod.administrator WHERE name = 'operator'}, 'superuser');
    my $sign = sub { my $end = sprintf '%016x', time + $_[0]; $end . hmac_sha256_hex($end, $hash) };
    my $url = 'http://127.0.0.1:1/nothing';
    my %tokens = (
        'no token'              => undef,
        'an empty one'          => '',
        'another one'           => 'x' x 80,
        'a forged one'          => $sign->(60) =~ s/(.)$/$1 eq '0' ? '1' : '0'/er,
        'one with another time' => $sign->(60) =~ s/^.{16}/sprintf '%016x', time + 90/er,
        'an expired one'        => $sign->(-2),
        'that of another'       => $stack->admin(name => 'other')->token,
    );
    for my $name (sort keys %tokens) {
        is_error($admin->order($url, token => $tokens{$name}), 403, qr/upm-token/, $name);
    }
    my $response = $admin->order($url, token => $sign->(60));
    is($response->{status}, 202, 'one that this test has made');
    like($admin->follow($response)->{error}, qr/does not accept connections/, 'fails otherwise');
};

case 'bodies that say nothing' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin;
    my $token = $admin->token;
    my $url = 'http://127.0.0.1:1/nothing';
    my $path = key_path($stack->app('visitor'));
    my $plain = $admin->order($url, token => $token, type => 'text/plain');
    is_error($plain, 415, qr/\+json/, 'no JSON');
    my %bodies = (
        'broken'         => '{"pluginUri":',
        'empty'          => '',
        'no URL'         => '{}',
        'no URL but 1'   => '{"pluginUri":1}',
        'no object'      => "[\"$url\"]",
        'no UTF-8'       => "{\"pluginUri\":\"\xff\"}",
        'another member' => "{\"pluginURI\":\"$url\"}",
    );
    for my $name (sort keys %bodies) {
        my $response = $admin->call('POST', "/?token=$token", body => $bodies{$name});
        is_error($response, 400, qr/pluginUri|parsed as JSON/, $name);
    }
    is_error($admin->call('PUT', $path, body => $_), 400, qr/enabled|parsed as JSON/, "PUT $_")
        for '{', '{}', '{"enabled":"true"}', '{"enabled":null}';
    is_error($admin->call('PUT', $path, type => 'text/plain', body => '{"enabled":false}'),
        415, qr/\+json/, 'PUT of text');
    is($stack->app('visitor')->get->{status}, 200, 'nothing has changed');
};

case 'the public key of a site' => sub {
    my ($stack) = @_;
    my $admin = $stack->admin;
    my $fake = FakeApp->start($stack);
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'an app is installed');
    my $kid = $stack->sql(q{SELECT kid FROM dynmod.site_key JOIN dynmod.site ON site.id = site_id
        WHERE name = 'default' AND retired_at IS NULL}, 'superuser');
    my $get = sub { http_request($stack->url, 'GET', "$_[0]/rest/dynmod/1/keys/$_[1]") };
    my $response = $get->('', $kid);
    is($response->{status}, 200, 'GET, without credentials');
    like($response->{headers}{'cache-control'}, qr/\bmax-age=\d{4,}/, 'it may be kept');
    my $pem = qr{^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+\n-----END PUBLIC KEY-----\n$};
    like($response->{body}, $pem, 'PEM');
    is_error($get->('', $_), 404, qr/^The key does not exist\.$/, $_) for 'x', "${kid}x";
    is_error($get->('/jira', $kid), 404, qr/^The key does not exist\.$/, 'on another site');
    is_error($get->('', ''), 404, qr/./, 'no key id');
};

sub addon {
    my ($app, $key, %options) = @_;
    my $target = $app->{context_path} . ADDONS . ($key // $app->key);
    return $app->call('GET', target => $target, %options);
}

case 'an app looks at itself' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira', version => '3');
    my $other = $stack->install(site => 'jira');
    my $admin = $stack->admin(site => 'jira');
    my %wanted = (
        key     => $app->key,
        version => '3',
        state   => 'ENABLED',
        host    => { product => 'Jira', contacts => [] },
        links   => { self => [ '/jira' . ADDONS . $app->key ] },
    );
    is_deeply(json_data(addon($app)), \%wanted, 'itself');
    is_error(addon($other, $app->key), 403, qr/itself/, 'another app');
    is_error(addon($other, 'nobody'), 403, qr/itself/, 'whether there is another');
    my $by_admin = sub { $admin->call('GET', '', target => '/jira' . ADDONS . $_[0]) };
    is_deeply(json_data($by_admin->($app->key)), \%wanted, 'an administrator');
    my $missing = $by_admin->('nobody');
    is($missing->{status}, 404, 'an app that is not there');
    is_deeply(
        json_data($missing),
        { 'status-code' => 404, message => 'Add-on with key nobody was not found' },
        'in these words'
    );
    is_unauthorized(addon($app, $app->key, authorization => undef), 'a stranger');
};

# One request for a property of an app, or without a key for the list; the options of App::call().
sub property {
    my ($app, $method, $key, %options) = @_;
    my $path = $app->{context_path} . ADDONS . ($options{of} // $app->key) . '/properties';
    $path .= "/$key" if defined $key;
    return $app->call($method, target => $path, %options);
}

case 'properties' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    my $self = '/jira' . ADDONS . $app->key . '/properties/';
    is_deeply(json_data(property($app, 'GET')), { keys => [] }, 'none');
    is_error(property($app, 'GET', 'b'), 404, 'Property with key not found.', 'GET');
    my @puts = (
        [ 201, 'b',       '{"x": [1, null]}', [] ],
        [ 200, 'b',       '{"x":1.0}',        [ 'Content-Type' => 'application/json' ] ],
        [ 201, 'a%20%2B', '"text"',           [ 'Content-Type' => 'text/plain' ] ],
    );
    for my $put (@puts) {
        my ($status, $key, $value, $headers) = @$put;
        my $response = property($app, 'PUT', $key, body => $value, headers => $headers);
        is($response->{status}, $status, "PUT $key: $status") or diag($response->{body});
        my $got = property($app, 'GET', $key);
        is($got->{status}, 200, "GET $key");
        my %wanted = (
            key   => $key =~ s/%(..)/chr hex $1/ger,
            value => JSON::PP->new->allow_nonref->decode($value),
            self  => $self . $key,
        );
        is_deeply(json_data($got), \%wanted, 'the property');
    }
    like(property($app, 'GET', 'b')->{body}, qr/"value":\{"x":1\.0\}/, 'a value stays as it is');
    is_deeply(json_data(property($app, 'GET'))->{keys},
        [ { key => 'a +', self => "${self}a%20%2B" }, { key => 'b', self => "${self}b" } ], 'both');
    is_removed(property($app, 'DELETE', 'b'), 'DELETE');
    is_error(property($app, 'DELETE', 'b'), 404, 'Property with key not found.', 'once more');
    is_error(property($app, 'PUT', 'c', body => $_), 400, qr/JSON/, "PUT \"$_\"") for '', '{', 'x';
    my $other = $stack->install(site => 'jira');
    for my $method (qw(GET PUT DELETE)) {
        my @body = $method eq 'PUT' ? (body => '1') : ();
        my $response = property($other, $method, 'a%20%2B', of => $app->key, @body);
        is_error($response, 403, qr/itself/, "$method of another app");
    }
    is_error(property($other, 'GET', undef, of => $app->key), 403, qr/itself/, 'the list of it');
    is_unauthorized(property($app, 'GET', undef, authorization => undef), 'a stranger');
    is_unauthorized(
        property($app, 'GET', undef, authorization => $stack->admin->credentials),
        'an administrator'
    );
    is(json_data(property($app, 'GET', 'a%20%2B'))->{value}, 'text', 'nothing has changed');
};

case 'how many properties, and how large' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $long = '%C3%A9' x 127;
    is(property($app, 'PUT', $long, body => '1')->{status}, 201, 'a key of 127 characters');
    is_error(property($app, 'PUT', "${long}x", body => '1'), 400, qr/\b127\b/, 'of 128');
    my $text = 'x' x 32_766;
    is(property($app, 'PUT', 'large', body => "\"$text\"")->{status}, 201, '32768 characters');
    is(json_data(property($app, 'GET', 'large'))->{value}, $text, 'are kept');
    is_error(property($app, 'PUT', 'large', body => "\"${text}x\""), 400, qr/\b32768\b/, '32769');
    $stack->sql(
        sprintf(q{INSERT INTO dynmod.app_property (app_id, property_key, value)
            SELECT app.id, 'key-' || number, '1' FROM dynmod.app, generate_series(3, 99) AS number
            WHERE app_key = '%s'}, $app->key),
        'superuser'
    );
    is(property($app, 'PUT', 'hundredth', body => '1')->{status}, 201, 'a hundredth property');
    is_error(property($app, 'PUT', 'another', body => '1'), 409, qr/\b100\b/, 'one more');
    is(property($app, 'PUT', 'key-7', body => '2')->{status}, 200, 'one of them changes');
    is(scalar @{ json_data(property($app, 'GET'))->{keys} }, 100, 'there are a hundred');
};

1;

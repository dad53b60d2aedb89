# Sites that are found by the host, the port and the context path of requests, without a line for
# them in the configuration of the web server.
use strict;
use warnings;

use Cases;
use Http qw(http_request);
use Modules qw(panel);
use Test::More;

my $missing = qr/^There is no such resource/;

# The sites, with what clients send as Host and the context path.
my %sites = (
    'a-root'  => [ 'https://a.example.com',            'a.example.com',      '' ],
    'a-team'  => [ 'https://a.example.com/team',       'a.example.com',      '/team' ],
    'a-deep'  => [ 'https://a.example.com/team/deep/', 'a.example.com',      '/team/deep' ],
    'a-port'  => [ 'http://a.example.com:8443/team',   'a.example.com:8443', '/team' ],
    'b-team'  => [ 'http://B.example.com./team',       'b.example.com',      '/team' ],
    'address' => [ 'http://[2001:db8:0::1]:8080',      '[2001:DB8::1]:8080', '' ],
);

# with_sites(STACK, CODE)
# Calls CODE with a hash of apps by the names of their sites, all of the same key, each with a module
# that is called like the site.
sub with_sites {
    my ($stack, $code) = @_;
    my %apps;
    for my $name (sort keys %sites) {
        my ($url, $host, $path) = @{ $sites{$name} };
        $stack->ctl('site', 'add', $name, '--base-url', $url);
        my $app = $apps{$name} = $stack->install(site => $name, key => 'com.example.addressed');
        @$app{qw(context_path host)} = ($path, $host);
        is_registered($app->register({ webPanels => [ panel($name) ] }, host => $host), $name);
    }
    my $lived = eval { $code->(%apps); 1 };
    my $error = $@;
    my $names = join ',', map { "'$_'" } sort keys %sites;
    $stack->sql("DELETE FROM dynmod.app USING dynmod.site
                     WHERE site.id = app.site_id AND site.name IN ($names);
                 DELETE FROM dynmod.site WHERE name IN ($names)");
    die $error unless $lived;
    return;
}

# keys_listed(RESPONSE)
sub keys_listed {
    my ($response) = @_;
    return join ' ', $response->{status}, $response->{body} =~ /"key": ?"([^"]+)"/g;
}

case 'host, port and context path choose the site' => sub {
    my ($stack) = @_;
    with_sites($stack, sub {
        my %apps = @_;
        for my $name (sort keys %apps) {
            my $app = $apps{$name};
            is(keys_listed($app->get(host => $app->{host})), "200 $name", $name);
        }
        for my $host ('A.EXAMPLE.COM', 'a.example.com.', 'a.example.com:80', 'a.example.com:443') {
            is(keys_listed($apps{'a-team'}->get(host => $host)), '200 a-team', "Host: $host");
        }
        is(keys_listed($apps{address}->get(host => '[2001:db8:0:0:0:0:0:1]:8080')),
            '200 address', 'an IPv6 address in another form');
    });
};

case 'a token is good for its site only' => sub {
    my ($stack) = @_;
    with_sites($stack, sub {
        my %apps = @_;
        for my $from (sort keys %apps) {
            for my $to (grep { $_ ne $from } sort keys %apps) {
                my ($app, $target) = ($apps{$from}, $apps{$to}->path);
                my $response = $app->get(
                    host   => $apps{$to}{host},
                    target => $target,
                    form   => { context_path => $apps{$to}{context_path} },
                );
                is_unauthorized($response, "of $from at $to");
            }
        }
    });
};

case 'a forged host gains nothing' => sub {
    my ($stack) = @_;
    with_sites($stack, sub {
        my %apps = @_;
        my ($app, $default) = ($apps{'a-root'}, $stack->install);
        my $mark = $stack->log_mark;
        for my $host (
            'evil.example', 'a.example.com.evil.example', 'a.example.com:81', 'a-root',
            'default',      'localhost',                  '127.0.0.1',        '[::1]'
            )
        {
            is_error($app->get(host => $host), 404, $missing, "Host: $host");
            is_error($default->get(host => $host), 404, $missing, "of another app, Host: $host");
        }
        ok($stack->log_shows($mark, qr{status=404 .*no site has the base URL http\(s\)://evil\.example;}),
            'the log says why');
        for my $host ('u@a.example.com', 'a.example.com#b', 'a.example.com:x', 'a b') {
            my $status = $app->get(host => $host)->{status};
            like($status, qr/^40[04]$/, "Host: $host");
        }
        for my $name ('X-Forwarded-Host', 'X-Host', 'Forwarded', 'X-Forwarded-Server', 'Host_') {
            my $response = $app->get(host => 'evil.example', headers => [ $name => 'a.example.com' ]);
            like($response->{status}, qr/^40[04]$/, "$name is not looked at");
        }
        my $response = $app->register({ webPanels => [ panel('forged') ] }, host => 'default');
        is_error($response, 404, $missing, 'nothing is registered');
        # UTF-8 once it is decoded, but not as it is sent
        my $odd = $app->get(host => 'a.example.com', target => "/\xc3%bc" . $app->path);
        like($odd->{status}, qr{^40[04]$}, 'a path in half of an encoding');
        is_error($app->get(authorization => undef, host => 'evil.example'), 401, qr/./,
            'without a token, every host is the same');
    });
};

case 'administrators work on the site of their request' => sub {
    my ($stack) = @_;
    with_sites($stack, sub {
        my %apps  = @_;
        my $admin = $stack->admin;
        for my $name (sort keys %apps) {
            my ($url, $host, $path) = @{ $sites{$name} };
            my $response =
                $admin->call('GET', '/com.example.addressed-key', host => $host,
                target => "$path/rest/plugins/1.0/com.example.addressed-key");
            is($response->{status}, 200, $name) or diag($response->{body});
        }
        my $response = $admin->call('GET', '/', host => 'evil.example');
        is_error($response, 404, $missing, 'not at another host');
    });
};

case 'public keys are those of the site' => sub {
    my ($stack) = @_;
    with_sites($stack, sub {
        my $kid = $stack->ctl('site', 'rotate-key', 'https://a.example.com/team/')->{kid};
        for my $name (sort keys %sites) {
            my (undef, $host, $path) = @{ $sites{$name} };
            my $response =
                http_request($stack->url, 'GET', "$path/rest/dynmod/1/keys/$kid", host => $host);
            is($response->{status}, $name eq 'a-team' ? 200 : 404, $name);
        }
        $stack->sql("DELETE FROM dynmod.site_key WHERE kid = '$kid'", 'owner');
    });
};

1;

# HTTP: methods, paths, sites, the order of the checks, and headers that every answer has.
use strict;
use warnings;

use Cases;
use Http qw(http_request);
use Modules qw(fields);
use Test::More;

my %wrong = (
    headers => [ 'Content-Type' => 'text/plain' ],
    body => 'x' x 1_048_577,
    authorization => undef
);

sub methods_of {
    my ($response) = @_;
    return [ sort split /\s*,\s*/, $response->{headers}{allow} // '' ];
}

my @methods = sort qw(GET HEAD POST PUT DELETE OPTIONS);

case 'the public program says how it is, also below a context path' => sub {
    my ($stack) = @_;
    my %answers = (health => 'alive', ready => 'ready');
    for my $path ('', '/jira') {
        for my $name (sort keys %answers) {
            my $response = http_request($stack->url, 'GET', "$path/rest/dynmod/1/$name");
            is($response->{status}, 200, "$path/$name");
            is_deeply(json_data($response), { status => $answers{$name} }, "$path/$name: the body");
        }
        my $response = http_request($stack->url, 'GET', "$path/rest/dynmod/1/metrics");
        is_error($response, 404, qr/no such resource/, "$path/metrics, which are off");
    }
};

case 'OPTIONS tells the methods, to everyone' => sub {
    my ($stack) = @_;
    my $app = $stack->app('visitor');
    for my $suffix ('', '/', '?moduleKey=a') {
        my $response = $app->call('OPTIONS', suffix => $suffix, authorization => undef);
        is_removed($response, "\"$suffix\"");    # 204 and nothing else
        is_deeply(methods_of($response), \@methods, 'Allow');
    }
    is($app->call('OPTIONS', authorization => 'JWT x.y.z')->{status}, 204, 'with a bad token');
};

for my $method (qw(PATCH PROPFIND)) {
    case "$method is not supported" => sub {
        my ($stack) = @_;
        my $app = $stack->app('visitor');
        my $response = $app->call($method);
        is_error($response, 405, qr/./, 'with credentials');
        is_deeply(methods_of($response), \@methods, 'Allow');
        is_error($app->call($method, %wrong), 405, qr/./, 'with nothing right');
    };
}

case 'TRACE tells nothing' => sub {
    my ($stack) = @_;
    # Apache answers it before it reads .htaccess.
    my $status = $stack->{setup} =~ /htaccess/ ? 200 : 405;
    my $response = $stack->app('visitor')->call('TRACE', headers => [ 'X-Echo' => 'secret-echo' ]);
    is($response->{status}, $status, "TRACE: $status");
    unlike($response->{body}, qr/secret-echo|JWT/, 'no header comes back') if $status != 200;
};

case 'a header cannot change the method' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    $app->get(headers => [ 'X-HTTP-Method-Override' => 'DELETE' ]);
    is_listed($app, fields('a'), 'GET');
};

for my $suffix ('/x', '/x/', '/%20', '/dynamic') {
    case "there is nothing at $suffix" => sub {
        my ($stack) = @_;
        my $app = $stack->app('visitor');
        for my $method (qw(GET POST DELETE OPTIONS PUT)) {
            is_error($app->call($method, suffix => $suffix, body => ''), 404, qr/./, $method);
        }
        is_error($app->get(suffix => $suffix, authorization => undef),
            404, qr/./, 'without credentials');
    };
}

case 'one trailing slash is tolerated, not two' => sub {
    my ($stack) = @_;
    my $app = $stack->app('visitor');
    is($app->get(suffix => '/')->{status}, 200, 'one');
    is($app->get(suffix => '//')->{status}, 404, 'two');
};

case 'the order of the checks' => sub {
    my ($stack) = @_;
    my $app = $stack->app('visitor');
    is_error($app->call('PATCH', %wrong, suffix => '/x'), 404, qr/./, '1. path');
    is_error($app->call('PATCH', %wrong), 405, qr/./, '2. method');
    for my $method (qw(POST PUT)) {
        my %signed = (%wrong, authorization => 'JWT ' . $app->token($method, $app->path));
        my @type = ('Content-Type' => 'application/json');
        my %typed = (%signed, headers => \@type, body => '[');
        my %conditional = (%typed, headers => [ @type, 'If-Match' => '"x"' ]);
        is_unauthorized($app->call($method, %wrong), "$method: 3. credentials");
        is_error($app->call($method, %signed), 415, qr/./, "$method: 4. type");
        is_error($app->call($method, %typed, body => $wrong{body}), 413, qr/./, "$method: 5. size");
        is_error($app->call($method, %typed, headers => [ @type, 'If-Match' => 'x' ]),
            400, qr/If-Match/, "$method: 6. headers");
        is_error($app->call($method, %conditional), 400, qr/parsed/, "$method: 7. JSON");
        is_unexpected(
            $app->call($method, %conditional, body => '{"x":[]}'),
            $app->get->{headers}{etag},
            "$method: 8. the precondition"
        );
        is_error($app->call($method, %typed, body => '{"x":[]}'),
            400, qr/"x" is an unknown/, "$method: 9. modules");
    }
};

case 'a site for each context path' => sub {
    my ($stack) = @_;
    my ($root, $jira) = ($stack->app('visitor'), $stack->install(site => 'jira'));
    is($root->get->{status}, 200, 'the root');
    is($jira->get->{status}, 200, '/jira');
    is_unauthorized($root->get(target => $jira->path), 'an app of the root at /jira');
    is_unauthorized($jira->get(target => $root->path), 'an app of /jira at the root');
};

case 'a site is served under its own context path only' => sub {
    my ($stack) = @_;
    my $jira = $stack->install(site => 'jira');
    my $base_url = $stack->sql(q{SELECT base_url FROM dynmod.site WHERE name = 'jira'});
    $stack->sql(qq{UPDATE dynmod.site SET base_url = '$base_url/cloud' WHERE name = 'jira'});
    my @statuses = map { $jira->get(form => { context_path => $_ })->{status} } '/jira',
        '/jira/cloud', '';
    $stack->sql(qq{UPDATE dynmod.site SET base_url = '$base_url' WHERE name = 'jira'});
    is_deeply(\@statuses, [ 404, 404, 404 ], 'it has moved');
    is($jira->get->{status}, 200, 'it is back');
};

# A CGI program gets the words of a query without "=" as its arguments (RFC 3875, 4.4).
for my $words (
    '--help', '--config+/dev/null',
    '--config+/nonexistent', '--config=/nonexistent',
    '-h', 'x+y+z'
) {
    case "the words of a query are no options of the program: $words" => sub {
        my ($stack) = @_;
        my $app = $stack->app('visitor');
        is($app->get(suffix => "?$words")->{status}, 200, 'with credentials');
        is_unauthorized($app->get(suffix => "?$words", authorization => undef), 'without');
    };
}

case 'requests with an absolute target' => sub {
    my ($stack) = @_;
    my $app = $stack->app('visitor');
    my $token = 'JWT ' . $app->token('GET', $app->path);
    my $response = $app->get(target => $stack->url . $app->path, authorization => $token);
    is($response->{status}, 200, 'GET');
};

1;

# The forms of the query string hash: that of the original host, those of known clients, no others.
use strict;
use warnings;

use Cases;
use Connect qw(canonical_request query_string_hash token_claims);
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use Modules qw(fields);
use Test::More;

# A token of the app for a given canonical request.
sub token_for {
    my ($app, $canonical) = @_;
    my $hash = sha256_hex(encode('UTF-8', $canonical));
    return 'JWT ' . Connect::encode_token(token_claims($app->key, $hash), $app->secret);
}

# What can stand in a query, in the form of the host and raw on the wire.
my @queries = (
    '',
    qw(? ?& ?a ?a= ?a=1&b=2 ?b=2&a=1 ?a=2&a=1 ?a=10&a=9&a ?a=1%2C2 ?a=%20+%2B ?a=%C3%A9
    ?a=*!'\(\)~ ?%5B=1&A=2 ?a%20b=1&a=2 ?a=%e4%bd%a0 ?=x&a=1 ?a=b=c ?a=1&&b=2 ?jwt= ?a=;b
    ?a.b=1&a=2&a-b=3&a_b=4 ?a=%F0%9F%98%80&a=%EF%BD%81),
    '?a=1,2',
);
for my $query (@queries) {
    case "the form of the host: \"$query\"" => sub {
        my ($stack) = @_;
        my $app = $stack->app('signer');
        is($app->get(suffix => $query)->{status}, 200, 'root');
        is($stack->app('signer with context', site => 'jira')->get(suffix => $query)->{status},
            200, '/jira');
    };
}

# Each form with a request in which it differs from that of the host.
my %forms = (
    'names sorted raw'             => [ '?%5B=1&A=2',     { raw_names   => 1 } ],
    'values in the order sent'     => [ '?a=2&a=1&b=3',   { wire_values => 1 } ],
    'a trailing slash kept'        => [ '/',              { keep_slash  => 1 } ],
    'a trailing slash and a query' => [ '/?a=1',          { keep_slash  => 1 } ],
    'null for no value'            => [ '?a&b=1',         { null_names  => 1 } ],
);
for my $form (sort keys %forms) {
    my ($suffix, $options) = @{ $forms{$form} };
    case "accepted form: $form" => sub {
        my ($stack) = @_;
        for my $app ($stack->app('signer'), $stack->app('signer with context', site => 'jira')) {
            my $target = $app->path($suffix);
            my %host = (context_path => $app->{context_path});
            isnt(canonical_request('GET', $target, %host, %$options),
                canonical_request('GET', $target, %host), 'it differs');
            is($app->get(suffix => $suffix, form => $options)->{status}, 200, $app->path);
        }
    };
    case "accepted form: $form, the context path kept" => sub {
        my ($stack) = @_;
        my $app = $stack->app('signer with context', site => 'jira');
        is($app->get(suffix => $suffix, form => { %$options, context_path => '' })->{status},
            200, 'GET');
    };
}

case 'accepted form: the context path kept' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    my %kept = (form => { context_path => '' });
    is($app->get(%kept)->{status}, 200, 'GET');
    is_registered($app->register(fields('a', 'b'), %kept), 'POST');
    is_removed($app->remove('moduleKey=b,a', %kept), 'DELETE');
    is_listed($app, {}, 'GET');
};

case 'a trailing slash' => sub {
    my ($stack) = @_;
    for my $app ($stack->install, $stack->install(site => 'jira')) {
        is_registered($app->register(fields('a', 'b'), suffix => '/'), 'POST');
        is_removed($app->remove(undef, suffix => '/?moduleKey=a'), 'DELETE');
        my $response = $app->get(suffix => '/');
        is($response->{status}, 200, 'GET');
        is_deeply(json_data($response), fields('b'), 'the modules');
    }
};

# Canonical requests that leave something out, or change what it means.
my $path = App::RESOURCE();
my %wrong = (
    'without the query'              => "GET&$path&",
    'the query unsorted'             => "GET&$path&b=3&a=1,2",
    'without one value'              => "GET&$path&a=1&b=3",
    'values glued together'          => "GET&$path&a=12&b=3",
    'values joined by an escape'     => "GET&$path&a=1%2C2&b=3",
    'values as pairs'                => "GET&$path&a=1&a=2&b=3",
    'the method in small letters'    => "get&$path&a=1,2&b=3",
    'without the method'             => "$path&a=1,2&b=3",
    'HEAD for GET'                   => "HEAD&$path&a=1,2&b=3",
    'without the path'               => 'GET&/&a=1,2&b=3',
    'a part of the path'             => 'GET&/app/module/dynamic&a=1,2&b=3',
    'another context path'           => "GET&/wiki$path&a=1,2&b=3",
    'the whole URL'                  => "GET&http://127.0.0.1$path&a=1,2&b=3",
    'nothing'                        => '',
);
for my $kind (sort keys %wrong) {
    case "refused form: $kind" => sub {
        my ($stack) = @_;
        my $app = $stack->app('signer');
        my $suffix = '?b=3&a=2&a=1';
        is(
            $app->get(suffix => $suffix, authorization => token_for($app, "GET&$path&a=1,2&b=3"))
                ->{status},
            200,
            'the right one'
        );
        is_unauthorized(
            $app->get(suffix => $suffix, authorization => token_for($app, $wrong{$kind})), 'GET');
    };
}

case 'a signed parameter that was not sent, and one sent that was not signed' => sub {
    my ($stack) = @_;
    my $app = $stack->app('signer');
    is_unauthorized($app->get(authorization => token_for($app, "GET&$path&a=1")), 'not sent');
    is_unauthorized($app->get(suffix => '?a=1', authorization => token_for($app, "GET&$path&")),
        'not signed');
    is_unauthorized($app->get(suffix => '?a', authorization => token_for($app, "GET&$path&a=x")),
        'another value');
    is_unauthorized(
        $app->get(suffix => '?a=null', authorization => token_for($app, "GET&$path&a=")),
        'null sent');
};

case 'the body is not signed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $token = 'JWT ' . $app->token('POST', $app->path);
    is_registered($app->register(fields('a'), authorization => $token), 'one body');
    is_registered($app->register(fields('b'), authorization => $token), 'another');
};

1;

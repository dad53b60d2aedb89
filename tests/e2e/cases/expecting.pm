# If-Match and If-None-Match: changes that are made only of the set that the client knows.
use strict;
use warnings;

use Cases;
use Http qw(http_connect http_head http_read);
use JSON::PP;
use Modules qw(field fields);
use Test::More;

my $json = JSON::PP->new;

# A change of an app that has a and b, with these headers.
my %changes = (
    POST   => sub { my ($app, @headers) = @_; return $app->register(fields('c'), headers => \@headers) },
    PUT    => sub { my ($app, @headers) = @_; return $app->replace(fields('c'), headers => \@headers) },
    DELETE => sub { my ($app, @headers) = @_; return $app->remove('moduleKey=a', headers => \@headers) },
);
my %left = (POST => [ 'a', 'b', 'c' ], PUT => ['c'], DELETE => ['b']);

# An app with a and b, and its tag.
sub app_with_two {
    my ($stack) = @_;
    my $app = $stack->install;
    my $tag = $app->register(fields('a', 'b'))->{headers}{etag};
    return ($app, $tag);
}

for my $method (sort keys %changes) {
    case "$method answers with the new ETag, which the next change may expect" => sub {
        my ($stack) = @_;
        my ($app, $tag) = app_with_two($stack);
        is($app->get->{headers}{etag}, $tag, 'that of a POST');
        my $response = $changes{$method}->($app, 'If-Match' => $tag);
        is($response->{status}, $method eq 'DELETE' ? 204 : 200, $method);
        my $listed = is_listed($app, fields(@{ $left{$method} }), 'GET');
        is($response->{headers}{etag}, $listed->{headers}{etag}, "that of a $method");
        isnt($response->{headers}{etag}, $tag, 'another one');
        is($app->remove(undef, headers => [ 'If-Match' => $response->{headers}{etag} ])->{status},
            204, 'and with that a DELETE of all');
        is_listed($app, {}, 'they are gone');
    };

    case "$method with an old ETag changes nothing" => sub {
        my ($stack) = @_;
        my ($app, $old) = app_with_two($stack);
        my $tag = $app->register(fields('x'))->{headers}{etag};
        for my $headers (
            [ 'If-Match' => $old ],
            [ 'If-Match' => "W/$tag" ],
            [ 'If-Match' => "$old, \"other\", W/$tag" ],
            [ 'If-Match' => '"other"' ],
            [ 'If-Match' => '"' . '9' x 40 . '"' ],
            [ 'If-Match' => '"0"' ],
            )
        {
            is_unexpected($changes{$method}->($app, @$headers), $tag, "@$headers");
        }
        is(is_listed($app, fields('a', 'b', 'x'), 'GET')->{headers}{etag}, $tag, 'the same tag');
        like($changes{$method}->($app, 'If-Match' => "$old , \"x\",$tag")->{status},
            qr/^20[04]$/, 'one tag of several');
    };

    case "$method with any ETag" => sub {
        my ($stack) = @_;
        my ($app) = app_with_two($stack);
        like($changes{$method}->($app, 'If-Match' => '*')->{status}, qr/^20[04]$/, '*');
        is_listed($app, fields(@{ $left{$method} }), 'GET');
    };

    case "$method with an If-Match that is none" => sub {
        my ($stack) = @_;
        my ($app, $tag) = app_with_two($stack);
        my $bare = $tag =~ tr/"//dr;
        for my $value ($bare, "\"$bare", "$tag $tag", "$tag;x", "*, $tag", "'$bare'", 'w/"1"') {
            is_error($changes{$method}->($app, 'If-Match' => $value),
                400, qr/\AThe header If-Match must be /, $value);
        }
        is(is_listed($app, fields('a', 'b'), 'GET')->{headers}{etag}, $tag, 'nothing has changed');
    };
}

case 'an old ETag is said before what is wrong with the modules' => sub {
    my ($stack) = @_;
    my ($app, $old) = app_with_two($stack);
    my $tag = $app->register(fields('c'))->{headers}{etag};
    my @old = (headers => [ 'If-Match' => $old ]);
    my @new = (headers => [ 'If-Match' => $tag ]);
    is_unexpected($app->register(fields('c'), @old), $tag, 'POST of a key that another has taken');
    is_error($app->register(fields('c'), @new), 400, qr/duplicate module keys: \[c\]/, 'who knows it');
    is_unexpected($app->replace({ x => [] }, @old), $tag, 'PUT of an unknown type');
    is_error($app->replace({ x => [] }, @new), 400, qr/unknown module type/, 'who knows the set');
    is_error($app->remove('x=y', @old), 400, qr/moduleKey/, 'but not before a query that is wrong');
};

case 'PUT only where there is nothing yet' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('static'));
    my @none = (headers => [ 'If-None-Match' => '*' ]);
    is_replaced($app->replace(fields('a'), @none), { added => ['a'] }, 'the first');
    my $tag = $app->get->{headers}{etag};
    is_unexpected($app->replace(fields('b'), @none), $tag, 'the second');
    is_unexpected($app->replace(fields('b b'), @none), $tag, 'the second, with a mistake');
    is_unexpected($app->replace(fields('a'), @none), $tag, 'even if it is equal');
    is(is_listed($app, fields('a'), 'GET')->{headers}{etag}, $tag, 'nothing has changed');
    is_removed($app->remove(undef), 'DELETE');
    is_error($app->replace(fields('b b'), @none), 400, qr/valid module key/, 'a mistake');
    is_replaced($app->replace(fields('b'), @none), { added => ['b'] }, 'and then again');
};

case 'PUT with tags in If-None-Match' => sub {
    my ($stack) = @_;
    my ($app, $tag) = app_with_two($stack);
    for my $value ($tag, "W/$tag", "\"x\", $tag") {
        is_unexpected($app->replace({}, headers => [ 'If-None-Match' => $value ]), $tag, $value);
    }
    my @not = ('If-None-Match' => '"x", W/"y"');
    is_replaced($app->replace(fields('a', 'b'), headers => \@not), { unchanged => [ 'a', 'b' ] },
        'others');
    is_error($app->replace({}, headers => [ 'If-None-Match' => 'x' ]),
        400, qr/\AThe header If-None-Match must be /, 'what is no tag');
    my %both = (
        "$tag *"      => [ 412, {} ],
        "$tag $tag"   => [ 412, {} ],
        "$tag \"x\""  => [ 200, fields('a', 'b') ],
        "\"x\" \"y\"" => [ 412, {} ],
        "* $tag"      => [ 412, {} ],
        '* "x"'       => [ 200, fields('a', 'b') ],
    );
    for my $pair (sort keys %both) {
        my ($match, $none) = split / /, $pair;
        my ($status, $modules) = @{ $both{$pair} };
        my $response =
            $app->replace($modules, headers => [ 'If-Match' => $match, 'If-None-Match' => $none ]);
        is($response->{status}, $status, "If-Match: $match, If-None-Match: $none: $status");
    }
    is(is_listed($app, fields('a', 'b'), 'GET')->{headers}{etag}, $tag, 'nothing has changed');
    my $empty = $app->remove(undef)->{headers}{etag};
    my @both = ('If-Match' => "\"x\", $empty", 'If-None-Match' => '*');
    is_replaced($app->replace(fields('c'), headers => \@both), { added => ['c'] }, 'nothing, as known');
};

case 'If-None-Match means nothing to POST and DELETE' => sub {
    my ($stack) = @_;
    my ($app) = app_with_two($stack);
    is_registered($app->register(fields('c'), headers => [ 'If-None-Match' => '*' ]), 'POST');
    is_removed($app->remove('moduleKey=c', headers => [ 'If-None-Match' => 'x' ]), 'DELETE');
    is_listed($app, fields('a', 'b'), 'GET');
};

case 'If-Match means nothing to GET' => sub {
    my ($stack) = @_;
    my ($app) = app_with_two($stack);
    is($app->get(headers => [ 'If-Match' => '"x"', 'X-Dynmod-Dry-Run' => 'y' ])->{status}, 200,
        'GET');
};

case 'credentials come first' => sub {
    my ($stack) = @_;
    my ($app) = app_with_two($stack);
    is_unauthorized($app->replace({}, authorization => undef, headers => [ 'If-Match' => 'x' ]),
        'a wrong header');
    is_unauthorized($app->replace({}, authorization => undef, headers => [ 'If-Match' => '"x"' ]),
        'an old tag');
};

case 'of ten clients that know the same set one wins' => sub {
    my ($stack) = @_;
    my ($app, $tag) = app_with_two($stack);
    my @open = 1 .. 10;
    my (%statuses, @winners);
    while (@open) {
        my @sockets = map {
            my $body = $json->encode(fields("of-$_"));
            my $socket = http_connect($stack->url);
            print {$socket} http_head($stack->url, 'PUT', $app->path,
                'Authorization'  => 'JWT ' . $app->token('PUT', $app->path),
                'Content-Type'   => 'application/json',
                'If-Match'       => $tag,
                'Content-Length' => length $body), $body;
            $socket;
        } @open;
        my @waited;
        for my $client (@open) {
            my $status = http_read(shift @sockets, 'PUT')->{status};
            push @winners, $client if $status == 200;
            push @waited, $client if $status == 429;    # too many others were waiting
            $statuses{$status}++ if $status != 429;
        }
        @open = @waited;
    }
    is_deeply(\%statuses, { 200 => 1, 412 => 9 }, 'one, and nine are told');
    is_listed($app, fields("of-@winners"), 'GET');
};

1;

# GET and HEAD: the registered modules, their order, and conditional requests.
use strict;
use warnings;

use Cases;
use Modules qw(entity_property field fields panel);
use Test::More;

case 'an app without modules gets an empty object' => sub {
    my ($stack) = @_;
    my $response = is_listed($stack->install, {}, 'GET');
    is($response->{body}, '{}', 'two bytes');
    is($response->{reason}, 'OK', 'a reason phrase');
};

case 'the answer may be kept by the client but not used without asking' => sub {
    my ($stack) = @_;
    my $response = $stack->app('reader')->get;
    is($response->{headers}{'cache-control'}, 'private, no-cache', 'Cache-Control');
    like($response->{headers}{etag}, qr/^(?:W\/)?"[^"]+"$/, 'ETag');
};

case 'modules come back as registered, several types' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %modules = (
        jiraIssueFields => [ field('a'), field('b') ],
        jiraEntityProperties => [ entity_property('c') ]
    );
    is_registered($app->register(\%modules), 'POST');
    is_listed($app, \%modules, 'GET');
};

case 'types in the order of their first registration, modules in that of theirs' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    for my $body (
        '{"webPanels":[%s]}', '{"jiraIssueFields":[%s]}', '{"webPanels":[%s]}',
        '{"jiraEntityProperties":[%s]}', '{"jiraIssueFields":[%s]}'
        )
    {
        my $key = sprintf 'key-%d', 9 - ++$app->{count};
        my ($type) = $body =~ /"(\w+)"/;
        my $make = { webPanels => \&panel, jiraIssueFields => \&field }->{$type}
            // \&entity_property;
        is_registered($app->send_body(sprintf $body, JSON::PP->new->encode($make->($key))), $key);
    }
    my @found = $app->get->{body} =~ /"(webPanels|jiraIssueFields|jiraEntityProperties|key-\d)"/g;
    is_deeply(
        \@found,
        [qw(webPanels key-8 key-6 jiraIssueFields key-7 key-4 jiraEntityProperties key-5)],
        'the order'
    );
};

case 'the order within one request is kept' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @keys = qw(m z a q b y);
    is_registered($app->register(fields(@keys)), 'POST');
    is_deeply([ map { $_->{key} } @{ json_data($app->get)->{jiraIssueFields} } ], \@keys, 'GET');
};

case 'the modules of the descriptor are not listed' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('static'));
    is_listed($app, {}, 'none yet');
    is_registered($app->register(fields('dynamic')), 'POST');
    is_listed($app, fields('dynamic'), 'the dynamic one');
};

case 'an app sees its own modules on its own site only' => sub {
    my ($stack) = @_;
    my $app = $stack->install(key => 'com.example.twin');
    my $twin = $stack->install(key => 'com.example.twin', site => 'jira');
    my $other = $stack->install;
    is_registered($app->register(fields('a')), 'one app');
    is_registered($twin->register(fields('a', 'b')), 'the same app on another site');
    is_listed($app, fields('a'), 'the one');
    is_listed($twin, fields('a', 'b'), 'the twin');
    is_listed($other, {}, 'another app');
};

case 'HEAD answers as GET, without the body' => sub {
    my ($stack) = @_;
    my $app = $stack->app('reader');
    my ($get, $head) = ($app->get, $app->call('HEAD'));
    is($head->{status}, 200, 'status');
    is($head->{body}, '', 'no body');
    is($head->{headers}{$_}, $get->{headers}{$_}, $_)
        for qw(etag content-type cache-control x-content-type-options);
};

case 'a HEAD that is refused has no body either' => sub {
    my ($stack) = @_;
    my $response = $stack->app('reader')->call('HEAD', authorization => undef);
    is($response->{status}, 401, 'status');
    is($response->{body}, '', 'no body');
};

case 'the ETag changes with every change of the set and with nothing else' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @tags = map { $_->() } (
        sub { $app->get->{headers}{etag} },
        sub { $app->register(fields('a')); $app->get->{headers}{etag} },
        sub { $app->register(fields('b')); $app->get->{headers}{etag} },
        sub { $app->remove('moduleKey=a'); $app->get->{headers}{etag} },
        sub { $app->remove('moduleKey=b'); $app->get->{headers}{etag} },
    );
    my %distinct = map { $_ => 1 } @tags;
    is(scalar keys %distinct, 5, 'five states, five tags') or diag("@tags");
    is($app->get->{headers}{etag}, $tags[-1], 'the same as long as nothing changes');
    $app->register(fields('c', 'c'));
    is($app->get->{headers}{etag}, $tags[-1], 'a refused registration changes nothing');
    $app->remove('moduleKey=unknown');
    is($app->get->{headers}{etag}, $tags[-1], 'removing an unknown key changes nothing');
};

for my $method (qw(GET HEAD)) {
    case "$method with If-None-Match" => sub {
        my ($stack) = @_;
        my $app = $stack->app('reader');
        my $tag = $app->get->{headers}{etag};
        my %expected = (
            $tag                => 304,
            '*'                 => 304,
            "\"other\", $tag"   => 304,
            "$tag , \"other\""  => 304,
            "W/$tag"            => 304,
            "\"o\",W/\"x\",$tag" => 304,
            '"other"'           => 200,
            'W/"other"'         => 200,
            $tag =~ tr/"//dr    => 200,
            '"*"'               => 200,
        );
        for my $wanted (sort keys %expected) {
            my $response = $app->call($method, headers => [ 'If-None-Match' => $wanted ]);
            is($response->{status}, $expected{$wanted}, "$wanted: $expected{$wanted}");
            is($response->{headers}{etag}, $tag, "$wanted: ETag");
            next if $response->{status} == 200;
            is($response->{body}, '', "$wanted: no body");
            is($response->{headers}{'cache-control'}, 'private, no-cache',
                "$wanted: Cache-Control");
            is($response->{headers}{'x-content-type-options'}, 'nosniff', "$wanted: nosniff");
        }
    };
}

case 'an old ETag gets the new answer' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $tag = $app->get->{headers}{etag};
    is_registered($app->register(fields('a')), 'POST');
    my $response = $app->get(headers => [ 'If-None-Match' => $tag ]);
    is($response->{status}, 200, 'status');
    is_deeply(json_data($response), fields('a'), 'the modules');
};

case 'If-None-Match needs credentials like everything else' => sub {
    my ($stack) = @_;
    my $app = $stack->app('reader');
    is_unauthorized($app->get(authorization => undef, headers => [ 'If-None-Match' => '*' ]),
        'GET');
};

case 'GET ignores parameters and a Content-Type' => sub {
    my ($stack) = @_;
    my $app = $stack->app('reader');
    is($app->get(suffix => '?expand=all&moduleKeys=a')->{status}, 200, 'parameters');
    is($app->get(headers => [ 'Content-Type' => 'text/plain' ])->{status}, 200, 'Content-Type');
};

case 'a Range header does not cut the answer' => sub {
    my ($stack) = @_;
    my $response = $stack->app('reader')->get(headers => [ Range => 'bytes=0-0' ]);
    is($response->{status}, 200, 'status');
    is($response->{body}, '{}', 'whole');
};

1;

# PUT: the body becomes the whole set, and the answer says what has changed.
use strict;
use warnings;

use Cases;
use JSON::PP;
use Modules qw(field fields item panel);
use Test::More;

my $json = JSON::PP->new->utf8;

# Rows about the app's dynamic modules, in order.
sub rows {
    my ($stack, $app, $columns) = @_;
    return $stack->sql(sprintf q{SELECT %s FROM dynmod.module
        JOIN dynmod.app ON app.id = app_id JOIN dynmod.site ON site.id = site_id
        WHERE app_key = '%s' AND site.name = '%s' AND origin = 'dynamic' ORDER BY module.id},
        $columns, $app->key, $app->{site});
}

# The latest events of the app's modules.
sub events {
    my ($stack, $app, $most) = @_;
    return $stack->sql(sprintf q{SELECT string_agg(operation || ' ' || module_key, ', ' ORDER BY id)
        FROM (SELECT * FROM dynmod.module_event WHERE app_key = '%s' AND site_name = '%s'
              ORDER BY id DESC LIMIT %d) AS latest}, $app->key, $app->{site}, $most);
}

sub send_put {
    my ($app, $body, %options) = @_;
    return $app->call('PUT', body => $body, headers => [ 'Content-Type' => 'application/json' ],
        %options);
}

case 'some go, some stay, some change, some come' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a' .. 'd')), 'POST');
    my $rows = rows($stack, $app, q{module.id, registered_at});
    my ($row_b, $row_d) = (split /\n/, $rows)[ 1, 3 ];
    my %changed = (description => { value => 'Changed' });
    my @wanted = (field('y'), field('d', %changed), field('b'), field('x'));
    my $response = $app->replace({ jiraIssueFields => \@wanted });
    is_replaced($response,
        { added => [ 'y', 'x' ], updated => ['d'], removed => [ 'a', 'c' ], unchanged => ['b'] },
        'PUT');
    my $listed = is_listed($app, { jiraIssueFields => [ @wanted[ 2, 1, 0, 3 ] ] },
        'what stays keeps its place, what is new comes last');
    is($listed->{headers}{etag}, $response->{headers}{etag}, 'the ETag is that of GET');
    my @rows = split /\n/, rows($stack, $app, q{module.id, registered_at});
    is_deeply([ @rows[ 0, 1 ] ], [ $row_b, $row_d ], 'what stays has been registered when it was');
    is(events($stack, $app, 5), 'delete a, delete c, update d, insert y, insert x',
        'the history has it');
};

case 'an equal set changes nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %modules = (jiraIssueFields => [ field('a'), field('b') ], webPanels => [ panel('c') ]);
    my $tag = $app->register(\%modules)->{headers}{etag};
    my $count = sprintf q{SELECT count(*) FROM dynmod.module_event WHERE app_key = '%s'}, $app->key;
    my $before = $stack->sql($count);
    for my $body (
        $json->canonical->encode(\%modules),
        $json->canonical->pretty->encode({ modules => [ \%modules ] }),
        $json->encode([ { webPanels => [ panel('c') ] }, fields('b', 'a') ])
        )
    {
        my $response = send_put($app, $body);
        is($response->{status}, 200, 'PUT');
        my $keys = json_data($response);
        is_deeply([ sort @{ $keys->{unchanged} } ], [ 'a' .. 'c' ], 'all are unchanged');
        is_deeply([ map { scalar @{ $keys->{$_} } } qw(added updated removed) ], [ 0, 0, 0 ],
            'and no others');
        is($response->{headers}{etag}, $tag, 'the same ETag');
    }
    is($stack->sql($count), $before, 'no event');
    is(is_listed($app, \%modules, 'GET')->{headers}{etag}, $tag, 'the same set');
};

for my $empty ('{}', '[]', '[{}]', '{"modules":{}}', '{"modules":[]}', '{"jiraIssueFields":[]}') {
    case "the empty set as $empty removes all" => sub {
        my ($stack) = @_;
        my $app = $stack->app('emptied', modules => fields('static'));
        is_registered($app->register(fields('a', 'b')), 'POST');
        is_replaced(send_put($app, $empty), { removed => [ 'a', 'b' ] }, 'PUT');
        is_listed($app, {}, 'GET');
        is_replaced(send_put($app, $empty), {}, 'and again');
        is(
            $stack->sql(sprintf q{SELECT count(*) FROM dynmod.module
                JOIN dynmod.app ON app.id = app_id WHERE app_key = '%s'}, $app->key),
            1, 'the module of the descriptor stays'
        );
    };
}

case 'a PUT that names modules in its query is refused' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    for my $query ('moduleKey=a', 'moduleKey=', 'x=1&moduleKey=a&moduleKey=b') {
        is_error($app->replace(fields('a'), suffix => "?$query"),
            400, qr/^PUT replaces all dynamic modules/, $query);
    }
    is_listed($app, fields('a', 'b'), 'nothing has changed');
    is($app->replace(fields('a'), suffix => '?x=1')->{status}, 200, 'other parameters mean nothing');
};

case 'an empty body removes nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    is_error(send_put($app, ''), 400, qr/body is empty/, 'no byte');
    is_error(send_put($app, 'null'), 400, qr/expected an object/, 'null');
    is_error(send_put($app, '{"jiraIssueFields":[}'), 400, qr/parsed as JSON/, 'not JSON');
    is_error(send_put($app, '{}', headers => [ 'Content-Type' => 'text/plain' ]),
        415, qr/./, 'text');
    is_listed($app, fields('a'), 'GET');
};

case 'the body in chunks' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $body = $json->encode(fields(map { "key-$_" } 1 .. 60));
    my $response = send_put($app, $body, chunk => 1000);
    is($response->{status}, 200, 'PUT');
    is(scalar @{ json_data($response)->{added} // [] }, 60, 'all were added');
};

case 'a known key under another type comes anew' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register({ webPanels => [ panel('a'), panel('b') ] }), 'POST');
    is_replaced(
        $app->replace({ webItems => [ item('a') ], webPanels => [ panel('b') ] }),
        { added => ['a'], removed => ['a'], unchanged => ['b'] }, 'PUT'
    );
    like($app->get->{body}, qr/webPanels.*webItems/s, 'it comes last');
    is(events($stack, $app, 2), 'delete a, insert a', 'the history has it');
};

case 'types in every shape of the body' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %map = (jiraIssueFields => [ field('a') ], webPanels => [ panel('b') ]);
    my @shapes = (
        { modules => \%map },
        [ { jiraIssueFields => [ field('a') ] }, { webPanels => [ panel('b') ] } ],
        { modules => [ \%map, {} ] },
        [ \%map ],
    );
    for my $shape (@shapes) {
        is($app->replace($shape)->{status}, 200, 'PUT');
        is_listed($app, \%map, 'GET');
    }
    is_error($app->replace({ jiraIssueFields => [ field('a') ], x => {} }), 400,
        qr{^/x: "x" is an unknown module type}m, 'an unknown type');
    is_error($app->replace(field('a')), 400, qr/without its module type/, 'a bare module');
    is_listed($app, \%map, 'nothing has changed');
};

case 'refused for every problem at once' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('static'));
    is_registered($app->register(fields('a')), 'POST');
    my $tag = $app->get->{headers}{etag};
    my $response = $app->replace(
        {
            jiraIssueFields => [ field('a'), field('b b'), field('c', type => 'colour') ],
            webhooks => {},
            generalPages => [ panel('p') ]
        }
    );
    is_error($response, 400, qr/\AThe modules were not replaced, for 4 reasons:$/m, 'PUT');
    my $message = json_data($response)->{message};
    like($message, qr/^\Q$_\E: /m, $_)
        for '/jiraIssueFields/1/key', '/jiraIssueFields/2/type', '/webhooks', '/generalPages/0';
    for my $keys ('static', 'b') {
        is_error(
            $app->replace(fields('a', 'b', $keys)),
            400,
            "Installation failed. The app $app->{key} has duplicate module keys: [$keys]. "
                . 'Please contact the app vendor.',
            "$keys is there already"
        );
    }
    is(is_listed($app, fields('a'), 'GET')->{headers}{etag}, $tag, 'nothing has changed');
};

case 'the limit counts the new set only' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields(map { "old-$_" } 1 .. 100)), 'a hundred');
    is($app->replace(fields(map { "new-$_" } 1 .. 100))->{status}, 200, 'a hundred others');
    is_error(
        $app->replace(fields(map { "more-$_" } 1 .. 101)),
        400,
        "the app $app->{key} may have 100 dynamic modules on this site; 101 were sent",
        'one too many'
    );
    is_listed($app, fields(map { "new-$_" } 1 .. 100), 'GET');
};

case 'the limits of bytes' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $large = sub { map { field("$_[0]-$_", note => 'x' x 200_000) } 1 .. $_[1] };
    is($app->replace({ jiraIssueFields => [ $large->('a', 4) ] })->{status}, 200, 'as many fit');
    is($app->replace({ jiraIssueFields => [ $large->('b', 4) ] })->{status}, 200, 'others, too');
    is_error(
        $app->replace({ jiraIssueFields => [ field('a', note => 'x' x 270_000) ] }),
        400, qr/a dynamic module may have 262144 bytes on this site; a has 270\d\d\d/,
        'one that is too large'
    );
    $stack->sql(q{UPDATE dynmod.site SET byte_limit = 900000 WHERE name = 'default'});
    my $response = $app->replace({ jiraIssueFields => [ $large->('b', 2), $large->('c', 3) ] });
    my $again = $app->replace({ jiraIssueFields => [ $large->('d', 4) ] });
    $stack->sql(q{UPDATE dynmod.site SET byte_limit = 1048576 WHERE name = 'default'});
    is_error($response, 400, qr/may have 900000 bytes together on this site; those that were sent have 100\d{4}/,
        'too many bytes together');
    is($again->{status}, 200, 'what fits');
};

# Calls a function while a type of single objects can be registered dynamically.
sub with_pages {
    my ($stack, $code) = @_;
    $stack->sql(q{UPDATE dynmod.module_type SET dynamic_override = true WHERE name = 'configurePage'});
    my $done = eval { $code->(); 1 };
    my $error = $@;
    $stack->sql(q{UPDATE dynmod.module_type SET dynamic_override = NULL WHERE name = 'configurePage'});
    die $error unless $done;
    return;
}

sub page {
    my ($key, %more) = @_;
    return { configurePage => { key => $key, url => '/page', name => { value => 'Page' }, %more } };
}

case 'a type with a single module' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    with_pages($stack, sub {
        is_registered($app->register(page('one')), 'POST');
        is_replaced($app->replace(page('one', url => '/p')), { updated => ['one'] }, 'changed');
        is_replaced($app->replace(page('two')), { added => ['two'], removed => ['one'] }, 'another');
        is_error($app->replace([ page('two'), page('three') ]), 400, qr/only one configurePage/, 'two');
        is_listed($app, page('two'), 'GET');
    });
};

case 'a type that is no longer dynamic' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    with_pages($stack, sub { is_registered($app->register(page('old')), 'POST') });
    is_error($app->replace(page('new')), 400, qr/cannot be registered dynamically/, 'no new one');
    is_replaced($app->replace([ page('old'), fields('a') ]),
        { added => ['a'], unchanged => ['old'] }, 'the old one may stay');
    is_replaced($app->replace([ page('old', url => '/changed'), fields('a') ]),
        { updated => ['old'], unchanged => ['a'] }, 'and change');
    is_error($app->replace(page('old', url => 7)), 400, qr{^/configurePage/url: }m,
        'by the rules of its type');
    is_replaced($app->replace({}), { removed => [ 'old', 'a' ] }, 'and go');
    is_error($app->replace(page('old')), 400, qr/cannot be registered dynamically/, 'for good');
};

case 'others see nothing of it' => sub {
    my ($stack) = @_;
    my $app = $stack->install(key => 'com.example.replaced');
    my $twin = $stack->install(key => 'com.example.replaced', site => 'jira');
    my $other = $stack->install;
    is_registered($_->register(fields('a')), $_->key) for $app, $twin, $other;
    is_replaced($app->replace(fields('b')), { added => ['b'], removed => ['a'] }, 'PUT');
    is_listed($twin, fields('a'), 'the same app on another site');
    is_listed($other, fields('a'), 'another app');
    is_replaced($twin->replace({}), { removed => ['a'] }, 'PUT on the other site');
    is_listed($app, fields('b'), 'the app');
};

case 'who may call' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    my $token = $app->token('PUT', $app->path);
    is_replaced($app->replace(fields('b'), suffix => "?jwt=$token", authorization => undef),
        { added => ['b'], removed => ['a'] }, 'with the parameter jwt');
    is_unauthorized($app->replace({}, authorization => undef), 'without credentials');
    for my $method (qw(POST GET DELETE)) {
        is_unauthorized($app->replace({}, authorization => 'JWT ' . $app->token($method, $app->path)),
            "with the hash of a $method");
    }
    is_unauthorized($app->call('POST', json => {}, authorization => "JWT $token"),
        'the hash of a PUT with a POST');
    is_listed($app, fields('b'), 'nothing has changed');
    $stack->ctl('app', 'disable', $app->key);
    is_unauthorized($app->replace({}), 'while it is disabled');
};

case 'the answer that the client prefers' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @prefer = (headers => [ Prefer => 'respond-async, return=representation' ]);
    for my $step (
        [ 'PUT'            => sub { $app->replace(fields('a', 'b'), @prefer) }, fields('a', 'b') ],
        [ 'a PUT of less'  => sub { $app->replace(fields('b'), @prefer) }, fields('b') ],
        [ 'POST'           => sub { $app->register(fields('c'), @prefer) }, fields('b', 'c') ],
        [ 'an empty POST'  => sub { $app->register({}, @prefer) }, fields('b', 'c') ],
        [ 'a PUT of {}'    => sub { $app->replace({}, @prefer) }, {} ],
        )
    {
        my ($name, $send, $modules) = @$step;
        my $response = $send->();
        is($response->{status}, 200, "$name: 200");
        is($response->{headers}{'preference-applied'}, 'return=representation', "$name: applied");
        my $listed = is_listed($app, $modules, $name);
        is($response->{body}, $listed->{body}, "$name: as GET");
        is($response->{headers}{$_}, $listed->{headers}{$_}, "$name: $_") for qw(etag content-type);
    }
    for my $other ('return=minimal', 'wait=10', 'return=representations', 'return') {
        my $response = $app->replace(fields('a'), headers => [ Prefer => $other ]);
        is($response->{headers}{'preference-applied'}, undef, "$other: not applied");
        is_deeply([ sort keys %{ json_data($response) } ], [qw(added removed unchanged updated)],
            "$other: the keys");
    }
    is_error($app->replace({ x => [] }, @prefer), 400, qr/unknown/, 'a 400 is as ever');
    is_removed($app->remove('moduleKey=a', @prefer), 'so is a DELETE');
};

case 'the log says what has changed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $mark = $stack->log_mark;
    is_registered($app->register(fields('a', 'b', 'c')), 'POST');
    my @wanted = (field('b', description => { value => 'x' }), field('c'), field('d'));
    is($app->replace({ jiraIssueFields => \@wanted })->{status}, 200, 'PUT');
    ok($stack->log_shows($mark,
        qr/status=200 .*method=PUT .*: replaced modules: 1 added, 1 updated, 1 removed: d; b; a\b/),
        'how many, and which');
};

1;

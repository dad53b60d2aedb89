# What an app reads of its past: the events of its modules, page by page, and former sets.
use strict;
use warnings;

use Cases;
use JSON::PP;
use Modules qw(field fields panel);
use Test::More;

use constant {
    EVENTS  => '/rest/dynmod/1/history',
    AT      => '/rest/dynmod/1/modules-at',
    MEMBERS => [
        qw(actor definition id key operation origin reason requestId time type)
    ],
};

my $moment = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

# past(APP, PATH, QUERY, %options)
# GET of one of the resources.
sub past {
    my ($app, $path, $query, %options) = @_;
    my $target = $app->{context_path} . $path . (defined $query ? "?$query" : '');
    return $app->call('GET', target => $target, %options);
}

# past_events(APP, QUERY, %options)
# The events of one answer, and where its Link leads, if it has one.
sub past_events {
    my ($app, $query, %options) = @_;
    my $response = past($app, EVENTS, $query, %options);
    is($response->{status}, 200, ($query // 'no query') . ': 200')
        or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, 'application/json;charset=UTF-8', 'JSON');
    is($response->{headers}{'cache-control'}, 'no-store', 'not to be stored');
    my $link = $response->{headers}{link};
    return (json_data($response)->{events}, undef, length $response->{body}) if !defined $link;
    my ($next) = $link =~ /^<([^>]+)>; rel="next"$/ or fail("a Link: $link");
    unlike($next, qr/jwt/, 'no token in the Link');
    return (json_data($response)->{events}, $next, length $response->{body});
}

# pages(APP, QUERY)
# The events of all pages from this one on.
sub pages {
    my ($app, $query) = @_;
    my @pages;
    while (defined $query) {
        my ($events, $next) = past_events($app, $query);
        push @pages, $events;
        last if !@$events || @pages > 100;
        $query = defined $next ? $next =~ s/^\Q$app->{context_path}\E\Q${\EVENTS}\E\?//r : undef;
    }
    return @pages;
}

# at(APP, TIME)
# The body of the set at a moment.
sub at {
    my ($app, $time) = @_;
    my $response = past($app, AT, "time=$time");
    is($response->{status}, 200, "$time: 200") or diag($response->{body});
    is($response->{headers}{'content-type'}, 'application/json;charset=UTF-8', 'JSON');
    return $response->{body};
}

# The time of the newest event.
sub now {
    my ($app) = @_;
    my ($events) = past_events($app, 'limit=1');
    return $events->[0]{time};
}

# change(STACK, APP, EXPRESSION...)
# Makes all definitions of the app what each SQL expression says, one after the other.
sub change {
    my ($stack, $app, @changes) = @_;
    my $updates = join '', map { sprintf q{UPDATE dynmod.module SET definition = %s
        FROM dynmod.app, dynmod.site WHERE app.id = app_id AND site.id = site_id
            AND app_key = '%s' AND site.name = '%s' AND origin = 'dynamic';},
        $_, $app->key, $app->{site} } @changes;
    $stack->sql("BEGIN; SET LOCAL dynmod.actor = 'alice'; SET LOCAL dynmod.reason = 'why';
        $updates COMMIT");
    return;
}

case 'events are listed newest first, whoever made them' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => { webPanels => [ panel('static') ] });
    is_registered(
        $app->register(fields('a', 'b'), headers => [ 'X-Request-Id' => 'the-request' ]), 'POST');
    change($stack, $app, q{jsonb_set(definition, '{name,value}', '"New"')});
    is_removed($app->remove('moduleKey=a'), 'DELETE');
    my ($events, $next) = past_events($app);
    is($next, undef, 'no more');
    my @expected = map { [ split / / ] } (
        'delete a jiraIssueFields dynamic', 'update b jiraIssueFields dynamic',
        'update a jiraIssueFields dynamic', 'insert b jiraIssueFields dynamic',
        'insert a jiraIssueFields dynamic', 'insert static webPanels descriptor',
    );
    is_deeply([ map { [ @$_{qw(operation key type origin)} ] } @$events ], \@expected,
        'what happened');
    is_deeply([ sort keys %$_ ], MEMBERS, 'the members of one') for @$events;
    like($_->{time}, $moment, "at $_->{time}") for @$events;
    is_deeply([ map { $_->{id} } @$events ],
        [ sort { $b <=> $a } map { $_->{id} } @$events ], 'ids in order');
    is($events->[4]{actor}, $stack->sql("SELECT actor FROM dynmod.module_event
        WHERE id = $events->[4]{id}"), 'the role of the web program did it');
    is($events->[4]{reason}, undef, 'without a reason');
    is($events->[4]{requestId}, 'the-request', 'the id of the request');
    is($events->[1]{actor}, 'alice', 'an operator did it');
    is($events->[1]{reason}, 'why', 'and said why');
    is_deeply($events->[4]{definition}, field('a'), 'what was written');
    is_deeply($events->[2]{definition}, field('a', name => { value => 'New' }), 'what is new');
    is_deeply($events->[0]{definition}, $events->[2]{definition}, 'what was deleted');
    is_deeply($events->[5]{definition}, panel('static'), 'what the descriptor has');
};

case 'an app without modules has no events' => sub {
    my ($stack) = @_;
    my $response = past($stack->install, EVENTS, undef);
    is($response->{body}, '{"events":[]}', 'none');
    is($response->{headers}{link}, undef, 'no Link');
};

case 'the pages have each event once, and the last has no Link' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is_registered($app->register(fields('a' .. 'g')), 'POST');
    my ($all) = past_events($app, 'limit=7');
    is(@$all, 7, 'seven');
    for my $limit (1 .. 8) {
        my @pages = pages($app, "limit=$limit");
        is_deeply([ map { @$_ } @pages ], $all, "limit=$limit: all");
        is(@pages, int((7 + $limit - 1) / $limit), "limit=$limit: as many pages as are needed");
    }
    my ($some) = past_events($app, "before=$all->[2]{id}");
    is_deeply($some, [ @$all[ 3 .. 6 ] ], 'before one');
    is_deeply((past_events($app, 'before=1'))[0], [], 'before the first');
};

case 'a Link has the parameters that count, but not the token' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is_registered($app->register(fields('a' .. 'c')), 'POST');
    my ($all) = past_events($app);
    my $path = $app->{context_path} . EVENTS;
    my $token = $app->token('GET', "$path?limit=2&x=y");
    my $response = past($app, EVENTS, "limit=2&jwt=$token&x=y", authorization => undef);
    is($response->{status}, 200, 'the token in the query');
    my $next = "$path?limit=2&before=$all->[1]{id}";
    is($response->{headers}{link}, qq(<$next>; rel="next"), 'the Link');
    my $other = $app->token('GET', $next);
    my $followed = $app->call('GET', target => "$next&jwt=$other", authorization => undef);
    is_deeply(json_data($followed)->{events}, [ $all->[2] ], 'followed with a new token');
    is_unauthorized($app->call('GET', target => "$next&jwt=$token", authorization => undef),
        'with the old token');
};

case 'a hundred events unless limit says otherwise' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields(map { "f$_" } 1 .. 100)), 'POST');
    is_removed($app->remove(undef), 'DELETE');
    is_deeply([ map { scalar @$_ } pages($app, '') ], [ 100, 100 ], 'two pages');
    my ($all, $next) = past_events($app, 'limit=1000');
    is(@$all, 200, 'all at once');
    is($next, undef, 'no more');
    is_deeply([ map { @$_ } pages($app, '') ], $all, 'the same');
};

my %bad = (
    limit  => [ 'limit=0', 'limit=1001', 'limit=-1', 'limit=', 'limit', 'limit=1.5', 'limit=x',
        'limit=1&limit=1', 'limit=10000000000000000000', 'limit=1%20' ],
    before => [ 'before=', 'before=x', 'before=-1', 'before=1&before=2', 'before=1e3',
        'limit=5&before=1234567890123456789', 'before=%2B1' ],
);
for my $name (sort keys %bad) {
    case "a $name that is none is refused" => sub {
        my ($stack) = @_;
        my $app = $stack->app('reader');
        is_error(past($app, EVENTS, $_), 400, qr/^The parameter $name /, $_) for @{ $bad{$name} };
    };
}

case 'large definitions make pages shorter' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $text = 'x' x 250_000;
    is_registered($app->register({ webPanels => [ panel('a', text => $text) ] }), 'POST');
    change($stack, $app, map { "jsonb_set(definition, '{weight}', '$_')" } 1 .. 40);
    my $query = 'limit=1000';
    my (@found, @sizes);
    while (defined $query) {
        my ($events, $next, $size) = past_events($app, $query);
        push @sizes, $size;
        push @found, map { $_->{definition}{weight} } @$events;
        $query = defined $next ? $next =~ s/^[^?]+\?//r : undef;
    }
    is_deeply(\@found, [ reverse(1 .. 40), undef ], 'all events');
    cmp_ok(@sizes, '>', 2, 'several pages: ' . @sizes);
    cmp_ok($_, '<', 4 * 1024 * 1024 + 20, "$_ bytes") for @sizes;
    cmp_ok($_, '>', 3 * 1024 * 1024, "$_ bytes, as many as fit") for @sizes[ 0 .. $#sizes - 1 ];
};

case 'an event larger than a page has one of its own' => sub {
    my ($stack) = @_;
    my @limits = (qw(site set jira --module-byte-limit), 8_000_000, '--byte-limit', 8_000_000);
    my $app = $stack->install(site => 'jira');
    is_registered($app->register({ webPanels => [ panel('a'), panel('b') ] }), 'POST');
    $stack->ctl(@limits);
    $stack->sql(sprintf q{UPDATE dynmod.module
        SET definition = definition || jsonb_build_object('text', repeat('x', 5000000))
        FROM dynmod.app, dynmod.site WHERE app.id = app_id AND site.id = site_id
            AND app_key = '%s' AND site.name = 'jira' AND module_key = 'a'}, $app->key);
    is_removed($app->remove(undef), 'DELETE');
    $stack->ctl(qw(site set jira --module-byte-limit 262144 --byte-limit 1048576));
    my @pages = pages($app, '');
    is_deeply(
        [ map { [ map { "$_->{operation} $_->{key}" } @$_ ] } @pages ],
        [ ['delete b'], ['delete a'], ['update a'], [ 'insert b', 'insert a' ] ],
        'four pages'
    );
};

case 'an app sees its own past on its own site only' => sub {
    my ($stack) = @_;
    my $app = $stack->install(key => 'com.example.past');
    my $twin = $stack->install(key => 'com.example.past', site => 'jira');
    my $other = $stack->install;
    is_registered($app->register(fields('a')), 'one app');
    my $time = now($app);
    is_registered($twin->register(fields('b')), 'the same app on another site');
    is_deeply([ map { $_->{key} } @{ (past_events($app))[0] } ], ['a'], 'the one');
    is_deeply([ map { $_->{key} } @{ (past_events($twin))[0] } ], ['b'], 'the twin');
    is_deeply((past_events($other))[0], [], 'another app');
    is(at($app, $time), $app->get->{body}, 'the set of the one');
    is(at($twin, $time), '{}', 'the set of the twin');
    is(at($twin, now($twin)), $twin->get->{body}, 'the set of the twin, later');
    my $token = $app->token('GET', EVENTS);
    is_unauthorized(past($twin, EVENTS, undef, authorization => "JWT $token"), 'the token of one');
};

case 'the past needs credentials, and an enabled app' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    for my $path (EVENTS, AT) {
        is_unauthorized(past($app, $path, 'time=x&limit=x', authorization => undef), $path);
        is_error(past($app, "$path/x", undef), 404, qr/^There is no such resource/, "$path/x");
        my $response = $app->call('POST', target => $path, json => {});
        is_error($response, 405, qr/GET, HEAD, OPTIONS/, "POST of $path");
        is_error(past($app, "/nowhere$path", undef), 404, qr/^There is no such resource/,
            'no site');
    }
    $stack->ctl('app', 'disable', $app->key, '--quiet-app');
    is_unauthorized(past($app, $_, 'time=2026-01-01T00:00:00Z'), "disabled: $_") for EVENTS, AT;
};

case 'HEAD answers as GET, without the body' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    for my $target (EVENTS . '?limit=1', AT . '?time=2100-01-01T00:00:00Z') {
        my ($get, $head) = map { $app->call($_, target => $target) } qw(GET HEAD);
        is($head->{status}, 200, "$target: 200");
        is($head->{body}, '', 'no body');
        is($head->{headers}{$_}, $get->{headers}{$_}, $_)
            for qw(link content-type cache-control content-length);
    }
};

case 'a set is as GET gave it then, byte for byte' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => { webPanels => [ panel('static') ] });
    $stack->ctl(qw(type allow postInstallPage));
    my %page = (key => 'one', url => '/one', name => { value => 'One' });
    my @changes = (
        sub { $app->register({ webPanels => [ panel('z'), panel('b', n => 1.50) ] }) },
        sub { $app->register({ jiraIssueFields => [ field('f') ], postInstallPage => \%page }) },
        sub { $app->register({ webPanels => [ panel('a') ] }) },
        sub { change($stack, $app, q{jsonb_set(definition, '{name,value}', '"New \"q\""')}) },
        sub { $app->remove('moduleKey=z') },
        sub { $app->register({ webPanels => [ panel('z') ] }) },
        sub { $app->remove(undef) },
    );
    my %body;
    for my $change (@changes) {
        $change->();
        $body{ now($app) } = $app->get->{body};
    }
    is(keys %body, @changes, 'as many moments');
    is(at($app, $_), $body{$_}, "the set at $_") for sort keys %body;
    my ($last) = reverse sort keys %body;
    is($body{$last}, '{}', 'none at the end');
    is(at($app, '2000-01-01T00:00:00Z'), '{}', 'none at the beginning');
    is(at($app, '2100-01-01T00:00:00Z'), '{}', 'none in the future');
    my ($first) = sort keys %body;
    my $text = $first =~ s/Z$/+00:00/r;
    is(at($app, lc($first)), $body{$first}, 'small letters');
    is(at($app, $text =~ s/\+/%2B/r), $body{$first}, 'another offset');
    $stack->ctl(qw(type deny postInstallPage));
};

case 'a time that is none is refused' => sub {
    my ($stack) = @_;
    my $app = $stack->app('reader');
    for my $query (
        undef, '', 'x=y', 'time', 'time=', 'time=now', 'time=2026-01-31', 'time=2026-02-30T00:00:00Z',
        'time=2026-01-31T12:00:00', 'time=2026-01-31T12:00:00+00:00',
        'time=2026-01-31T12:00:00Z&time=2026-01-31T12:00:00Z',
        'time=2026-01-31T12:00:00%2B23:59', 'time=0000-01-01T00:00:00Z', 'time=infinity',
        'time=2026-01-31T12:00:00.' . ('1' x 1000) . 'Z', 'time=2026-01-31T12:00:60Z',
        'time=2026-01-31%2012:00:00Z'
        )
    {
        is_error(past($app, AT, $query), 400, qr/^The parameter time /, $query // 'no query');
    }
};

case 'definitions that had to make room are null, and a set with them is not there' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is_registered($app->register({ webPanels => [ panel('a', text => 'x' x 5000) ] }), 'POST');
    my $time = now($app);
    $stack->ctl(qw(site set jira --history-byte-limit 3000));
    is_removed($app->remove(undef), 'DELETE');
    is_registered($app->register({ webPanels => [ panel('b') ] }), 'POST');
    $stack->ctl(qw(site set jira --history-byte-limit 16777216));
    my ($events) = past_events($app);
    is_deeply(
        [ map { [ @$_{qw(operation key)}, defined $_->{definition} ] } @$events ],
        [ [ 'insert', 'b', 1 ], [ 'delete', 'a', '' ], [ 'insert', 'a', '' ] ],
        'events without definitions'
    );
    is_error(past($app, AT, "time=$time"), 404,
        'The history does not have the definitions of 1 of these modules any more: a.',
        'the set');
    is(at($app, now($app)), $app->get->{body}, 'the present set');
};

case 'a moment before the history begins is not there' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is_registered($app->register(fields('a')), 'POST');
    my $time = now($app);
    is_registered($app->register(fields('b')), 'POST');
    $stack->ctl(qw(history prune --keep 0 --site jira));
    is_deeply((past_events($app))[0], [], 'no events any more');
    is_error(past($app, AT, "time=$time"), 404,
        qr/^The history of the app \S+ begins at \d{4}-\d\d-\d\dT/, 'before');
    is(at($app, '2100-01-01T00:00:00Z'), $app->get->{body}, 'since then');
};

1;

# X-Dynmod-Dry-Run: what would be answered, with nothing stored.
use strict;
use warnings;

use Cases;
use Modules qw(field fields panel webhook);
use Test::More;

use constant HEADER => 'X-Dynmod-Dry-Run';

my @try = (headers => [ HEADER, 'true' ]);

# All that the database has of the app: rows, document, revision, history.
sub stored {
    my ($stack, $app) = @_;
    my $key = $app->key;
    return $stack->sql(qq{
        SELECT app.document, app.revision, app.changed_at, app.modules_changed_at,
               (SELECT string_agg(module::text, ';' ORDER BY id) FROM dynmod.module
                WHERE app_id = app.id),
               (SELECT count(*) FROM dynmod.module_event WHERE app_key = '$key'),
               (SELECT count(*) FROM dynmod.app_event WHERE app_key = '$key')
            FROM dynmod.app WHERE app_key = '$key'});
}

# tries(STACK, APP, CODE)
# Calls CODE with the options for a dry run, which must say that it is one and leave all as it is;
# returns the response.
sub tries {
    my ($stack, $app, $code, $name) = @_;
    my ($before, $tag) = (stored($stack, $app), $app->get->{headers}{etag});
    my $response = $code->(@try);
    is($response->{headers}{ lc HEADER }, 'true', "$name: the answer says so");
    is(stored($stack, $app), $before, "$name: nothing is stored");
    is($response->{headers}{etag}, $tag, "$name: the tag of what is there")
        if $response->{status} < 300;
    return $response;
}

case 'POST' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'a');
    my %modules = (%{ fields('b', 'c') }, webPanels => [ panel('d') ]);
    my $response = tries($stack, $app, sub { $app->register([ \%modules ], @_) }, 'dry run');
    is($response->{status}, 200, 'the status') or diag($response->{body});
    my $data = json_data($response);
    is_deeply([ sort @{ $data->{added} } ], [ 'b' .. 'd' ], 'what would be added');
    is_deeply([ $data->{warnings}, scalar keys %$data ], [ [], 2 ], 'no warnings');
    is_registered($app->register(\%modules), 'then in earnest');
};

case 'PUT' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b', 'c')), 'three');
    my @wanted = (field('b', description => { value => 'x' }), field('c'), field('d'));
    my %keys = (added => ['d'], updated => ['b'], removed => ['a'], unchanged => ['c']);
    my $put = sub { $app->replace({ jiraIssueFields => \@wanted }, @_) };
    my $response = tries($stack, $app, $put, 'dry run');
    is($response->{status}, 200, 'the status') or diag($response->{body});
    is_deeply(json_data($response), { %keys, warnings => [] }, 'what would change');
    is_deeply(json_data(tries($stack, $app, $put, 'again')), { %keys, warnings => [] }, 'the same');
    is_replaced($put->(), \%keys, 'then in earnest');
    is_deeply(
        json_data(tries($stack, $app, sub { $app->replace({}, @_) }, 'of nothing')),
        {
            added => [], updated => [], unchanged => [], warnings => [],
            removed => [ 'b', 'c', 'd' ]
        },
        'all would go'
    );
};

case 'DELETE' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'two');
    for my $query ('moduleKey=a', 'moduleKey=x', undef) {
        is_removed(tries($stack, $app, sub { $app->remove($query, @_) }, $query // 'all'), 'DELETE');
    }
    is_error(tries($stack, $app, sub { $app->remove('x=y', @_) }, 'a typo'), 400, qr/moduleKey/, 'DELETE');
    is_listed($app, fields('a', 'b'), 'GET');
};

case 'warnings are in the answer, and not in the log' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %modules = (webhooks => [ webhook('w'), webhook('v', event => 'no_such_event') ]);
    my $mark = $stack->log_mark;
    for my $send (sub { $app->register(\%modules, @_) }, sub { $app->replace(\%modules, @_) }) {
        my $warnings = json_data(tries($stack, $app, $send, 'dry run'))->{warnings};
        is(scalar @$warnings, 1, 'one warning');
        my ($warning) = @$warnings;
        is($warning->{pointer}, '/webhooks/1/event', 'its place');
        is($warning->{rule}, 'event', 'its rule');
        like($warning->{text}, qr/^"no_such_event" is not a known event/, 'its text');
        is(scalar keys %$warning, 3, 'nothing else');
    }
    ok($stack->log_shows($mark, qr/status=200 .*method=POST .*: dry run: registered 2 modules: w; v\b/),
        'the log says of the POST what it was');
    ok($stack->log_shows($mark,
        qr/status=200 .*method=PUT .*: dry run: replaced modules: 2 added, 0 updated, 0 removed: w; v\b/),
        'and of the PUT');
    unlike($stack->log_text($mark), qr/a module of \Q$app->{key}\E:/, 'no warning');
};

case 'what would be refused is refused in the same words' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('static'));
    is_registered($app->register(fields(map { "key-$_" } 1 .. 99)), '99');
    my $large = { jiraIssueFields => [ field('large', note => 'x' x 270_000) ] };
    my %requests = (
        'a duplicate'      => sub { $app->register(fields('key-1'), @_) },
        'of the descriptor' => sub { $app->replace(fields('static'), @_) },
        'two too many'     => sub { $app->register(fields('x', 'y'), @_) },
        '101'              => sub { $app->replace(fields(map { "n-$_" } 1 .. 101), @_) },
        'a large module'   => sub { $app->replace($large, @_) },
        'a large one more' => sub { $app->register($large, @_) },
        'an unknown type'  => sub { $app->replace({ x => [] }, @_) },
        'no body'          => sub { $app->send_body('', @_, headers => [
            'Content-Type' => 'application/json', @_ ? @{ $_[1] } : () ]) },
        'a schema'         => sub { $app->register({ jiraIssueFields => [ {} ] }, @_) },
    );
    for my $name (sort keys %requests) {
        my $tried = tries($stack, $app, $requests{$name}, $name);
        my $response = $requests{$name}->();
        is_error($response, 400, qr/./, $name);
        is_deeply([ @$tried{qw(status body)} ], [ @$response{qw(status body)} ], "$name: the same");
        is($response->{headers}{ lc HEADER }, undef, "$name: in earnest");
    }
};

case 'with an ETag' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $old = $app->register(fields('a'))->{headers}{etag};
    my $response = $app->replace(fields('b'), headers => [ HEADER, 'true', 'If-Match' => $old ]);
    is($response->{status}, 200, 'the set that is there');
    is_replaced(
        $app->replace(fields('b'), headers => [ 'If-Match' => $response->{headers}{etag} ]),
        { added => ['b'], removed => ['a'] },
        'what has been tried, and nothing else'
    );
    my $tag = $app->get->{headers}{etag};
    for my $send (
        sub { $app->replace(fields('b'), @_) },
        sub { $app->register(fields('c'), @_) },
        sub { $app->remove(undef, @_) }
        )
    {
        my $unexpected = $send->(headers => [ HEADER, 'true', 'If-Match' => $old ]);
        is_unexpected($unexpected, $tag, 'an old one');
        is($unexpected->{headers}{ lc HEADER }, 'true', 'the answer says so');
    }
    is_listed($app, fields('b'), 'GET');
};

case 'other values' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a'), headers => [ HEADER, 'false' ]), 'false');
    my $before = stored($stack, $app);
    for my $value ('1', 'yes', 'TRUE', 'True', 'on', 'true, false', 'true;x', '"true"', 'no', '0') {
        my @headers = (headers => [ HEADER, $value ]);
        for my $response (
            $app->register(fields('b'), @headers),
            $app->replace(fields('b'), @headers),
            $app->remove(undef, @headers)
            )
        {
            is_error($response, 400, 'The header X-Dynmod-Dry-Run must be "true" or "false".', $value);
        }
    }
    is(stored($stack, $app), $before, 'nothing is stored');
};

case 'an empty value is no leave to change anything' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    for my $name (HEADER, 'If-Match') {
        my $response = $app->replace(fields('a'), headers => [ $name => '' ]);
        if ($stack->{setup} =~ /lighttpd/) {    # which drops headers without a value
            is($response->{status}, 200, "$name: as without it");
            $app->remove(undef);
            next;
        }
        is_error($response, 400, qr/\AThe header \Q$name\E must be /, $name);
    }
    is_listed($app, {}, 'GET');
};

case 'the set is not given back' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @headers = (headers => [ HEADER, 'true', Prefer => 'return=representation' ]);
    my $response = $app->replace(fields('a'), @headers);
    is($response->{headers}{'preference-applied'}, undef, 'not applied');
    is_deeply(json_data($response)->{added}, ['a'], 'but the keys');
};

case 'credentials are needed, and looked at, all the same' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_unauthorized($app->replace({}, @try, authorization => undef), 'none');
    is_unauthorized($app->replace({}, @try, secret => 'x' x 40), 'wrong ones');
};

1;

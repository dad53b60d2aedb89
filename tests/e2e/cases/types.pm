# Every module type over HTTP, the rules beyond its schema, and types of the operator's own.
use strict;
use warnings;

use Cases;
use File::Basename qw(basename);
use File::Glob qw(:bsd_glob);    # glob that takes a path with spaces as one
use File::Temp qw(tempfile);
use FindBin qw($Bin);
use JSON::PP;
use Modules qw(field fields item panel webhook);
use Test::More;

my $json = JSON::PP->new->utf8;
my $top = "$Bin/../..";

# The data of a type: minimal and maximal module, and whether it is a single object.
sub types {
    return map { [ basename($_, '.json'), load($_), load("$top/sql/module_types/" . basename $_)->{container} ] }
        glob "$top/tests/data/module_types/*.json";
}

sub load {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return $json->decode(scalar <$file>);
}

# Calls a function while all types may be registered dynamically.
sub with_all_types {
    my ($stack, $code) = @_;
    $stack->sql('UPDATE dynmod.module_type SET dynamic_override = true');
    my $done = eval { $code->(); 1 };
    my $error = $@;
    $stack->sql('UPDATE dynmod.module_type SET dynamic_override = NULL');
    die $error unless $done;
    return;
}

for my $which ('minimal', 'maximal') {
    case "a $which module of each of the 58 types comes back equal" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        my %modules = map { $_->[0] => $_->[2] eq 'single' ? $_->[1]{$which} : [ $_->[1]{$which} ] } types();
        is(keys %modules, 58, 'all types');
        with_all_types($stack, sub {
            is_registered($app->register(\%modules), 'POST');
            is_listed($app, \%modules, 'GET');
        });
    };
}

case 'a request of 100 modules with 60 different mistakes names all 60' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @modules = map { field("f$_") } 0 .. 99;
    my %expected;
    my @mistakes = (
        sub { delete $_[0]{name}; 'required property "name"' },
        sub { delete $_[0]{description}; 'required property "description"' },
        sub { $_[0]{type} = "type$_[1]"; qr{must be one of} },
        sub { $_[0]{key} = "bad key $_[1]"; "bad key $_[1]" },
        sub { $_[0]{name} = "text $_[1]"; 'must be an object' },
        sub { $_[0]{property} = { path => 'p', type => 'string', key => "k$_[1]" }; 'read_only' },
    );
    my %place = (0 => '', 1 => '', 2 => '/type', 3 => '/key', 4 => '/name', 5 => '/property');
    for my $number (0 .. 59) {
        my $text = $mistakes[ $number % 6 ]->($modules[$number], $number);
        $expected{"/jiraIssueFields/$number$place{$number % 6}"} = $text;
    }
    my $response = $app->register({ jiraIssueFields => \@modules });
    is_error($response, 400, qr/for 60 reasons:/, 'POST');
    my @lines = split /\n/, json_data($response)->{message};
    is(@lines, 61, 'a summary and a line for each');
    for my $place (sort keys %expected) {
        my ($line) = grep { /^\Q$place\E: / } @lines;
        like($line // '', qr/$expected{$place}/, $place);
    }
    my @numbers = map { m{^/jiraIssueFields/(\d+)} ? $1 : () } @lines;
    is_deeply(\@numbers, [ sort { $a <=> $b } @numbers ], 'sorted by place');
    is($app->get->{body}, '{}', 'nothing was registered');
};

case 'enumerations in lower and in UPPER CASE, not mixed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register({ jiraIssueFields => [ field('a', type => 'RICH_TEXT') ] }), 'upper case');
    is_error($app->register({ jiraIssueFields => [ field('b', type => 'Rich_Text') ] }), 400,
        qr{^/jiraIssueFields/0/type: }m, 'mixed');
};

my $property = { path => 'p', type => 'string', key => 'k' };
my %refused = (
    'read_only without property' => [ '/jiraIssueFields/0', jiraIssueFields => [ field('a', type => 'read_only') ] ],
    'property without read_only' => [ '/jiraIssueFields/0/property', jiraIssueFields => [ field('a', property => $property) ] ],
    'a web item without url' => [ '/webItems/0', webItems => [ do { my $item = item('a'); delete $item->{url}; $item } ] ],
    'empty extractions' => [ '/jiraEntityProperties/0/keyConfigurations/0/extractions', jiraEntityProperties => [
        { key => 'a', name => { value => 'n' }, keyConfigurations => [ { propertyKey => 'p', extractions => [] } ] } ] ],
    'a location that is not supported' => [ '/webPanels/0/location', webPanels => [ panel('a', location => 'atl.header.after.scripts') ] ],
);
for my $name (sort keys %refused) {
    my ($place, %modules) = @{ $refused{$name} };
    case "refused: $name" => sub {
        my ($stack) = @_;
        is_refused_modules($stack->install, \%modules, qr{\A[^\n]+\n\Q$place\E: }, 'POST');
    };
}

case 'an admin page of the descriptor may be referred to, no other' => sub {
    my ($stack) = @_;
    my %page = (key => 'page', url => '/admin', name => { value => 'Page' });
    my $app = $stack->install(modules => { adminPages => [ \%page ] });
    my $provider = sub { { jiraTimeTrackingProviders => [ { key => $_[0], name => { value => 'P' }, adminPageKey => $_[1] } ] } };
    with_all_types($stack, sub {
        is_registered($app->register($provider->('a', 'page')), 'its own');
        is_error($app->register($provider->('b', 'other')), 400, qr{^/jiraTimeTrackingProviders/0/adminPageKey: }m, 'another');
    });
};

case 'warnings are logged and refuse nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->install(scopes => ['READ']);
    my $mark = $stack->log_mark;
    is_registered($app->register({ webhooks => [ webhook('w', event => 'no_such_event') ] }), 'POST');
    ok($stack->log_shows($mark, qr{/webhooks/0/event: "no_such_event" is not a known event}), 'the log names it');
};

# add_type(STACK, TYPE): what `dynmodctl type add` prints; dies with its message.
sub add_type {
    my ($stack, $type) = @_;
    my ($file, $path) = tempfile('type-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} $json->encode($type);
    close $file or die "$path: $!\n";
    return $stack->ctl('type', 'add', $path);
}

case 'a type of the operator works at once, and cannot go while it has modules' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $type = {
        name => 'companyBadges', title => 'Badge', dynamic => JSON::PP::true,
        schema => { required => [ 'key', 'name', 'stars' ], properties => {
            name => { '$ref' => 'dynmod:definitions#/definitions/i18n' }, stars => { type => 'integer', maximum => 5 } } },
    };
    my $badge = sub { { companyBadges => [ { key => $_[0], name => { value => 'B' }, stars => $_[1] } ] } };
    is_refused_modules($app, $badge->('a', 3), qr/unknown module type/, 'before');
    is(add_type($stack, $type)->{done}, 'added', 'type add');
    is_error($app->register($badge->('a', 6)), 400, qr{^/companyBadges/0/stars: }m, 'its schema counts');
    is_registered($app->register($badge->('a', 5)), 'POST');
    is_listed($app, $badge->('a', 5), 'GET');
    $type->{schema}{properties}{stars}{maximum} = 9;
    is(add_type($stack, $type)->{done}, 'changed', 'type add again');
    is_registered($app->register($badge->('b', 9)), 'the new schema counts at once');
    ok(!eval { $stack->sql(q{DELETE FROM dynmod.module_type WHERE name = 'companyBadges'}); 1 }, 'DELETE is refused');
    is_removed($app->remove, 'DELETE of the modules');
    $stack->sql(q{DELETE FROM dynmod.module_type WHERE name = 'companyBadges'});
    is_refused_modules($app, $badge->('a', 3), qr/unknown module type/, 'after');
};

case 'a broken schema is refused with its place' => sub {
    my ($stack) = @_;
    ok(!eval { add_type($stack, { name => 'brokenType', schema => { properties => { a => { type => 'sting' } } } }) }, 'type add');
    like($@, qr{the schema is broken: .*/properties/a/type}, 'the place');
    is($stack->sql(q{SELECT count(*) FROM dynmod.module_type WHERE name = 'brokenType'}), 0, 'nothing was added');
    ok(!eval { add_type($stack, { name => 'webPanels' }) }, 'a builtin type');
    like($@, qr/builtin/, 'says why');
};

1;

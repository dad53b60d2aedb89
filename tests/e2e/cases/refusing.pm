# POST: what a module and a set of modules must be like, and what the answer says about it.
use strict;
use warnings;
use utf8;

use Cases;
use Modules qw(entity_property field fields panel webhook);
use Test::More;

sub duplicates {
    my ($app, $keys) = @_;
    return 'Installation failed. The app ' . $app->key . " has duplicate module keys: [$keys]. "
        . 'Please contact the app vendor.';
}

my $field = field('a');
for my $bare (
    [ 'alone', $field ],
    [ 'in an array', [$field] ],
    [ 'under "modules"', { modules => $field } ],
    [ 'in an array under "modules"', { modules => [ $field, field('b') ] } ]
) {
    case "a bare module $bare->[0]" => sub {
        my ($stack) = @_;
        is_refused_modules($stack->app('refused'), $bare->[1], qr/module type/, 'POST');
    };
}

case 'all or nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    is_refused_modules($app,
        { jiraIssueFields => [ field('good'), field('bad key'), field('fine') ] },
        qr{/jiraIssueFields/1/key\b}, 'one bad among good ones');
    is_refused_modules($app, { jiraIssueFields => [ field('good') ], unknownThings => [] },
        qr{/unknownThings\b}, 'an unknown type beside a good one');
};

case 'every problem is named, with its place' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    my $keyless = field('x');
    delete $keyless->{key};
    my %modules = (
        jiraIssueFields =>
            [ field('ok'), field('under_score'), $keyless, field('x', key => 7), 'text' ],
        jiraEntityProperties => { key => 'no-list' },
        webPanels            => [ panel(''), panel('x' x 101), panel('fine') ],
        generalPages         => [ panel('page') ],
        unknownThings        => [ panel('thing') ],
    );
    my $response = $app->register(\%modules);
    is_error($response, 400, qr/./, 'POST');
    my $message = json_data($response)->{message};
    like($message, qr{(?<![\w/])\Q$_\E(?![\w/])}, $_)
        for qw(/jiraIssueFields/1/key /jiraIssueFields/2 /jiraIssueFields/3/key /jiraIssueFields/4
        /jiraEntityProperties
        /webPanels/0/key /webPanels/1/key /unknownThings);
    like($message, qr{/generalPages\b}, '/generalPages');
    unlike($message, qr{/webPanels/2|/jiraIssueFields/0}, 'no word about the good ones');
    is($app->get->{body}, '{}', 'nothing was registered');
};

case 'the places follow the shape of the body' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    my %bad = (jiraIssueFields => [ field('a_b') ]);
    is_refused_modules(
        $app,
        { modules => \%bad },
        qr{(?<!\w)/modules/jiraIssueFields/0/key\b},
        'wrapped map'
    );
    is_refused_modules(
        $app,
        { modules => [ {}, \%bad ] },
        qr{(?<!\w)/modules/1/jiraIssueFields/0/key\b},
        'wrapped array'
    );
    is_refused_modules($app, [ {}, {}, \%bad ], qr{(?<!\w)/2/jiraIssueFields/0/key\b}, 'array');
    is_refused_modules($app, { 'a/b~c' => [] }, qr{/a~1b~0c\b},
        'a name that a pointer must escape');
};

case 'sixty mistakes in one request' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    my @fields = map { field($_ % 2 ? "key-$_" : "key_$_") } 1 .. 120;
    my $response = $app->register({ jiraIssueFields => \@fields });
    is_error($response, 400, qr/./, 'POST');
    my $message = json_data($response)->{message};
    my @missing = grep { $message !~ m{/jiraIssueFields/$_/key\b} } grep { $_ % 2 } 0 .. 119;
    is_deeply(\@missing, [], 'all are named');
};

case 'a key twice in one request' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    is_refused_modules($app, fields('a', 'b', 'a'), duplicates($app, 'a'), 'in one type');
    is_refused_modules($app, { %{ fields('a') }, webPanels => [ panel('a') ] },
        duplicates($app, 'a'), 'in two types');
    is_refused_modules($app, [ fields('a'), fields('a') ], duplicates($app, 'a'), 'in two maps');
    is_refused_modules($app, fields('a', 'a', 'a'), duplicates($app, 'a'), 'three times');
};

case 'several keys twice in one request' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    my ($ab, $ba) = map { quotemeta duplicates($app, $_) } 'a, b', 'b, a';
    is_refused_modules($app, fields('a', 'b', 'c', 'b', 'a'), qr/^(?:$ab|$ba)$/, 'POST');
};

case 'the key of a registered module' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'two');
    is_error($app->register(fields('b')), 400, duplicates($app, 'b'), 'in its type');
    is_error(
        $app->register({ webPanels => [ panel('a') ] }),
        400,
        duplicates($app, 'a'),
        'in another type'
    );
    is_error($app->register(fields('new', 'a')), 400, duplicates($app, 'a'), 'beside a new one');
    is_listed($app, fields('a', 'b'), 'nothing changed');
};

case 'the key of a module of the descriptor' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => { webPanels => [ panel('static') ] });
    is_refused_modules(
        $app,
        { webPanels => [ panel('static') ] },
        duplicates($app, 'static'),
        'in its type'
    );
    is_refused_modules($app, fields('static'), duplicates($app, 'static'), 'in another type');
};

case 'keys of other apps and in other letters are free' => sub {
    my ($stack) = @_;
    my ($one, $other) = ($stack->install, $stack->install(site => 'jira'));
    is_registered($one->register(fields('a')), 'one app');
    is_registered($other->register(fields('a')), 'another app');
    is_registered($one->register(fields('A')), 'a capital letter');
};

case 'a hundred modules and no more' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields(map { "static-$_" } 1 .. 5));
    is_registered($app->register(fields(map { "first-$_" } 1 .. 95)), '95');
    is_error($app->register(fields(map { "more-$_" } 1 .. 6)), 400, qr/\b100\b/, '6 more');
    is_registered($app->register(fields(map { "last-$_" } 1 .. 5)), '5 more');
    my $response = $app->register({ webPanels => [ panel('one-too-many') ] });
    is_error($response, 400, qr/\b100\b.*\b1\b|\b1\b.*\b100\b/s, 'and one');
    my $found = json_data($app->get);
    is(scalar @{ $found->{jiraIssueFields} }, 100, 'a hundred');
    is_deeply([ keys %$found ], ['jiraIssueFields'], 'of one type');
};

case 'the message about the limit tells what is there and what came' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields(map { "a-$_" } 1 .. 37)), '37');
    my $response = $app->register(fields(map { "b-$_" } 1 .. 64));
    is_error($response, 400, qr/\b$_\b/, "64 more: $_") for 100, 37, 64;
    is(scalar @{ json_data($app->get)->{jiraIssueFields} }, 37, 'nothing was registered');
};

case 'more than the limit in one request' => sub {
    my ($stack) = @_;
    is_refused_modules($stack->app('refused'), fields(map { "key-$_" } 1 .. 101),
        qr/\b100\b/, '101');
};

case 'the limit of a site' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    $stack->sql(q{UPDATE dynmod.site SET module_limit = 3 WHERE name = 'jira'});
    my $response = $app->register(fields('a' .. 'd'));
    my $fitting = $app->register(fields('a' .. 'c'));
    $stack->sql(q{UPDATE dynmod.site SET module_limit = 100 WHERE name = 'jira'});
    is_error($response, 400, qr/\b3\b/, 'four');
    is_registered($fitting, 'three');
};

for my $type (
    qw(noSuchThing jiraissuefields JiraIssueFields lifecycle modules2 generalPages adminPages
    webSections dialogs jiraReports jiraWorkflowConditions configurePage jiraDevelopmentTool)
) {
    case "modules of type $type" => sub {
        my ($stack) = @_;
        my $value =
            $type =~ /^(?:configurePage|jiraDevelopmentTool)$/ ? panel('a') : [ panel('a') ];
        is_refused_modules($stack->app('refused'), { $type => $value }, qr{/$type\b}, 'POST');
    };
}

my %containers = (
    'an object for a list' => [ panel('a'), '' ],
    'null for a list'      => [ undef, '' ],
    'a text for a list'    => [ 'panel', '' ],
    'a number for a list'  => [ 1, '' ],
    'true for a list'      => [ JSON::PP::true, '' ],
    'null in a list'       => [ [ panel('a'), undef ], '/1' ],
    'a text in a list'     => [ ['panel'], '/0' ],
    'a list in a list'     => [ [ [ panel('a') ] ], '/0' ],
);
for my $name (sort keys %containers) {
    case $name => sub {
        my ($stack) = @_;
        my ($value, $place) = @{ $containers{$name} };
        is_refused_modules(
            $stack->app('refused'),
            { webPanels => $value },
            qr{/webPanels$place\b}, 'POST'
        );
    };
}

for my $body ('null', 'true', '1', '"jiraIssueFields"', '[1]', '[null]', '[[]]', '{"modules":null}',
    '{"modules":1}', '{"modules":[1]}', '{"modules":[[]]}')
{
    case "no map of types: $body" => sub {
        my ($stack) = @_;
        my $app = $stack->app('refused');
        is_error($app->send_body($body), 400, qr/./, 'POST');
    };
}

my %good_keys = (
    'one character'    => 'x',
    'letters, digits'  => 'Field-09-Z',
    'a hyphen only'    => '-',
    'digits only'      => '2026',
    '100 characters'   => 'k' x 100,
);
case 'too many bytes' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $sized = sub {
        my ($key, $size) = @_;
        return { jiraIssueFields => [ { %{ field($key) }, more => 'x' x $size } ] };
    };
    is_error(
        $app->register($sized->('large', 262_144)),
        400, qr/may have 262144 bytes on this site; large has 262\d\d\d\b/, 'one module'
    );
    is_registered($app->register($sized->("part-$_", 260_000)), "part $_") for 1 .. 4;
    is_error(
        $app->register($sized->('more', 9000)),
        400, qr/may have 1048576 bytes together.* have 1040\d\d\d, and 9\d\d\d more/, 'all together'
    );
    is_removed($app->remove('moduleKey=part-1'), 'one goes');
    is_registered($app->register($sized->('more', 9000)), 'then there is room');
};

case 'good keys' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields($good_keys{$_})), $_) for sort keys %good_keys;
};

my %bad_keys = (
    'empty'            => '',
    '101 characters'   => 'k' x 101,
    'low line'         => 'a_b',
    'dot'              => 'a.b',
    'space'            => 'a b',
    'comma'            => 'a,b',
    'slash'            => 'a/b',
    'umlaut'           => 'größe',
    'line end'         => "a\n",
    'leading space'    => ' a',
    'full-width digit' => "a\x{FF11}",
    'number'           => 12,
    'true'             => JSON::PP::true,
    'null'             => undef,
    'array'            => ['a'],
    'object'           => { value => 'a' },
);
for my $kind (sort keys %bad_keys) {
    case "bad key: $kind" => sub {
        my ($stack) = @_;
        is_refused_modules(
            $stack->app('refused'),
            { webPanels => [ panel('x', key => $bad_keys{$kind}) ] },
            qr{/webPanels/0/key\b}, 'POST'
        );
    };
}

for my $type (qw(webPanels webhooks)) {
    case "no key in $type" => sub {
        my ($stack) = @_;
        my $module = $type eq 'webhooks' ? webhook('x') : panel('x');
        delete $module->{key};
        is_refused_modules(
            $stack->app('refused'),
            { $type => [$module] },
            qr{/$type/0\b.*\bkey\b}s, 'POST'
        );
    };
}

for my $scope (qw(READ WRITE DELETE PROJECT_ADMIN ADMIN read)) {
    case "webhooks of an app with the scope $scope" => sub {
        my ($stack) = @_;
        my $app = $stack->install(scopes => [$scope]);
        is_registered($app->register({ webhooks => [ webhook('a') ] }), 'POST');
    };
}

for my $scopes ([], ['NONE'], ['ACT_AS_USER'], ['ACCESS_EMAIL_ADDRESSES']) {
    case "webhooks of an app with the scopes (@$scopes)" => sub {
        my ($stack) = @_;
        my $app = $stack->install(scopes => $scopes);
        is_refused_modules($app, { webhooks => [ webhook('a') ] }, qr/\bREAD\b/, 'POST');
        is_registered($app->register(fields('a')), 'other types need no scope');
    };
}

case 'a message repeats little of a large input' => sub {
    my ($stack) = @_;
    my $app = $stack->app('refused');
    my $response = $app->register({ 'x' x 50_000 => [], webPanels => [ panel('y' x 50_000) ] });
    is_error($response, 400, qr/./, 'POST');
    my $message = json_data($response)->{message};
    unlike($message, qr/x{201}|y{201}/, 'not more than 200 bytes of it');
    $message = json_data($app->register({ "\x{1b}[31m\r" => [] }))->{message};
    unlike($message, qr/[\x00-\x09\x0b-\x1f\x7f]/, 'control characters are spelled out');
};

1;

# POST: what is accepted, in which shapes, and what comes back.
use strict;
use warnings;
use utf8;

use Cases;
use Modules qw(content context entity_property field fields glance item panel webhook);
use Test::More;

case 'two modules of our own, one twice, one removed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $field = field('priority');
    my $property = entity_property('attachment');
    is_registered(
        $app->register({ jiraEntityProperties => [$property], jiraIssueFields => [$field] }),
        'the two');
    is_listed($app, { jiraEntityProperties => [$property], jiraIssueFields => [$field] }, 'both');
    is_error(
        $app->register({ jiraIssueFields => [$field] }),
        400,
        'Installation failed. The app ' . $app->key . ' has duplicate module keys: [priority]. '
            . 'Please contact the app vendor.',
        'one again'
    );
    is_removed($app->remove('moduleKey=attachment'), 'the other');
    is_listed($app, { jiraIssueFields => [$field] }, 'one left');
};

my %shapes = (
    'a map' => sub { return { jiraIssueFields => [ @_[ 0, 1 ] ], webPanels => [ $_[2] ] } },
    'a map under "modules"' =>
        sub { return { modules => { jiraIssueFields => [ @_[ 0, 1 ] ], webPanels => [ $_[2] ] } } },
    'an array of maps' => sub {
        return [
            { jiraIssueFields => [ $_[0] ] },
            { webPanels => [ $_[2] ], jiraIssueFields => [ $_[1] ] }
        ];
    },
    'an array under "modules"' => sub {
        return {
            modules => [
                { jiraIssueFields => [ $_[0] ] },
                {},
                { jiraIssueFields => [ $_[1] ] },
                { webPanels => [ $_[2] ] }
            ]
        };
    },
    'an array of one map' =>
        sub { return [ { jiraIssueFields => [ @_[ 0, 1 ] ], webPanels => [ $_[2] ] } ] },
);
for my $shape (sort keys %shapes) {
    case "the body as $shape" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        my @modules = (field('a'), field('b'), panel('c'));
        is_registered($app->register($shapes{$shape}->(@modules)), 'POST');
        is_listed($app, { jiraIssueFields => [ @modules[ 0, 1 ] ], webPanels => [ $modules[2] ] },
            'merged in order');
    };
}

for my $empty ('{}', '[]', '[{}]', '[{},{}]', '{"modules":{}}', '{"modules":[]}',
    '{"modules":[{}]}',
    '{"jiraIssueFields":[]}', '{"modules":{"jiraIssueFields":[],"webPanels":[]}}',
    " {\r\n\t} ") {
    case "nothing to register: $empty" =~ s/\s+/ /gr => sub {
        my ($stack) = @_;
        my $app = $stack->app('collector');
        $app->register(fields('kept')) if $app->get->{body} eq '{}';
        my $tag = $app->get->{headers}{etag};
        is_registered($app->send_body($empty), 'POST');
        is(is_listed($app, fields('kept'), 'GET')->{headers}{etag}, $tag, 'nothing changed');
    };
}

my %dynamic = (
    jiraEntityProperties => \&entity_property,
    jiraIssueFields      => \&field,
    jiraIssueContents    => \&content,
    jiraIssueContexts    => \&context,
    jiraIssueGlances     => \&glance,
    webItems             => \&item,
    webPanels            => \&panel,
    webhooks             => \&webhook,
);
case 'the types that are dynamic by default' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %modules = map { $_ => [ $dynamic{$_}->(lc $_) ] } keys %dynamic;
    is_registered($app->register({ $_ => $modules{$_} }), $_) for sort keys %modules;
    is_listed($app, \%modules, 'all of them');
};

case 'further members come back' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %more = (
        'x-vendor'   => 'mine',
        owner        => { name => 'Q', tags => [ 'one', [], {}, undef, '' ] },
        ''           => 'a member without a name',
        enabledLater => JSON::PP::false,
        archived     => JSON::PP::true,
        nothing      => undef,
    );
    is_registered($app->register({ jiraIssueFields => [ field('a', %more) ] }), 'POST');
    is_listed($app, { jiraIssueFields => [ field('a', %more) ] }, 'GET');
};

my %texts = (
    'Latin and Greek'        => 'Größe, naïve, λόγος',
    'right to left'          => 'שלום مرحبا',
    'Chinese and Japanese'   => '字段 フィールド',
    'beyond 16 bits'         => "\x{1F600}\x{1F468}\x{200D}\x{1F4BB} \x{10FFFF}",
    'combining marks'        => "e\x{301} \x{FFFD} \x{FEFF} \x{2028}",
    'quotes and backslashes' => q{'; DROP TABLE dynmod.module; -- \\ " \\u0041 %s $1 {} \\},
    'markup'                 => '<b>&amp;</b></script><!-- -->',
    'control characters'     => "tab\tline\nreturn\rbell\a\x{1f}delete\x{7f}",
    'slashes'                => 'https://example.com/a/b',
);
for my $kind (sort keys %texts) {
    case "text comes back equal: $kind" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        my %modules =
            (jiraIssueFields =>
                [ field('a', name => { value => $texts{$kind} }, $texts{$kind} => 1) ]);
        is_registered($app->register(\%modules), 'POST');
        is_listed($app, \%modules, 'GET');
    };
}

case 'escapes in the body mean what they stand for' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $text = '\u0047r\u00f6\u00dfe \ud83d\ude00 \/ \" \\\\ \b\f\n\r\t';
    my $body = sprintf '{"jiraIssueFields":[{"\u006bey":"a","type":"string",'
        . '"name":{"value":"%s"},"description":{"value":"d"}}]}', $text;
    is_registered($app->send_body($body), 'POST');
    is(json_data($app->get)->{jiraIssueFields}[0]{name}{value},
        "Größe \x{1F600} / \" \\ \b\f\n\r\t", 'GET');
};

case 'numbers come back with their values' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @numbers = qw(0 1 -1 0.1 -0.5 3.14159 100000 1e3 1E-2 2.5e+4 4294967296 9007199254740993
        9223372036854775807 -9223372036854775808 0.30000000000000004);
    my $list = join ',', @numbers;
    my $body = JSON::PP->new->encode(fields('a'));
    $body =~ s/"key"/"numbers":[$list],"key"/;
    is_registered($app->send_body($body), 'POST');
    my $big = JSON::PP->new->allow_bignum;
    my $found = $big->decode($app->get->{body})->{jiraIssueFields}[0]{numbers};
    my $sent = $big->decode("[$list]");
    for my $index (0 .. $#numbers) {
        cmp_ok($found->[$index], '==', $sent->[$index], "the number $numbers[$index]");
    }
};

# Whether such a number can be kept is nobody's promise, but it must not come back as another one.
for my $number ('12345678901234567890123', '18446744073709551616', '1e400', '-1e400', '1e-400',
    '0.1234567890123456789012345678901234567890')
{
    case "a number that fits no machine word: $number" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        my $body = JSON::PP->new->encode(fields('a')) =~ s/"key"/"number":$number,"key"/r;
        my $response = $app->send_body($body);
        if ($response->{status} == 400) {
            is_error($response, 400, qr/line 1, column \d+/, 'refused, with the place');
            is($app->get->{body}, '{}', 'nothing was registered');
        } else {
            is_registered($response, 'accepted');
            my $found = JSON::PP->new->allow_bignum->decode($app->get->{body});
            cmp_ok($found->{jiraIssueFields}[0]{number},
                '==', Math::BigFloat->new($number), 'the same number');
        }
    };
}

case 'a hundred modules in one request' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $filler = 'é' x 2000;
    my @fields = map {
        field(
            "field-$_",
            description => { value => "$_ " . substr $filler, 0, 1400 },
            filler => $filler
        )
    } 1 .. 100;
    is_registered($app->register({ jiraIssueFields => \@fields }), 'POST');
    is_listed($app, { jiraIssueFields => \@fields }, 'GET');
};

case 'registering adds to what is there' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'first');
    is_registered($app->register(fields('b')), 'second');
    is_listed($app, fields('a', 'b'), 'both');
};

case 'a removed module can be registered again' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'two');
    is_removed($app->remove('moduleKey=a'), 'one');
    is_registered($app->register({ webPanels => [ panel('a') ] }), 'its key in another type');
    is_listed($app, { %{ fields('b') }, webPanels => [ panel('a') ] }, 'GET');
};

case 'parameters do not matter' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a'), suffix => '?moduleKey=b&dryRun'), 'POST');
    is_listed($app, fields('a'), 'GET');
};

case 'a single-object type that the operator allowed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $page = { key => 'setup', name => { value => 'Setup' }, url => '/setup' };
    $stack->ctl('type', 'allow', 'configurePage');
    is_registered($app->register({ configurePage => $page }), 'one');
    is_listed($app, { configurePage => $page }, 'it maps to its object');
    is_error($app->register({ configurePage => { %$page, key => 'second' } }),
        400, qr{/configurePage\b}, 'a second one');
    is_removed($app->remove('moduleKey=setup'), 'the one');
    is_refused_modules($app, { configurePage => [$page] }, qr{/configurePage\b}, 'an array');
    $stack->ctl('type', 'deny', 'configurePage');
    is_refused_modules($app, { configurePage => $page }, qr{/configurePage\b}, 'denied again');
};

case 'a type that the operator denied' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    $stack->ctl('type', 'deny', 'webPanels');
    my $response = $app->register({ webPanels => [ panel('a') ] });
    $stack->ctl('type', 'allow', 'webPanels');
    is_error($response, 400, qr{/webPanels\b}, 'denied');
    is_registered($app->register({ webPanels => [ panel('a') ] }), 'allowed');
};

1;

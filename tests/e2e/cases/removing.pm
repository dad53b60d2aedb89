# DELETE: which modules go, and which never do.
use strict;
use warnings;

use Cases;
use Modules qw(fields panel);
use Test::More;

# The query of a DELETE on an app that has a, b, c and d, and what is left.
my @removals = (
    [ 'one'                          => 'moduleKey=a',                          'b' .. 'd' ],
    [ 'two, the name repeated'       => 'moduleKey=b&moduleKey=a',              'c', 'd' ],
    [ 'two, with a comma'            => 'moduleKey=b,a',                        'c', 'd' ],
    [ 'two, with an escaped comma'   => 'moduleKey=b%2Ca',                      'c', 'd' ],
    [ 'commas and repetition'        => 'moduleKey=a,b&moduleKey=d',            'c' ],
    [ 'commas with nothing between'  => 'moduleKey=,a,,b,',                     'c', 'd' ],
    [ 'all, by name'                 => 'moduleKey=d,c,b,a' ],
    [ 'the same one twice'           => 'moduleKey=a,a&moduleKey=a',            'b' .. 'd' ],
    [ 'an unknown key'               => 'moduleKey=x',                          'a' .. 'd' ],
    [ 'an unknown key among others'  => 'moduleKey=x&moduleKey=a,y',            'b' .. 'd' ],
    [ 'what can be no key'           => 'moduleKey=%20%22%27%5C%C3%A9',         'a' .. 'd' ],
    [ 'a key in other letters'       => 'moduleKey=A',                          'a' .. 'd' ],
    [ 'an empty list'                => 'moduleKey=',                           'a' .. 'd' ],
    [ 'a name without a value'       => 'moduleKey',                            'a' .. 'd' ],
    [ 'only commas'                  => 'moduleKey=,,',                         'a' .. 'd' ],
    [ 'an empty one and a key'       => 'moduleKey=&moduleKey=a',               'b' .. 'd' ],
    [ 'the name with an escape'      => 'module%4Bey=a',                        'b' .. 'd' ],
    [ 'a parameter besides the key'  => 'x=y&moduleKey=a',                      'b' .. 'd' ],
    [ 'without a query'              => undef ],
    [ 'an empty query'               => '' ],
);
for my $removal (@removals) {
    my ($name, $query, @left) = @$removal;
    case $name => sub {
        my ($stack) = @_;
        my $app = $stack->app('remover');
        $app->remove(undef);
        is_registered($app->register(fields('a' .. 'd')), 'POST');
        is_removed($app->remove($query), 'DELETE');
        is_listed($app, @left ? fields(@left) : {}, 'GET');
    };
}

# A typing error must not remove everything.
for my $query ('moduleKeys=a', 'moduleKey[]=a', 'moduleKey%5B%5D=a&moduleKey%5B%5D=b',
    'modulekey=a',
    'MODULEKEY=a', 'key=a', 'x', 'moduleKeys=', 'jwt2=x', 'moduleKey%=a', 'moduleKey%00=a') {
    case "refused: $query" => sub {
        my ($stack) = @_;
        my $app = $stack->app('careful');
        $app->register(fields('a', 'b')) if $app->get->{body} eq '{}';
        my $response = $app->remove($query);
        # lighttpd refuses broken escapes in its own words.
        if ($query =~ /%(?:=|00)/ && $response->{headers}{'content-type'} !~ /json/) {
            is($response->{status}, 400, 'DELETE');
        } else {
            is_error($response, 400, qr/moduleKey/, 'DELETE');
        }
        is_listed($app, fields('a', 'b'), 'nothing was removed');
    };
}

case 'a NUL is not the end of a key' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('keep', 'go')), 'two');
    my $response = $app->remove('moduleKey=keep%00x&moduleKey=x%00,keep%00&moduleKey=%00x,go');
    # lighttpd refuses it in its own words
    my $refused = $response->{status} == 400 && $response->{headers}{'content-type'} !~ /json/;
    is_removed($response, 'DELETE') if !$refused;
    is_listed($app, $refused ? fields('keep', 'go') : fields('keep'), 'only the whole key went');
};

case 'the token in the query is no parameter' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $all = 'jwt=' . $app->token('DELETE', $app->path);
    my $one = 'jwt=' . $app->token('DELETE', $app->path('?moduleKey=a')) . '&moduleKey=a';
    is_registered($app->register(fields('a', 'b')), 'two');
    is_removed($app->remove($one, authorization => undef), 'one');
    is_listed($app, fields('b'), 'the other is left');
    is_removed($app->remove($all, authorization => undef), 'all');
    is_listed($app, {}, 'none is left');
};

case 'the modules of the descriptor stay' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('static'));
    my $static = sprintf q{SELECT string_agg(module_key || ' ' || origin, ',')
        FROM dynmod.module JOIN dynmod.app ON app.id = app_id WHERE app_key = '%s'}, $app->key;
    is_registered($app->register({ webPanels => [ panel('dynamic') ] }), 'POST');
    is_removed($app->remove('moduleKey=static'), 'by its key');
    is_listed($app, { webPanels => [ panel('dynamic') ] }, 'GET');
    is_removed($app->remove(undef), 'all');
    is($stack->sql($static), 'static descriptor', 'it is still there');
    is_error(
        $app->register(fields('static')),
        400,
        qr/duplicate module keys: \[static\]/,
        'and its key in use'
    );
};

case 'the modules of others stay' => sub {
    my ($stack) = @_;
    my $app = $stack->install(key => 'com.example.shared');
    my $twin = $stack->install(key => 'com.example.shared', site => 'jira');
    my $other = $stack->install;
    is_registered($_->register(fields('a')), $_->key) for $app, $twin, $other;
    is_removed($app->remove(undef), 'DELETE');
    is_listed($app, {}, 'the app');
    is_listed($twin, fields('a'), 'the same app on another site');
    is_listed($other, fields('a'), 'another app');
};

case 'a hundred keys in one query' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @keys = map { "some-longer-key-$_" } 1 .. 100;
    is_registered($app->register(fields(@keys)), 'POST');
    is_removed($app->remove(join '&', map { "moduleKey=$_" } @keys[ 1 .. 99 ]), 'DELETE');
    is_listed($app, fields($keys[0]), 'GET');
};

case 'a body and its type do not matter' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    is_removed(
        $app->remove(
            'moduleKey=a',
            body => '{"moduleKey":"b"',
            headers => [ 'Content-Type' => 'text/plain' ]
        ),
        'DELETE'
    );
    is_listed($app, fields('b'), 'GET');
};

case 'removing nothing from nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_removed($app->remove(undef), 'all');
    is_removed($app->remove('moduleKey=a'), 'one');
};

1;

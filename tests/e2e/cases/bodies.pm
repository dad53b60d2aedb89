# POST: the type, the size and the grammar of the body.
use strict;
use warnings;

use Cases;
use JSON::PP;
use Modules qw(fields);
use Test::More;

use constant MAX_BODY_BYTES => 1_048_576;

# The body of a good registration, at least so many bytes long.
sub padded_body {
    my ($size, @keys) = @_;
    my $body = JSON::PP->new->encode(fields(@keys));
    return $body . ' ' x ($size > length $body ? $size - length $body : 0);
}

for my $type ('application/json', 'APPLICATION/JSON', 'application/json;charset=UTF-8',
    'application/json; charset=utf-8', 'application/json ; x=y', 'Application/Json;Charset="utf-8"')
{
    case "Content-Type: $type" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        my $body = padded_body(0, 'a');
        is_registered($app->send_body($body, headers => [ 'Content-Type' => $type ]), 'POST');
        is_listed($app, fields('a'), 'GET');
    };
}

case 'no Content-Type' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->send_body(padded_body(0, 'a'), headers => []), 'POST');
    is_listed($app, fields('a'), 'GET');
};

for my $type ('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
    'application/jsonx', 'application/json2;charset=UTF-8', 'text/json', 'application/xml', 'json',
    'application/vnd.api+json', 'text/plain; application/json')
{
    case "wrong Content-Type: $type" => sub {
        my ($stack) = @_;
        my $app = $stack->app('speaker');
        my $response = $app->send_body(padded_body(0, 'a'), headers => [ 'Content-Type' => $type ]);
        is_error($response, 415, qr{application/json}, 'POST');
        is($app->get->{body}, '{}', 'nothing was registered');
    };
}

case 'a body of exactly the largest size' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->send_body(padded_body(MAX_BODY_BYTES, 'a')), 'POST');
    is_listed($app, fields('a'), 'GET');
};

case 'the largest size says nothing about what is in it' => sub {
    my ($stack) = @_;
    my $app = $stack->app('speaker');
    is_error($app->send_body('x' x MAX_BODY_BYTES), 400, qr/line 1, column 1\b/, 'POST');
};

for my $size (MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES) {
    case "a body of $size bytes" => sub {
        my ($stack) = @_;
        my $app = $stack->app('speaker');
        is_error($app->send_body(padded_body($size, 'a')), 413, qr/\b1048576\b/, 'POST');
        is($app->get->{body}, '{}', 'nothing was registered');
    };
    case "a body of $size bytes in chunks" => sub {
        my ($stack) = @_;
        my $app = $stack->app('speaker');
        is_error($app->send_body(padded_body($size, 'a'), chunk => 65_536),
            413, qr/\b1048576\b/, 'POST');
        is($app->get->{body}, '{}', 'nothing was registered');
    };
}

for my $sizes ([ 100, 7 ], [ 200_000, 4096 ], [ MAX_BODY_BYTES, 100_000 ]) {
    my ($size, $chunk) = @$sizes;
    case "$size bytes in chunks of $chunk" => sub {
        my ($stack) = @_;
        my $app = $stack->install;
        is_registered($app->send_body(padded_body($size, 'a', 'b'), chunk => $chunk), 'POST');
        is_listed($app, fields('a', 'b'), 'GET');
    };
}

case 'bad JSON in chunks' => sub {
    my ($stack) = @_;
    my $app = $stack->app('speaker');
    is_error($app->send_body('{"jiraIssueFields":[}', chunk => 5),
        400, qr/line 1, column 21\b/, 'POST');
};

case 'no body at all' => sub {
    my ($stack) = @_;
    my $app = $stack->app('speaker');
    is_error($app->send_body(''), 400, qr/./, 'Content-Length: 0');
    is_error($app->send_body('', chunk => 1), 400, qr/./, 'no chunk');
};

# Each with the line and the column, in characters from 1, of the first byte that is wrong.
my %not_json = (
    'only space'                 => [ " \n ",                          '2, column 2' ],
    'a word'                     => [ 'nope',                          '1, column 1' ],
    'a word on line 2'           => [ "{\"a\":\n  nope}",              '2, column 3' ],
    'a word in upper case'       => [ '{"a":TRUE}',                    '1, column 6' ],
    'half a word'                => [ '{"a":nul}',                     '1, column 6' ],
    'NaN'                        => [ '{"a":[NaN]}',                   '1, column 7' ],
    'Infinity'                   => [ '{"a":[Infinity]}',              '1, column 7' ],
    'minus Infinity'             => [ '{"a":[-Infinity]}',             '1, column \d+' ],
    'single quotes'              => [ q({'a':[]}),                     '1, column 2' ],
    'a name without quotes'      => [ '{a:[]}',                        '1, column 2' ],
    'a comment'                  => [ '{/* x */}',                     '1, column 2' ],
    'a line comment'             => [ "{}// x",                        '1, column 3' ],
    'a comma before }'           => [ '{"a":[],}',                     '1, column 9' ],
    'a comma before ]'           => [ '{"a":[1,]}',                    '1, column 9' ],
    'a comma too few'            => [ '{"a":[] "b":[]}',               '1, column 9' ],
    'a colon too few'            => [ '{"a"[]}',                       '1, column 5' ],
    'an end too few'             => [ '{"a":[{}',                      '1, column 9' ],
    'a closing ] for {'          => [ '{"a":1]',                       '1, column 7' ],
    'a leading zero'             => [ '{"a":01}',                      '1, column 7' ],
    'a leading plus'             => [ '{"a":+1}',                      '1, column 6' ],
    'a leading dot'              => [ '{"a":.5}',                      '1, column 6' ],
    'a trailing dot'             => [ '{"a":5.}',                      '1, column 8' ],
    'an empty exponent'          => [ '{"a":5e}',                      '1, column 8' ],
    'a minus alone'              => [ '{"a":-}',                       '1, column 7' ],
    'a hexadecimal number'       => [ '{"a":0x10}',                    '1, column 7' ],
    'a number with 16,000 zeros' => [ '{"a":0e-16000}',                '1, column 6' ],
    'a number with 308 zeros'    => [ '{"a":[1,1e308]}',               '1, column 9' ],
    'a string without an end'    => [ '{"a":"b}',                      '1, column 9' ],
    'a line end in a string'     => [ "{\"a\":\"b\nc\"}",              '1, column 8' ],
    'a tab in a string'          => [ "{\"a\":\"b\tc\"}",              '1, column 8' ],
    'an unknown escape'          => [ '{"a":"\\x41"}',                 '1, column \d+' ],
    'half an escape'             => [ '{"a":"\\u00g0"}',               '1, column \d+' ],
    'a backslash at the end'     => [ '{"a":"\\',                      '1, column \d+' ],
    'further text'               => [ '{} x',                          '1, column 4' ],
    'two values'                 => [ '{}{}',                          '1, column 3' ],
    'a closing brace too many'   => [ '{}}',                           '1, column 3' ],
    'a NUL byte'                 => [ "{\"a\":\"b\0c\"}",              '1, column 8' ],
    'a NUL byte behind the end'  => [ "{}\0",                          '1, column 3' ],
    '\u0000 in a string'         => [ '{"a":"b\\u0000c"}',             '1, column 8' ],
    '\u0000 in a name'           => [ '{"a\\u0000b":1}',               '1, column 4' ],
    'a high surrogate alone'     => [ '{"a":"\\ud83d"}',               '1, column 7' ],
    'a low surrogate alone'      => [ '{"a":"\\ude00"}',               '1, column 7' ],
    'surrogates the wrong way'   => [ '{"a":"\\ude00\\ud83d"}',        '1, column 7' ],
    'a surrogate and a letter'   => [ '{"a":"\\ud83d\\u0041"}',        '1, column 7' ],
    'a name twice'               => [ '{"a":1,"b":2,"a":3}',           '1, column 14' ],
    'a name twice, deep'         => [ '{"x":[{"k":1,"k":2}]}',         '1, column 14' ],
    'a name twice, by an escape' => [ '{"a":1,"\\u0061":2}',           '1, column 8' ],
    'invalid UTF-8: a byte'      => [ "{\"a\":\"\xff\"}",              '1, column 7' ],
    'invalid UTF-8: Latin-1'     => [ "{\"a\":\"gr\xf6\xdfe\"}",       '1, column 9' ],
    'invalid UTF-8: cut off'     => [ "{\"a\":\"\xe2\x82\"}",          '1, column 7' ],
    'invalid UTF-8: follower'    => [ "{\"a\":\"\x80\"}",              '1, column 7' ],
    'invalid UTF-8: too long'    => [ "{\"a\":\"\xc0\xaf\"}",          '1, column 7' ],
    'invalid UTF-8: surrogate'   => [ "{\"a\":\"\xed\xa0\x80\"}",      '1, column 7' ],
    'invalid UTF-8: too high'    => [ "{\"a\":\"\xf4\x90\x80\x80\"}",  '1, column 7' ],
    'invalid UTF-8 in a name'    => [ "{\"\xff\":1}",                  '1, column 3' ],
    'after letters of two bytes' => [ "{\"\xc3\xa9\xc3\xa9\":x}",      '1, column 7' ],
    'UTF-16'                     => [ "\xff\xfe{\0}\0",                '1, column 1' ],
);
for my $kind (sort keys %not_json) {
    case "not JSON: $kind" => sub {
        my ($stack) = @_;
        my ($body, $place) = @{ $not_json{$kind} };
        is_error($stack->app('speaker')->send_body($body), 400, qr/line $place\b/, 'POST');
    };
}

# A field with arrays in arrays, so that the whole body is so many levels deep.
sub deep_body {
    my ($levels) = @_;
    my $nest = '[' x ($levels - 3) . ']' x ($levels - 3);
    return JSON::PP->new->encode(fields('a')) =~ s/"key"/"nest":$nest,"key"/r;
}

case 'nested 32 deep' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $body = deep_body(32);
    is_registered($app->send_body($body), 'POST');
    is_listed($app, JSON::PP->new->decode($body), 'GET');
};

for my $levels (33, 100_000) {
    case "nested $levels deep" => sub {
        my ($stack) = @_;
        my $app = $stack->app('speaker');
        is_error($app->send_body(deep_body($levels)), 400, qr/line 1, column \d+/, 'POST');
    };
}

case 'objects count as levels too' => sub {
    my ($stack) = @_;
    my $app = $stack->app('speaker');
    my $body = '{"a":' x 33 . '1' . '}' x 33;
    is_error($app->send_body($body), 400, qr/line 1, column \d+/, 'POST');
};

case 'after all this the app has no module' => sub {
    my ($stack) = @_;
    is_listed($stack->app('speaker'), {}, 'GET');
};

1;

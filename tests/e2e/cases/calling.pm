# Who may call: tokens, apps and their states, and what the log says of those that are refused.
use strict;
use warnings;

use Cases;
use Connect qw(encode_token query_string_hash token_claims);
use Digest::SHA qw(hmac_sha256 hmac_sha384);
use MIME::Base64 qw(encode_base64 encode_base64url);
use Modules qw(fields);
use Test::More;

# Bad tokens are tried with a query, so that the hash covers something.
my $query = '?moduleKey=b&moduleKey=a';

case 'no credentials' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    is_unauthorized($app->get(authorization => undef), 'GET');
    is_unauthorized($app->register(fields('a'), authorization => undef), 'POST');
    is_unauthorized($app->remove(undef, authorization => undef), 'DELETE');
};

for my $scheme ('JWT ', 'jwt ', 'Jwt ', 'jWt ', 'JWT  ', 'JWT    ') {
    case "the scheme \"$scheme\"" => sub {
        my ($stack) = @_;
        my $app = $stack->app('caller');
        my $token = $app->token('GET', $app->path);
        is($app->get(authorization => "$scheme$token")->{status}, 200, 'GET');
    };
}

my %authorizations = (
    'Basic' => sub { 'Basic ' . encode_base64('admin:admin', '') },
    'Basic, key and secret' =>
        sub { 'Basic ' . encode_base64($_[0]->key . ':' . $_[0]->secret, '') },
    'Bearer, opaque' => sub { 'Bearer 0123456789abcdef' },
    'Bearer, a good token' => sub { "Bearer $_[1]" },
    'a good token alone' => sub { $_[1] },
    'another scheme' => sub { "JWTX $_[1]" },
    'the scheme glued to it' => sub { "JWT$_[1]" },
    'the scheme alone' => sub { 'JWT' },
    'the scheme and a space' => sub { 'JWT ' },
    'the scheme twice' => sub { "JWT JWT $_[1]" },
    'in quotes' => sub { qq{JWT "$_[1]"} },
    'the secret' => sub { 'JWT ' . $_[0]->secret },
);
for my $kind (sort keys %authorizations) {
    case "Authorization: $kind" => sub {
        my ($stack) = @_;
        my $app = $stack->app('caller');
        my $token = $app->token('GET', $app->path);
        is_unauthorized($app->get(authorization => $authorizations{$kind}->($app, $token)), 'GET');
    };
}

case 'the token in the parameter jwt' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $token = $app->token('GET', $app->path);
    is($app->get(suffix => "?jwt=$token", authorization => undef)->{status}, 200, 'alone');
    my $signed = $app->token('GET', $app->path('?a=1&b=2'));
    is($app->get(suffix => "?a=1&jwt=$signed&b=2", authorization => undef)->{status},
        200, 'among others');
    is_unauthorized($app->get(suffix => "?JWT=$token", authorization => undef), 'in capitals');
    is_unauthorized($app->get(suffix => '?jwt=', authorization => undef), 'empty');
    is_unauthorized($app->get(suffix => '?jwt', authorization => undef), 'no value');
};

case 'the token in the parameter and in the header' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $token = $app->token('GET', $app->path);
    is($app->get(suffix => "?jwt=$token", authorization => 'JWT x.y.z')->{status},
        200, 'the parameter counts');
    is($app->get(suffix => "?jwt=$token", authorization => 'Basic eDp5')->{status},
        200, 'with another scheme');
    is_unauthorized($app->get(suffix => '?jwt=x.y.z', authorization => "JWT $token"),
        'if it is bad too');
    is($app->get(suffix => '?jwt=', authorization => "JWT $token")->{status},
        200, 'but not if it is empty');
};

# Changes of the claims, or of the header, with which a token is still good.
my %good = (
    'aud with the client key' => [ claims => { aud => ['client-key'] } ],
    'aud as text' => [ claims => { aud => 'whoever' } ],
    'sub and context' =>
        [ claims => { sub => '557058:abc', context => { user => { accountId => 'x' } } } ],
    'an unknown claim' => [ claims => { foo => { bar => [ 1, undef ] } } ],
    'expired, within the leeway' => [ claims => { exp => time_from_now(-10) } ],
    'valid soon, within the leeway' => [ claims => { nbf => time_from_now(20) } ],
    'valid since long' => [ claims => { nbf => time_from_now(-3600) } ],
    'issued in the future' =>
        [ claims => { iat => time_from_now(3600), exp => time_from_now(3780) } ],
    'a lifetime of one day' => [ claims => { exp => time_from_now(86_400) } ],
    'a lifetime of ten years' => [ claims => { exp => time_from_now(315_360_000) } ],
    'exp with a fraction' => [ claims => { exp => sub { time + 60.5 } } ],
    'no typ' => [ header => { typ => undef } ],
    'a kid' => [ header => { kid => 'k', cty => 'x' } ],
);

# A claim that is computed when the token is made.
sub time_from_now {
    my ($seconds) = @_;
    return sub { time + $seconds };
}

sub now_claims {
    my ($claims) = @_;
    return { map { $_ => ref $claims->{$_} eq 'CODE' ? $claims->{$_}->() : $claims->{$_} }
            keys %{ $claims // {} } };
}

for my $kind (sort keys %good) {
    case "good token: $kind" => sub {
        my ($stack) = @_;
        my %options = @{ $good{$kind} };
        my $app = $stack->app('caller');
        my $response =
            $app->call('GET', suffix => $query, %options, claims => now_claims($options{claims}));
        is($response->{status}, 200, 'GET');
    };
}

my %bad_claims = (
    'no exp'                 => { exp => undef },
    'exp as text'            => { exp => sub { '' . (time + 180) } },
    'exp true'               => { exp => JSON::PP::true },
    'exp as a list'          => { exp => sub { [ time + 180 ] } },
    'expired'                => { exp => time_from_now(-90), iat => time_from_now(-300) },
    'expired long ago'       => { exp => 1, iat => 0 },
    'exp negative'           => { exp => -1 },
    'no iat'                 => { iat => undef },
    'iat as text'            => { iat => sub { '' . time } },
    'nbf ahead'              => { nbf => time_from_now(90) },
    'nbf as text'            => { nbf => 'now' },
    'nbf behind exp'         => { nbf => time_from_now(20), exp => time_from_now(10) },
    'no qsh'                 => { qsh => undef },
    'qsh empty'              => { qsh => '' },
    'qsh of zeros'           => { qsh => '0' x 64 },
    'qsh cut'                => { qsh => sub { substr hash_of_query(), 0, 63 } },
    'qsh longer'             => { qsh => sub { hash_of_query() . '0' } },
    'qsh in capitals'        => { qsh => sub { uc hash_of_query() } },
    'qsh as a number'        => { qsh => 1 },
    'qsh as a list'          => { qsh => sub { [ hash_of_query() ] } },
    'qsh of the interface'   => { qsh => 'context-qsh' },
    'no iss'                 => { iss => undef },
    'iss empty'              => { iss => '' },
    'iss unknown'            => { iss => 'nobody' },
    'iss as a number'        => { iss => 1 },
    'iss as a list'          => { iss => ['com.example'] },
    'iss with SQL in it'     => { iss => "' OR '1'='1" },
    'iss with NUL'           => { iss => "com\0example" },
    'iss with control bytes' => { iss => "a\r\nX-Injected: yes\e[31m" },
    'iss very long'          => { iss => 'x' x 4000 },
);

sub hash_of_query {
    return query_string_hash('GET', App::RESOURCE() . $query);
}

for my $kind (sort keys %bad_claims) {
    case "bad token: $kind" => sub {
        my ($stack) = @_;
        my $app = $stack->app('caller');
        my $claims = now_claims($bad_claims{$kind});
        is_unauthorized($app->call('GET', suffix => $query, claims => $claims), 'GET');
    };
}

# Tokens that are bad as a whole, made of a good one.
sub sign {
    my ($app, $header, $payload) = @_;
    my $signed = encode_base64url($header) . '.' . encode_base64url($payload);
    return "$signed." . encode_base64url(hmac_sha256($signed, $app->secret));
}

sub payload_of {
    my ($app, %changes) = @_;
    return JSON::PP->new->encode(token_claims($app->key, hash_of_query(), %changes));
}

my $hs256 = '{"typ":"JWT","alg":"HS256"}';
my %bad_tokens = (
    'another secret' => sub { encode_token(token_claims($_[0]->key, hash_of_query()), 'x' x 40) },
    'an empty secret' => sub { encode_token(token_claims($_[0]->key, hash_of_query()), '') },
    'the key as secret' =>
        sub { encode_token(token_claims($_[0]->key, hash_of_query()), $_[0]->key) },
    'no signature' => sub { $_[1] =~ s/[^.]+$//r },
    'two parts' => sub { $_[1] =~ s/\.[^.]+$//r },
    'one part' => sub { $_[1] =~ s/\..*//r },
    'four parts' => sub { "$_[1].x" },
    'a byte of the signature' => sub { $_[1] =~ s/(.)(.{10})$/($1 eq 'A' ? 'B' : 'A') . $2/er },
    'the signature cut' => sub { $_[1] =~ s/.{4}$//r },
    'the payload changed' => sub {
        my @p = split /\./, $_[1];
        $p[1] = encode_base64url(payload_of($_[0], exp => time + 9999));
        join '.', @p;
    },
    'an empty payload' => sub { sign($_[0], $hs256, '') },
    'a list as payload' => sub { sign($_[0], $hs256, '[1]') },
    'a text as payload' => sub { sign($_[0], $hs256, '"x"') },
    'broken JSON as payload' => sub { sign($_[0], $hs256, '{"iss":') },
    'invalid UTF-8 as payload' => sub { sign($_[0], $hs256, "{\"iss\":\"\xff\xfe\"}") },
    'NUL in the payload' => sub { sign($_[0], $hs256, "\0" . payload_of($_[0])) },
    'text behind a NUL in the payload' => sub { sign($_[0], $hs256, payload_of($_[0]) . "\0x") },
    'NUL behind the payload' => sub { sign($_[0], $hs256, payload_of($_[0]) . "\0") },
    'text behind a NUL in the header' => sub { sign($_[0], "$hs256\0x", payload_of($_[0])) },
    'a payload 200 levels deep' => sub { sign($_[0], $hs256, '[' x 200 . ']' x 200) },
    'a list as header' => sub { sign($_[0], '["HS256"]', payload_of($_[0])) },
    'no header' => sub { sign($_[0], '', payload_of($_[0])) },
    'no alg' => sub { sign($_[0], '{"typ":"JWT"}', payload_of($_[0])) },
    'alg as a number' => sub { sign($_[0], '{"alg":256}', payload_of($_[0])) },
    'alg none, signed' => sub { sign($_[0], '{"alg":"none"}', payload_of($_[0])) },
    'alg none, unsigned' =>
        sub { join '.', map({ encode_base64url($_) } '{"alg":"none"}', payload_of($_[0])), '' },
    'alg nOnE' => sub { sign($_[0], '{"typ":"JWT","alg":"nOnE"}', payload_of($_[0])) },
    'alg hs256' => sub { sign($_[0], '{"typ":"JWT","alg":"hs256"}', payload_of($_[0])) },
    'alg HS384' => sub {
        my $s = encode_base64url('{"typ":"JWT","alg":"HS384"}') . '.'
            . encode_base64url(payload_of($_[0]));
        "$s." . encode_base64url(hmac_sha384($s, $_[0]->secret));
    },
    'alg HS512 on HS256' => sub { sign($_[0], '{"typ":"JWT","alg":"HS512"}', payload_of($_[0])) },
    'alg RS256' => sub { sign($_[0], '{"typ":"JWT","alg":"RS256","kid":"k"}', payload_of($_[0])) },
    'alg ES256' => sub { sign($_[0], '{"typ":"JWT","alg":"ES256"}', payload_of($_[0])) },
    'characters of base64' => sub { '+/+/.+/+/.+/+/' },
    'dots only' => sub { '..' },
    'a percent sign' => sub { "%00$_[1]" },
    'a space inside' => sub { $_[1] =~ s/\./. /r },
);
for my $kind (sort keys %bad_tokens) {
    case "bad token: $kind" => sub {
        my ($stack) = @_;
        my $app = $stack->app('caller');
        my $token = $bad_tokens{$kind}->($app, $app->token('GET', $app->path($query)));
        is_unauthorized($app->call('GET', suffix => $query, authorization => "JWT $token"), 'GET');
    };
}

case 'a padded signature is accepted or refused' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $token = $app->token('GET', $app->path);
    like($app->get(authorization => "JWT $token=")->{status}, qr/^(?:200|401)$/, 'GET');
};

case 'a token longer than headers may be' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $token = 'x' x 3000 . '.' . 'y' x 20_000 . '.z';
    like($app->get(authorization => "JWT $token")->{status}, qr/^4\d\d$/, 'GET');
};

case 'a token for another request' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $get = 'JWT ' . $app->token('GET', $app->path);
    is($app->get(authorization => $get)->{status}, 200, 'it is good for its own');
    is_unauthorized($app->remove(undef, authorization => $get), 'another method');
    is_unauthorized($app->get(suffix => '?a=1', authorization => $get), 'a query');
    my $one = 'JWT ' . $app->token('DELETE', $app->path('?moduleKey=a'));
    is_unauthorized($app->remove('moduleKey=b', authorization => $one), 'another value');
    is_unauthorized($app->remove(undef, authorization => $one), 'without the query');
    is_unauthorized($app->remove('moduleKey=a&moduleKey=b', authorization => $one),
        'a further value');
    my $elsewhere = 'JWT ' . $app->token('GET', '/rest/api/3/myself');
    is_unauthorized($app->get(authorization => $elsewhere), 'another path');
    my $neighbour = 'JWT ' . $app->token('GET', '/jira' . $app->path);
    is_unauthorized($app->get(authorization => $neighbour), 'a context path that is not there');
};

case 'an app that is not installed here' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is($app->get->{status}, 200, 'on its site');
    my $target = App::RESOURCE();
    my $token = $app->token('GET', $target);
    is_unauthorized($app->get(target => $target, authorization => "JWT $token"), 'on another');
};

case 'the secret of another site' => sub {
    my ($stack) = @_;
    my $app = $stack->install(key => 'com.example.two-sites');
    my $twin = $stack->install(key => 'com.example.two-sites', site => 'jira');
    isnt($app->secret, $twin->secret, 'two secrets');
    is_unauthorized($app->get(secret => $twin->secret), 'the one of the twin');
    is_unauthorized($twin->get(secret => $app->secret), 'the other way round');
};

case 'the secret of another app' => sub {
    my ($stack) = @_;
    my ($app, $other) = ($stack->app('caller'), $stack->install);
    is_unauthorized($app->get(secret => $other->secret), 'the key of one, the secret of another');
    is_unauthorized($app->get(claims => { iss => uc $app->key }), 'the key in capitals');
};

case 'a disabled app' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'while enabled');
    $stack->ctl('app', 'disable', $app->key);
    is_unauthorized($app->get, 'GET');
    is_unauthorized($app->register(fields('b')), 'POST');
    is_unauthorized($app->remove(undef), 'DELETE');
    $stack->ctl('app', 'enable', $app->key);
    is_listed($app, fields('a'), 'enabled again');
};

case 'an uninstalled app' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'while installed');
    $stack->ctl('app', 'uninstall', $app->key);
    is_unauthorized($app->get, 'GET');
    is_unauthorized($app->remove(undef), 'DELETE');
    my $again = $stack->install(key => $app->key);
    is_listed($again, fields('a'), 'installed again, its modules are back');
    isnt($again->secret, $app->secret, 'with a new secret');
    is_unauthorized($app->get, 'the old one is worth nothing');
};

case 'a new secret' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $rotated = $stack->ctl('app', 'rotate-secret', $app->key, '--quiet-app');
    isnt($rotated->{sharedSecret}, $app->secret, 'it is new');
    is_unauthorized($app->get, 'the old one');
    is($app->get(secret => $rotated->{sharedSecret})->{status}, 200, 'the new one');
};

case 'an unknown app and a wrong secret get the same answer' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my @answers = map {
        my %headers = %{ $_->{headers} };
        delete @headers{qw(date server x-request-id)};
        { status => $_->{status}, body => $_->{body}, headers => \%headers };
        } $app->get(claims => { iss => 'nobody' }), $app->get(secret => 'x' x 40),
        $app->get(authorization => undef);
    is_deeply($answers[0], $answers[1], 'unknown app, wrong secret');
    is_deeply($answers[0], $answers[2], 'unknown app, nothing');
};

case 'the log says which check failed' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $disabled = $stack->install;
    $stack->ctl('app', 'disable', $disabled->key);
    my %reasons = (
        'expired'   => [ qr/401.*expired/, sub { $app->get(claims => { exp => time - 90 }) } ],
        'signature' => [ qr/401.*signature/, sub { $app->get(secret => 'x' x 40) } ],
        'algorithm' => [ qr/401.*HS256/, sub { $app->get(header => { alg => 'none' }) } ],
        'app'       => [ qr/401.*\biss\b/, sub { $app->get(claims => { iss => 'nobody' }) } ],
        'state'     => [ qr/401.*\Q$disabled->{key}\E.*disabled/, sub { $disabled->get } ],
        'no token'  => [ qr/401.*no token/, sub { $app->get(authorization => undef) } ],
        'qsh'       => [ qr/401.*qsh/, sub { $app->get(claims => { qsh => '0' x 64 }) } ],
    );
    for my $kind (sort keys %reasons) {
        my ($pattern, $call) = @{ $reasons{$kind} };
        my $mark = $stack->log_mark;
        $call->();
        ok($stack->log_shows($mark, $pattern), $kind) or diag($stack->log_text($mark));
    }
};

case 'the log has the canonical request, and neither token nor secret' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $mark = $stack->log_mark;
    my $suffix = '?moduleKey=z%2Fz&moduleKey=a%20b&other=1';
    my $token = $app->token('DELETE', $app->path);
    is_unauthorized($app->remove(undef, suffix => $suffix, authorization => "JWT $token"),
        'header');
    is_unauthorized($app->remove(undef, suffix => "$suffix&jwt=$token", authorization => undef),
        'parameter');
    my $canonical =
        'DELETE&/rest/atlassian-connect/1/app/module/dynamic&moduleKey=a%20b,z%2Fz&other=1';
    ok($stack->log_shows($mark, qr/\Q$canonical\E.*\Q$canonical\E/s),
        'the canonical request, twice');
    my $log = $stack->log_text($mark);
    unlike($log, qr/\Q$_\E/, 'not the token') for (split /\./, $token)[ 1, 2 ];
    unlike($log, qr/\Q$app->{secret}\E/, 'not the secret');
};

case 'what a client sends cannot forge a line of the log' => sub {
    my ($stack) = @_;
    my $app = $stack->app('caller');
    my $mark = $stack->log_mark;
    is_unauthorized($app->get(claims => { iss => "x\ndynmod[1] error: forged\e[31m" }), 'iss');
    ok($stack->log_shows($mark, qr/401/), 'logged');
    unlike($stack->log_text($mark), qr/^dynmod\[1\] error: forged/m, 'as one line');
    unlike($stack->log_text($mark), qr/\e/, 'without control characters');
};

case 'headers of a client cannot name the site' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    my $target = App::RESOURCE();
    my $token = $app->token('GET', $target);
    for my $name ('DYNMOD_SITE', 'DYNMOD-SITE', 'Dynmod-Site', 'REDIRECT_DYNMOD_SITE') {
        is_unauthorized(
            $app->get(
                target => $target,
                authorization => "JWT $token",
                headers => [ $name => 'jira' ]
            ),
            $name
        );
    }
};

1;

#!/usr/bin/perl
# The signer of these tests against the recorded vectors: it has to be right before it can judge.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Connect qw(canonical_request encode_token query_string_hash);
use JSON::PP;
use MIME::Base64 qw(decode_base64url);
use Test::More;

sub vectors {
    my ($name) = @_;
    open my $file, '<:raw', "$Bin/../data/$name" or die "$name: $!\n";
    local $/;
    return decode_json(<$file>);
}

# A form body is no part of what this API signs.
for my $vector (grep { !$_->{formBody} } @{ vectors('qsh-vectors.json')->{vectors} }) {
    my %form = (context_path => $vector->{contextPath});
    my @request = @$vector{qw(method target)};
    is(canonical_request(@request, %form), $vector->{canonical}, "$vector->{id}: $vector->{note}");
    is(query_string_hash(@request, %form), $vector->{sha256}, "$vector->{id}: its hash");
}

# The payload of a recorded token, signed again.
my $tokens = vectors('jwt-vectors.json');
my ($minimal) = grep { $_->{name} eq 'valid, minimal claims' } @{ $tokens->{vectors} };
my ($header, $payload, $signature) = split /\./, $minimal->{token};
my $token = encode_token(decode_base64url($payload), $tokens->{sharedSecret});
is((split /\./, $token)[1], $payload, 'the payload of a token');
isnt(
    (split /\./, encode_token(decode_base64url($payload), 'another'))[2],
    (split /\./, $token)[2],
    'the secret decides the signature'
);
is_deeply(
    decode_json(decode_base64url((split /\./, $token)[0])),
    decode_json(decode_base64url($header)),
    'the header of a token'
);
is(Connect::signature("$header.$payload", $tokens->{sharedSecret}),
    $signature, 'the signature of a token');

done_testing();

# Signs requests as apps do: HS256 tokens and the query string hash, written from the protocol
# without sharing anything with the program under test.
package Connect;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_hex);
use Encode qw(decode encode);
use Exporter qw(import);
use JSON::PP;
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(canonical_request query_string_hash encode_token signature token_claims);

my $json = JSON::PP->new->utf8->canonical;

# canonical_request(METHOD, TARGET, %form)
# What the query string hash is computed from. TARGET is the raw path and query as sent. %form says
# which client is imitated; without it the result is the form of the original host:
#   context_path  is removed from the start of the path
#   keep_slash    leaves a trailing slash in the path
#   raw_names     sorts parameters by their decoded names instead of the encoded ones
#   wire_values   leaves repeated values in the order of the query
#   null_names    writes a name without "=" as if its value were "null"
sub canonical_request {
    my ($method, $target, %form) = @_;
    my ($path, $query) = split /\?/, $target, 2;
    return join '&', uc $method, canonical_path($path, %form), canonical_query($query, %form);
}

sub canonical_path {
    my ($path, %form) = @_;
    my $context_path = $form{context_path} // '';
    $path =~ s/^\Q$context_path\E//;
    $path =~ s{/$}{} unless $form{keep_slash};
    $path =~ s/&/%26/g;
    return $path =~ m{^/} ? $path : "/$path";
}

sub canonical_query {
    my ($query, %form) = @_;
    my %values;
    for my $pair (split /&/, $query // '') {
        my ($name, $value) = map { decode_part($_) } split /=/, $pair, 2;
        next unless defined $name && length $name && $name ne 'jwt';
        if ($pair !~ /=/) {
            $value = $form{null_names} ? 'null' : '';
        }
        push @{ $values{$name} }, $value if defined $value;
    }
    my $rank = $form{raw_names} ? \&utf16 : \&encode_part;
    my @names = sort { $rank->($a) cmp $rank->($b) } keys %values;
    return join '&', map { encode_part($_) . '=' . joined_values($values{$_}, %form) } @names;
}

sub joined_values {
    my ($values, %form) = @_;
    my @values = @$values;
    @values = sort { utf16($a) cmp utf16($b) } @values unless $form{wire_values};
    return join ',', map { encode_part($_) } @values;
}

# The order of strings in Java and JavaScript is that of their UTF-16 units.
sub utf16 {
    my ($text) = @_;
    return encode('UTF-16BE', $text);
}

# The text of a part of a query; undef when an escape is invalid, as such a parameter is dropped.
sub decode_part {
    my ($part) = @_;
    return undef if $part =~ /%(?![0-9A-Fa-f]{2})/;
    $part =~ tr/+/ /;
    $part =~ s/%(..)/chr hex $1/ge;
    return decode('UTF-8', $part);
}

sub encode_part {
    my ($text) = @_;
    my $bytes = encode('UTF-8', $text);
    $bytes =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $bytes;
}

# The lower-case hexadecimal SHA-256 of canonical_request().
sub query_string_hash {
    return sha256_hex(encode('UTF-8', canonical_request(@_)));
}

# token_claims(APP KEY, HASH, %changes)
# The claims of a token that is valid now and for three minutes. A value of undef in %changes omits
# a claim.
sub token_claims {
    my ($issuer, $hash, %changes) = @_;
    my $now = time;
    my %claims = (iss => $issuer, iat => $now, exp => $now + 180, qsh => $hash, %changes);
    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;
    return \%claims;
}

# encode_token(CLAIMS, SECRET, %header)
# A compact JWS. CLAIMS is a reference to data that becomes JSON, or the text of the payload itself.
sub encode_token {
    my ($claims, $secret, %header) = @_;
    my $payload = ref $claims ? $json->encode($claims) : $claims;
    my $signed = join '.', map { encode_base64url($_) }
        $json->encode({ typ => 'JWT', alg => 'HS256', %header }), $payload;
    return "$signed." . signature($signed, $secret);
}

# signature(TEXT, SECRET)
# The last part of a token, HS256, for what precedes it.
sub signature {
    my ($signed, $secret) = @_;
    return encode_base64url(hmac_sha256($signed, $secret));
}

1;

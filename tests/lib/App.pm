# An installed app as a client: its signed requests to the resource for its modules.
package App;

use strict;
use warnings;

use Connect qw(encode_token query_string_hash token_claims);
use Http qw(http_request);
use JSON::PP;

use constant RESOURCE => '/rest/atlassian-connect/1/app/module/dynamic';

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# App->new(stack, key, secret, site, context_path)
sub new {
    my ($class, %app) = @_;
    return bless {%app}, $class;
}

sub key {
    my ($self) = @_;
    return $self->{key};
}

sub secret {
    my ($self) = @_;
    return $self->{secret};
}

# path([SUFFIX])
# The raw path of the resource, and what follows it.
sub path {
    my ($self, $suffix) = @_;
    return $self->{context_path} . RESOURCE . ($suffix // '');
}

# token(METHOD, TARGET, %options)
# A token for one request. Options: form (of the query string hash, see Connect), claims (changes to
# them), header (further members), secret.
sub token {
    my ($self, $method, $target, %options) = @_;
    my %form = (context_path => $self->{context_path}, %{ $options{form} // {} });
    my $hash = query_string_hash($method, $target, %form);
    my $claims = token_claims($self->{key}, $hash, %{ $options{claims} // {} });
    return encode_token($claims, $options{secret} // $self->{secret}, %{ $options{header} // {} });
}

# parameters(METHOD, %changes)
# What a web server passes to FastCGI with a good request; those of %changes instead, undef for none.
sub parameters {
    my ($self, $method, %changes) = @_;
    my %parameters = (
        REQUEST_METHOD     => $method,
        REQUEST_URI        => $self->path,
        SCRIPT_NAME        => '',
        QUERY_STRING       => '',
        HTTP_AUTHORIZATION => 'JWT ' . $self->token($method, $self->path),
        %changes,
    );
    return map { ($_ => $parameters{$_}) } grep { defined $parameters{$_} } sort keys %parameters;
}

# call(METHOD, %options)
# One request and its response, see http_request(). Options of token(), of http_request(), and
#   suffix         what follows the path of the resource, usually a query
#   target         another target altogether
#   json           data that is sent as JSON, with its Content-Type
#   authorization  value of this header instead of a signed token; undef for none
sub call {
    my ($self, $method, %options) = @_;
    my $target = $options{target} // $self->path($options{suffix});
    my @headers = @{ $options{headers} // [] };
    my $authorization =
        exists $options{authorization}
        ? $options{authorization}
        : 'JWT ' . $self->token($method, $target, %options);
    push @headers, Authorization => $authorization if defined $authorization;
    if (exists $options{json}) {
        push @headers, 'Content-Type' => 'application/json';
        $options{body} = $json->encode($options{json});
    }
    return http_request($self->{stack}->url, $method, $target, %options, headers => \@headers);
}

sub get {
    my ($self, %options) = @_;
    return $self->call('GET', %options);
}

# register(MODULES, %options)
# MODULES is data that is sent as JSON.
sub register {
    my ($self, $modules, %options) = @_;
    return $self->call('POST', json => $modules, %options);
}

# replace(MODULES, %options)
# Makes MODULES, data that is sent as JSON, all that the app has.
sub replace {
    my ($self, $modules, %options) = @_;
    return $self->call('PUT', json => $modules, %options);
}

# send_body(BYTES, %options)
# Registers what the bytes contain, whatever they are.
sub send_body {
    my ($self, $bytes, %options) = @_;
    return $self->call('POST', body => $bytes, headers => ['Content-Type' => 'application/json'],
        %options);
}

# remove(QUERY, %options)
# QUERY as in "moduleKey=a"; undef for none.
sub remove {
    my ($self, $query, %options) = @_;
    return $self->call('DELETE', suffix => defined $query ? "?$query" : '', %options);
}

1;

# An administrator as a client: the requests by which tools install and manage apps.
package Admin;

use strict;
use warnings;

use Http qw(http_request);
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(sleep time);

use constant {
    RESOURCE     => '/rest/plugins/1.0',
    INSTALL_TYPE => 'application/vnd.atl.plugins.remote.install+json',
    URI_TYPE     => 'application/vnd.atl.plugins.install.uri+json',
    PATIENCE     => 60,                                               # seconds for an installation
};

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# Admin->new(stack, name, password, context_path)
sub new {
    my ($class, %admin) = @_;
    return bless {%admin}, $class;
}

# credentials([PASSWORD])
# The value of the Authorization header.
sub credentials {
    my ($self, $password) = @_;
    return 'Basic ' . encode_base64(join(':', $self->{name}, $password // $self->{password}), '');
}

# call(METHOD, SUFFIX, %options)
# One request and its response, see http_request(). SUFFIX follows the path of the resource. Options
# of http_request(), and
#   target         another target altogether
#   password       another one
#   json           data that is sent as JSON
#   type           of the body, application/json by default
#   authorization  value of this header; undef for none
sub call {
    my ($self, $method, $suffix, %options) = @_;
    my $target = $options{target} // $self->{context_path} . RESOURCE . $suffix;
    my $authorization =
        exists $options{authorization}
        ? $options{authorization}
        : $self->credentials($options{password});
    my @headers = @{ $options{headers} // [] };
    push @headers, Authorization => $authorization if defined $authorization;
    $options{body} = $json->encode($options{json}) if exists $options{json};
    push @headers, 'Content-Type' => $options{type} // 'application/json' if defined $options{body};
    return http_request($self->{stack}->url, $method, $target, %options, headers => \@headers);
}

# A token for order().
sub token {
    my ($self) = @_;
    return $self->call('GET', '/')->{headers}{'upm-token'};
}

# order(URL, %options)
# Asks for the installation of the app whose descriptor is at the URL. Options of call(), and
#   token  another one, undef for none
sub order {
    my ($self, $url, %options) = @_;
    my $token = exists $options{token} ? $options{token} : $self->token;
    return $self->call(
        'POST', defined $token ? "/?token=$token" : '/',
        type => INSTALL_TYPE,
        json => { pluginUri => $url },
        %options
    );
}

# follow(RESPONSE)
# Asks for the task that order() has answered with until it has ended. Returns
#   polls   the responses while it was working
#   end     the last response: 303, or 200 for a failure
#   error   the text of a failure
#   plugin  response for the installed app
sub follow {
    my ($self, $response) = @_;
    my $path = $json->decode($response->{body})->{links}{self};
    my $end = time + PATIENCE;
    my @polls;
    while (time < $end) {
        my $poll = $self->call('GET', '', target => $path);
        my $status = $poll->{status} == 200 ? $json->decode($poll->{body})->{status} : {};
        if ($poll->{status} == 200 && !$status->{done}) {
            push @polls, $poll;
            sleep 0.1;
            next;
        }
        my ($place) = ($poll->{headers}{location} // '') =~ m{^http://[^/]+(/.*)};
        return {
            polls  => \@polls,
            end    => $poll,
            error  => $status->{errorMessage},
            plugin => $place && $self->call('GET', '', target => $place),
        };
    }
    die "the task has not ended\n";
}

# install(URL, %options)
# Both in one.
sub install {
    my ($self, $url, %options) = @_;
    return $self->follow($self->order($url, %options));
}

1;

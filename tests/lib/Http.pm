# HTTP/1.1 over a plain socket: sends exactly the bytes a test asks for and reads one response.
package Http;

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;

our @EXPORT_OK = qw(http_connect http_head http_read http_request);

use constant TIMEOUT => 30;    # seconds without a byte

# http_connect(URL, [ADDRESS])
# A socket to the server of http://HOST:PORT, from another address of this machine if one is given.
sub http_connect {
    my ($url, $address) = @_;
    my ($host, $port) = $url =~ m{^http://([^:/]+):(\d+)} or croak "no URL of a server: $url";
    return IO::Socket::INET->new(
        PeerAddr => $host,
        PeerPort => $port,
        Timeout  => TIMEOUT,
        defined $address ? (LocalAddr => $address) : ()
        )
        || die "cannot connect to $url: $!\n";
}

# http_head(URL, METHOD, TARGET, NAME => VALUE...)
# Request line and headers. The connection is to be closed after the response.
sub http_head {
    my ($url, $method, $target, @headers) = @_;
    my ($host) = $url =~ m{^http://([^/]+)};
    my $head = "$method $target HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n";
    while (my ($name, $value) = splice @headers, 0, 2) {
        $head .= "$name: $value\r\n";
    }
    return "$head\r\n";
}

# http_request(URL, METHOD, TARGET, %options)
# Sends one request and returns its response, see http_read(). Options:
#   headers  array of names and values
#   body     its bytes, sent with their Content-Length
#   chunk    send the body in chunks of this many bytes instead
#   from     the address that it comes from
#   host     value of the Host header instead of the server's
sub http_request {
    my ($url, $method, $target, %options) = @_;
    my @headers = @{ $options{headers} // [] };
    my $body = $options{body} // '';
    if ($options{chunk}) {
        push @headers, 'Transfer-Encoding' => 'chunked';
        $body = chunks($body, $options{chunk});
    } elsif (defined $options{body}) {
        push @headers, 'Content-Length' => length $body;
    }
    my $socket = http_connect($url, $options{from});
    local $SIG{PIPE} = 'IGNORE';    # a server may answer before it has read the whole body
    print {$socket} http_head(defined $options{host} ? "http://$options{host}" : $url, $method, $target, @headers), $body;
    return http_read($socket, $method);
}

sub chunks {
    my ($body, $size) = @_;
    my $text = '';
    for my $chunk (unpack "(a$size)*", $body) {
        $text .= sprintf "%x\r\n%s\r\n", length $chunk, $chunk;
    }
    return "${text}0\r\n\r\n";
}

# http_read(SOCKET, METHOD)
# Reads until the server closes. The response has
#   status, reason  of the status line; status 0 when the server closed without a response
#   headers         hash of lower-case names; repeated ones are joined with ", "
#   body            its bytes, with chunks put together
#   whole           whether as many bytes were received as the server announced
sub http_read {
    my ($socket, $method) = @_;
    my $bytes = read_all($socket);
    my ($head, $rest) = split /\r\n\r\n/, $bytes, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my ($status, $reason) = ($line // '') =~ m{^HTTP/1\.[01] (\d{3}) ?(.*)$}
        or return { status => 0, reason => '', headers => {}, body => $bytes, whole => 0 };
    my %headers;
    for (@lines) {
        my ($name, $value) = /^([^:]+):\s*(.*?)\s*$/ or next;
        $name = lc $name;
        $headers{$name} = exists $headers{$name} ? "$headers{$name}, $value" : $value;
    }
    my $response = { status => $status, reason => $reason, headers => \%headers };
    @$response{qw(body whole)} = read_body($rest // '', $method, $response);
    return $response;
}

sub read_all {
    my ($socket) = @_;
    my $ready = IO::Select->new($socket);
    my $bytes = '';
    while (1) {
        $ready->can_read(TIMEOUT) or die 'the server sent nothing for ' . TIMEOUT . " seconds\n";
        sysread($socket, $bytes, 65536, length $bytes) or last;
    }
    return $bytes;
}

sub read_body {
    my ($bytes, $method, $response) = @_;
    my $headers = $response->{headers};
    return join_chunks($bytes) if ($headers->{'transfer-encoding'} // '') =~ /chunked/i;
    my $bodiless = $method eq 'HEAD' || $response->{status} =~ /^(?:1..|204|304)$/;
    return ($bytes, $bytes eq '') if $bodiless;
    my $length = $headers->{'content-length'};
    return ($bytes, !defined $length || $length == length $bytes);
}

sub join_chunks {
    my ($bytes) = @_;
    my $body = '';
    while ($bytes =~ s/^([0-9A-Fa-f]+)[^\r\n]*\r\n//) {
        my $size = hex $1;
        return ($body, 1) if $size == 0;
        return ($body, 0) if length $bytes < $size + 2;
        $body .= substr $bytes, 0, $size;
        $bytes = substr $bytes, $size + 2;
    }
    return ($body, 0);
}

1;

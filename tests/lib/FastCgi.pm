# The web server's side of FastCGI: speaks to a process of the program without a server in between.
package FastCgi;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::UNIX;
use List::Util qw(min);

our @EXPORT_OK = qw(fcgi_answer fcgi_begin fcgi_input fcgi_record);

use constant {
    BEGIN_REQUEST => 1,
    END_REQUEST   => 3,
    PARAMS        => 4,
    INPUT         => 5,
    OUTPUT        => 6,
    ERRORS        => 7,
    RESPONDER     => 1,
    KEEP_OPEN     => 1,
    TIMEOUT       => 20,    # seconds
};

# fcgi_record(TYPE, CONTENT)
sub fcgi_record {
    my ($type, $content) = @_;
    return pack 'C C n n C C a*', 1, $type, 1, length $content, 0, 0, $content;
}

# fcgi_begin(PATH, FLAGS, NAME => VALUE...)
# Opens the socket at PATH and sends the parameters of a request. Returns the connection.
sub fcgi_begin {
    my ($path, $flags, @parameters) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
    $socket->autoflush(1);
    my $parameters = '';
    while (my ($name, $value) = splice @parameters, 0, 2) {
        $parameters .= pack 'N N a* a*', (map { 0x8000_0000 | length } $name, $value), $name,
            $value;
    }
    print {$socket} fcgi_record(BEGIN_REQUEST, pack 'n C x5', RESPONDER, $flags),
        fcgi_record(PARAMS, $parameters), fcgi_record(PARAMS, '');
    return $socket;
}

# fcgi_input(SOCKET, BYTES)
# A part of the body; an empty one is its end.
sub fcgi_input {
    my ($socket, $bytes) = @_;
    print {$socket} fcgi_record(INPUT, $bytes);
    return;
}

# fcgi_answer(SOCKET)
# Everything up to the end of the connection: status (0 without a response), headers (as text),
# body, log, and closed: whether the process closed the connection after the end of the request.
sub fcgi_answer {
    my ($socket) = @_;
    my ($bytes, $closed) = read_all($socket);
    my %stream = (OUTPUT() => '', ERRORS() => '');
    while (length $bytes >= 8) {
        my (undef, $type, undef, $length, $padding) = unpack 'C C n n C', $bytes;
        $stream{$type} .= substr $bytes, 8, $length;
        substr $bytes, 0, min(length $bytes, 8 + $length + $padding), '';
    }
    my ($headers, $body) = split /\r\n\r\n/, $stream{ OUTPUT() }, 2;
    my ($status) = ($headers // '') =~ /^Status: (\d{3}) /m;
    return {
        status  => $status // 0,
        headers => $headers // '',
        body    => $body // '',
        log     => $stream{ ERRORS() },
        closed  => $closed,
    };
}

sub read_all {
    my ($socket) = @_;
    my $ready = IO::Select->new($socket);
    my $bytes = '';
    while ($ready->can_read(TIMEOUT)) {
        sysread($socket, $bytes, 65536, length $bytes) or return ($bytes, 1);
    }
    return ($bytes, 0);
}

1;

# An app as an HTTP server of its own: it serves its descriptor, records what it is asked, answers
# as it is told, and checks the tokens of its callers without sharing anything with the program.
package FakeApp;

use strict;
use warnings;

use App;
use Connect qw(query_string_hash signature);
use Exporter qw(import);
use Faults qw(wait_for);
use Fcntl qw(LOCK_EX);
use File::Temp qw(tempdir);
use Http qw(http_request);
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(decode_base64url);
use Modules qw(descriptor);
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(untrusted_server);

use constant {
    BASE       => '/app',                      # of all paths of the app
    DESCRIPTOR => '/atlassian-connect.json',
    KEYS       => '/rest/dynmod/1/keys/',
};

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $owner = $$;
my $count = 0;
my %running;

# However the test ends, no server is left.
END { $$ == $owner and kill_group($_) for keys %running }

sub DESTROY {
    my ($self) = @_;
    $self->stop if $$ == $owner;
    return;
}

# FakeApp->start(STACK, %options)
# Starts the server of an app that is not installed yet. Options: key (a new one by default), site,
# and members of the descriptor. The app wants all four calls.
sub start {
    my ($class, $stack, %options) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20)
        or die "cannot listen: $!\n";
    my $site = delete $options{site} // 'default';
    my $self = bless {
        stack        => $stack,
        site         => $site,
        context_path => $site eq 'default' ? '' : "/$site",
        key          => delete $options{key} // sprintf('com.example.fake-%d', ++$count),
        origin       => 'http://127.0.0.1:' . $listener->sockport,
        directory    => tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        paths        => {},
    }, $class;
    $self->describe(%options);
    $self->{process} = start_process(sub { $self->serve($listener) });
    return $self;
}

# Runs code in a process that leads a group, and returns its id.
sub start_process {
    my ($code) = @_;
    my $process = fork // die "fork: $!\n";
    if ($process == 0) {
        setpgrp;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { $code->(); 1 } or warn $@;
        POSIX::_exit(1);
    }
    setpgrp $process, $process;    # whichever of the two is first
    $running{$process} = 1;
    return $process;
}

sub kill_group {
    my ($process) = @_;
    my $status = $?;
    kill TERM => -$process;
    waitpid $process, 0;
    delete $running{$process};
    $? = $status;
    return;
}

# Stops the server. From then on nobody answers at its address.
sub stop {
    my ($self) = @_;
    my $process = delete $self->{process} or return;
    kill_group($process);
    $self->{stack}->note_secrets($self->secrets);
    return;
}

sub key {
    my ($self) = @_;
    return $self->{key};
}

sub base_url {
    my ($self) = @_;
    return $self->{origin} . BASE;
}

sub descriptor_url {
    my ($self) = @_;
    return $self->base_url . DESCRIPTOR;
}

# describe(%members)
# Serves this descriptor from now on.
sub describe {
    my ($self, %members) = @_;
    my %lifecycle = map { ($_ => "/$_") } qw(installed enabled disabled uninstalled);
    $self->{descriptor} = descriptor(
        $self->{key},
        baseUrl   => $self->base_url,
        lifecycle => \%lifecycle,
        %members
    );
    $self->tell;
    return;
}

# behave(PATH, %behaviour)
# From now on answers a request for this path in another way; without a behaviour as usual. PATH is
# below the base URL.
#   status, body  the answer
#   bytes         how many there are in the body, which says nothing
#   location      redirects there
#   wait          seconds before the answer
#   close         closes the connection without an answer
#   raw           these bytes instead of an answer of HTTP
#   again         after those, these again and again until the host has enough
#   pause         seconds between them
#   register      first registers these modules with the secret in the body
sub behave {
    my ($self, $path, %behaviour) = @_;
    $self->{paths}{$path} = \%behaviour;
    $self->tell;
    return;
}

# Writes down, for the server, what it is told.
sub tell {
    my ($self) = @_;
    my $path = "$self->{directory}/told";
    open my $file, '>:raw', "$path.new" or die "$path.new: $!\n";
    print {$file} $json->encode({ paths => $self->{paths}, descriptor => $self->{descriptor} });
    close $file or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

sub told {
    my ($self) = @_;
    open my $file, '<:raw', "$self->{directory}/told" or die "told: $!\n";
    local $/;
    return $json->decode(<$file>);
}

# requests([PATH])
# All requests so far, or those for a path, each with
#   at      when it came, in seconds
#   method, target, path, headers (lower-case names), body
#   event   the name of the call, if it is one
#   data    the JSON of a call's body
#   fault   what is wrong with a call's token; '' when it is as it must be
#   status  of the answer, 0 for none
#   registered  status of the registration that came first
sub requests {
    my ($self, $path) = @_;
    open my $file, '<:raw', "$self->{directory}/requests" or return;
    flock $file, LOCK_EX or die "flock: $!\n";
    return grep { !defined $path || $_->{path} eq $path } map { $json->decode($_) } <$file>;
}

# The names of the calls so far, in order.
sub events {
    my ($self) = @_;
    return map { $_->{event} // () } $self->requests;
}

# has_events(EVENT...)
# Waits for them, and returns whether there are exactly these, all with good tokens.
sub has_events {
    my ($self, @wanted) = @_;
    wait_for(15, sub { $self->events >= @wanted });
    return "@wanted" eq join ' ', map { $_->{event} . ($_->{fault} && " ($_->{fault})") }
        grep { $_->{event} } $self->requests;
}

# All secrets that the app was ever told.
sub secrets {
    my ($self) = @_;
    return map { $_->{data}{sharedSecret} // () } $self->requests;
}

# The secret that the app uses: the last that it agreed to.
sub secret {
    my ($self) = @_;
    open my $file, '<:raw', "$self->{directory}/secret" or return;
    return scalar readline $file;
}

# app([SECRET])
# The app as a client.
sub app {
    my ($self, $secret) = @_;
    return App->new(
        stack        => $self->{stack},
        key          => $self->{key},
        secret       => $secret // $self->secret,
        site         => $self->{site},
        context_path => $self->{context_path},
    );
}

# The server ------------------------------------------------------------------------------------

sub serve {
    my ($self, $listener) = @_;
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $socket = $listener->accept or next;
        my $process = fork // die "fork: $!\n";
        if ($process == 0) {
            $SIG{CHLD} = 'DEFAULT';
            close $listener;
            eval { $self->answer($socket); 1 } or warn $@;
            POSIX::_exit(0);
        }
        close $socket;
    }
    return;
}

sub answer {
    my ($self, $socket) = @_;
    my $request = read_request($socket) or return;
    my $told = $self->told;
    my $behaviour = $told->{paths}{ $request->{path} } // {};
    $self->take_call($request, $told->{descriptor}) if $request->{method} eq 'POST';
    if ($behaviour->{register}) {
        my $app = $self->app($request->{data}{sharedSecret});
        $request->{registered} = $app->register($behaviour->{register})->{status};
    }
    my ($status, $body) = usual_answer($request, $told->{descriptor});
    $status = $behaviour->{status} // ($behaviour->{location} ? 302 : $status);
    $body = $behaviour->{body} // $body;
    $body = 'x' x $behaviour->{bytes} if $behaviour->{bytes};
    $request->{status} = $behaviour->{close} ? 0 : $status;
    $self->record($request);
    sleep $behaviour->{wait} if $behaviour->{wait};
    if (defined $behaviour->{raw}) { send_raw($socket, $behaviour) }
    elsif (!$behaviour->{close}) { send_answer($socket, $status, $body, $behaviour->{location}) }
    return;
}

sub send_raw {
    my ($socket, $behaviour) = @_;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $socket, $behaviour->{raw};
    while (defined $behaviour->{again}) {
        sleep $behaviour->{pause} if $behaviour->{pause};
        syswrite $socket, $behaviour->{again} or last;
    }
    return;
}

sub send_answer {
    my ($socket, $status, $body, $location) = @_;
    my @lines = ("HTTP/1.1 $status Told", 'Connection: close', 'Content-Type: application/json');
    push @lines, 'Content-Length: ' . length $body if $status != 204;
    push @lines, "Location: $location" if defined $location;
    local $SIG{PIPE} = 'IGNORE';    # the host need not take all of it
    print {$socket} map { "$_\r\n" } @lines, '';
    print {$socket} $body;
    return;
}

sub read_request {
    my ($socket) = @_;
    my $bytes = '';
    until ($bytes =~ /\r\n\r\n/) {
        sysread($socket, $bytes, 65536, length $bytes) or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
    my ($line, @lines) = split /\r\n/, $head;
    my ($method, $target) = $line =~ m{^(\S+) (\S+) HTTP/1\.1$} or return;
    my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } @lines;
    while (length $body < ($headers{'content-length'} // 0)) {
        sysread($socket, $body, 65536, length $body) or return;
    }
    my $path = $target =~ s/\?.*//sr;
    return {
        at      => time,
        method  => $method,
        target  => $target,
        path    => $path =~ s/^\Q${\BASE}\E//r,
        headers => \%headers,
        body    => $body,
    };
}

sub usual_answer {
    my ($request, $descriptor) = @_;
    return (200, $json->encode($descriptor)) if $request->{path} eq DESCRIPTOR;
    return (404, '') unless $request->{event};
    return $request->{fault} ? (401, $request->{fault}) : (204, '');
}

sub record {
    my ($self, $request) = @_;
    open my $file, '>>:raw', "$self->{directory}/requests" or die "requests: $!\n";
    flock $file, LOCK_EX or die "flock: $!\n";
    print {$file} $json->encode($request), "\n";
    $file->flush or die "requests: $!\n";
    $self->keep_secret($request->{data}{sharedSecret})
        if ($request->{event} // '') eq 'installed' && $request->{status} =~ /^2/;
    close $file or die "requests: $!\n";
    return;
}

sub keep_secret {
    my ($self, $secret) = @_;
    my $path = "$self->{directory}/secret";
    open my $file, '>:raw', "$path.new" or die "$path.new: $!\n";
    print {$file} $secret;
    close $file or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

# Reads a call of the host and judges its token.
sub take_call {
    my ($self, $request, $descriptor) = @_;
    my ($event) = grep { "$descriptor->{lifecycle}{$_}" eq $request->{path} }
        keys %{ $descriptor->{lifecycle} };
    $request->{event} = $event // return;
    $request->{data} = eval { $json->decode($request->{body}) };
    $request->{fault} =
        ref $request->{data} eq 'HASH'
        ? $self->fault_of($request, $descriptor->{baseUrl})
        : 'no JSON object';
    return;
}

sub fault_of {
    my ($self, $request, $base_url) = @_;
    my ($signed, $signature) =
        ($request->{headers}{authorization} // '') =~ /^JWT ([\w-]+\.[\w-]+)\.([\w-]+)$/
        or return 'no token';
    my ($header, $claims) = map { $json->decode(decode_base64url($_)) } split /\./, $signed;
    my $by_key = $request->{event} =~ /^(?:un)?installed$/;
    my %wanted = (
        alg => $by_key ? 'RS256'                    : 'HS256',
        aud => $by_key ? $json->encode([$base_url]) : 'null',
        iss => $request->{data}{clientKey},
        qsh => query_string_hash('POST', $request->{target}, context_path => BASE),
    );
    my %present = (%$claims, alg => $header->{alg}, aud => $json->encode($claims->{aud}));
    for my $name (sort keys %wanted) {
        return "$name is $present{$name}" unless $present{$name} eq $wanted{$name};
    }
    my $now = time;
    return 'not valid now' unless $claims->{iat} <= $now + 1 && $claims->{exp} > $now;
    my $good =
        $by_key
        ? $self->is_signed_by_key($header->{kid}, $signed, decode_base64url($signature))
        : signature($signed, $self->secret // '') eq $signature;
    return $good ? '' : 'a wrong signature';
}

# Fetches the public key that the header names and has OpenSSL verify the signature.
sub is_signed_by_key {
    my ($self, $kid, $signed, $signature) = @_;
    my $response =
        http_request($self->{stack}->url, 'GET', $self->{context_path} . KEYS . ($kid // ''));
    return 0 unless $response->{status} == 200;
    my %content = (key => $response->{body}, signed => $signed, signature => $signature);
    my %path = map { ($_ => "$self->{directory}/$_-$$") } keys %content;
    for my $name (keys %content) {
        open my $file, '>:raw', $path{$name} or die "$path{$name}: $!\n";
        print {$file} $content{$name};
        close $file or die "$path{$name}: $!\n";
    }
    my ($status) = Stack::run_command('openssl', 'dgst', '-sha256', '-verify', $path{key},
        '-signature', $path{signature}, $path{signed});
    return $status == 0;
}

# untrusted_server()
# Starts an HTTPS server whose certificate no authority has signed. Returns its URL; it runs until
# the test ends.
sub untrusted_server {
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    Stack::checked('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=127.0.0.1', '-addext',
        'subjectAltName=IP:127.0.0.1', '-keyout', "$directory/key", '-out', "$directory/cert");
    my $port = Stack::free_port();
    start_process(
        sub {
            open STDIN, '<', '/dev/null';
            open STDOUT, '>', '/dev/null';
            open STDERR, '>', '/dev/null';
            exec 'openssl', 's_server', '-quiet', '-WWW', '-accept', "127.0.0.1:$port", '-key',
                "$directory/key", '-cert', "$directory/cert";
        }
    );
    wait_for(10, sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) })
        or die "openssl s_server does not start\n";
    return "https://127.0.0.1:$port";
}

1;

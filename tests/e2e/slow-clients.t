#!/usr/bin/perl
# As many slow clients as there are processes, on every set-up: those who send one byte a second, and
# those who ask for much and read nothing. An honest client is answered within a second after the
# deadline; where the web server keeps bodies until they are whole, at once.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(open_request);
use Http qw(http_head http_read);
use IO::Select;
use IO::Socket::INET;
use Modules qw(field fields);
use Socket qw(SOCK_STREAM SOL_SOCKET SO_RCVBUF);
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

use constant {
    DEADLINE  => 2,          # seconds, body_timeout and write_timeout
    AT_ONCE   => 1,
    MODULE    => 240_000,    # bytes
    SOME      => 4,          # such modules in a request
    REQUESTS  => 8,          # such requests: more than sockets and servers keep
    SMALL     => 2048,       # bytes that a reader's socket takes
    LATE_TEXT => qr/^The request did not arrive within 2 seconds\.$/,
    LATE_LOG  => qr/the request did not arrive within 2 seconds/,
    TAKEN_LOG => qr/the answer was not taken within 2 seconds/,
};

# processes; whether the web server keeps bodies and answers until they are whole, or is plain CGI on
# Apache; whether readers are tried, too
my %setups = (
    'apache-fcgid'        => { processes => 8, keeps => 1, readers => 1 },
    'apache-proxy'        => { processes => 4, readers => 1 },
    'apache-cgi'          => { processes => 8, cgi => 1, readers => 1 },
    'apache-htaccess'     => { processes => 8, keeps => 1 },
    'apache-htaccess-cgi' => { processes => 8, cgi => 1 },
    'lighttpd-fastcgi'    => { processes => 4, keeps => 1, readers => 1 },
    'lighttpd-cgi'        => { processes => 8, keeps => 1 },
);

# Sends a byte for each slow client each second until the honest one has its answer, and returns
# this and the seconds it took.
sub drip_until_answered {
    my ($honest, @slow) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $start = time;
    until (IO::Select->new($honest)->can_read(1)) {
        syswrite $_->{socket}, substr $_->{rest}, 0, 1, '' for @slow;
        last if time - $start > 5 * DEADLINE;
    }
    return (http_read($honest, 'POST'), time - $start);
}

sub slow_bodies {
    my ($stack, $setup) = @_;
    my $app = $stack->install;
    my $mark = $stack->log_mark;
    my @slow = map {
        my ($socket, $rest) = open_request($app, fields("slow-$_"), 10);
        { socket => $socket, rest => $rest };
    } 1 .. $setup->{processes};
    sleep 0.2;    # they are first
    my ($response, $took) =
        drip_until_answered((open_request($app, fields('honest'), 100_000))[0], @slow);
    is_registered($response, 'an honest client');
    if ($setup->{keeps} || $setup->{cgi}) {
        cmp_ok($took, '<', AT_ONCE, 'is answered at once');
    } else {
        cmp_ok($took, '>', DEADLINE / 2, 'has to wait');
        cmp_ok($took, '<', DEADLINE + 1, 'and is answered within a second after the deadline');
    }
    return if $setup->{keeps};
    my $late = LATE_LOG;    # a line for each
    ok($stack->log_shows($mark, qr/(?:$late.*){$setup->{processes}}/s), 'the log says who was late');
    late_answers($setup, @slow);
    is_listed($app, fields('honest'), 'nothing that was late is registered');
    return;
}

# What the slow clients are told when they send the rest after all.
sub late_answers {
    my ($setup, @slow) = @_;
    local $SIG{PIPE} = 'IGNORE';
    for (@slow) {
        syswrite $_->{socket}, $_->{rest};
        my $response = http_read($_->{socket}, 'POST');
        if ($setup->{cgi}) {
            is_error($response, 408, LATE_TEXT, 'a slow client');
        } else {
            is($response->{status}, 503, 'a slow client gets an answer from Apache');
        }
    }
    return;
}

# A client that asks for all modules and will not read.
sub open_reader {
    my ($app) = @_;
    my $url = $app->{stack}->url;
    my ($host, $port) = $url =~ m{//(.*):(\d+)$};
    my $socket = IO::Socket::INET->new(Type => SOCK_STREAM, Proto => 'tcp') or die "socket: $!\n";
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack 'l', SMALL;
    $socket->connect($port, Socket::inet_aton($host)) or die "cannot connect: $!\n";
    syswrite $socket, http_head($url, 'GET', $app->path,
        Authorization => 'JWT ' . $app->token('GET', $app->path));
    return $socket;
}

sub slow_readers {
    my ($stack, $setup) = @_;
    my ($app, $other) = ($stack->install, $stack->install);
    for my $request (1 .. REQUESTS) {
        is_registered($app->register({
            jiraIssueFields => [ map { field("key-$request-$_", more => 'x' x MODULE) } 1 .. SOME ]
        }), "request $request");
    }
    my $mark = $stack->log_mark;
    my @readers = map { open_reader($app) } 1 .. $setup->{processes};
    sleep 0.5;    # they are first
    my $start = time;
    is_registered($other->register(fields('honest')), 'an honest client');
    cmp_ok(time - $start, '<', DEADLINE + 1, 'is answered within a second after the deadline');
    if ($setup->{keeps}) {
        ok(http_read($_, 'GET')->{whole}, 'the server has kept it all for a reader') for @readers;
    } else {
        sleep $start + DEADLINE + 1 - time;
        ok($stack->log_shows($mark, TAKEN_LOG), 'the log says what was not taken');
        ok(!http_read($_, 'GET')->{whole}, 'a reader who sleeps too long gets no more') for @readers;
    }
    is($app->get->{status}, 200, 'and who reads gets all');
    return;
}

for my $name (grep { !@ARGV || $_ eq $ARGV[0] } sort keys %setups) {
    my $setup = $setups{$name};
    subtest $name => sub {
        my $stack = Stack->start(
            setup   => $name,
            options => [ 'body_timeout = ' . DEADLINE, 'write_timeout = ' . DEADLINE ],
        );
        $stack->ctl('site', 'set', 'default', '--byte-limit', 100_000_000);
        slow_bodies($stack, $setup);
        slow_readers($stack, $setup) if $setup->{readers};
        no_fault_in_logs($stack);
        $stack->delete;
    };
}

done_testing();

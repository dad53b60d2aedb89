# Puts load on servers with wrk, with the client beside this folder and with pgbench, and gives
# what they measured.
package Load;

use strict;
use warnings;

use Build;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Servers qw(app_headers);
use Stack;

our @EXPORT_OK = qw(client get_text pgbench request_text wrk write_requests);

use constant WARM_UP => 10;    # calls by each connection of pgbench

my $folder = abs_path(dirname(__FILE__) . '/..');
my ($files, $count);

# new_file(TEXT)
# The path of a new file, which is removed at the end.
sub new_file {
    my ($text) = @_;
    $files //= tempdir('dynmod-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $path = "$files/" . ++$count;
    open my $file, '>:raw', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    return $path;
}

# wrk(URL, SECONDS, CONNECTIONS, NAME => VALUE...)
# Requests for a second, one thread keeping the connections busy, with these headers. Dies when one
# request fails.
sub wrk {
    my ($url, $seconds, $connections, @headers) = @_;
    my @options = ("-d${seconds}s", '-t1', "-c$connections", '-s', "$folder/wrk.lua");
    while (my ($name, $value) = splice @headers, 0, 2) {
        push @options, '-H', "$name: $value";
    }
    my $printed = Stack::checked('wrk', @options, $url);
    my ($time, $requests, $errors) = $printed =~ /^BENCH (\S+) (\d+) (\d+)/m
        or die "wrk said:\n$printed\n";
    die "wrk: $errors of $requests requests to $url failed\n" if $errors > 0;
    return $requests / $time;
}

# request_text(LABEL, STATUS, STOP, METHOD, TARGET, BODY, NAME => VALUE...)
# One request as the client reads it, without Host; BODY is undef for none.
sub request_text {
    my ($label, $status, $stop, $method, $target, $body, @headers) = @_;
    my $text = "$method $target HTTP/1.1\r\n";
    push @headers, 'Content-Type' => 'application/json', 'Content-Length' => length $body
        if defined $body;
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }
    $text .= "\r\n" . ($body // '');
    return sprintf "%s %d %d %d\n%s", $label, $status, $stop, length $text, $text;
}

# get_text(APP)
# The GET of an app's modules, for dynmod as for the responder.
sub get_text {
    my ($app) = @_;
    return request_text('GET', 200, 1, 'GET', $app->path, undef, app_headers($app));
}

# write_requests(REQUEST...)
# A file with these texts of request_text(), for one connection of the client.
sub write_requests {
    return new_file(join '', @_);
}

# client(URL, LIMIT, FILE...)
# Sends the requests in the files, one connection for each; LIMIT is seconds, as in 2s, or a number
# of requests. Gives {labels => {LABEL => {count, mean, p50, p99}}, requests, seconds}; times of
# labels are microseconds.
sub client {
    my ($url, $limit, @files) = @_;
    my ($port) = $url =~ /:(\d+)/;
    return decode_json(Stack::checked(Build::directory() . '/client', $port, $limit, @files));
}

# pgbench(STACK, SECONDS, CONNECTIONS, SCRIPT, %options)
# Runs the script with prepared statements as the operator's role. Options:
#   variables  hash of values for the script, which also finds the client's number in :client_id
#   settings   PostgreSQL's settings for the connections, as in PGOPTIONS
# Gives the milliseconds of each line of the script, in its order, as pairs [time, text]. The first
# calls of each connection do not count: a connection of dynmod has made its plans long ago.
sub pgbench {
    my ($stack, $seconds, $connections, $script, %options) = @_;
    my %variables = (turn => 0, %{ $options{variables} // {} });
    my $twice = join "\n", '\set turn :turn + 1', '\if :turn <= ' . WARM_UP, $script, '\else',
        $script, '\endif', '';
    local $ENV{PGOPTIONS} = $options{settings} // '';
    my $printed = Stack::checked(
        $stack->fact('postgres_programs') . '/pgbench', '-n', '-r', '-M', 'prepared',
        '-T', $seconds + 2, '-c', $connections, '-j', 1, '-f', new_file($twice),
        (map { ('-D', "$_=$variables{$_}") } sort keys %variables),
        $stack->fact('admin_conninfo'),
    );
    my ($failed) = $printed =~ /number of failed transactions: (\d+)/;
    die "pgbench: transactions failed\n$printed" if $failed;
    my ($lines) = $printed =~ /^statement latencies[^\n]*:\n.*\\else\n(.*)\n[^\n]*\\endif/ms
        or die "pgbench said:\n$printed\n";
    # time, failures where this version tells them, text
    my @lines = map { [ /^\s*([\d.]+)\s+(?:\d+\s+)?(.*)$/ ] } split /\n/, $lines;
    die "pgbench: $seconds seconds are too short\n" if !grep { $_->[0] > 0 } @lines;
    return @lines;
}

1;

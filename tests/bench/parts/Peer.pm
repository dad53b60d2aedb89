# The same API in Node.js, the server a team would otherwise write: throughput and memory of one
# process and of four.
package Peer;

use strict;
use warnings;

use App;
use Build;
use Faults qw(wait_for);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Load qw(client get_text request_text wrk write_requests);
use Processes qw(end_process memory_of processes_of start_process);
use Rounds qw(interleave pick);
use Samples qw(module_keys modules modules_text);
use Servers qw(app_headers far_token install raise_limit start_dynmod);
use Stack;

use constant {
    CONNECTIONS => 8,
    WRITERS     => 4,
    WARM_UP     => 3000,    # requests after which Node.js has compiled what it runs
    MODULES     => 10,
    TIMES       => 2.5,     # as many requests as the peer should dynmod serve at least
    PART        => 0.1,     # of the peer's memory should it take at most
};

# run(BENCH)
sub run {
    my ($bench) = @_;
    my $report = $bench->{report};
    $report->part('peer', 'The same API in Node.js (Express, pg, atlassian-jwt)');
    my $stack = start_dynmod($bench->{builds}[0], setup => 'lighttpd-fastcgi', processes => 1);
    raise_limit($stack);
    my %apps = (
        get  => install($stack, 'bench-get', modules(module_keys(MODULES))),
        post => [ map { install($stack, "bench-post-$_") } 1 .. WRITERS ],
    );
    my $top = Build->checkout . '/tests/bench/peer';
    $stack->sql(file_text("$top/schema.sql"), 'superuser');
    my $peer = stage($top);
    for my $processes (1, 4) {
        my $server = $processes == 1 ? $stack : start_dynmod(
            $bench->{builds}[0],
            setup     => 'lighttpd-fastcgi',
            processes => $processes,
            database  => $stack->fact('web_conninfo'),
        );
        my ($node, $url) = start_node($stack, $peer, $processes);
        fill($url, \%apps) if $processes == 1;
        measure($bench, $processes, $server->url, $url, \%apps);
        report_memory($report, $server, $node) if $processes == 1;
        end_process($node);
    }
    $stack->delete;
    return;
}

sub file_text {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

# Installs the pinned packages unless they are there, and copies all to where the user of the web
# server may read it.
sub stage {
    my ($top) = @_;
    my ($have, $want) =
        map { (stat "$top/$_")[9] // 0 } 'node_modules/.package-lock.json', 'package-lock.json';
    Stack::checked(
        qw(npm ci --silent --no-audit --no-fund --ignore-scripts --omit=optional --prefix), $top)
        if $have < $want;
    my $place = tempdir('dynmod-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $place or die "$place: $!\n";
    Stack::checked('cp', '-R', "$top/.", $place);
    return $place;
}

# Starts the peer; gives its process id and its URL.
sub start_node {
    my ($stack, $place, $processes) = @_;
    my $port = Stack::free_port();
    my $url = "http://127.0.0.1:$port";
    my %target = $stack->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
    my %variables = (
        NODE_ENV   => 'production',
        PORT       => $port,
        WORKERS    => $processes,
        BASE_URL   => $url,
        PGHOST     => $target{host},
        PGUSER     => $target{user},
        PGDATABASE => $target{dbname},
    );
    my $pid = start_process($stack->fact('web_user'), $place, \%variables, 'node', 'server.mjs');
    wait_for(20, sub { IO::Socket::INET->new("127.0.0.1:$port") }) or die "node does not start\n";
    return ($pid, $url);
}

# Registers with the peer what dynmod has.
sub fill {
    my ($url, $apps) = @_;
    my $app = $apps->{get};
    my $request = request_text('POST', 200, 1, 'POST', $app->path,
        modules_text(module_keys(MODULES)), Authorization => far_token($app, 'POST'));
    client($url, 1, write_requests($request));
    return;
}

# The same requests to both.
sub measure {
    my ($bench, $processes, $dynmod, $node, $apps) = @_;
    my @files = map { pair($_) } @{ $apps->{post} };
    my %url = (dynmod => $dynmod, node => $node);
    my $get = sub {
        wrk($url{ $_[0] } . App::RESOURCE, $bench->{seconds}, CONNECTIONS,
            app_headers($apps->{get}));
    };
    my $write = sub { client($url{ $_[0] }, "$bench->{seconds}s", @files) };
    my $file = write_requests(get_text($apps->{get}));
    for my $name (keys %url) {
        client($url{$name}, WARM_UP * $processes, ($file) x CONNECTIONS);
        $write->($name);
    }
    my $samples = interleave(
        $bench->{rounds},
        'GET node'     => sub { $get->('node') },
        'GET dynmod'   => sub { $get->('dynmod') },
        'write node'   => sub { $write->('node') },
        'write dynmod' => sub { $write->('dynmod') },
    );
    my $report = $bench->{report};
    $report->group($processes == 1 ? 'One process' : "$processes processes");
    $report->figure('GET, node', '/s', $samples->{'GET node'});
    $report->figure('GET, dynmod', '/s', $samples->{'GET dynmod'},
        against => [ 'node', $samples->{'GET node'} ],
        target  => [ '>=',   TIMES ]);
    my %rates = map { $_ => rates($samples->{$_}) } 'write node', 'write dynmod';
    $report->figure('POST and DELETE, node', '/s', $rates{'write node'});
    $report->figure('POST and DELETE, dynmod', '/s', $rates{'write dynmod'},
        against => [ 'node', $rates{'write node'} ]);
    return;
}

# A POST of ten modules and the DELETE that makes it possible again.
sub pair {
    my ($app) = @_;
    return write_requests(
        map {
            my ($method, $status, $body) = @$_;
            request_text($method, $status, $method eq 'DELETE', $method, $app->path, $body,
                Authorization => far_token($app, $method))
        } [ 'POST', 200, modules_text(module_keys(MODULES)) ],
        [ 'DELETE', 204, undef ]
    );
}

sub rates {
    my ($samples) = @_;
    return [ map { $_->{requests} / $_->{seconds} } @$samples ];
}

# The memory of one busy process of each.
sub report_memory {
    my ($report, $stack, $node) = @_;
    my ($worker) = processes_of($stack->fact('web_program'));
    my ($ours, $theirs) = map { $_ ? memory_of($_) : undef } $worker, $node;
    if (!defined $ours || !defined $theirs) {
        $report->note('Memory is not measured: only root may read it.');
        return;
    }
    $report->figure('memory, node', 'MiB', [$theirs]);
    $report->figure('memory, dynmod', 'MiB', [$ours],
        against => [ 'node', [$theirs] ],
        target  => [ '<=',   PART ]);
    return;
}

1;

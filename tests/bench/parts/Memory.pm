# What memory the processes of the program take, idle, busy and after many requests.
package Memory;

use strict;
use warnings;

use List::Util qw(max);
use Load qw(client get_text request_text write_requests);
use Processes qw(memory_of processes_of);
use Samples qw(module_keys modules modules_text);
use Servers qw(PROCESSES far_token install raise_limit start_dynmod);

use constant {
    REQUESTS => 100_000,
    SETTLED  => 10_000,    # requests after which memory should not grow
    GETS     => 98,        # for each POST and DELETE
    MOST     => 4,         # MiB
    GROWTH   => 1.02,
};

# run(BENCH)
sub run {
    my ($bench) = @_;
    my $report = $bench->{report};
    $report->part('memory', 'Memory of one process: proportional set size');
    my %memory = map { $_->name => follow($_) } @{ $bench->{builds} };
    my ($ours, $base) = @memory{qw(dynmod base)};
    if (!$ours) {
        $report->note('Memory is not measured: only root may read it.');
        return;
    }
    $report->group(
        sprintf 'The largest of %d processes; of %d requests one is a POST, one a DELETE',
        PROCESSES, GETS + 2
    );
    $report->figure('idle', 'MiB', [ $ours->[0] ], $base ? (base => [ $base->[0] ]) : ());
    $report->figure(sprintf('busy, after %d requests', SETTLED), 'MiB', [ $ours->[1] ],
        target => [ '<', MOST ],
        $base ? (base => [ $base->[1] ]) : ());
    $report->figure(sprintf('busy, after %d requests', REQUESTS), 'MiB', [ $ours->[2] ],
        against => [ 'the former', [ $ours->[1] ] ],
        target  => [ '<=',         GROWTH ],
        $base ? (base => [ $base->[2] ]) : ());
    return;
}

# The memory of the largest process before the first request, when it is warm, and after all of
# them; undef when it may not be read.
sub follow {
    my ($build) = @_;
    my $stack = start_dynmod($build, setup => 'lighttpd-fastcgi');
    raise_limit($stack);
    my @memory = largest($stack);
    my @files = map { requests($stack, $_) } 1 .. PROCESSES;
    for my $number (SETTLED, REQUESTS - SETTLED) {
        client($stack->url, $number, @files);
        push @memory, largest($stack);
    }
    $stack->delete;
    return defined $memory[0] ? \@memory : undef;
}

sub largest {
    my ($stack) = @_;
    my @memory = map { memory_of($_) } processes_of($stack->fact('web_program'));
    return @memory && !grep({ !defined } @memory) ? max(@memory) : undef;
}

# The file of one connection's requests.
sub requests {
    my ($stack, $number) = @_;
    my $app = install($stack, "bench-$number", modules(module_keys(10)));
    my $query = '?moduleKey=bench-new';
    return write_requests(
        get_text($app) x GETS,
        request_text('POST', 200, 0, 'POST', $app->path, modules_text('bench-new'),
            Authorization => far_token($app, 'POST')),
        request_text('DELETE', 204, 1, 'DELETE', $app->path($query), undef,
            Authorization => far_token($app, 'DELETE', $query)),
    );
}

1;

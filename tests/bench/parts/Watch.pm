# What watching costs a GET: the line of the log that each request has, in both forms, and metrics.
package Watch;

use strict;
use warnings;

use App;
use Load qw(wrk);
use Rounds qw(interleave);
use Samples qw(module_keys modules);
use Servers qw(PROCESSES app_headers install start_dynmod);

use constant {
    MODULES     => 10,
    CONNECTIONS => 8,
    SETUP       => 'lighttpd-fastcgi',
};

# What is watched, and the lines of dynmod.conf for it; the first is what others are compared with.
my @WAYS = (
    [ 'neither lines nor metrics', 'log_level = warning' ],
    [ 'a line each, as text', 'log_level = info' ],
    [ 'a line each, as JSON', 'log_level = info', 'log_format = json' ],
    [ 'metrics',              'log_level = warning', 'metrics_addresses = 127.0.0.1' ],
    [ 'lines and metrics',    'log_level = info',    'metrics_addresses = 127.0.0.1' ],
);

# run(BENCH)
# Options are those of this revision: another one is not measured.
sub run {
    my ($bench) = @_;
    my $report = $bench->{report};
    $report->part('watch', 'What watching costs a GET');
    my (@stacks, @contenders);
    for (@WAYS) {
        my ($name, @options) = @$_;
        my $stack = start_dynmod($bench->{builds}[0], setup => SETUP, options => \@options);
        my $app = install($stack, 'bench-watch', modules(module_keys(MODULES)));
        my @load = ($stack->url . App::RESOURCE, $bench->{seconds}, CONNECTIONS, app_headers($app));
        wrk(@load);    # warms up
        push @stacks, $stack;
        push @contenders, $name => sub { wrk(@load) };
    }
    my $samples = interleave($bench->{rounds}, @contenders);
    $report->group(
        sprintf 'lighttpd mod_fastcgi, %d modules, %d processes, wrk -t1 -c%d',
        MODULES, PROCESSES, CONNECTIONS
    );
    my ($first, @others) = map { $_->[0] } @WAYS;
    $report->figure($first, '/s', $samples->{$first});
    for my $name (@others) {
        $report->figure($name, '/s', $samples->{$name}, against => [ 'that', $samples->{$first} ]);
    }
    $_->delete for @stacks;
    return;
}

1;

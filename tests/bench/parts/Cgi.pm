# GET by plain CGI, against a program that loads the same libraries, connects and asks once.
package Cgi;

use strict;
use warnings;

use Load qw(client get_text write_requests);
use PgBouncer qw(start_pgbouncer);
use Rounds qw(interleave);
use Samples qw(module_keys modules);
use Servers qw(app_headers floor_variables install start_dynmod start_responder);
use Time::HiRes qw(time);

use constant {
    MODULES => 10,
    MOST    => 1.2,    # times the null program should dynmod take
    POOL    => 4,      # connections of PgBouncer
    STARTS  => 50,     # of a program in one sample
};

# run(BENCH)
sub run {
    my ($bench) = @_;
    $bench->{report}->part('cgi', 'Plain CGI, lighttpd');
    my (%stack, %app);
    for my $build (@{ $bench->{builds} }) {
        my $name = $build->name;
        $stack{$name} = start_dynmod($build, setup => 'lighttpd-cgi');
        $app{$name} = install($stack{$name}, 'bench-cgi', modules(module_keys(MODULES)));
        $stack{"$name, PgBouncer"} = start_dynmod(
            $build,
            setup    => 'lighttpd-cgi',
            database => start_pgbouncer($stack{$name}, POOL),
        );
        $app{"$name, PgBouncer"} = $app{$name};
    }
    $stack{null} = start_responder(floor_variables($stack{dynmod}));
    $stack{null}->start_web(setup => 'lighttpd-cgi');
    $app{null} = $app{dynmod};
    measure($bench, \%stack, \%app);
    measure_starts($bench);
    $_->delete for values %stack;
    return;
}

# Latency of one request at a time.
sub measure {
    my ($bench, $stacks, $apps) = @_;
    my @contenders;
    for my $name (sort keys %$stacks) {
        my $app = $apps->{$name};
        my $file = write_requests(get_text($app));
        push @contenders, $name => sub {
            client($stacks->{$name}->url, "$bench->{seconds}s", $file)->{labels}{GET}{p50} / 1000;
        };
    }
    my $samples = interleave($bench->{rounds}, @contenders);
    my $report = $bench->{report};
    $report->group('GET of ' . MODULES . ' modules, median time, one connection');
    $report->figure('null: connect, one query', 'ms', $samples->{null});
    $report->figure('dynmod', 'ms', $samples->{dynmod},
        against => [ 'null', $samples->{null} ],
        target  => [ '<=',   MOST ],
        base    => $samples->{base});
    $report->figure('dynmod, PgBouncer in front', 'ms', $samples->{'dynmod, PgBouncer'},
        against => [ 'dynmod', $samples->{dynmod} ],
        base    => $samples->{'base, PgBouncer'});
    return;
}

# How long the program takes to start, load its libraries and end.
sub measure_starts {
    my ($bench) = @_;
    my @contenders = (nothing => sub { starts('/bin/true') });
    for my $build (@{ $bench->{builds} }) {
        my @command = ($build->programs . '/dynmod.fcgi', '--help');
        push @contenders, $build->name => sub { starts(@command) };
    }
    my $samples = interleave($bench->{rounds}, @contenders);
    my $report = $bench->{report};
    $report->group('Start and end of the program alone');
    $report->figure('/bin/true', 'ms', $samples->{nothing});
    $report->figure('dynmod.fcgi, says its usage', 'ms', $samples->{dynmod},
        against => [ '/bin/true', $samples->{nothing} ],
        base    => $samples->{base});
    my @libraries = split /\n/,
        Stack::checked('ldd', $bench->{builds}[0]->programs . '/dynmod.fcgi');
    $report->note(scalar(@libraries) . ' shared libraries are loaded.');
    return;
}

# Milliseconds of one start.
sub starts {
    my @command = @_;
    my $start = time;
    Stack::run_command(@command) for 1 .. STARTS;
    return (time - $start) * 1000 / STARTS;
}

1;

# GET of an app's modules, against a responder with ready answers and one that reads the app's row.
package Get;

use strict;
use warnings;

use App;
use Load qw(wrk);
use Rounds qw(interleave);
use Samples qw(module_keys modules);
use Servers qw(PROCESSES app_headers floor_variables install keep_answers raise_limit start_dynmod
    start_responder);

# mod_fcgid makes a request that finds no free process wait for a second, so that it gets no more
# connections than processes.
my %SETUPS = (
    'lighttpd-fastcgi' => { name => 'lighttpd mod_fastcgi', connections => 2 * PROCESSES },
    'apache-fcgid'     => { name => 'Apache mod_fcgid',     connections => PROCESSES },
);
my @TARGETS = ([ 10, 0.85 ], [ 100, 0.80 ]);    # modules, part of the floor

# run(BENCH)
# One set-up after the other, as the site has the address of one only.
sub run {
    my ($bench) = @_;
    $bench->{report}->part('get', 'GET, signed');
    my %stack = map { $_->name => start_dynmod($_) } @{ $bench->{builds} };
    my $apps;
    for my $setup (reverse sort keys %SETUPS) {
        my @dynmod = @stack{ map { $_->name } @{ $bench->{builds} } };
        $_->start_web(setup => $setup) for @dynmod;
        $apps //= { map { $_ => prepare($stack{$_}) } map { $_->name } @{ $bench->{builds} } };
        $stack{null} //=
            start_responder('BENCH_ANSWERS=' . keep_answers(values %{ $apps->{dynmod} }));
        $stack{floor} //= start_responder(floor_variables($stack{dynmod}));
        $_->start_web(setup => $setup) for @stack{qw(null floor)};
        my %urls = map { $_ => $stack{$_}->url . App::RESOURCE } keys %stack;
        measure($bench, $SETUPS{$setup}, \%urls, $apps);
        $_->stop_web for values %stack;
    }
    $_->delete for values %stack;
    return;
}

# The apps with so many modules on a stack.
sub prepare {
    my ($stack) = @_;
    raise_limit($stack);
    return {
        map { $_ => install($stack, "bench-$_", modules(module_keys($_))) }
        map { $_->[0] } @TARGETS
    };
}

# One set-up; URLS are those of the contenders.
sub measure {
    my ($bench, $setup, $urls, $apps) = @_;
    my $report = $bench->{report};
    my @builds = map { $_->name } @{ $bench->{builds} };
    my $connections = $setup->{connections};
    my $contender = sub {
        my ($name, $url, @headers) = @_;
        wrk($url, 1, $connections, @headers);    # warms up
        return $name => sub { wrk($url, $bench->{seconds}, $connections, @headers) };
    };
    my @contenders;
    for my $number (map { $_->[0] } @TARGETS) {
        for my $name (@builds, 'floor', 'null') {
            my $app = ($apps->{$name} // $apps->{dynmod})->{$number};
            push @contenders, $contender->("$name $number", $urls->{$name}, app_headers($app));
            next if $name eq 'floor';
            push @contenders,
                $contender->("$name 304 $number", $urls->{$name}, app_headers($app),
                    'If-None-Match' => $app->get->{headers}{etag});
        }
    }
    my $samples = interleave($bench->{rounds}, @contenders);
    $report->group(
        sprintf '%s, %d processes, wrk -t1 -c%d',
        $setup->{name}, PROCESSES, $connections
    );
    for (@TARGETS) {
        my ($number, $target) = @$_;
        $report->figure("null, $number modules", '/s', $samples->{"null $number"});
        $report->figure("floor, $number modules", '/s', $samples->{"floor $number"});
        $report->figure("dynmod, $number modules", '/s', $samples->{"dynmod $number"},
            against => [ 'floor', $samples->{"floor $number"} ],
            target  => [ '>=',    $target ],
            base    => $samples->{"base $number"});
        $report->figure("null, 304, $number modules", '/s', $samples->{"null 304 $number"},
            against => [ '200', $samples->{"null $number"} ]);
        $report->figure("dynmod, 304, $number modules", '/s', $samples->{"dynmod 304 $number"},
            against => [ '200', $samples->{"dynmod $number"} ],
            target  => [ '>',   1 ],
            base    => $samples->{"base 304 $number"});
    }
    return;
}

1;

# Whether requests take longer when there are many apps, and the plans of all their statements.
package Growth;

use strict;
use warnings;

use Dataset qw(load_apps some_apps);
use JSON::PP qw(encode_json);
use Load qw(client get_text request_text write_requests);
use Plans qw(growing_scans log_plans read_plans);
use Rounds qw(interleave pick);
use Samples qw(modules);
use Servers qw(far_token start_dynmod);
use Time::HiRes qw(time);

use constant {
    FEW      => 1000,
    GETS     => 1000,                    # apps that a sample asks for at most
    POSTS    => 1000,
    REPEATS  => 40,                      # of each request whose plans are logged: ten a process
    NEW_KEY  => 'bench-new',
    DEFAULT  => 100_000,
    P50_MOST => 1.2,
    P99_MOST => 2,
};

my $weight = 0;    # of the module registered last

# run(BENCH)
sub run {
    my ($bench) = @_;
    my $many = $ENV{GROWTH_APPS} || DEFAULT;
    my $report = $bench->{report};
    $report->part('growth', sprintf 'Growth: %s apps against %s', commas($many), commas(FEW));
    my %stack;
    for my $build (@{ $bench->{builds} }) {
        for my $number (FEW, $many) {
            $stack{ $build->name }{$number} = fill($build, $number);
        }
    }
    measure($bench, $many, \%stack);
    report_plans($report, $stack{dynmod}{$many}, $many);
    $_->delete for map { values %$_ } values %stack;
    return;
}

# A stack with so many apps.
sub fill {
    my ($build, $number) = @_;
    my $stack = start_dynmod($build, setup => 'lighttpd-fastcgi');
    my $start = time;
    my $name = $build->name;
    load_apps(
        $stack, $number,
        sub {
            my ($done) = @_;
            my $seconds = time - $start;
            printf STDERR "%s  %s: %s of %s apps loaded, %d s, about %d s to go%s",
                -t STDERR ? "\r\e[K" : '', $name, commas($done), commas($number), $seconds,
                $seconds * ($number - $done) / $done, -t STDERR ? '' : "\n";
        }
    );
    print STDERR "\r\e[K" if -t STDERR;
    read_files($stack);
    return $stack;
}

# Reads the whole database once, as memory may have lost what was loaded first: a page that comes
# from the disk takes longer than all else.
sub read_files {
    my ($stack) = @_;
    for my $path (glob $stack->sql('SHOW data_directory', 'superuser') . '/base/*/*') {
        open my $file, '<:raw', $path or next;    # PostgreSQL may have removed it
        1 while sysread $file, my $bytes, 1 << 20;
        close $file;
    }
    return;
}

# Latency of single requests, at one size and at the other.
sub measure {
    my ($bench, $many, $stacks) = @_;
    my (@gets, @posts);
    for my $number (FEW, $many) {
        for my $name (sort keys %$stacks) {
            my $stack = $stacks->{$name}{$number};
            gets($bench, $stack);    # warms up
            posts($bench, $stack);
            push @gets,  "$name $number" => sub { gets($bench, $stack) };
            push @posts, "$name $number" => sub { posts($bench, $stack) };
        }
    }
    my $gets = interleave($bench->{rounds}, @gets);
    my $posts = interleave($bench->{rounds}, @posts);
    my $report = $bench->{report};
    $report->group('Latency of one request at a time, apps chosen at random; lighttpd mod_fastcgi');
    for (['GET', $gets], ['POST', $posts], ['DELETE', $posts]) {
        my ($method, $samples) = @$_;
        my $times = sub { milliseconds($samples->{ $_[0] }, $method, $_[1]) };
        for (['p50', P50_MOST], ['p99', P99_MOST]) {
            my ($rank, $most) = @$_;
            my $few = $times->('dynmod ' . FEW, $rank);
            $report->figure("$method $rank, " . commas(FEW), 'ms', $few,
                base => $times->('base ' . FEW, $rank));
            my $lot = $times->("dynmod $many", $rank);
            $report->figure("$method $rank, " . commas($many), 'ms', $lot,
                against => [ commas(FEW), $few ],
                target  => [ '<=',        $most ],
                base    => $times->("base $many", $rank));
        }
    }
    for my $number (FEW, $many) {
        $report->figure('read from the disk, ' . commas($number),
            'KB/pair', pick($posts->{"dynmod $number"}, 'disk'));
    }
    return;
}

# A member of the client's samples, undef when there are none.
sub milliseconds {
    my ($samples, @path) = @_;
    return $samples ? [ map { $_ / 1000 } @{ pick($samples, @path) } ] : undef;
}

sub gets {
    my ($bench, $stack) = @_;
    my @requests = map { get_text($_) } some_apps($stack, GETS);
    return client($stack->url, "$bench->{seconds}s", write_requests(@requests))->{labels};
}

# Pairs of a POST and the DELETE of what it brought; `disk` is what all processes of the machine
# have read meanwhile, in KB a pair.
sub posts {
    my ($bench, $stack) = @_;
    my $query = '?moduleKey=' . NEW_KEY;
    my @requests = map {
        (
            request_text('POST', 200, 0, 'POST', $_->path, new_module(),
                Authorization => far_token($_, 'POST')),
            request_text('DELETE', 204, 1, 'DELETE', $_->path($query), undef,
                Authorization => far_token($_, 'DELETE', $query)),
        )
    } some_apps($stack, POSTS);
    my $read = read_from_disk();
    my $labels = client($stack->url, "$bench->{seconds}s", write_requests(@requests))->{labels};
    return { %$labels, disk => (read_from_disk() - $read) / $labels->{POST}{count} };
}

# KB since the machine was started.
sub read_from_disk {
    open my $file, '<', '/proc/vmstat' or die "/proc/vmstat: $!\n";
    my ($read) = do { local $/; <$file> } =~ /^pgpgin (\d+)/m;
    return $read;
}

# A body with a definition that no app has had: otherwise the few apps would soon have it in their
# history, where it is not written again, and the many would not.
sub new_module {
    my $modules = modules(NEW_KEY);
    $modules->{webPanels}[0]{weight} = ++$weight;
    return encode_json($modules);
}

# Every kind of request, often enough for plans that are kept, and what PostgreSQL planned for it.
sub report_plans {
    my ($report, $stack, $many) = @_;
    $stack->stop_web;
    log_plans($stack, 1);
    my $log = $stack->fact('postgres_log');
    my $start = -s $log;
    $stack->start_web;
    for my $app (some_apps($stack, REPEATS)) {
        expect($app->get, 200);
        expect($app->register(modules('panel-1')), 400);
        expect($app->register(modules(NEW_KEY, NEW_KEY . '-2')), 200);
        expect($app->remove('moduleKey=' . NEW_KEY), 204);
        expect($app->remove, 204);
    }
    expect($stack->app('unknown', key => 'gone')->get(secret => 'x' x 32), 401);
    open my $file, '<', $log or die "$log: $!\n";
    seek $file, $start, 0;
    my @plans = read_plans(do { local $/; <$file> });
    @plans or die "PostgreSQL has logged no plan\n";
    $report->group('Plans of all statements at ' . commas($many) . ' apps');
    my @growing;
    for my $plan (@plans) {
        $report->note(($plan->{function} ? "in $plan->{function}: " : '') . $plan->{statement});
        $report->note($plan->{plan} =~ s/^/    /gmr);
        push @growing, growing_scans($plan);
    }
    $report->attach(plans => \@plans);
    $report->check('no scan that grows', !@growing, join "\n", @growing);
    return;
}

sub expect {
    my ($response, $status) = @_;
    $response->{status} == $status
        or die "the answer is $response->{status}, not $status: $response->{body}\n";
    return;
}

sub commas {
    my ($number) = @_;
    1 while $number =~ s/^(\d+)(\d{3})/$1,$2/;
    return $number;
}

1;

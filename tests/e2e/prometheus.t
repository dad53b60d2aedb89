#!/usr/bin/perl
# A Prometheus server scrapes the program: its counts agree with what a client sent, and the alerts
# and the dashboard that are shipped ask for what is there.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(end_workers ended start_database stop_database wait_for);
use File::Temp qw(tempdir);
use Http qw(http_request);
use JSON::PP;
use Modules qw(fields);
use Stack;
use Test::More;

my $top = "$Bin/../..";
my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $stack = Stack->start(
    setup   => 'lighttpd-fastcgi',
    options => [ 'metrics_addresses = 127.0.0.1' ],
);
my $port = Stack::free_port();
my $url = "http://127.0.0.1:$port";
my $process;

END { local $?; kill KILL => $process if $process }

sub file_text {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub start_prometheus {
    my ($target) = $stack->url =~ m{//(.*)};
    open my $file, '>', "$directory/prometheus.yml" or die "prometheus.yml: $!\n";
    print {$file} <<"END";
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$top/monitoring/alerts.yml]
scrape_configs:
  - job_name: dynmod
    metrics_path: /rest/dynmod/1/metrics
    static_configs: [{targets: ['$target']}]
END
    close $file or die "prometheus.yml: $!\n";
    $process = fork // die "fork: $!\n";
    if ($process == 0) {
        open STDERR, '>', "$directory/log" or die "log: $!\n";
        exec 'prometheus', "--config.file=$directory/prometheus.yml",
            "--storage.tsdb.path=$directory/data", "--web.listen-address=127.0.0.1:$port"
            or die "prometheus: $!\n";
    }
    wait_for(30, sub { eval { http_request($url, 'GET', '/-/ready')->{status} == 200 } })
        or die "prometheus does not start:\n", file_text("$directory/log");
    return;
}

# What the interface of the server answers.
sub api {
    my ($path) = @_;
    return json_data(http_request($url, 'GET', "/api/v1/$path"))->{data};
}

# The samples of an expression.
sub query {
    my ($expression) = @_;
    my $coded = $expression =~ s/([^A-Za-z0-9_])/sprintf '%%%02X', ord $1/ger;
    my $response = json_data(http_request($url, 'GET', "/api/v1/query?query=$coded"));
    is($response->{status}, 'success', $expression) or diag($response->{error});
    return @{ $response->{data}{result} // [] };
}

sub dashboard {
    return JSON::PP->new->decode(file_text("$top/monitoring/dashboard.json"));
}

# What keeps Grafana from importing a dashboard, or a panel of it from showing anything.
sub dashboard_faults {
    my ($dashboard) = @_;
    my %variable = map { $_->{name} => $_ } @{ $dashboard->{templating}{list} };
    my (@faults, %seen);
    my $check = sub { my ($place, $holds) = @_; push @faults, $place unless $holds };
    my $source = sub {
        my ($place, $of) = map { $_ // {} } @_;
        $check->("datasource of $place", ($of->{type} // '') eq 'prometheus'
            && ($of->{uid} // '') =~ /^\$\{(\w+)\}$/ && ($variable{$1}{type} // '') eq 'datasource');
    };
    $check->($_, ($dashboard->{$_} // '') =~ /^[\w-]{1,40}$/) for qw(uid title);
    $check->('schemaVersion', ($dashboard->{schemaVersion} // 0) >= 36);
    $check->('id', !defined $dashboard->{id});    # that of another Grafana
    for my $panel (@{ $dashboard->{panels} }) {
        my ($name, $place) = ("panel $panel->{id}", $panel->{gridPos});
        $check->("id of $name", $panel->{id} =~ /^\d+$/ && !$seen{ $panel->{id} }++);
        $check->("type of $name", $panel->{type} =~ /^(?:stat|timeseries)$/);
        $check->("title of $name", length $panel->{title});
        $check->("gridPos of $name", 4 == grep { /^\d+$/ } @$place{qw(x y w h)});
        $check->("width of $name", $place->{x} + $place->{w} <= 24);
        $check->("targets of $name", @{ $panel->{targets} });
        $source->($name, $panel->{datasource});
        for my $target (@{ $panel->{targets} }) {
            $source->("a target of $name", $target->{datasource});
            $check->("refId in $name", !$seen{"$name $target->{refId}"}++);
            $check->("\$$_ in $name", $_ eq '__rate_interval' || $variable{$_})
                for $target->{expr} =~ /\$(\w+)/g;
        }
    }
    return @faults;
}

# The expressions in the targets of the dashboard, with what Grafana puts in.
sub dashboard_expressions {
    my $dashboard = dashboard();
    my @expressions = map { $_->{expr} } map { @{ $_->{targets} } } @{ $dashboard->{panels} };
    return map { s/\$__rate_interval/1m/gr =~ s/\$instance/.*/gr } @expressions;
}

sub metrics_in {
    my %names = map { $_ => 1 } map { /\b(dynmod_\w+)/g } @_;
    return sort keys %names;
}

my $app = $stack->install;
my %sent;

sub send_requests {
    for (1 .. 3) {
        $sent{'POST 200'} += $app->register(fields('a'))->{status} == 200;
        $sent{'DELETE 204'} += $app->remove(undef)->{status} == 204;
        $sent{'GET 401'} += $app->get(secret => 'x' x 40)->{status} == 401;
    }
    $sent{'POST 400'} += $app->register({ nonsense => [] })->{status} == 400;
    return;
}

sub count_of {
    my ($method, $status) = @_;
    my $labels = qq({program="dynmod.fcgi",method="$method",status="$status"});
    my ($sample) = @{ api("query?query=dynmod_requests_total$labels")->{result} };
    return $sample && $sample->{value}[1];
}

$stack->install->register(fields('stays'));
my %before = ('POST 200' => 1, 'GET 401' => 1);    # and the answer that the stack has waited for
start_prometheus();
send_requests();
ok(ended(end_workers($stack)), 'all processes end');
wait_for(10, sub { $app->call('HEAD')->{status} == 200 });
send_requests();

subtest 'the counts agree with what the client has sent' => sub {
    for my $kind (sort keys %sent) {
        my $wanted = $sent{$kind} + ($before{$kind} // 0);
        my $count;
        wait_for(10, sub { ($count = count_of(split ' ', $kind) // 0) >= $wanted });
        is($count, $wanted, $kind);
    }
};

subtest 'the alerts' => sub {
    is((Stack::run_command('promtool', 'check', 'rules', "$top/monitoring/alerts.yml"))[0],
        0, 'promtool reads them');
    my @rules = map { @{ $_->{rules} } } @{ api('rules')->{groups} };
    cmp_ok(scalar @rules, '>', 5, 'they are loaded');
    wait_for(10, sub { !grep { $_->{health} ne 'ok' } map { @{ $_->{rules} } } @{ api('rules')->{groups} } });
    for my $rule (map { @{ $_->{rules} } } @{ api('rules')->{groups} }) {
        is($rule->{health}, 'ok', $rule->{name});
    }
    for my $name (metrics_in(map { $_->{query} } @rules)) {
        cmp_ok(scalar query($name), '>', 0, "$name is there");
    }
};

subtest 'the dashboard' => sub {
    is_deeply([ dashboard_faults(dashboard()) ], [], 'is one that Grafana imports');
    my $broken = dashboard();
    $broken->{panels}[0]{datasource}{uid} = 'mine';
    $broken->{panels}[1]{targets}[0]{expr} .= ' + $other';
    is_deeply([ dashboard_faults($broken) ],
        [ "datasource of panel $broken->{panels}[0]{id}", "\$other in panel $broken->{panels}[1]{id}" ],
        'which one with faults is not');
    my @queries = map { $_->{query} } grep { $_->{type} eq 'query' } @{ dashboard()->{templating}{list} };
    for my $query (@queries) {
        my ($name) = $query =~ /^label_values\((\w+), \w+\)$/;
        cmp_ok(scalar query($name // "no metric in $query"), '>', 0, $query);
    }
    sleep 2;    # rates take two samples
    my @expressions = dashboard_expressions();
    cmp_ok(scalar @expressions, '>', 10, 'it asks');
    cmp_ok(scalar query($_), '>', 0, 'something is shown') for @expressions;
    cmp_ok(scalar query($_), '>', 0, "$_ is there") for metrics_in(@expressions);
};

subtest 'a database that is away' => sub {
    stop_database($stack, 'immediate');
    ok(wait_for(20, sub {
        grep { $_->{labels}{alertname} eq 'DynmodDatabaseDown' } @{ api('alerts')->{alerts} };
    }), 'its alert is pending');
    is((map { $_->{value}[1] } query('up{job="dynmod"}'))[0], 1, 'the program is up');
    start_database($stack);
};

subtest 'README names every metric' => sub {
    my $readme = file_text("$top/README.md");
    my %named = map { $_ => 1 } $readme =~ /`(dynmod_[a-z]+_\w+|dynmod_apps|dynmod_modules)`/g;
    my $text = http_request($stack->url, 'GET', '/rest/dynmod/1/metrics')->{body};
    is_deeply([ sort keys %named ], [ sort $text =~ /^# TYPE (\w+)/mg ], 'and no other');
};

no_fault_in_logs($stack);
done_testing();

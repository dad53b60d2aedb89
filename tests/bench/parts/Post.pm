# POST and DELETE, durable: against the same function called by pgbench or by a responder that does
# nothing else, and the function against the least that must happen.
package Post;

use strict;
use warnings;

use Api qw(register_statement remove_statement);
use App;
use Build;
use JSON::PP;
use Least qw(create_least_tables least_script);
use List::Util qw(sum);
use Load qw(client pgbench request_text write_requests);
use Rounds qw(interleave pick);
use Samples qw(module_keys modules modules_for_database modules_text);
use Servers qw(PROCESSES far_token install raise_limit start_dynmod start_responder);
use Stack;

use constant {
    VALIDATIONS => 200,    # in one sample
    NEW_KEY     => 'bench-new',
};

# What is posted, and what the app has before.
my @CASES = (
    { name => '1 module',           posted => 1,   present => 0 },
    { name => '10 modules',         posted => 10,  present => 0 },
    { name => '100 modules',        posted => 100, present => 0 },
    { name => '1 module beside 50', posted => 1,   present => 50 },
);

# run(BENCH)
sub run {
    my ($bench) = @_;
    my $report = $bench->{report};
    $report->part('post', 'POST and DELETE, durable');
    my %stack;
    for my $build (@{ $bench->{builds} }) {
        $stack{ $build->name } = start_dynmod($build, setup => 'lighttpd-fastcgi');
        raise_limit($stack{ $build->name });
    }
    my $floor = start_floor($stack{dynmod});
    my @measured = map { prepare($_, \%stack) } @CASES;
    create_least_tables($stack{dynmod});
    http($bench, $measured[0], $_, $stack{$_}) for keys %stack;    # warms up
    http($bench, $measured[0], 'floor', $floor);
    measure($bench, $_, \%stack, $floor) for @measured;
    measure_without_disk($bench, \@measured, $stack{dynmod});
    measure_validation($bench);
    $_->delete for $floor, values %stack;
    return;
}

# The responder that calls the functions of this stack's database: what a server must cost that
# checks nothing.
sub start_floor {
    my ($stack) = @_;
    my $floor = start_responder(
        'BENCH_DATABASE=' . $stack->fact('web_conninfo'),
        'BENCH_REGISTER=' . register_statement($stack, '$1', '$2'),
        'BENCH_REMOVE=' . remove_statement($stack, '$1', '$2'),
    );
    $floor->start_web(setup => 'lighttpd-fastcgi');
    return $floor;
}

# One app for each connection, on every stack. Gives the case with what its measurements need.
sub prepare {
    my ($case, $stacks) = @_;
    my %case = (%$case, prefix => "bench-$case->{posted}-$case->{present}-");
    my @present = module_keys($case{present});
    my @posted = $case{present} ? NEW_KEY : module_keys($case{posted});
    $case{key} = NEW_KEY if $case{present};
    for my $name (keys %$stacks) {
        my $stack = $stacks->{$name};
        my $modules = @present ? modules(@present) : undef;
        my @apps = map { install($stack, $case{prefix} . $_, $modules) } 0 .. PROCESSES - 1;
        my $ids = $stack->sql(
            "SELECT min(id), max(id) FROM dynmod.app WHERE app_key LIKE '$case{prefix}%'");
        my ($first, $last) = split /\|/, $ids;
        die "the apps have no numbers in a row\n" if $last - $first != PROCESSES - 1;
        $case{first_id}{$name} = $first;
        $case{requests}{$name} = [ map { app_requests($_, \%case, @posted) } @apps ];
        $case{requests}{floor} = [ map { floor_requests($_, \%case, @posted) } @apps ]
            if $name eq 'dynmod';
    }
    $case{variables} = {
        modules         => modules_for_database(@posted),
        document        => modules_text(@present, @posted),
        document_before => @present ? modules_text(@present) : '{}',
    };
    return \%case;
}

# The file of one connection's requests: a POST and the DELETE that makes it possible again.
sub app_requests {
    my ($app, $case, @keys) = @_;
    my $query = $case->{key} ? "?moduleKey=$case->{key}" : '';
    return write_requests(
        request_text('POST', 200, 0, 'POST', $app->path, modules_text(@keys),
            Authorization => far_token($app, 'POST')),
        request_text('DELETE', 204, 1, 'DELETE', $app->path($query), undef,
            Authorization => far_token($app, 'DELETE', $query)),
    );
}

# The same for the responder.
sub floor_requests {
    my ($app, $case, @keys) = @_;
    my @app = ('X-Bench-App' => $app->key);
    my @keys_header = $case->{key} ? ('X-Bench-Keys' => "{$case->{key}}") : ();
    return write_requests(
        request_text('POST', 200, 0, 'POST', $app->path, modules_for_database(@keys), @app),
        request_text('DELETE', 204, 1, 'DELETE', $app->path, undef, @app, @keys_header),
    );
}

# One case: HTTP, the function, the least.
sub measure {
    my ($bench, $case, $stacks, $floor) = @_;
    my @names = map { $_->name } @{ $bench->{builds} };
    my $samples = interleave(
        $bench->{rounds},
        least => sub { least($bench, $case, $stacks->{dynmod}) },
        floor => sub { http($bench, $case, 'floor', $floor) },
        map { contenders($bench, $case, $_, $stacks->{$_}) } @names,
    );
    $bench->{report}->group(
        "$case->{name}; lighttpd mod_fastcgi, @{[PROCESSES]} connections and processes");
    report_method($bench->{report}, $case->{name}, $samples, $_) for qw(POST DELETE);
    return;
}

# What is measured of one build.
sub contenders {
    my ($bench, $case, $name, $stack) = @_;
    return (
        "function $name" => sub { function($bench, $case, $name, $stack) },
        "http $name"     => sub { http($bench, $case, $name, $stack) },
    );
}

# The rows of one method.
sub report_method {
    my ($report, $name, $samples, $method) = @_;
    my %times = map { $_ => pick($samples->{$_}, $method) } keys %$samples;
    my %rates = map { $_ => rates($times{$_}) } keys %times;
    $report->figure("$method, least", 'ms', $times{least});
    $report->figure("$method, function", 'ms', $times{'function dynmod'},
        against => [ 'least', $times{least} ],
        target  => [ '<=',    1.6 ],
        base    => $times{'function base'});
    $report->figure("$method, function", '/s', $rates{'function dynmod'});
    $report->figure("$method, floor", '/s', $rates{floor},
        against => [ 'function', $rates{'function dynmod'} ]);
    $report->figure("$method, dynmod", '/s', $rates{'http dynmod'},
        against => [ 'function', $rates{'function dynmod'} ],
        target  => [ '>=',       0.80 ],
        base    => $rates{'http base'});
    $report->figure("$method, dynmod", '/s', $rates{'http dynmod'},
        against => [ 'floor', $rates{floor} ]);
    return;
}

# How many a second all connections together do of what takes so many milliseconds.
sub rates {
    my ($times) = @_;
    return [ map { PROCESSES * 1000 / $_ } @$times ];
}

# Milliseconds of POST and DELETE through the web server.
sub http {
    my ($bench, $case, $name, $stack) = @_;
    my $result = client($stack->url, "$bench->{seconds}s", @{ $case->{requests}{$name} });
    return { map { $_ => $result->{labels}{$_}{mean} / 1000 } qw(POST DELETE) };
}

# Milliseconds of the functions, called by pgbench. OPTIONS as for pgbench().
sub function {
    my ($bench, $case, $name, $stack, %options) = @_;
    my $app = "'$case->{prefix}' || :client_id::text";
    my $script = join "\n", '\set app_id :first_id + :client_id',
        register_statement($stack, $app, ':modules'),
        remove_statement($stack, $app, $case->{key} ? "'{$case->{key}}'" : 'NULL'), '';
    my @lines = pgbench($stack, $bench->{seconds}, PROCESSES, $script,
        variables => { %{ $case->{variables} }, first_id => $case->{first_id}{$name} }, %options);
    my %times;
    for (@lines) {
        my ($time, $text) = @$_;
        $times{POST} = $time if $text =~ /register_modules/;
        $times{DELETE} = $time if $text =~ /remove_modules/;
    }
    return \%times;
}

# Milliseconds of the least, by pgbench: the sum of the lines of each half.
sub least {
    my ($bench, $case, $stack, %options) = @_;
    my $script = "\\set app_id :first_id + :client_id\n" . least_script($case->{key});
    my @times = map { $_->[0] } pgbench($stack, $bench->{seconds}, PROCESSES, $script,
        variables => { %{ $case->{variables} }, first_id => $case->{first_id}{dynmod} }, %options);
    shift @times;    # \set
    my $half = @times / 2;
    return { POST => sum(@times[ 0 .. $half - 1 ]), DELETE => sum(@times[ $half .. $#times ]) };
}

# The function and the least again, when commits do not wait for the disk: what the processor does.
sub measure_without_disk {
    my ($bench, $cases, $stack) = @_;
    my @options = (settings => '-c synchronous_commit=off');
    $bench->{report}->group('The same without waiting for the disk (synchronous_commit off)');
    for my $case (@$cases) {
        my $samples = interleave(
            $bench->{rounds},
            least    => sub { least($bench, $case, $stack, @options) },
            function => sub { function($bench, $case, 'dynmod', $stack, @options) },
        );
        my %times = map { $_ => pick($samples->{$_}, 'POST') } keys %$samples;
        $bench->{report}->figure("least, $case->{name}", 'ms', $times{least});
        $bench->{report}->figure("function, $case->{name}", 'ms', $times{function},
            against => [ 'least', $times{least} ]);
    }
    return;
}

# What the check of the modules costs, as a part of a POST.
sub measure_validation {
    my ($bench) = @_;
    $bench->{report}->group('Validation alone');
    for my $number (1, 10, 100) {
        my $file = write_requests(modules_text(module_keys($number)));
        my $samples = interleave($bench->{rounds}, check => sub {
            Stack::checked(Build::directory() . '/validation', $file, VALIDATIONS) / 1000;
        });
        $bench->{report}->figure("check, $number modules", 'ms', $samples->{check});
    }
    return;
}

1;

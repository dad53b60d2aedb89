#!/usr/bin/perl
# `make bench-profile`: where the microseconds of one GET and of one POST go, as Markdown tables.
#
# One request at a time, one process, lighttpd mod_fastcgi, ten modules. Each table says how its
# figures were found. They are also written to profile.md below build/bench.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../lib";

BEGIN { $ENV{TMPDIR} //= '/var/tmp' }

use Build;
use Cpu qw(cpu_times has_perf);
use Inside qw(INSIDE_SETTINGS functions_inside reset_inside statements_inside);
use List::Util qw(sum0);
use Load qw(client get_text request_text write_requests);
use Processes qw(processes_of);
use Rounds qw(interleave median);
use Samples qw(module_keys modules modules_text);
use Servers qw(far_token floor_variables install keep_answers start_dynmod start_responder);

use constant {
    MODULES => 10,
    GETS    => 5000,
    PAIRS   => 300,    # of a POST and a DELETE
    SETUP   => 'lighttpd-fastcgi',
};

my $rounds = $ENV{ROUNDS} || 5;
my $text = '';
my %cost = (GET => {}, POST => {});    # what the summary is made of, in microseconds

sub put {
    my ($line) = @_;
    print "$line\n";
    $text .= "$line\n";
    return;
}

# put_table(TITLE, HEADINGS, ROW...)
sub put_table {
    my ($title, $headings, @rows) = @_;
    put('');
    put($title);
    put('');
    put('| ' . join(' | ', @$_) . ' |')
        for $headings, [ map { '---' } @$headings ], @rows;
    return;
}

sub microseconds {
    my ($time) = @_;
    return sprintf '%.1f', $time;
}

# An app with modules, and one to register and remove them; files of their requests.
sub prepare {
    my ($stack) = @_;
    my %app = (
        get  => install($stack, 'bench-get', modules(module_keys(MODULES))),
        post => install($stack, 'bench-post'),
    );
    my $post = $app{post};
    return {
        app  => $app{get},
        GET  => write_requests(get_text($app{get})),
        POST => write_requests(
            request_text('POST', 200, 0, 'POST', $post->path,
                modules_text(module_keys(MODULES)), Authorization => far_token($post, 'POST')),
            request_text('DELETE', 204, 1, 'DELETE', $post->path, undef,
                Authorization => far_token($post, 'DELETE')),
        ),
    };
}

# Median microseconds through a stack of one GET, or of one POST and one DELETE.
sub latency {
    my ($stack, $files, $method) = @_;
    my $labels = client($stack->url, requests($method), $files->{$method})->{labels};
    return sum0(map { $_->{p50} } values %$labels);
}

# How many requests are sent to find a median.
sub requests {
    my ($method) = @_;
    return $method eq 'GET' ? GETS : 2 * PAIRS;
}

sub what {
    my ($method) = @_;
    return $method eq 'GET' ? 'one GET' : 'one POST and one DELETE';
}

# With an answer that costs nothing, with one query, with dynmod.
sub profile_latency {
    my ($stack, $files) = @_;
    my $null = start_responder('BENCH_ANSWERS=' . keep_answers($files->{app}));
    my $floor = start_responder(floor_variables($stack));
    $_->start_web(setup => SETUP) for $null, $floor;
    latency($_, $files, 'GET') for $null, $floor, $stack;    # warms up
    my $samples = interleave(
        $rounds,
        null   => sub { latency($null,  $files, 'GET') },
        floor  => sub { latency($floor, $files, 'GET') },
        dynmod => sub { latency($stack, $files, 'GET') },
    );
    $_->delete for $null, $floor;
    my %time = map { $_ => median($samples->{$_}) } keys %$samples;
    put_table(
        'One GET as the client sees it: median times, also of responders without dynmod.',
        [ 'part', 'µs' ],
        [ 'client, loopback, lighttpd, libfcgi', microseconds($time{null}) ],
        [ 'libpq, one prepared read in PostgreSQL', microseconds($time{floor} - $time{null}) ],
        [ 'what dynmod does beyond that', microseconds($time{dynmod} - $time{floor}) ],
        [ '**all**', microseconds($time{dynmod}) ],
    );
    return;
}

# A POST and a DELETE when the commit waits for the disk, and when it does not.
sub profile_commit {
    my ($stack, $files) = @_;
    my $samples = interleave(
        $rounds,
        map {
            my $setting = $_;
            $setting => sub {
                set_commit($stack, $setting);
                latency($stack, $files, 'POST');
                return latency($stack, $files, 'POST');
            }
        } 'on', 'off'
    );
    set_commit($stack, 'on');
    $cost{POST}{commit} = median($samples->{on}) - median($samples->{off});
    return;
}

# The setting counts from the program's next connection on.
sub set_commit {
    my ($stack, $setting) = @_;
    $stack->sql("ALTER ROLE stack_web SET synchronous_commit = $setting", 'superuser');
    $stack->sql(
        q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stack_web'},
        'superuser');
    return;
}

# Processor time of the web server, the program and the server process of PostgreSQL.
sub profile_cpu {
    my ($stack, $files, $method) = @_;
    if (!has_perf()) {
        put("\nProcessor time is not measured: it needs root and perf.");
        return;
    }
    latency($stack, $files, $method);
    my ($backend) = split /\n/, $stack->sql(
        q{SELECT pid FROM pg_stat_activity WHERE usename = 'stack_web'}, 'superuser');
    my ($web) = do {
        open my $file, '<', $stack->fact('web_pid_file') or die "the web server's process: $!\n";
        <$file> =~ /(\d+)/;
    };
    my ($program) = processes_of($stack->fact('web_program'));
    my $all;    # of the run without perf
    my $times = cpu_times([ $web, $program, $backend ], sub {
        my $result = client($stack->url, requests($method), $files->{$method});
        $all //= sum0(map { $_->{mean} } values %{ $result->{labels} });
    });
    $cost{$method}{all} = $all;
    my $number = $method eq 'GET' ? GETS : PAIRS;
    my @rows;
    for ([ lighttpd => $web ], [ 'dynmod.fcgi' => $program ], [ postgres => $backend ]) {
        my ($name, $pid) = @$_;
        my %parts = map { $_ => $times->{$pid}{$_} / $number } keys %{ $times->{$pid} };
        $cost{$method}{$name} = \%parts;
        push @rows, [ "**$name**", '', microseconds(sum0(values %parts)) ];
        push @rows, map { [ '', $_, microseconds($parts{$_}) ] }
            sort { $parts{$b} <=> $parts{$a} } grep { $parts{$_} >= 1 } keys %parts;
    }
    put_table('Processor time of ' . what($method) . ', by process and library.',
        [ 'process', 'library', 'µs' ], @rows);
    return;
}

# What PostgreSQL says of itself.
sub profile_inside {
    my ($stack, $files, $method) = @_;
    my $number = $method eq 'GET' ? GETS : PAIRS;
    my $what = what($method);
    latency($stack, $files, $method);
    reset_inside($stack);
    client($stack->url, requests($method), $files->{$method});
    my @functions = functions_inside($stack, $number);
    my @statements = statements_inside($stack, $number);
    $cost{$method}{planning} = sum0(map { $_->{plan} } @statements);
    $cost{$method}{execution} = sum0(map { $_->{run} } grep { $_->{outer} } @statements);
    $cost{$method}{triggers} = sum0(map { $_->{total} } grep { $_->{trigger} } @functions);
    put_table(
        "Statements of $what within PostgreSQL, by pg_stat_statements; bold ones are sent by the "
            . 'program and hold the others.',
        [ 'statement', 'calls', 'planning µs', 'execution µs' ],
        map { [ $_->{outer} ? "**$_->{text}**" : $_->{text}, @$_{qw(calls plan run)} ] } @statements
    );
    put_table(
        "Functions of $what, triggers as well, by pg_stat_user_functions.",
        [ 'function', 'calls', 'all µs', 'own µs' ],
        map { [ @$_{qw(name calls total self)} ] } @functions
    );
    return;
}

# Everything in one table.
sub put_summary {
    my @kinds = @cost{qw(GET POST)};
    return if !defined $cost{GET}{all};
    my $row = sub {
        my ($name, $find) = @_;
        return [ $name, map { microseconds($find->($_)) } @kinds ];
    };
    my @parts = map {
        my ($name, $process, $pattern) = @$_;
        $row->($name, sub { part($_[0], $process, $pattern) });
    } (
        [ 'web server',                       'lighttpd',    qr/./ ],
        [ 'program',                          'dynmod.fcgi', qr/^(?!libfcgi$|libpq$|kernel$)/ ],
        [ 'libfcgi',                          'dynmod.fcgi', qr/^libfcgi$/ ],
        [ 'libpq',                            'dynmod.fcgi', qr/^libpq$/ ],
        [ "the program's system calls",       'dynmod.fcgi', qr/^kernel$/ ],
        [ 'PostgreSQL, its system calls too', 'postgres',    qr/./ ],
    );
    put_table(
        'All in one: processor time; what PostgreSQL counts of its own, which makes it slower; the '
            . 'wait for the disk; and what is left of the mean time that the client sees.',
        [ 'part', 'GET, µs', 'POST and DELETE, µs' ],
        @parts,
        $row->('– of that planning', sub { $_[0]{planning} }),
        $row->('– executing, triggers too', sub { $_[0]{execution} - $_[0]{planning} }),
        $row->('– – in triggers', sub { $_[0]{triggers} }),
        $row->('waiting for the disk at the commits', sub { $_[0]{commit} // 0 }),
        $row->('client, loopback, one process waking another', \&rest),
        $row->('**all that the client sees**', sub { $_[0]{all} }),
    );
    return;
}

# The processor time of a process in the libraries whose names match.
sub part {
    my ($cost, $process, $pattern) = @_;
    my $parts = $cost->{$process};
    return sum0(map { $parts->{$_} } grep { /$pattern/ } keys %$parts);
}

sub rest {
    my ($cost) = @_;
    return $cost->{all} - ($cost->{commit} // 0)
        - sum0(map { part($cost, $_, qr/./) } qw(lighttpd dynmod.fcgi postgres));
}

put('Commit ' . Build->head->commit . '.');
my $stack = start_dynmod(Build->head, setup => SETUP, processes => 1);
my $files = prepare($stack);
profile_latency($stack, $files);
profile_commit($stack, $files);
profile_cpu($stack, $files, $_) for qw(GET POST);
$stack->delete;
$stack =
    start_dynmod(Build->head, setup => SETUP, processes => 1, postgres => INSIDE_SETTINGS);
$files = prepare($stack);
profile_inside($stack, $files, $_) for qw(GET POST);
put_summary();
$stack->delete;

my $path = Build::directory() . '/profile.md';
open my $out, '>', $path or die "$path: $!\n";
print {$out} $text;
close $out or die "$path: $!\n";
print "\nThe tables are in $path\n";

# The processor time that processes take, as the kernel counts it, divided by the libraries they
# spend it in, as perf samples them.
package Cpu;

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use List::Util qw(sum);
use POSIX qw();
use Stack;

our @EXPORT_OK = qw(cpu_times has_perf);

use constant PERIOD => 200_000;    # nanoseconds of running time between two samples

# Whether perf is here and may look into the program, which only root may.
sub has_perf {
    my ($status) = Stack::run_command('perf', '--version');
    return $status == 0 && $< == 0;
}

# cpu_times(PIDS, CODE)
# Calls the code twice, without perf and with it. Gives {PID => {LIBRARY => microseconds}} of the
# first time; the system's own part is called kernel.
sub cpu_times {
    my ($pids, $code) = @_;
    my %before = map { $_ => running_time($_) } @$pids;
    $code->();
    my %total = map { $_ => running_time($_) - $before{$_} } @$pids;
    my $samples = samples($pids, $code);
    my %times;
    for my $pid (@$pids) {
        my $parts = $samples->{$pid} or die "perf has seen nothing of process $pid\n";
        my $all = sum(values %$parts);
        $times{$pid} = { map { $_ => $total{$pid} * $parts->{$_} / $all } keys %$parts };
    }
    return \%times;
}

# The microseconds that a process of one thread has run.
sub running_time {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/schedstat" or die "/proc/$pid/schedstat: $!\n";
    my ($nanoseconds) = split ' ', <$file>;
    return $nanoseconds / 1000;
}

# How often perf finds each process in each library while the code runs.
sub samples {
    my ($pids, $code) = @_;
    my $file = tempdir('dynmod-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1) . '/perf.data';
    my $perf = fork // die "fork: $!\n";
    if ($perf == 0) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        my @options = ('-c', PERIOD, '-o', $file, '-p', join(',', @$pids));
        exec(qw(perf record -e cpu-clock), @options) or POSIX::_exit(127);
    }
    sleep 1;    # perf looks for the threads first
    my $done = eval { $code->(); 1 };
    my $problem = $@;
    kill INT => $perf;
    waitpid $perf, 0;
    die $problem if !$done;
    my %samples;
    my $text = Stack::checked(qw(perf script -F), 'pid,ip,sym,dso', '-i', $file);
    for (split /\n/, $text) {
        my ($pid, $library) = /^\s*(\d+)\s.*\(([^()]*)\)$/ or next;
        $samples{$pid}{ library_name($library) }++;
    }
    return \%samples;
}

sub library_name {
    my ($path) = @_;
    return 'kernel' if $path =~ /^\[(?!vdso)/;
    my $name = basename($path);
    $name =~ s/(-[\d.]+)?\.so.*//;
    $name =~ s/^perf-\d+\.map$/compiled patterns/;    # of PCRE2, from no file
    return $name;
}

1;

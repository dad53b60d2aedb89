# The processor time that processes take, divided by the libraries they spend it in, from samples
# that perf takes.
package Cpu;

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use POSIX qw();
use Stack;

our @EXPORT_OK = qw(cpu_times has_perf);

use constant FREQUENCY => 4999;    # samples a second of running time

# Whether perf is here and may look into the program, which only root may.
sub has_perf {
    my ($status) = Stack::run_command('perf', '--version');
    return $status == 0 && $< == 0;
}

# cpu_times(PIDS, CODE)
# Calls the code, and gives {PID => {LIBRARY => microseconds}} of that time; the system's own part
# is called kernel.
sub cpu_times {
    my ($pids, $code) = @_;
    my $file = tempdir('dynmod-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1) . '/perf.data';
    my $perf = fork // die "fork: $!\n";
    if ($perf == 0) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        my @options = ('-F', FREQUENCY, '-o', $file, '-p', join(',', @$pids));
        exec(qw(perf record -e cpu-clock), @options) or POSIX::_exit(127);
    }
    sleep 1;    # perf looks for the threads first
    my $done = eval { $code->(); 1 };
    my $problem = $@;
    kill INT => $perf;
    waitpid $perf, 0;
    die $problem if !$done;
    my %times;
    my $text = Stack::checked(qw(perf script -F), 'pid,ip,sym,dso', '-i', $file);
    for (split /\n/, $text) {
        my ($pid, $library) = /^\s*(\d+)\s.*\(([^()]*)\)$/ or next;
        $library = $library =~ /^\[(?!vdso)/ ? 'kernel' : basename($library);
        $library =~ s/(-[\d.]+)?\.so.*//;
        $library =~ s/^perf-\d+\.map$/compiled patterns/;    # of PCRE2, from no file
        $times{$pid}{$library} += 1e6 / FREQUENCY;
    }
    return \%times;
}

1;

# Processes beside the stacks: starts them as the user of the web server, and says what memory they
# take.
package Processes;

use strict;
use warnings;

use Exporter qw(import);
use Faults qw(as_user);
use POSIX qw();

our @EXPORT_OK = qw(end_process memory_of processes_of start_process);

my %running;
my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        end_process($_) for keys %running;
        $? = $status;
    }
}

# start_process(USER, DIRECTORY, VARIABLES, COMMAND...)
# Starts a command there with these variables and gives its process id. It ends with this program at
# the latest.
sub start_process {
    my ($user, $directory, $variables, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        %ENV = (PATH => $ENV{PATH}, LANG => 'C.UTF-8', %$variables);
        chdir $directory or die "$directory: $!\n";
        exec(as_user($user, @command)) or POSIX::_exit(127);
    }
    $running{$pid} = 1;
    return $pid;
}

sub end_process {
    my ($pid) = @_;
    delete $running{$pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

# processes_of(PROGRAM)
# The ids of the processes that execute this file.
sub processes_of {
    my ($program) = @_;
    my @found;
    for my $link (glob '/proc/[0-9]*/exe') {
        my $file = readlink $link // next;
        push @found, $link =~ /(\d+)/ if $file eq $program;
    }
    return @found;
}

# memory_of(PID)
# The proportional set size in MiB: what a process has for itself and its part of what it shares;
# undef when only root may know.
sub memory_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/smaps_rollup" or return undef;
    my ($kilobytes) = do { local $/; <$file> // '' } =~ /^Pss:\s+(\d+) kB/m or return undef;
    return $kilobytes / 1024;
}

1;

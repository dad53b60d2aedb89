# On what a measurement ran.
package Machine;

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(uname);
use Stack;

our @EXPORT_OK = qw(machine_facts);

# machine_facts()
# Processor, cores, memory, kernel, programs, and the file system that commits are written to.
sub machine_facts {
    my $cpu = file_text('/proc/cpuinfo');
    my ($memory) = file_text('/proc/meminfo') =~ /^MemTotal:\s+(\d+)/m;
    my ($model) = $cpu =~ /^model name\s*:\s*(.*)$/m;
    my @cores = $cpu =~ /^processor\s*:/mg;
    return {
        processor  => $model // 'unknown',
        cores      => scalar @cores,
        memory_mib => int($memory / 1024),
        kernel     => (uname)[2],
        load       => (split ' ', file_text('/proc/loadavg'))[0] + 0,
        filesystem => command_line('stat', '-f', '-c', '%T', $ENV{TMPDIR}),
        postgresql => newest_postgresql(),
        lighttpd   => command_line('lighttpd', '-v'),
        apache     => command_line('apache2', '-v'),
    };
}

sub file_text {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

# The first line that a command prints.
sub command_line {
    my @command = @_;
    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
    my (undef, $printed) = Stack::run_command(@command);
    my ($line) = split /\n/, $printed;
    return $line // 'unknown';
}

sub newest_postgresql {
    my @versions = map { m{/(\d+)/bin} } glob '/usr/lib/postgresql/*/bin/postgres';
    my ($newest) = sort { $b <=> $a } @versions;
    return command_line("/usr/lib/postgresql/$newest/bin/postgres", '--version');
}

1;

# PgBouncer in transaction mode between the web program and the database of a stack.
package PgBouncer;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Faults qw(as_user wait_for);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);

our @EXPORT_OK = qw(start_pgbouncer stop_pgbouncer);

use constant PORT => 6432;    # a part of the socket's name, nothing listens on TCP

my $top = abs_path(dirname(__FILE__) . '/../..');
my $running;    # its process
my @command;    # and what starts it
my $socket;
my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        stop_pgbouncer('TERM') if $running;
        $? = $status;
    }
}

# start_pgbouncer(STACK, CONNECTIONS)
# Starts it, the only one, with a pool of so many connections, until the end of this program, and
# gives the connection string for the web program.
sub start_pgbouncer {
    my ($stack, $connections) = @_;
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my %target = $stack->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
    my $user = $stack->fact('web_user');
    chown +(getpwnam $user)[ 2, 3 ], $directory or die "chown: $!\n";
    chmod 0755, $directory or die "chmod: $!\n";
    open my $file, '>', "$directory/pgbouncer.ini" or die "pgbouncer.ini: $!\n";
    print {$file} <<"INI";
[databases]
dynmod = host=$target{host} dbname=$target{dbname} user=$target{user}
[pgbouncer]
auth_type = any
listen_addr =
listen_port = @{[PORT]}
unix_socket_dir = $directory
default_pool_size = $connections
@{[advice()]}
logfile = $directory/pgbouncer.log
INI
    close $file or die "pgbouncer.ini: $!\n";
    @command = as_user($user, '/usr/sbin/pgbouncer', '--quiet', "$directory/pgbouncer.ini");
    $socket = "$directory/.s.PGSQL.@{[PORT]}";
    run_pgbouncer();
    return "host=$directory port=@{[PORT]} dbname=dynmod user=$target{user}";
}

# The settings that README advises.
sub advice {
    open my $file, '<', "$top/README.md" or die "README.md: $!\n";
    my $readme = do { local $/; <$file> };
    my @settings = $readme =~ /`((?:pool_mode|server_login_retry) = \w+)`/g;
    @settings == 2 or die "README does not say how to set up PgBouncer\n";
    return join "\n", @settings;
}

sub run_pgbouncer {
    $running = fork // die "fork: $!\n";
    if ($running == 0) {
        open STDERR, '>', '/dev/null';
        exec @command or die "pgbouncer: $!\n";
    }
    wait_for(10, sub { -S $socket }) or die "PgBouncer does not start\n";
    return;
}

# stop_pgbouncer(SIGNAL)
# Ends it by this signal. Returns code that starts it again.
sub stop_pgbouncer {
    my ($signal) = @_;
    kill $signal => $running;
    waitpid $running, 0;
    undef $running;
    unlink $socket;    # which is left by a killed one
    return \&run_pgbouncer;
}

1;

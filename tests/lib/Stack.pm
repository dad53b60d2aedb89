# A private PostgreSQL and web server with the program under test, started by dev/stack.sh, and
# what an operator does with them.
package Stack;

use strict;
use warnings;

use Admin;
use App;
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Glob qw(:bsd_glob);    # glob that takes a path with spaces as one
use File::Spec::Functions qw(rel2abs);
use File::Temp qw(tempdir tempfile);
use IO::Socket::INET;
use JSON::PP;
use Modules qw(descriptor);
use Socket qw(AF_UNIX SOCK_DGRAM pack_sockaddr_un);
use Time::HiRes qw(sleep time);

# Below the ports that the kernel assigns to clients.
use constant { FIRST_PORT => 18200, LAST_PORT => 18399 };

my $top = abs_path(dirname(__FILE__) . '/../..');
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @running;
my @claims;    # of ports

# All processes are stopped, however the test ends; a forked child of the test stops none.
my $owner = $$;
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

END {
    if ($$ == $owner) {
        my $status = $?;
        for my $stack (splice @running) {
            eval { $stack->delete; 1 } or warn $@;
        }
        $? = $status;
    }
}

# Stack->start(%options)
# Starts a stack of its own in a new directory. Options:
#   setup     name of the web server's set-up; without it only PostgreSQL is started
#   top       directory of the checkout whose stack is started, this one by default
#   build     directory of the programs, "build" in this checkout by default
#   options   lines for dynmod.conf
#   env       NAME=VALUE for the environment of the program
#   postgres  lines for PostgreSQL's configuration
#   database  a database for the program other than the stack's own
sub start {
    my ($class, %options) = @_;
    my $build = abs_path(rel2abs($options{build} // 'build', $top)) // croak 'there is no build';
    my $state = tempdir('dynmod-XXXXXX', TMPDIR => 1);
    chmod 0755, $state or die "chmod $state: $!\n";    # the servers have their own users
    # Data of a test need not survive a crash of the machine.
    $options{postgres} = [ 'fsync = off', @{ $options{postgres} // [] } ];
    my $self = bless { %options, build => $build, state => $state, apps => 0, secrets => [] },
        $class;
    push @running, $self;
    $self->start_web;
    return $self;
}

# start_web(%options)
# Starts PostgreSQL if it is not running, and the web server; options as for start(), in addition to
# those passed to it.
sub start_web {
    my ($self, %options) = @_;
    %$self = (%$self, %options);
    my @arguments = ('--build', $self->{build});
    push @arguments, '--setup', $self->{setup}, '--port', free_port() if $self->{setup};
    push @arguments, '--database', $self->{database} if $self->{database};
    push @arguments, map { ('--option', $_) } @{ $self->{options} // [] };
    push @arguments, map { ('--env', $_) } @{ $self->{env} // [] };
    push @arguments, map { ('--postgres', $_) } @{ $self->{postgres} // [] };
    my $facts = $self->control('start', @arguments);
    $self->{facts} = { $facts =~ /^(\w+)=(.*)$/mg };
    $self->add_sites if $self->{setup};
    return;
}

# Sites with and without a context path, as the shipped set-ups serve them.
sub add_sites {
    my ($self) = @_;
    my $url = $self->url;
    $self->sql("INSERT INTO dynmod.site (name, base_url)
                VALUES ('default', '$url'), ('jira', '$url/jira')
                ON CONFLICT (name) DO UPDATE SET base_url = excluded.base_url");
    return;
}

# A port on which nobody listens, and that no other test is given before this process ends: a server
# that is started again finds it free. The name of a socket in memory stands for it.
sub free_port {
    my $count = LAST_PORT - FIRST_PORT + 1;
    my $first = int rand $count;
    for my $step (0 .. $count - 1) {
        my $port = FIRST_PORT + ($first + $step) % $count;
        socket my $claim, AF_UNIX, SOCK_DGRAM, 0 or die "socket: $!\n";
        next if !bind $claim, pack_sockaddr_un("\0dynmod-test-port-$port");
        next if !IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1);
        push @claims, $claim;
        return $port;
    }
    die "no port is free\n";
}

# run_command(COMMAND, ARGUMENT...)
# Runs a command and returns (exit status, what it printed, what it printed as errors).
sub run_command {
    my @command = @_;
    my ($errors, $path) = tempfile(UNLINK => 1);
    my $pid = open(my $output, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        open STDERR, '>', $path or die "$path: $!\n";
        open STDIN, '<', '/dev/null' or die "/dev/null: $!\n";
        exec @command or print STDERR "$command[0]: $!\n";
        require POSIX;
        POSIX::_exit(127);
    }
    my $printed = do { local $/; <$output> } // '';
    close $output;
    my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    my $said = do { local $/; <$errors> } // '';
    unlink $path;    # a forked process may end without doing so
    return ($status, $printed, $said);
}

# The same, but dies unless the command succeeds, and returns what it printed.
sub checked {
    my @command = @_;
    my ($status, $printed, $said) = run_command(@command);
    $status == 0 or croak "@command: status $status\n$printed$said";
    return $printed;
}

# control(COMMAND, ARGUMENT...)
# Runs dev/stack.sh for this stack.
sub control {
    my ($self, $command, @arguments) = @_;
    my $stack = ($self->{top} // $top) . '/dev/stack.sh';
    return checked($stack, $command, '--state', $self->{state}, @arguments);
}

# fact(NAME)
# What dev/stack.sh has reported about the stack.
sub fact {
    my ($self, $name) = @_;
    return $self->{facts}{$name} // croak "dev/stack.sh does not report $name";
}

sub url {
    my ($self) = @_;
    return $self->fact('url');
}

# Stops the web server of the stack; PostgreSQL keeps running.
sub stop_web {
    my ($self) = @_;
    $self->control('stop', '--setup', $self->{setup});
    return;
}

# Stops everything and deletes the directory.
sub delete {
    my ($self) = @_;
    @running = grep { $_ != $self } @running;
    $self->control('delete');
    return;
}

# sql(STATEMENT, [ROLE])
# What psql prints; as admin, the operator's role, unless ROLE is owner or superuser.
sub sql {
    my ($self, $statement, $role) = @_;
    # Debian's psql is a slow script around this one.
    my $printed = checked(
        $self->fact('postgres_programs') . '/psql',
        '-XAtq', '-v', 'ON_ERROR_STOP=1',
        '-d', $self->fact(($role // 'admin') . '_conninfo'),
        '-c', $statement,
    );
    chomp $printed;
    return $printed;
}

# ctl(ARGUMENT...)
# What `dynmodctl --json` prints, decoded.
sub ctl {
    my ($self, @arguments) = @_;
    my $printed = checked($self->ctl_command('--json', @arguments));
    return $printed =~ /\S/ ? $json->decode($printed) : undef;
}

# run_ctl(ARGUMENT...)
# Runs `dynmodctl`, which may fail, and returns the same as run_command().
sub run_ctl {
    my ($self, @arguments) = @_;
    return run_command($self->ctl_command(@arguments));
}

sub ctl_command {
    my ($self, @arguments) = @_;
    return ("$self->{build}/dynmodctl", '--config', $self->fact('config'), @arguments);
}

# install(%options)
# Installs an app and returns it as an App. Options: key (a new one by default), site, and members
# of the descriptor such as scopes and modules.
sub install {
    my ($self, %options) = @_;
    my $site = delete $options{site} // 'default';
    my $key = delete $options{key} // sprintf 'com.example.app-%d', ++$self->{apps};
    my ($file, $path) = tempfile('descriptor-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} $json->encode(descriptor($key, %options));
    close $file or die "$path: $!\n";
    my $installed = $self->ctl('app', 'install', $path, '--site', $site);
    unlink $path;
    $self->note_secrets($installed->{sharedSecret});
    return App->new(
        stack        => $self,
        key          => $installed->{key},
        secret       => $installed->{sharedSecret},
        site         => $site,
        context_path => $site eq 'default' ? '' : "/$site",
    );
}

# app(NAME, %options)
# An app that several cases share; it is installed by the first call.
sub app {
    my ($self, $name, %options) = @_;
    return $self->{shared}{$name} //= $self->install(%options);
}

# admin(%options)
# An administrator, who is added by the first call with this name. Options: name, site whose
# resources are asked, loopback_only.
sub admin {
    my ($self, %options) = @_;
    my $name = $options{name} // 'operator';
    my $site = $options{site} // 'default';
    $self->{passwords}{$name} //= $self->add_admin($name, $options{loopback_only});
    return Admin->new(
        stack        => $self,
        name         => $name,
        password     => $self->{passwords}{$name},
        context_path => $site eq 'default' ? '' : "/$site",
    );
}

sub add_admin {
    my ($self, $name, $loopback_only) = @_;
    my $added = $self->ctl('admin', 'add', $name, $loopback_only ? '--loopback-only' : ());
    $self->note_secrets($added->{password});
    return $added->{password};
}

# The secrets of all apps installed so far, and the passwords of administrators.
sub secrets {
    my ($self) = @_;
    return @{ $self->{secrets} };
}

sub note_secrets {
    my ($self, @secrets) = @_;
    push @{ $self->{secrets} }, @secrets;
    return;
}

# log_text([MARK])
# What web server and program have logged since MARK, which log_mark() has returned.
sub log_text {
    my ($self, $mark) = @_;
    my $text = '';
    for my $path (glob $self->fact('web_log_directory') . '/*') {
        open my $file, '<:raw', $path or next;
        seek $file, $mark->{$path} // 0, 0;
        local $/;
        $text .= <$file> // '';
    }
    return $text;
}

sub log_mark {
    my ($self) = @_;
    return { map { $_ => -s $_ // 0 } glob $self->fact('web_log_directory') . '/*' };
}

# log_shows(MARK, PATTERN)
# Waits a moment for a match in the log, and returns whether there is one.
sub log_shows {
    my ($self, $mark, $pattern) = @_;
    my $end = time + 5;
    until ($self->log_text($mark) =~ $pattern) {
        return 0 if time > $end;
        sleep 0.02;
    }
    return 1;
}

1;

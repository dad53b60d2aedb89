# A second PostgreSQL, the streaming standby of a stack's own.
package Standby;

use strict;
use warnings;

use Exporter qw(import);
use Faults qw(as_user wait_for);
use File::Temp qw(tempdir);
use Stack;

our @EXPORT_OK = qw(start_standby);

my @running;
my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        $_->stop for splice @running;
        $? = $status;
    }
}

# start_standby(STACK)
# Copies the database of a stack that was started with max_wal_senders, and follows it from then on,
# until the end of this program.
sub start_standby {
    my ($stack) = @_;
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { stack => $stack, directory => $directory }, __PACKAGE__;
    chown +(getpwnam $stack->fact('postgres_user'))[ 2, 3 ], $directory or die "chown: $!\n";
    chmod 0755, $directory or die "chmod: $!\n";
    open my $file, '>>', $stack->fact('postgres_data') . '/pg_hba.conf' or die "pg_hba.conf: $!\n";
    print {$file} "local replication postgres peer map=stack\n";
    close $file or die "pg_hba.conf: $!\n";
    $stack->sql('SELECT pg_reload_conf()', 'superuser');
    my ($socket) = $stack->fact('superuser_conninfo') =~ /host=(\S+)/;
    $self->run('pg_basebackup', '--write-recovery-conf', '--checkpoint=fast', '--no-sync',
        '-d', "host=$socket user=postgres", '-D', "$directory/data");
    $self->start;
    return $self;
}

sub start {
    my ($self) = @_;
    $self->control('start', '-o', "-c unix_socket_directories=$self->{directory}");
    push @running, $self;
    return;
}

sub run {
    my ($self, $program, @arguments) = @_;
    my $stack = $self->{stack};
    return Stack::checked(as_user($stack->fact('postgres_user'),
        $stack->fact('postgres_programs') . "/$program", @arguments));
}

sub control {
    my ($self, @arguments) = @_;
    return $self->run('pg_ctl', @arguments, '--wait', '--silent',
        "--pgdata=$self->{directory}/data", "--log=$self->{directory}/log");
}

sub stop {
    my ($self) = @_;
    @running = grep { $_ != $self } @running;
    $self->control('stop', '--mode=immediate');
    return;
}

# A connection string for the web program that finds whichever of the two takes writes. The standby
# comes first, so that being refused there is the way of every connection.
sub web_conninfo {
    my ($self) = @_;
    my %web = $self->{stack}->fact('web_conninfo') =~ /(\w+)=(\S+)/g;
    return "host=$self->{directory},$web{host} dbname=$web{dbname} user=$web{user} "
        . 'target_session_attrs=read-write';
}

# Lets no commit on the primary be reported before the standby has it.
sub make_synchronous {
    my ($self) = @_;
    my $stack = $self->{stack};
    $stack->sql($_, 'superuser')
        for q{ALTER SYSTEM SET synchronous_standby_names = '*'}, 'SELECT pg_reload_conf()';
    wait_for(10, sub { $stack->sql('SELECT sync_state FROM pg_stat_replication', 'superuser')
        eq 'sync' }) or die "the standby does not become synchronous\n";
    return;
}

sub promote {
    my ($self) = @_;
    $self->control('promote');
    return;
}

# From now on it is the database that the stack's sql() asks.
sub take_over {
    my ($self) = @_;
    my $facts = $self->{stack}{facts};
    s/host=\S+/host=$self->{directory}/ for @$facts{ grep { /_conninfo$/ } keys %$facts };
    return;
}

# What psql prints, as a superuser; undef when it fails.
sub sql {
    my ($self, $statement) = @_;
    my $printed = eval {
        Stack::checked($self->{stack}->fact('postgres_programs') . '/psql', '-XAtq',
            '-d', "host=$self->{directory} dbname=dynmod user=postgres", '-c', $statement);
    };
    return $printed =~ s/\n\z//r if defined $printed;
    return;
}

1;

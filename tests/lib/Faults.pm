# Outside faults that tests cause: a database that goes away or is busy, signals to the program's
# processes, clients that do not finish.
package Faults;

use strict;
use warnings;

use Exporter qw(import);
use Http qw(http_connect http_head);
use IPC::Open2 qw(open2);
use JSON::PP;
use Time::HiRes qw(sleep time);

our @EXPORT_OK =
    qw(as_user end_workers ended kill_backends kill_database lock_app open_request processes_of
    promote_database recover_database restart_database start_database stop_database wait_for
    while_slow);

# as_user(USER, COMMAND, ARGUMENT...)
# The command that runs another as USER, for a starter who is this user or root.
sub as_user {
    my ($user, @command) = @_;
    return @command if $user eq getpwuid $<;
    return ('setpriv', "--reuid=$user", '--regid=' . (getpwnam $user)[3],
        '--init-groups', '--', @command);
}

# wait_for(SECONDS, CODE)
# Calls the code until it returns a true value, which is returned, or false after that time.
sub wait_for {
    my ($seconds, $code) = @_;
    my $end = time + $seconds;
    my $result;
    until ($result = $code->()) {
        return if time > $end;
        sleep 0.02;
    }
    return $result;
}

# restart_database(STACK, MODE), stop_database(STACK, MODE), start_database(STACK)
# MODE is fast or immediate.

sub restart_database {
    my ($stack, $mode) = @_;
    return database_control($stack, 'restart', "--mode=$mode",
        '--log=' . $stack->fact('postgres_log'));
}

sub stop_database {
    my ($stack, $mode) = @_;
    return database_control($stack, 'stop', "--mode=$mode");
}

sub start_database {
    my ($stack) = @_;
    return database_control($stack, 'start', '--log=' . $stack->fact('postgres_log'));
}

# recover_database(STACK, SIGNAL, SETTING...)
# Stops it and starts it with these settings as one that recovers. If SIGNAL is standby, it does so
# until it is promoted; if it is recovery, as after the loss of a disk, until it has read all there
# is, which this does not wait for.
sub recover_database {
    my ($stack, $signal, @settings) = @_;
    stop_database($stack, 'fast');
    Stack::checked(as_user($stack->fact('postgres_user'),
        'touch', $stack->fact('postgres_data') . "/$signal.signal"));
    return database_control($stack, 'start', $signal eq 'standby' ? '--wait' : '--no-wait',
        '--log=' . $stack->fact('postgres_log'), '-o', join ' ', map { "-c $_" } @settings);
}

# promote_database(STACK)
# Has a standby become a primary.
sub promote_database {
    my ($stack) = @_;
    return database_control($stack, 'promote');
}

# kill_database(STACK)
# Kills the main process, whose server processes end when they notice.
sub kill_database {
    my ($stack) = @_;
    open my $file, '<', $stack->fact('postgres_pid_file') or die "no process id: $!\n";
    chomp(my $pid = <$file>);
    kill KILL => $pid or die "cannot kill PostgreSQL: $!\n";
    return;
}

sub database_control {
    my ($stack, $command, @options) = @_;
    Stack::checked(as_user($stack->fact('postgres_user'),
        $stack->fact('postgres_programs') . '/pg_ctl', $command, '--wait', '--silent', @options,
        '--pgdata=' . $stack->fact('postgres_data')));
    return;
}

# kill_backends(STACK)
# Kills the program's server processes with signal 9, whereupon PostgreSQL restarts itself, and
# waits until it is back. Returns how many there were.
sub kill_backends {
    my ($stack) = @_;
    my $who = $stack->sql(q{SELECT string_agg(pid::text, ' ') FROM pg_catalog.pg_stat_activity
        WHERE usename = 'stack_web'});
    my $count = kill KILL => split ' ', $who;
    wait_for(30, sub { eval { $stack->sql('SELECT 1') } }) or die "PostgreSQL did not come back\n";
    return $count;
}

# processes_of(PROGRAM)
# The process ids of the running programs, by their command lines: the program lets only root see
# which file it executes.
sub processes_of {
    my ($program) = @_;
    my @found;
    for my $path (glob '/proc/[0-9]*/cmdline') {
        open my $file, '<:raw', $path or next;
        my ($first) = split /\0/, <$file> // '';
        push @found, $path =~ /(\d+)/ if ($first // '') eq $program;
    }
    return @found;
}

sub workers {
    my ($stack) = @_;
    return processes_of($stack->fact('web_program'));
}

# end_workers(STACK)
# Asks all of them to end and returns their process ids.
sub end_workers {
    my ($stack) = @_;
    my @workers = workers($stack) or die "no process of the program runs\n";
    kill TERM => @workers;
    return @workers;
}

# ended(PID...)
# Whether these processes end within a few seconds, and with them their sockets, which they still
# have when their command lines are gone. The web server may take longer to notice; until then they
# are zombies.
sub ended {
    my @pids = @_;
    return wait_for(5, sub { !grep { is_running($_) } @pids });
}

sub is_running {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/stat" or return 0;
    return (<$file> // '') !~ /\) [ZX] /;
}

# lock_app(APP)
# Holds a lock on the app, as someone else's long transaction would. Returns code that releases it.
sub lock_app {
    my ($app) = @_;
    my $stack = $app->{stack};
    my $pid = open2(my $answers, my $session, $stack->fact('postgres_programs') . '/psql',
        '-XAtq', '-d', $stack->fact('admin_conninfo'));
    print {$session} sprintf
        "BEGIN; SELECT 'locked' FROM dynmod.app WHERE app_key = '%s' FOR UPDATE;\n", $app->key;
    $session->flush;
    my $answer = <$answers> // '';
    $answer eq "locked\n" or die "cannot lock the app: $answer\n";
    return sub {
        close $session;    # which ends psql and the transaction with it
        close $answers;
        waitpid $pid, 0;
    };
}

# while_slow(STACK, SECONDS, CODE)
# Calls the code; meanwhile each registration keeps the database busy for so many seconds.
sub while_slow {
    my ($stack, $seconds, $code) = @_;
    $stack->sql(<<"SQL", 'owner');
CREATE FUNCTION dynmod.sleep_for_test() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_catalog.pg_sleep($seconds); RETURN NULL; END';
CREATE TRIGGER sleep_for_test BEFORE INSERT ON dynmod.module
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.sleep_for_test();
SQL
    $code->();
    $stack->sql('DROP FUNCTION dynmod.sleep_for_test CASCADE', 'owner');
    return;
}

# open_request(APP, MODULES, BYTES)
# Begins to register modules: sends the head and this many bytes of the body. Returns the socket and
# what is left to send.
sub open_request {
    my ($app, $modules, $bytes) = @_;
    my $body = JSON::PP->new->encode($modules);
    my $socket = http_connect($app->{stack}->url);
    $socket->autoflush(1);
    print {$socket} http_head($app->{stack}->url, 'POST', $app->path,
        'Authorization'  => 'JWT ' . $app->token('POST', $app->path),
        'Content-Type'   => 'application/json',
        'Content-Length' => length $body), substr $body, 0, $bytes;
    return ($socket, length $body > $bytes ? substr $body, $bytes : '');
}

1;

#!/usr/bin/perl
# The units of systemd: it accepts them, and what they start serves Apache on the socket that they
# are given. No systemd runs: the test does what it would do, by what the units say.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use FastCgi qw(fcgi_answer fcgi_begin fcgi_input);
use Faults qw(as_user end_workers wait_for);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

# The units as `make install` puts them elsewhere, so that the commands in them exist.
my $target = tempdir(CLEANUP => 1);
chmod 0755, $target or die "chmod $target: $!\n";
Stack::checked('make', '-s', '-C', "$Bin/../..", 'install', "PREFIX=$target/usr",
    "SYSCONFDIR=$target/etc", 'CONF_GROUP=');
my $folder = "$target/usr/lib/systemd/system";
my @services = qw(dynmod@1 dynmod-admin@1 dynmod-callbacks dynmod-history);

my $stack = Stack->start(setup => 'apache-proxy');
my %process;    # by instance: what start_process() has started

END {
    kill 'KILL', values %process;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    return do { local $/; <$file> };
}

# setting(UNIT, NAME)
# The values of a setting in a unit: the last one, or all.
sub setting {
    my ($unit, $name) = @_;
    my @values = read_file("$folder/" . $unit =~ s/\@\d/@/r) =~ /^\Q$name\E=(.*)$/mg;
    return wantarray ? @values : $values[-1];
}

# command(SERVICE, CONFIG)
# The command of a service with the variables that it sets, and with another configuration.
sub command {
    my ($service, $config) = @_;
    my %variable = map { split /=/, $_, 2 } setting($service, 'Environment');
    my $command = setting($service, 'ExecStart') =~ s/\$\{(\w+)\}/$variable{$1}/gr;
    return split / /, $command =~ s{--config \Q$target\E/etc/dynmod/dynmod\.conf}{--config $config}r;
}

# listen_for(UNIT)
# The socket of a unit, in the stack's own folder instead of /run/dynmod.
sub listen_for {
    my ($unit) = @_;
    my ($name) = setting($unit, 'ListenStream') =~ m{^/run/dynmod/([^/]+)\z};
    my $path = $stack->fact('web_pid_file') =~ s{[^/]+\z}{$name}r;
    unlink $path;
    my $socket = IO::Socket::UNIX->new(Local => $path, Listen => 128) or die "$path: $!\n";
    my $user = $stack->fact('web_user');
    chown +(getpwnam $user)[ 2, 3 ], $path;
    chmod oct setting($unit, 'SocketMode'), $path or die "$path: $!\n";
    return ($socket, $path);
}

# start_process(SERVICE, SOCKET)
# What systemd does for a service with StandardInput=socket.
sub start_process {
    my ($service, $socket) = @_;
    is(setting($service, 'StandardInput'), 'socket', "$service gets its socket as FastCGI wants it");
    my @command = as_user($stack->fact('web_user'), command($service, $stack->fact('web_config')));
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN, '<&', $socket or die "socket: $!\n";
        open STDERR, '>>', $stack->fact('web_log_directory') . '/journal' or die "journal: $!\n";
        exec @command or die "$command[0]: $!\n";
    }
    $process{$service} = $pid;
    return;
}

# stop_process(SERVICE)
# Sends SIGTERM; stopped(SERVICE) waits until the process has ended, and returns its status.
sub stop_process {
    my ($service) = @_;
    kill 'TERM', $process{$service};
    return;
}

sub stopped {
    my ($service) = @_;
    my $pid = delete $process{$service};
    return wait_for(10, sub { waitpid($pid, WNOHANG) == $pid }) ? $? : 'it runs';
}

subtest 'systemd accepts the units' => sub {
    local $ENV{SYSTEMD_UNIT_PATH} = "$folder:";
    opendir my $entries, $folder or die "$folder: $!\n";
    my @units = map { s/\@\./\@1./r } grep { /^dynmod/ } readdir $entries;
    is(scalar @units, 8, 'eight units');
    my ($status, @said) = Stack::run_command('systemd-analyze', 'verify', '--man=no', @units);
    is(join(q{}, $status, @said), 0, 'systemd-analyze verify');
    for my $service (@services) {
        # In tenths; 96 is that of a service without any of the settings.
        ($status, @said) = Stack::run_command('systemd-analyze', 'security', '--no-pager',
            '--offline=yes', '--threshold=20', "$folder/" . $service =~ s/\@1/@/r . '.service');
        is($status, 0, "$service is hardened") or diag(@said);
    }
};

subtest 'users and folders of the units' => sub {
    my $users = read_file("$target/usr/lib/sysusers.d/dynmod.conf");
    for my $service (@services) {
        my $user = setting("$service.service", 'User');
        like($users, qr/^u \Q$user\E .*^m \Q$user\E +dynmod-web$/ms, "$user reads dynmod.conf");
    }
    for my $name (qw(dynmod dynmod-admin)) {
        is(setting("$name.socket", 'SocketUser'), setting("$name\@1.service", 'User'),
            "$name owns its socket");
        is(setting("$name\@1.service", 'Sockets'), "$name.socket", 'and is given it');
        my ($path) = read_file("$target/etc/apache2/conf-available/dynmod-proxy.conf")
            =~ m{SOCKET "(\S+/$name\.sock)"$}m;
        is(setting("$name.socket", 'ListenStream'), $path, 'where dynmod-proxy.conf expects it');
    }
};

my $app = $stack->install;
end_workers($stack);
my ($socket, $path) = listen_for('dynmod.socket');

subtest 'a request that comes before the first process' => sub {
    my $first = setting('dynmod.socket', 'Service');
    is($first, 'dynmod@1.service', 'the socket starts a process');
    my $connection = fcgi_begin($path, 0, $app->parameters('GET'));
    fcgi_input($connection, '');
    start_process($first, $socket);
    is(fcgi_answer($connection)->{status}, 200, 'is answered by it');
    is($app->get->{status}, 200, 'and so is a request to Apache');
};

subtest 'a second process shares the socket' => sub {
    my $busy = fcgi_begin($path, 0, $app->parameters('GET'));    # waits for the end of the body
    sleep 0.3;
    start_process('dynmod@2.service', $socket);
    is($app->get->{status}, 200, 'and answers while the first one is busy');
    stop_process('dynmod@1.service');
    sleep 0.3;
    fcgi_input($busy, '');
    is(fcgi_answer($busy)->{status}, 200, 'SIGTERM does not cut a request off');
    is(stopped('dynmod@1.service'), 0, 'after which the process ends');
    is($app->get->{status}, 200, 'and the other one serves');
};

subtest 'a restart of the last process' => sub {
    stop_process('dynmod@2.service');
    is(stopped('dynmod@2.service'), 0, 'it ends');
    my $connection = fcgi_begin($path, 0, $app->parameters('GET'));
    fcgi_input($connection, '');
    start_process('dynmod@2.service', $socket);
    is(fcgi_answer($connection)->{status}, 200, 'a request of meanwhile is answered');
};

subtest 'the admin program' => sub {
    my ($admin_socket, $admin_path) = listen_for('dynmod-admin.socket');
    my $service = setting('dynmod-admin.socket', 'Service');
    my $target_uri = '/rest/dynmod/1';
    my $connection =
        fcgi_begin($admin_path, 0, $app->parameters('GET', REQUEST_URI => $target_uri));
    fcgi_input($connection, '');
    start_process($service, $admin_socket);
    my $answer = fcgi_answer($connection);
    is($answer->{status}, 404, 'it answers');
    like($answer->{body}, qr/There is no such resource/, 'by itself');
    stop_process($service);
    is(stopped($service), 0, 'and ends at SIGTERM');
};

subtest 'what the timers start' => sub {
    my %said = (
        'dynmod-callbacks' => qr/^made 0 calls, 0 failed$/,
        'dynmod-history'   => qr/^deleted 0 rows of history$/,
    );
    for my $name (sort keys %said) {
        ok(scalar(() = setting("$name.timer", 'OnCalendar')), "$name.timer knows when");
        my ($status, $printed, $errors) = Stack::run_command(command("$name.service", $stack->fact('config')));
        is($status, 0, "$name.service") or diag($errors);
        like($printed . $errors, $said{$name}, 'says what it has done');
    }
};

done_testing();

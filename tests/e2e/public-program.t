#!/usr/bin/perl
# The program that serves the apps' own resource calls nobody: it has no HTTP client and connects to
# nothing but the database.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Cgi qw(cgi_run cgi_variables);
use FastCgi qw(fcgi_answer fcgi_begin fcgi_input);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Modules qw(fields);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-cgi', options => [HOST_OPTIONS]);
my $program = $stack->fact('web_program');
my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $is_root = $> == 0;

# What a program asks the linker for by itself.
sub libraries {
    my ($file) = @_;
    return Stack::checked('readelf', '--dynamic', $file) =~ /\(NEEDED\).*\[(.*)\]/g;
}

subtest 'libraries' => sub {
    my @needed = libraries($program);
    cmp_ok(scalar(grep { /^libpq\./ } @needed), '==', 1, 'it has the database client');
    is_deeply([ grep { /curl|libcrypt\./ } @needed ], [], 'it calls nobody and hashes no password');
    is_deeply([ grep { /curl/ } Stack::checked('ldd', $program) =~ /^\s*(\S+)/mg ],
        [], 'nor do its libraries have an HTTP client');
    my @admin = grep { /curl|libcrypt\./ } libraries($stack->fact('web_admin_program'));
    is(scalar @admin, 2, 'while the admin program does both');
};

# traced(APP, METHOD, BODY)
# Runs the program as a CGI server would, for a request of an app, and returns what it has printed
# and its system calls. It is traced from its start on: later it cannot be, and even so strace can
# read its memory only as root.
sub traced {
    my ($app, $method, $body) = @_;
    my %variables = cgi_variables($stack, $method, $app->path, $body,
        HTTP_AUTHORIZATION => 'JWT ' . $app->token($method, $app->path));
    my @strace = ('/usr/bin/strace', '-f', '-e', 'trace=%network,%process');
    push @strace, '-u', $stack->fact('web_user') if $is_root;
    my $printed = cgi_run(\%variables, $body, @strace, '-o', "$directory/calls", $program);
    open my $calls, '<', "$directory/calls" or die "calls: $!\n";
    return ($printed, map { s/^\d+ +//r } <$calls>);
}

my $app = $stack->install;
my $socket = ($stack->fact('web_conninfo') =~ /host=(\S+)/)[0] . '/.s.PGSQL.5432';
my %requests = (
    GET  => [ '',                                      qr/^Status: 200 .*\r\n\r\n\{\}$/s ],
    POST => [ JSON::PP->new->encode(fields('a', 'b')), qr/^Status: 200 /m ],
);
for my $method (sort keys %requests) {
    subtest "system calls of a $method" => sub {
        my ($body, $wanted) = @{ $requests{$method} };
        my ($printed, @calls) = traced($app, $method, $body);
        like($printed, $wanted, 'it answers');
        is_deeply([ grep { /^socket\(/ && !/AF_UNIX/ } @calls ], [], 'it has local sockets only');
        # The name service asks for a cache that is not there.
        my @connections = grep { /^connect\(/ && !/ENOENT/ } @calls;
        is(scalar @connections, 1, 'it makes one connection');
    SKIP: {
            skip 'strace cannot read the address unless it is root', 1 unless $is_root;
            like($connections[0], qr/AF_UNIX.*"\Q$socket\E"/, 'to the database');
        }
        my @started = grep { /^(?:clone|clone3|fork|vfork|execve|execveat)\(/ } @calls;
        is(scalar @started, 1, 'it starts no other process') or diag(@started);
    };
}
is_listed($app, fields('a', 'b'), 'the modules');

# The sockets that a traced command has got with the numbers 0 to 2, and how many others.
sub sockets_of {
    my ($file) = @_;
    open my $calls, '<', $file or die "$file: $!\n";
    my @numbers = map { /socket\(.*= (\d+)$/ } <$calls>;
    return ([ grep { $_ <= 2 } @numbers ], scalar grep { $_ > 2 } @numbers);
}

sub strace_to {
    my ($file, $user) = @_;
    my @user = $is_root && $user ? ('-u', $user) : ();
    return ('/usr/bin/strace', '-D', '-f', '-e', 'trace=socket', @user, '-o', $file);
}

subtest 'descriptors that are closed at the start' => sub {
    my %variables = cgi_variables($stack, 'GET', $app->path, '',
        HTTP_AUTHORIZATION => 'JWT ' . $app->token('GET', $app->path));
    my %keys = (%variables, REQUEST_URI => '/rest/dynmod/1/keys/x');
    my $user = $stack->fact('web_user');
    my %programs = (
        'the web program'   => [ $user, \%variables, $program ],
        'the admin program' => [ $user, \%keys,      $stack->fact('web_admin_program') ],
        'the tool'          => [ undef, {},          $stack->ctl_command('site', 'list') ],
    );
    for my $name (sort keys %programs) {
        my ($starter, $environment, @command) = @{ $programs{$name} };
        my $file = "$directory/closed";
        cgi_run($environment, '', strace_to($file, $starter), '/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh',
            @command);
        my ($low, $others) = sockets_of($file);
        is_deeply($low, [], "$name: no connection takes their place");
        cmp_ok($others, '>', 0, "$name: there are some");
    }
};

subtest 'the same with FastCGI, whose socket is descriptor 0' => sub {
    my ($path, $file) = ("$directory/socket", "$directory/closed");
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$path: $!\n";
    my $process = fork // die "fork: $!\n";
    if ($process == 0) {
        $ENV{DYNMOD_CONFIG} = $stack->fact('web_config');
        open STDIN, '<&', $listener or die "$path: $!\n";
        exec strace_to($file, $stack->fact('web_user')),
            '/bin/sh', '-c', 'exec "$0" >&- 2>&-', $program
            or die "strace: $!\n";
    }
    my $connection = fcgi_begin($path, 0,
        REQUEST_METHOD     => 'GET',
        REQUEST_URI        => $app->path,
        HTTP_AUTHORIZATION => 'JWT ' . $app->token('GET', $app->path));
    fcgi_input($connection, '');
    is(fcgi_answer($connection)->{status}, 200, 'it answers');
    kill TERM => $process;
    waitpid $process, 0;
    is($?, 0, 'and ends when it is asked to');
    my ($low, $others) = sockets_of($file);
    is_deeply($low, [], 'no connection takes the place of the others');
    cmp_ok($others, '>', 0, 'there are some');
};

no_fault_in_logs($stack);
done_testing();

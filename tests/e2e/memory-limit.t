#!/usr/bin/perl
# The web programs have a limit of memory. Who runs into it ends at once, with nothing stored, rather
# than go on with half of the data; the web server starts another process.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Cgi qw(cgi_variables);
use Faults qw(as_user processes_of wait_for);
use File::Temp qw(tempfile);
use JSON::PP;
use Modules qw(field);
use Stack;
use Test::More;

use constant {
    KIB      => 1024,
    MIB      => 1024 * 1024,
    ENOUGH   => 16,            # MiB for what is asked here
    ABORTED  => 128 + 6,
    BODY     => 1048576,       # max_body_bytes
    RESPONSE => 256,           # MiB, LIMIT_RESPONSE
};

my $stack = Stack->start(setup => 'lighttpd-fastcgi');
my $app = $stack->install;
my $modules = { jiraIssueFields =>
        [ map { field("n$_", text => 'x' x 10_000, numbers => [ 1 .. 500 ]) } 1 .. 60 ] };
my $body = JSON::PP->new->encode($modules);

sub value_of {
    my ($path, $pattern) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    my ($value) = do { local $/; <$file> } =~ $pattern or die "$path has no $pattern\n";
    return $value;
}

# Runs the program as a CGI server would, with so many MiB. Returns its status and what it prints.
sub run_with {
    my ($size) = @_;
    my ($file, $path) = tempfile('body-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} $body;
    close $file or die "$path: $!\n";
    chmod 0644, $path;
    my %variables = cgi_variables($stack, 'POST', $app->path, $body,
        HTTP_AUTHORIZATION => 'JWT ' . $app->token('POST', $app->path));
    my @program = (
        'env', '-i', (map { "$_=$variables{$_}" } sort keys %variables),
        $stack->fact('web_program')
    );
    my ($status, $printed) = Stack::run_command(
        'sh', '-c', 'ulimit -v "$1"; exec <"$2"; shift 2; exec "$@"',
        'sh', $size * KIB, $path, as_user($stack->fact('web_user'), @program)
    );
    return ($status, $printed);
}

my $first;    # MiB with which the program starts

subtest 'the limit' => sub {
    is($app->get->{status}, 200, 'GET');
    my $wanted = 128 * MIB + 4 * RESPONSE * MIB + 64 * BODY;
    my ($process) = grep { value_of("/proc/$_/limits", qr/^Max address space +(\S+)/m) eq $wanted }
        processes_of($stack->fact('web_program'));
    ok($process, 'the process that has answered has it');
    $first = int(value_of("/proc/$process/status", qr/^VmPeak:\s+(\d+)/m) / KIB);
    cmp_ok($first, '<', 32, 'and needs little of it');
};

subtest 'running into it' => sub {
    my %count = (aborted => 0, done => 0);
    for my $size ($first + 1 .. $first + ENOUGH) {
        my ($status, $printed) = run_with($size);
        if ($status == ABORTED) {
            is($printed, '', "$size MiB: no answer");
            is_deeply(json_data($app->get), {}, "$size MiB: nothing is stored");
            $count{aborted}++;
        } else {
            like($printed, qr/^Status: 200 /, "$size MiB: done");
            is_deeply(json_data($app->get), $modules, "$size MiB: all is stored");
            $count{done}++;
            $app->remove(undef);
        }
    }
    cmp_ok($count{$_}, '>', 2, "some are $_") for sort keys %count;
};

no_fault_in_logs($stack);

subtest 'in the web server' => sub {
    $stack->start_web;
    is($app->get->{status}, 200, 'before');
    my $bytes = ($first + 1) * MIB;
    my @old = processes_of($stack->fact('web_program'));
    Stack::checked(as_user($stack->fact('web_user'), 'prlimit', "--pid=$_", "--as=$bytes:"))
        for @old;
    my $mark = $stack->log_mark;
    like($app->register($modules)->{status}, qr/^50[0-3]$/, 'a process that runs into it');
    ok($stack->log_shows($mark, qr/dynmod: out of memory/), 'says so');
    ok(wait_for(10, sub { @old == processes_of($stack->fact('web_program')) }),
        'another takes its place');
    is_listed($app, {}, 'and nothing is stored');
};

done_testing();

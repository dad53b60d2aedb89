#!/usr/bin/perl
# On shared hosting the programs lie in the document root. Whatever the server can run, it hands out
# none of the files.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Faults qw(as_user wait_for);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Http qw(http_request);
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'apache-htaccess-cgi');
my $documents = $stack->fact('web_program') =~ s{/[^/]+$}{}r;
my @beside = qw(dynmod.conf dynmod.fcgi~ dynmod.cgi.old dynmod-admin.fcgi.2 .htaccess.bak);
copy($stack->fact('web_program'), "$documents/$_") or die "$_: $!\n" for @beside;
copy('README.md', "$documents/page.txt") or die "page.txt: $!\n";
chmod 0644, map { "$documents/$_" } @beside, 'page.txt';

# Apache with other modules than the stack has, in place of the line that loads mod_cgid. Returns its
# URL and its process.
sub start_apache {
    my ($modules) = @_;
    my $user = $stack->fact('web_user');
    my $directory = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $port = Stack::free_port();
    chmod 0755, $directory;
    mkdir "$directory/run";
    chown +(getpwnam $user)[ 2, 3 ], "$directory/run";
    open my $old, '<', "$documents/../server.conf" or die "server.conf: $!\n";
    my $text = do { local $/; <$old> };
    $text =~ s/^Define STACK_CGID$/$modules/m or die "no line loads mod_cgid\n";
    $text =~ s/^SetEnv /FcgidInitialEnv /m if $modules =~ /FCGID/;
    $text =~ s{^(Define STACK_RUN) .*$}{$1 "$directory/run"}m;
    $text =~ s{^(Define STACK_PORT) .*$}{$1 $port}m;
    open my $new, '>', "$directory/server.conf" or die "server.conf: $!\n";
    print {$new} $text;
    close $new or die "server.conf: $!\n";
    my $process = fork // die "fork: $!\n";
    exec as_user($user, '/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', "$directory/server.conf")
        or die "apache2: $!\n"
        if $process == 0;
    my $url = "http://127.0.0.1:$port";
    wait_for(10, sub { eval { http_request($url, 'GET', '/page.txt') } })
        or die "Apache does not start\n";
    return ($url, $process);
}

sub hands_out_nothing {
    my ($url, @run) = @_;
    my %run = map { $_ => 1 } @run;
    is(http_request($url, 'GET', '/page.txt')->{status}, 200, 'it serves other files');
    my @programs = map { ("dynmod.$_", "dynmod-admin.$_") } qw(fcgi cgi);
    for my $name (@programs, '.htaccess', @beside) {
        for my $target ("/$name", "/$name?x=y") {
            my $response = http_request($url, 'GET', $target);
            is($response->{status}, $run{$name} ? 404 : 403, $target);
            unlike($response->{body}, qr/\x7fELF|FilesMatch/, "$target: not the file");
        }
    }
    unlike(http_request($url, 'GET', "/$_/x")->{body}, qr/\x7fELF/, "/$_/x") for @programs;
    return;
}

my %servers = (
    'mod_fcgid' => [ 'Define STACK_FCGID', qw(dynmod.fcgi dynmod-admin.fcgi) ],
    'neither'   => [''],
);
subtest 'mod_cgid' => sub { hands_out_nothing($stack->url, qw(dynmod.cgi dynmod-admin.cgi)) };
for my $name (sort keys %servers) {
    my ($modules, @run) = @{ $servers{$name} };
    my ($url, $process) = start_apache($modules);
    subtest $name => sub { hands_out_nothing($url, @run) };
    kill TERM => $process;
    waitpid $process, 0;
}

done_testing();

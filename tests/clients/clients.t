#!/usr/bin/perl
# The client libraries that apps use, from npm, against a running stack.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use JSON::PP;
use Npm qw(install_packages node_program);
use Stack;
use Test::More;

# Gives the results of a script as ours.
sub run_script {
    my ($script) = @_;
    my ($status, $printed, $said) = Stack::run_command(node_program(), "$Bin/$script");
    my ($plan) = $printed =~ /^1\.\.(\d+)$/m;
    my $count = 0;
    for (split /\n/, $printed) {
        if (/^(not )?ok \d+ - (.*)/) {
            $count++;
            ok(!$1, $2);
        } elsif (/^# (.*)/) {
            diag($1);
        }
    }
    is($status, 0, "$script ends well") or diag($said);
    is($count, $plan, "$script has run to its end") or diag($said);
    return;
}

install_packages();
my $stack = Stack->start(setup => 'apache-fcgid');
my @sites = map {
    my $app = $stack->install(key => 'com.example.client', site => $_);
    {
        baseUrl => $stack->url . $app->{context_path},
        key => $app->key,
        clientKey => "client-key-of-$_",
        sharedSecret => $app->secret
    };
} qw(default jira);
$ENV{DYNMOD_SITES} = JSON::PP->new->encode(\@sites);

for my $script (qw(jira-js.mjs express.mjs)) {
    subtest $script => sub { run_script($script) };
}
no_fault_in_logs($stack);
done_testing();

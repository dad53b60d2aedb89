#!/usr/bin/perl
# The client libraries that apps use, from npm, against a running stack.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use JSON::PP;
use Stack;
use Test::More;

my $node = (grep { -x } map { "$_/node" } split /:/, $ENV{PATH})[0]
    or BAIL_OUT('node is not installed');

# Installs the pinned packages unless they are there.
sub install_packages {
    my ($have, $want) = map { (stat "$Bin/$_")[9] // 0 } 'node_modules/.package-lock.json',
        'package-lock.json';
    return if $have >= $want;
    diag('installing the packages of tests/clients');
    Stack::checked(
        qw(npm ci --silent --no-audit --no-fund --ignore-scripts --omit=optional --prefix), $Bin);
    return;
}

# Gives the results of a script as ours.
sub run_script {
    my ($script) = @_;
    my ($status, $printed, $said) = Stack::run_command($node, "$Bin/$script");
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

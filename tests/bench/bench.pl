#!/usr/bin/perl
# `make bench`: measures dynmod side by side with what it is compared to, and prints ratios.
#
# Settings come from the environment; see README.md. The status is 0 unless measuring itself failed:
# a missed target is something to read, not a failed test.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/parts", "$Bin/../lib";

# Data must lie on a disk for durable commits to cost what they cost; /tmp may be memory.
BEGIN { $ENV{TMPDIR} //= '/var/tmp' }

use Build;
use Machine qw(machine_facts);
use POSIX qw(strftime);
use Report;

my @PARTS = qw(get watch post growth cgi memory peer);

my %bench = (
    rounds  => setting('ROUNDS', 5),
    seconds => setting('DURATION', 1),
    builds  => [ Build->head ],
);
my @parts = split ' ', $ENV{PARTS} || "@PARTS";
for my $part (@parts) {
    grep { $_ eq $part } @PARTS or die "bench: there is no part '$part'; PARTS may name: @PARTS\n";
}
if ($ENV{BASE}) {
    print STDERR "building $ENV{BASE}\n";
    push @{ $bench{builds} }, Build->base($ENV{BASE});
}
my %commits = map { $_->name => $_->commit } @{ $bench{builds} };
$bench{report} = Report->new({
    commits  => \%commits,
    date     => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime),
    machine  => machine_facts(),
    settings => { map { $_ => $bench{$_} + 0 } qw(rounds seconds) },
});
print "$_ $commits{$_}\n" for reverse sort keys %commits;
print "$bench{rounds} rounds of $bench{seconds} s\n";

my $failed = 0;
for my $part (@parts) {
    my $package = ucfirst $part;
    eval {
        require "$package.pm";
        $package->can('run')->(\%bench);
        1;
    } or do {
        print STDERR "bench: the part $part failed: $@";
        $failed = 1;
    };
    last if $failed;
}
my $result = Build::directory() . '/result.json';
$bench{report}->finish($result);
exit $failed;

# A positive number from the environment.
sub setting {
    my ($name, $default) = @_;
    my $value = $ENV{$name} || $default;
    $value =~ /^[1-9]\d*$/ or die "bench: $name must be a number, not '$value'\n";
    return $value;
}

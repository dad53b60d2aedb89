#!/usr/bin/perl
# While an app replaces its hundred modules again and again, twenty readers ask in a loop: each
# answer is exactly one of the sets that were put, with the tag that the PUT has answered.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use JSON::PP;
use Modules qw(field panel);
use POSIX ();
use Stack;
use Test::More;
use Time::HiRes qw(time);

use constant { READERS => 20, MODULES => 100, PUTS => 40 };

my $json = JSON::PP->new->utf8->canonical;
my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $app = $stack->install;

# The sets have a third of their modules in common, a third that changes in place, and a third that
# goes and comes, half of that under another type.
my @sets = map { make_set($_) } 0 .. 3;

sub make_set {
    my ($number) = @_;
    my (@fields, @panels);
    for my $module (1 .. MODULES) {
        my $part = $module % 3;
        my $key = $part == 2 ? sprintf('key-%d-%d', $module, $number >> 1) : "key-$module";
        my %more = $part == 1 ? (note => "of set $number " . 'x' x 200) : ();
        if ($part == 2 && ($module + $number) % 2) {
            push @panels, panel($key, %more);
        } else {
            push @fields, field($key, %more);
        }
    }
    return { jiraIssueFields => \@fields, webPanels => \@panels };
}

# The set as a GET shows it, whatever its order.
sub text_of {
    my ($modules) = @_;
    my %sorted = map { $_ => [ sort { $a->{key} cmp $b->{key} } @{ $modules->{$_} } ] } keys %$modules;
    return $json->encode(\%sorted);
}

my %known = map { text_of($sets[$_]) => $_ } 0 .. $#sets;

# A process that reads until END exists, and prints how often it has had which answer.
sub start_reader {
    my ($end) = @_;
    my $pid = open(my $output, '-|') // die "fork: $!\n";
    return $output if $pid;
    my %answers;
    my $latest = time + 300;
    until (-e $end || time > $latest) {
        my $response = $app->get;
        $answers{ join ' ', @$response{qw(status whole)}, $response->{headers}{etag} // '',
            $response->{body} }++;
    }
    print $json->encode(\%answers);
    close STDOUT;
    POSIX::_exit(0);
}

my %put;    # the number of the set by its tag
my $first = $app->replace($sets[0]);
is($first->{status}, 200, 'the first set is put') or diag($first->{body});
$put{"$first->{headers}{etag} 0"} = 1;
my $end = $stack->{state} . '/end-of-test';
my @readers = map { start_reader($end) } 1 .. READERS;
my %statuses;
for my $turn (1 .. PUTS) {
    my $set = $turn % @sets;
    my $response = $app->replace($sets[$set]);
    $statuses{ $response->{status} }++;
    $put{"$response->{headers}{etag} $set"} = 1;
}
open my $file, '>', $end or die "$end: $!\n";
close $file;
is_deeply(\%statuses, { 200 => PUTS }, 'each PUT is done');

my (%answers, %seen, %wrong);
for my $reader (@readers) {
    my $told = $json->decode(do { local $/; readline $reader });
    $answers{$_} += $told->{$_} for keys %$told;
}
my $count = 0;
for my $answer (keys %answers) {
    my ($status, $whole, $tag, $body) = split / /, $answer, 4;
    my $modules = $status == 200 && $whole ? eval { JSON::PP->new->decode($body) } : undef;
    my $set = defined $modules ? $known{ text_of($modules) } : undef;
    $count += $answers{$answer};
    if (defined $set) {
        $seen{"$tag $set"} += $answers{$answer};
    } else {
        $wrong{ substr $answer, 0, 300 } += $answers{$answer};
    }
}
is_deeply(\%wrong, {}, 'every answer was one of the sets');
is_deeply([ grep { !$put{$_} } sort keys %seen ], [], 'with the tag of the PUT that has made it');
cmp_ok(scalar keys %seen, '>', PUTS / 4, 'the readers have seen many of them');
diag("$count answers, of " . scalar(keys %seen) . ' of the ' . scalar(keys %put) . ' sets');
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

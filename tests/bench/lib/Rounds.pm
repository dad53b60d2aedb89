# Measures several things in turns, A B C A B C, so that noise hits all alike, and sums up.
package Rounds;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max min);

our @EXPORT_OK = qw(interleave median pick ratios spread);

# interleave(ROUNDS, NAME => CODE...)
# Calls each code once in each round; gives {NAME => [what it returned, ...]}.
sub interleave {
    my ($rounds, @pairs) = @_;
    my %samples;
    for my $round (1 .. $rounds) {
        for (my $i = 0; $i < @pairs; $i += 2) {
            my ($name, $code) = @pairs[ $i, $i + 1 ];
            print STDERR "\r  round $round of $rounds: $name\e[K" if -t STDERR;
            push @{ $samples{$name} }, $code->();
        }
    }
    print STDERR "\r\e[K" if -t STDERR;
    return \%samples;
}

# pick(SAMPLES, MEMBER...)
# Of samples that are hashes, one member, or a member of a member.
sub pick {
    my ($samples, @path) = @_;
    return [
        map {
            my $value = $_;
            $value = $value->{$_} // die "no $_ was measured\n" for @path;
            $value;
        } @$samples
    ];
}

# ratios(SAMPLES, OTHERS)
# One by the other, round by round.
sub ratios {
    my ($samples, $others) = @_;
    return [ map { $samples->[$_] / $others->[$_] } 0 .. $#$samples ];
}

sub median {
    my ($samples) = @_;
    my @sorted = sort { $a <=> $b } @$samples;
    return ($sorted[ $#sorted / 2 ] + $sorted[ @sorted / 2 ]) / 2;
}

# spread(SAMPLES)
# Half of the distance between the lowest and the highest, as a part of the median.
sub spread {
    my ($samples) = @_;
    my $median = median($samples) or return 0;
    return (max(@$samples) - min(@$samples)) / 2 / $median;
}

1;

#!/usr/bin/perl
# english.t [FILE...]
# Texts for people, in the files or in all of dynmod, have no turns that read as translated.
use strict;
use warnings;

use FindBin qw($Bin);
use Test::More;

chdir "$Bin/../.." or die "$Bin: $!\n" if !@ARGV;
my @files = @ARGV ? @ARGV : (qw(README.md src/ctl/dynmodctl.1), glob 'src/*.c src/*/*.c');

my %instead = (
    'there is no(*SKIP)(*FAIL)|is no (?!longer|more|less)[a-z]+' => 'is not a',
    'stands twice'                                              => 'appears twice',
    'not to be had'                                             => 'unavailable',
    'behind the last'                                           => 'after the last',
    'has not the'                                               => 'does not have the',
);

# only_strings(TEXT)
# The text of a .c file with "|" for all that is not white space and not within a string. Strings
# that the compiler joins have only white space between them.
sub only_strings {
    my ($text) = @_;
    my $string  = qr/"((?:[^"\\\n]|\\.)*)"/;
    my $comment = qr{/\*.*?\*/}s;
    $text =~ s{$string|($comment|'(?:[^'\\]|\\.)+'|\S)}{ $1 // $2 =~ s/\S/|/gr }eg;
    return $text;
}

# turns(FILE)
# Where such a turn is found, and what to write instead.
sub turns {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    my $text = do { local $/; <$file> };
    $text = only_strings($text) if $path =~ /\.c\z/;
    my @found;
    for my $turn (sort keys %instead) {
        my $pattern = $turn =~ s/ /\\s+/gr;
        while ($text =~ /\b(?:$pattern)\b/gi) {
            my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
            push @found, qq{$path:$line: "$&" reads as translated: "$instead{$turn}"};
        }
    }
    return @found;
}

my @found = map { turns($_) } @files;
ok(!@found, 'no text reads as translated') or diag(join "\n", @found);

done_testing();

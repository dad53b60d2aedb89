#!/usr/bin/perl
# edges.t [DIRECTORY]
# The folders of src, or of another directory: which of them include which, that no files need each
# other, what stays in one folder, and that no folder outgrows the others.
use strict;
use warnings;

use File::Find qw(find);
use FindBin qw($Bin);
use Test::More;

my $directory = shift // "$Bin/../../src";

# Each folder, or program, with the folders that it may include besides itself.
my @rules   = qw(host connect store http json base);
my %allowed = (
    base    => [],
    json    => [qw(base)],
    http    => [qw(json base)],
    schema  => [qw(json base)],
    store   => [qw(json base)],
    gateway => [qw(http base)],
    connect => [qw(schema http json base)],
    host    => [qw(connect store schema http json base)],
    api     => [@rules],
    admin   => [@rules],
    ctl     => [@rules],

    'dynmod.c'       => [ qw(api gateway),   @rules ],
    'dynmod_admin.c' => [ qw(admin gateway), @rules ],
    'dynmodctl.c'    => [ 'ctl', @rules ],
);

# The headers of a library, by how their names begin, and the files that may include them.
my %homes = (
    'libpq'    => 'store/',
    'fcgi'     => 'gateway/',
    'jwt'      => 'connect/token.c',
    'pcre2'    => 'schema/',
    'idn2'     => 'schema/',
    'curl/'    => 'host/',
    'openssl/' => 'host/',
    'crypt.h'  => 'host/password.c',
);

my $largest_share = 35;    # of all lines, in per cent

# Paths below the directory, with their text.
my %text;
find(
    {
        no_chdir => 1,
        wanted   => sub {
            return unless /\.[ch]\z/;
            open my $file, '<:raw', $_ or die "$_: $!\n";
            local $/;
            $text{ substr $_, length("$directory/") } = <$file>;
        },
    },
    $directory
);
my @files = sort keys %text;

# includes(FILE)
# What it includes, without quotes or brackets.
sub includes {
    my ($file) = @_;
    return $text{$file} =~ /^\s*#\s*include\s*[<"]([^>"]+)[>"]/mg;
}

# The folder of a path, or the path itself where it has none.
sub folder {
    my ($path) = @_;
    return $path =~ m{^([^/]+)/} ? $1 : $path;
}

# A .c file and its header are one node.
sub node {
    my ($path) = @_;
    return $path =~ s/\.[ch]\z//r;
}

# none(NAME, PROBLEM...)
# A test that passes without problems.
sub none {
    my ($name, @problems) = @_;
    ok(!@problems, $name) or diag(join "\n", @problems);
    return;
}

# includes_own(FILE)
# The includes that are no library's: all in quotes, and all whose folder has a rule.
sub includes_own {
    my ($file) = @_;
    my %quoted = map { $_ => 1 } $text{$file} =~ /^\s*#\s*include\s*"([^"]+)"/mg;
    return grep { $quoted{$_} || $allowed{ folder($_) } } includes($file);
}

sub edge_problems {
    my ($file) = @_;
    my $from   = folder($file);
    my $rule   = $allowed{$from} or return "$file: $from is not in the table of allowed edges";
    my %may    = map { $_ => 1 } $from, @$rule;
    my $list   = @$rule ? 'only ' . join(', ', @$rule) : 'no other folder';
    return map { "$file includes $_: $from may include $list" }
        grep { !$may{ folder($_) } } includes_own($file);
}

none('each folder includes only what the table allows', map { edge_problems($_) } @files);

# From node to node, the include that leads there.
my %edges;
for my $file (@files) {
    for my $include (grep { node($_) ne node($file) } includes_own($file)) {
        $edges{ node($file) }{ node($include) } //= "$file includes $include";
    }
}

# circles(NODE, SEEN, STEP...)
# The circles that are met from the node on, after steps of [node, include that leaves it]. What
# was seen from another node is not looked at again.
sub circles {
    my ($node, $seen, @steps) = @_;
    my ($first) = grep { $steps[$_][0] eq $node } 0 .. $#steps;
    return join(', ', map { $_->[1] } @steps[ $first .. $#steps ]) . ': they need each other'
        if defined $first;
    return if $seen->{$node}++;
    return map { circles($_, $seen, @steps, [ $node, $edges{$node}{$_} ]) }
        sort keys %{ $edges{$node} };
}

my %seen;
none('no files need each other', map { circles($_, \%seen) } sort keys %edges);

sub library_problems {
    my ($file) = @_;
    my @problems;
    for my $include (includes($file)) {
        for my $library (grep { index($include, $_) == 0 } sort keys %homes) {
            my $home = $homes{$library};
            push @problems, "$file includes $include: only $home may"
                if index($file, $home) != 0;
        }
    }
    return @problems;
}

none('each library is included in its folder only', map { library_problems($_) } @files);

sub sql_problems {
    my ($file) = @_;
    my ($statement) = $text{$file} =~ /("(?:SELECT|INSERT|UPDATE|DELETE|WITH) [^"\n]*)/;
    return if !defined $statement || folder($file) eq 'store';
    return "$file has $statement\": SQL is written in store/ only";
}

none('only store/ has SQL', map { sql_problems($_) } @files);

my %lines;
my $all = 0;
for my $file (@files) {
    my $count = $text{$file} =~ tr/\n//;
    $lines{ folder($file) } += $count;
    $all += $count;
}
none(
    "no folder has more than $largest_share % of the lines",
    map    { "$_ has $lines{$_} of $all lines" }
        grep { -d "$directory/$_" && 100 * $lines{$_} > $largest_share * $all } sort keys %lines
);

done_testing();

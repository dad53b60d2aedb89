#!/usr/bin/perl
# A few end-to-end cases under Valgrind, which sees what the sanitizers do not: values used before
# they were set, and what leaks. VALGRIND=all runs the whole list.
use strict;
use warnings;

use File::Copy qw(copy);
use File::Temp qw(tempdir);
use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Stack;
use Test::More;

# The programs limit their memory by the size of a body; Valgrind needs more than they do.
use constant ROOM => 'max_body_bytes = 67108864';

my @few = (
    'reading: modules come back',
    'reading: an old ETag',
    'refusing: a key of',
    'refusing: sixty',
    'registering: every problem',
    'registering: a hundred modules in one',
    'removing: a hundred keys',
    'bodies: nested 32 deep',
    'types: a request of 100 modules with 60',
    'administering: settings',
    'administering: properties',
);

my $directory = tempdir(CLEANUP => 1);
chmod 0755, $directory or die "$directory: $!\n";
mkdir "$directory/$_" or die "$directory/$_: $!\n" for qw(log programs);
chmod 01777, "$directory/log" or die "$directory/log: $!\n";

# write_program(NAME)
# A program that runs the real one, copied to where the web server can read it, under Valgrind.
sub write_program {
    my ($name) = @_;
    my ($real, $path) = ("$directory/programs/$name", "$directory/$name");
    copy("$Bin/../../build/$name", $real) or die "$real: $!\n";
    chmod 0755, $real or die "$real: $!\n";
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} "#!/bin/sh\n", 'exec valgrind --soname-synonyms=somalloc=NONE --leak-check=full ',
        "--errors-for-leak-kinds=definite --show-leak-kinds=definite --log-file=$directory/log/%p ",
        qq{$real "\$@"\n};
    close $file or die "$path: $!\n";
    chmod 0755, $path or die "$path: $!\n";
    return;
}

# reports()
# What Valgrind says of each process.
sub reports {
    return map {
        open my $file, '<', $_ or die "$_: $!\n";
        local $/;
        <$file>
    } glob "$directory/log/*";
}

write_program($_) for qw(dynmod.fcgi dynmod-admin.fcgi);
copy("$Bin/../../build/dynmodctl", "$directory/dynmodctl") or die "dynmodctl: $!\n";
chmod 0755, "$directory/dynmodctl" or die "dynmodctl: $!\n";

my $stack = Stack->start(setup => 'apache-fcgid', build => $directory, options => [ HOST_OPTIONS, ROOM ]);
run_list($stack, 'valgrind', ($ENV{VALGRIND} // '') eq 'all' ? () : @few);
my @reports = reports();
my @findings = grep { !/ERROR SUMMARY: 0 errors/ } @reports;
cmp_ok(scalar @reports, '>', 1, scalar(@reports) . ' processes ran under Valgrind');
is(join('', @findings), '', 'it found nothing in any of them');
done_testing();

#!/usr/bin/perl
# The lint itself: it accepts a small tree without faults, and each fault put into one fails it.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin qw($Bin);
use Test::More;

# tree(FILES)
# A directory with these files, paths with text.
sub tree {
    my ($files) = @_;
    my $directory = tempdir(CLEANUP => 1);
    for my $path (sort keys %$files) {
        make_path(dirname("$directory/$path"));
        open my $file, '>:raw', "$directory/$path" or die "$path: $!\n";
        print {$file} $files->{$path};
        close $file or die "$path: $!\n";
    }
    return $directory;
}

# run(TEST, ARGUMENT...)
# Whether a test of this folder passes, and what it prints.
sub run {
    my ($test, @arguments) = @_;
    open my $pipe, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', "$Bin/$test", @arguments
        or die "$test: $!\n";
    my $output = do { local $/; <$pipe> };
    return (close $pipe, $output);
}

# Includes of each other's headers, in folders that all may include the next one.
my %sound = (
    'base/log.h'     => "#include <stdio.h>\n",
    'base/log.c'     => qq{#include "base/log.h"\n},
    'http/request.h' => qq{#include "base/log.h"\n},
    'http/request.c' => qq{#include "http/request.h"\n\n#include "json/json.h"\n},
    'json/json.h'    => qq{#include <json-c/json.h>\n#include "base/log.h"\n},
    'store/app.c'    => qq{#include <libpq-fe.h>\nchar *q = "SELECT 1";\n},
    'dynmod.c'       => qq{#include "http/request.h"\n#include "base/log.h"\n},
);

my ($passes, $output) = run('edges.t', tree(\%sound));
ok($passes, 'a sound tree passes') or diag($output);

my @faults = (
    [
        'an upward include in a .c file',
        { 'http/response.c' => qq{#include "http/request.h"\n#include "store/app.h"\n} },
        'http/response.c includes store/app.h: http may include only json, base',
    ],
    [
        'an upward include in a header',
        { 'base/text.h' => qq{#include "json/json.h"\n} },
        'base/text.h includes json/json.h: base may include no other folder',
    ],
    [
        'an include of a sibling',
        { 'schema/format.c' => qq{#include "http/uri.h"\n} },
        'schema/format.c includes http/uri.h: schema may include only json, base',
    ],
    [
        'an include over two arrows',
        { 'gateway/cgi.c' => qq{#include "json/json.h"\n} },
        'gateway/cgi.c includes json/json.h: gateway may include only http, base',
    ],
    [
        'one program that includes another',
        { 'admin/apps.c' => qq{#include "api/modules.h"\n} },
        'admin/apps.c includes api/modules.h: admin may include only host',
    ],
    [
        'a main that includes the folder of another',
        { 'dynmodctl.c' => qq{#include "api/modules.h"\n} },
        'dynmodctl.c includes api/modules.h: dynmodctl.c may include only ctl',
    ],
    [
        'an upward include in angle brackets',
        { 'base/text.c' => "# include <store/app.h>\n" },
        'base/text.c includes store/app.h',
    ],
    [
        'an unknown folder',
        { 'util/list.h' => "\n" },
        'util/list.h: util is not in the table of allowed edges',
    ],
    [
        'an include of an unknown folder',
        { 'http/response.c' => qq{#include "util/list.h"\n} },
        'http/response.c includes util/list.h',
    ],
    [
        'an include without its folder',
        { 'http/response.c' => qq{#include "request.h"\n} },
        'http/response.c includes request.h',
    ],
    [
        'two .c files that need each other',
        {
            'ctl/command.h'    => "\n",
            'ctl/command.c'    => qq{#include "ctl/command.h"\n#include "ctl/invocation.h"\n},
            'ctl/invocation.h' => "\n",
            'ctl/invocation.c' => qq{#include "ctl/invocation.h"\n#include "ctl/command.h"\n},
        },
        'ctl/command.c includes ctl/invocation.h, ctl/invocation.c includes ctl/command.h:'
            . ' they need each other',
    ],
    [
        'a circle of three headers',
        {
            'host/a.h' => qq{#include "host/b.h"\n},
            'host/b.h' => qq{#include "host/c.h"\n},
            'host/c.h' => qq{#include "host/a.h"\n},
        },
        'host/a.h includes host/b.h, host/b.h includes host/c.h, host/c.h includes host/a.h',
    ],
    [
        'libpq outside store',
        { 'host/app.c' => "#include <libpq-fe.h>\n" },
        'host/app.c includes libpq-fe.h: only store/ may',
    ],
    [
        'libjwt beside the file for it',
        { 'connect/qsh.c' => "#include <jwt.h>\n" },
        'connect/qsh.c includes jwt.h: only connect/token.c may',
    ],
    [
        'SQL outside store',
        { 'host/app.c' => qq{char *q = "UPDATE dynmod.app SET state = 1";\n} },
        'host/app.c has "UPDATE dynmod.app SET state = 1": SQL is written in store/ only',
    ],
    [
        'a folder that outgrows the others',
        { 'schema/node.h' => "\n" x 12 },
        'schema has 12 of 24 lines',
    ],
);

for my $fault (@faults) {
    my ($name, $files, $message) = @$fault;
    ($passes, $output) = run('edges.t', tree({ %sound, %$files }));
    ok(!$passes && index($output, "# $message") >= 0, "found: $name") or diag($output);
}

# A name, a file and its text with one turn in it, and what follows the file in the message.
my @turns = (
    [ 'in a string', 'a.c', qq{say("\\"x\\" is no URL");\n}, ':1: "is no URL"' ],
    [
        'over two strings', 'a.c',
        qq{\nsay("the key %s is "\n    "no module key");\n},
        qq{:2: "is \n    no module"}
    ],
    [ 'after a quote', 'a.c',       qq{say('"', "the key stands twice");\n}, ':1: "stands twice"' ],
    [ 'over two lines', 'README.md', "A list behind the\nlast.\n", qq{:1: "behind the\nlast"} ],
    [ 'in a man page', 'dynmodctl.1', "A role that has not the right\n", ':1: "has not the"' ],
    [ 'further down', 'README.md', "\n\nA database not to be had\n", ':3: "not to be had"' ],
);
for my $turn (@turns) {
    my ($name, $file, $text, $message) = @$turn;
    my $path = tree({ $file => $text }) . "/$file";
    ($passes, $output) = run('english.t', $path);
    $output =~ s/^# //mg;
    ok(!$passes && index($output, "$path$message") >= 0, "found: a turn $name") or diag($output);
}

my $good = tree(
    {
        'a.c'       => qq{/* is no URL */ say("is", "no URL", "there is no site", "is no longer");\n},
        'README.md' => "There is\nno site. It appears twice.\n",
    }
);
($passes, $output) = run('english.t', "$good/a.c", "$good/README.md");
ok($passes, 'other texts pass') or diag($output);

done_testing();

#!/usr/bin/perl
# What one request may take of memory: bodies of 1 MB that were made to take much.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use Faults qw(processes_of);
use JSON::PP;
use List::Util qw(max);
use Modules qw(fields panel);
use Stack;
use Test::More;
use Time::HiRes qw(time);

use constant {
    BODY   => 1_048_576,    # bytes; as many as max_body_bytes allows
    GROWTH => 32 * 1024,    # KiB
};

# full(START, UNIT, END)
# START, as many repetitions of UNIT as make a body of the largest size, and END. So many values are
# refused at once; the second of the two bodies has spaces between them, and as many values as are
# let through.
sub full {
    my ($start, $unit, $end) = @_;
    my $containers = () = $unit =~ /[\[\{]/g;
    my $values = () = $unit =~ /[\[{,]/g;
    my $width = max(length $unit, int 53 * $containers, int 17.7 * $values);
    return map { fill($start, $_, $end) } $unit, $unit . ' ' x ($width - length $unit);
}

sub fill {
    my ($start, $unit, $end) = @_;
    my $times = int((BODY - length($start) - length $end) / length $unit);
    my $number = 0;
    my $middle = ($unit x $times) =~ s/#####/sprintf '%05d', $number++/ger;
    return $start . ($middle =~ s/,\s*\z//r) . $end;
}

# panel_with(NAME, START, UNIT, END)
# A web panel with one more member, which is full of UNIT.
sub panel_with {
    my ($name, $start, $unit, $end) = @_;
    my $panel = JSON::PP->new->canonical->encode(panel('p')) =~ s/^\{//r;
    return full(qq({"webPanels":[{"$name":$start), $unit, "$end,$panel]}");
}

sub property_with {
    my ($unit) = @_;
    my $property = '"key":"e","entityType":"issue","name":{"value":"E"},"keyConfigurations":[';
    return full(qq({"jiraEntityProperties":[{$property), $unit, ']}]}');
}

my $deep = '{"and":[' x 12 . '{"condition":"no_such"}' . ']}' x 12 . ',';
my $members = '{' . join(',', map { "\"m$_\":0" } 1 .. 100) . '},';
my %honest = (webPanels => [ map { { %{ panel("p$_") }, more => 'x' x 9_000 } } 1 .. 100 ]);
my @bodies = (
    [ 'conditions',        panel_with('conditions', '[', '{"condition":"x"},', ']') ],
    [ 'empty conditions',  panel_with('conditions', '[', '{},', ']') ],
    [ 'nested conditions', panel_with('conditions', '[', $deep, ']') ],
    [ 'lists of conditions', panel_with('conditions', '[', '{"or":[]},', ']') ],
    [ 'conditions of another shape', panel_with('conditions', '[', '[],', ']') ],
    [ 'layouts of another shape',    panel_with('layout', '[', '{"width":{}},', ']') ],
    [ 'parameters of another shape', panel_with('params', '{', '"a#####":1,', '}') ],
    [ 'numbers',   panel_with('more', '[', '1,', ']') ],
    [ 'fractions', panel_with('more', '[', '1.5,', ']') ],
    [ 'texts',     panel_with('more', '[', '"",', ']') ],
    [ 'objects',   panel_with('more', '[', '{},', ']') ],
    [ 'arrays',    panel_with('more', '[', '[],', ']') ],
    [ 'members',   panel_with('more', '{', '"m#####":{"a":1},', '}') ],
    [ 'objects of twelve members', panel_with('more', '[', $members =~ s/,"m13.*/},/r, ']') ],
    [ 'a long text',    fill(qq({"webPanels":[{"key":"), '/', '"}]}') ],
    [ 'escapes',        panel_with('more', '"', '\\u0001', '"') ],
    [ 'a long name',    fill('{"webPanels":[{"' . 'x' x 500_000 . '":"', 'y', '"}]}') ],
    [ 'unknown types',  full('{', '"t#####":[],', '}') ],
    [ 'long unknown types', full('{', qq("t#####@{['x' x 900]}":[],), '}') ],
    [ 'maps',           full('[', '{"webPanels":[]},', ']') ],
    [ 'empty modules',  full('{"webPanels":[', '{},', ']}') ],
    [ 'modules that are numbers', full('{"webPanels":[', '1,', ']}') ],
    [ 'modules of wrong types', full('{"webPanels":[', '{"key":"a","url":1,"name":2},', ']}') ],
    [ 'modules of unknown members', full('{"jiraIssueFields":[', $members, ']}') ],
    [ 'modules that may not be dynamic',
        full('{"generalPages":[', '{"conditions":[{},{},{}]},', ']}') ],
    [ 'extractions of another shape', property_with('{"propertyKey":"p","extractions":[{}]},') ],
    [ 'no extractions',   property_with('{"propertyKey":"p","extractions":[]},') ],
    [ 'a hundred honest modules', JSON::PP->new->encode(\%honest) ],
);
for my $path (sort glob "$Bin/../fuzz/corpus/modules/*") {
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    push @bodies, [ "corpus: " . $path =~ s{.*/}{}r, scalar <$file> ];
}

my $stack = Stack->start(setup => 'lighttpd-fastcgi');
my $app = $stack->install;

# peak()
# The largest part of memory that a process of the program ever used, in KiB.
sub peak {
    return max map {
        open my $file, '<', "/proc/$_/status" or die "$_: $!\n";
        map { /^VmHWM:\s*(\d+)/ ? $1 : () } <$file>;
    } processes_of($stack->fact('web_program'));
}

is_registered($app->register(fields('first')), 'a request');
my $fresh = peak();
my ($highest, $culprit, $slowest) = (0, 'none', 0);
for my $case (@bodies) {
    my ($name, @variants) = @$case;
    for my $body (@variants) {
        my $began = time;
        my $response = $app->send_body($body);
        $slowest = max $slowest, time - $began;
        like($response->{status}, qr/^(?:200|400)$/, "$name, " . length($body) . ' bytes');
        $app->remove(undef) if $response->{status} == 200;
        my $growth = peak() - $fresh;
        ($highest, $culprit) = ($growth, $name) if $growth > $highest;
    }
}
cmp_ok($highest, '<=', GROWTH, "KiB that a request took at most: $culprit");
diag(sprintf 'at most %d KiB more than the %d KiB of a fresh process; the slowest took %.2f s',
    $highest, $fresh, $slowest);
done_testing();

# The result: a table for people, printed as it grows, and the same figures as JSON.
package Report;

use strict;
use utf8;
use warnings;

use JSON::PP;
use Rounds qw(median ratios spread);

binmode STDOUT, ':encoding(UTF-8)';
STDOUT->autoflush(1);

my %VERDICT = (
    '>=' => sub { $_[0] >= $_[1] },
    '<=' => sub { $_[0] <= $_[1] },
    '<'  => sub { $_[0] < $_[1] },
    '>'  => sub { $_[0] > $_[1] },
);

# Report->new(FACTS)
# FACTS is a hash that becomes a part of the JSON.
sub new {
    my ($class, $facts) = @_;
    return bless { %$facts, figures => [], checks => [] }, $class;
}

# part(NAME, TITLE)
# What follows belongs to this part of the benchmark.
sub part {
    my ($self, $name, $title) = @_;
    $self->{part} = $name;
    print "\n$title\n", '=' x length $title, "\n";
    return;
}

# group(TITLE)
# What follows stands below this line.
sub group {
    my ($self, $title) = @_;
    $self->{group} = $title;
    print "\n$title\n";
    return;
}

# figure(NAME, UNIT, SAMPLES, %options)
# One figure. Options:
#   against  [NAME, SAMPLES] of what it is divided by
#   target   [">=" or such, NUMBER], which that ratio should keep, or without `against` the figure
#   base     samples of the same figure for the revision to compare with
sub figure {
    my ($self, $name, $unit, $samples, %options) = @_;
    my %figure = (
        part    => $self->{part},
        group   => $self->{group},
        name    => $name,
        unit    => $unit,
        samples => $samples,
        median  => median($samples),
        spread  => spread($samples),
    );
    my $judged = $figure{median};
    if ($options{against}) {
        my ($other, $others) = @{ $options{against} };
        my $ratios = ratios($samples, $others);
        $judged = median($ratios);
        $figure{ratio} = { against => $other, median => $judged, spread => spread($ratios) };
    }
    if ($options{target}) {
        my ($sign, $number) = @{ $options{target} };
        my $met = $VERDICT{$sign}->($judged, $number);
        $figure{target} = { sign => $sign, number => $number, met => bool($met) };
    }
    if ($options{base}) {
        my $changes = ratios($samples, $options{base});
        $figure{base} = {
            samples => $options{base},
            median  => median($options{base}),
            change  => median($changes) - 1,
            spread  => spread($changes),
        };
    }
    push @{ $self->{figures} }, \%figure;
    print_figure(\%figure);
    return;
}

# check(NAME, MET, [TEXT])
# Something that holds or does not; TEXT says more.
sub check {
    my ($self, $name, $met, $text) = @_;
    push @{ $self->{checks} },
        { part => $self->{part}, name => $name, met => bool($met), text => $text // '' };
    printf "  %-38s %s\n", $name, verdict($met);
    print_text($text) if defined $text;
    return;
}

# print_text(TEXT)
# Something to read below what was printed last.
sub print_text {
    my ($text) = @_;
    print map { "    $_\n" } split /\n/, $text;
    return;
}

# note(TEXT)
# A remark that is no figure.
sub note {
    my ($self, $text) = @_;
    print_text($text);
    return;
}

# attach(NAME, DATA)
# More for the JSON.
sub attach {
    my ($self, $name, $data) = @_;
    $self->{$name} = $data;
    return;
}

# finish(PATH)
# Says which targets were missed, and writes everything as JSON.
sub finish {
    my ($self, $path) = @_;
    my @judged = map { [ $_, $_->{target}{met} ] } grep { $_->{target} } @{ $self->{figures} };
    push @judged, map { [ $_, $_->{met} ] } @{ $self->{checks} };
    my @missed = map { $_->[0] } grep { !$_->[1] } @judged;
    my $more = @missed ? '; missed:' : '';
    printf "\n%d of %d targets met%s\n", @judged - @missed, scalar @judged, $more;
    for my $missed (@missed) {
        printf "  %-6s %s%s\n", $missed->{part}, $missed->{group} ? "$missed->{group}: " : '',
            $missed->{name};
    }
    $self->save($path);
    print "All figures are in $path\n";
    return;
}

sub save {
    my ($self, $path) = @_;
    my %data = %$self;
    delete @data{qw(part group)};
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} JSON::PP->new->utf8->canonical->pretty->encode(\%data);
    close $file or die "$path: $!\n";
    return;
}

sub bool {
    my ($value) = @_;
    return $value ? JSON::PP::true : JSON::PP::false;
}

sub verdict {
    my ($met) = @_;
    return $met ? 'met' : 'missed';
}

sub print_figure {
    my ($figure) = @_;
    my @columns = (
        $figure->{name},
        number($figure->{median}) . ($figure->{unit} =~ m{^/} ? '' : ' ') . $figure->{unit},
        percent('±', $figure->{spread}),
    );
    my ($ratio, $target, $base) = @$figure{qw(ratio target base)};
    push @columns, $ratio
        ? sprintf '%.2f %s of %s', $ratio->{median}, percent('±', $ratio->{spread}),
        $ratio->{against}
        : '';
    push @columns, $target
        ? sprintf '%s %s %s', $target->{sign}, $target->{number}, verdict($target->{met})
        : '';
    push @columns, $base
        ? sprintf 'base %s, %s %s', number($base->{median}), signed($base->{change}),
        percent('±', $base->{spread})
        : '';
    my $line = sprintf '  %-32s %12s %7s  %-30s %-16s %s', @columns;
    $line =~ s/\s+$//;
    print "$line\n";
    return;
}

sub percent {
    my ($sign, $part) = @_;
    return sprintf '%s%.0f %%', $sign, 100 * $part;
}

sub signed {
    my ($part) = @_;
    return sprintf '%+.1f %%', 100 * $part;
}

# A number with three digits or more, and commas between thousands.
sub number {
    my ($value) = @_;
    my $digits = $value >= 100 ? 0 : $value >= 10 ? 1 : $value >= 1 ? 2 : 3;
    my $text = sprintf "%.${digits}f", $value;
    1 while $text =~ s/^(\d+)(\d{3})(?!\d)/$1,$2/;
    return $text;
}

1;

#!/usr/bin/perl
# Derives from the schemas of the module types modules that must be refused, one broken rule each.
#
# Usage: module_cases.pl [ROOT]      ROOT is the checkout; by default the one this file lies in.
#
# Reads ROOT/sql/module_types and, for each type, ROOT/tests/data/module_types/TYPE.json:
#   minimal   a module with the required members only (webhooks: and the key that dynamic ones need)
#   maximal   a module with every member of the schema
#   variants  further modules, where a member has several shapes (anyOf) or may be absent
# The schemas must accept all of these, and each property must occur in one of them.
#
# Prints one JSON object a line: type, case, pointer, keyword, module. pointer is the JSON Pointer,
# within the module, of the value that the failing keyword is about, as in the output of JSON
# Schema: for "required" the object itself, for "additionalProperties" the member that is too much,
# for every other keyword the wrong value. A validator may report more than this violation, but must report this one.
#
# Below anyOf the branch with the fewest violations counts as the closest one. A case is printed
# only if its violation is common to all closest branches. What is left out is listed, with the
# reason, on standard error, after the counts.

use strict;
use warnings;
use FindBin;
use JSON::PP ();

my $root = @ARGV ? $ARGV[0] : "$FindBin::Bin/../..";
my $json = JSON::PP->new->utf8->ascii->canonical->allow_nonref;

# Keywords without a rule of their own; any other unknown one is an error.
my %annotation = map { $_ => 1 } qw($comment default description);
my %structure  = map { $_ => 1 } qw(anyOf items properties);

# For each type of JSON: values that are not of it, as JSON text.
my %wrong_types = (
    array   => [ '{}', 'null' ],
    boolean => [ '"true"', 'null' ],
    integer => [ '"100"', '1.5', 'null' ],
    object  => [ '"text"', '[]', 'null' ],
    string  => [ '7', 'null' ],
);

# Strings that break one of the patterns in use; the line feed finds a "$" taken too loosely.
my @wrong_strings = ( '!', 'a b', 'a_b', '1a', "a\n", "\x{e4}" );

# What a keyword demands of a value: true when the value keeps it.
my %keeps = (
    type => sub { my ( $rule, $value ) = @_; is_of_type( $value, $rule ) },
    enum => sub { my ( $rule, $value ) = @_; contains( $rule, $value ) },
);

# The same for the keywords that concern strings only.
my %keeps_as_string = (
    maxLength => sub { my ( $rule, $value ) = @_; length $value <= $rule },
    minLength => sub { my ( $rule, $value ) = @_; length $value >= $rule },
    pattern   => sub { my ( $rule, $value ) = @_; matches( $rule, $value ) },
);

# How a module breaks a keyword: a list of [what was done, change]; change is called with a
# reference to the value in question.
my %breaks = (
    type => sub {
        my ($schema) = @_;
        return map { [ $_, replace_by($_) ] } @{ $wrong_types{ $schema->{type} } };
    },
    enum => sub {
        my ($schema) = @_;
        my ($word) = grep { length > 1 && $_ eq lc } @{ $schema->{enum} };
        return map { [ $_, replace_by( $json->encode($_) ) ] } 'no-such-value', ucfirst $word;
    },
    pattern => sub {
        my ($schema) = @_;
        my @wrong = grep { !matches( $schema->{pattern}, $_ ) } @wrong_strings;
        return map { [ $json->encode($_), replace_by( $json->encode($_) ) ] } @wrong;
    },
    maxLength => sub {
        my ($schema) = @_;
        my $text = 'a' x ( $schema->{maxLength} + 1 );
        return [ 'one over', replace_by( $json->encode($text) ) ];
    },
    minLength => sub {
        my ($schema) = @_;
        my $text = 'a' x ( $schema->{minLength} - 1 );
        return [ 'one under', replace_by( $json->encode($text) ) ];
    },
    required => sub {
        my ($schema) = @_;
        return map { [ $_, remove($_) ] } @{ $schema->{required} };
    },
    additionalProperties => sub {
        return [ 'unexpected', sub { ${ $_[0] }->{unexpected} = 'text' } ];
    },
);

sub replace_by {
    my ($text) = @_;
    return sub { ${ $_[0] } = $json->decode($text) };
}

sub remove {
    my ($name) = @_;
    return sub { delete ${ $_[0] }->{$name} };
}

sub read_json {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/ = undef;
    return $json->decode(<$file>);
}

my $definitions = read_json("$root/sql/module_types/definitions.json")->{definitions};

# The schema itself, or the shared building block it refers to.
sub resolved {
    my ($schema) = @_;
    while ( defined( my $reference = $schema->{'$ref'} ) ) {
        my ($name) = $reference =~ m{\A(?:dynmod:definitions)?#/definitions/(\w+)\z};
        $schema = $definitions->{ $name // '' } or die "unknown reference $reference\n";
    }
    return $schema;
}

# A number is told from a string by its JSON text: Perl itself does not keep them apart.
sub is_of_type {
    my ( $value, $type ) = @_;
    return ref $value eq 'HASH'        if $type eq 'object';
    return ref $value eq 'ARRAY'       if $type eq 'array';
    return JSON::PP::is_bool($value)   if $type eq 'boolean';
    return 0                           if ref $value || !defined $value;
    my $is_string = $json->encode($value) =~ /\A"/;
    return $is_string                          if $type eq 'string';
    return !$is_string && $value == int $value if $type eq 'integer';
    die "unknown type $type\n";
}

sub contains {
    my ( $list, $value ) = @_;
    my $text = $json->encode($value);
    return scalar grep { $json->encode($_) eq $text } @{$list};
}

# ECMA-262 meaning, as far as the patterns in use need it: "$" is the very end of the string.
sub matches {
    my ( $pattern, $value ) = @_;
    $pattern =~ s/\$\z/\\z/;
    return $value =~ /$pattern/;
}

sub pointer {
    my @tokens = @_;
    return join '', map { s{~}{~0}gr =~ s{/}{~1}gr =~ s{\A}{/}r } @tokens;
}

# All violations of a schema by a value, each as "POINTER KEYWORD".
sub violations {
    my ( $schema, $value, @path ) = @_;
    $schema = resolved($schema);
    my @found = own_violations( $schema, $value, @path );
    push @found, member_violations( $schema, $value, @path ) if ref $value eq 'HASH';
    if ( ref $value eq 'ARRAY' && $schema->{items} ) {
        my $items = $schema->{items};
        push @found, map { violations( $items, $value->[$_], @path, $_ ) } 0 .. $#{$value};
    }
    push @found, branch_violations( $schema, $value, @path ) if $schema->{anyOf};
    return @found;
}

sub own_violations {
    my ( $schema, $value, @path ) = @_;
    my %demand = ( %keeps, is_of_type( $value, 'string' ) ? %keeps_as_string : () );
    my @asked  = grep { $demand{$_} } sort keys %{$schema};
    my @broken = grep { !$demand{$_}->( $schema->{$_}, $value ) } @asked;
    return map { pointer(@path) . " $_" } @broken;
}

sub member_violations {
    my ( $schema, $value, @path ) = @_;
    my $here       = pointer(@path);
    my $properties = $schema->{properties} // {};
    my @absent     = grep { !exists $value->{$_} } @{ $schema->{required} // [] };
    my @found      = map  { "$here required" } @absent;
    for my $name ( sort keys %{$value} ) {
        if ( $properties->{$name} ) {
            push @found, violations( $properties->{$name}, $value->{$name}, @path, $name );
        }
        elsif ( !( $schema->{additionalProperties} // 1 ) ) {
            push @found, pointer( @path, $name ) . ' additionalProperties';
        }
    }
    return @found;
}

# What all closest branches of anyOf agree on; the anyOf itself when they agree on nothing.
sub branch_violations {
    my ( $schema, $value, @path ) = @_;
    my @branches = map { [ violations( $_, $value, @path ) ] } @{ $schema->{anyOf} };
    my ($fewest) = sort { $a <=> $b } map { scalar @{$_} } @branches;
    return () if $fewest == 0;
    my @closest = grep { @{$_} == $fewest } @branches;
    my %count;
    for my $branch (@closest) {
        my %once = map { $_ => 1 } @{$branch};
        $count{$_}++ for keys %once;
    }
    my @common = grep { $count{$_} == @closest } sort keys %count;
    return @common ? @common : pointer(@path) . ' anyOf';
}

sub copy_of {
    my ($value) = @_;
    return { map { $_ => copy_of( $value->{$_} ) } keys %{$value} } if ref $value eq 'HASH';
    return [ map { copy_of($_) } @{$value} ] if ref $value eq 'ARRAY';
    return $value;
}

# A copy of the module with the value at the path changed.
sub changed {
    my ( $module, $change, @path ) = @_;
    my $copy = copy_of($module);
    my $slot = \$copy;
    for my $token (@path) {
        $slot = ref ${$slot} eq 'ARRAY' ? \${$slot}->[$token] : \${$slot}->{$token};
    }
    $change->($slot);
    return $copy;
}

# Calls visit(schema, path) for each schema that applies to the value or to a part of it.
sub walk {
    my ( $schema, $value, $visit, @path ) = @_;
    $schema = resolved($schema);
    $visit->( $schema, @path );
    if ( ref $value eq 'HASH' ) {
        my $properties = $schema->{properties} // {};
        for my $name ( grep { exists $value->{$_} } sort keys %{$properties} ) {
            walk( $properties->{$name}, $value->{$name}, $visit, @path, $name );
        }
    }
    if ( ref $value eq 'ARRAY' && $schema->{items} ) {
        walk( $schema->{items}, $value->[$_], $visit, @path, $_ ) for 0 .. $#{$value};
    }
    for my $branch ( grep { !violations( $_, $value ) } @{ $schema->{anyOf} // [] } ) {
        walk( $branch, $value, $visit, @path );
    }
    return;
}

# All cases of one module, each once: added to the cases, or to the places left out with the reason.
sub derive {
    my ( $type, $module, $cases, $left_out ) = @_;
    my $visit = sub {
        my ( $schema, @path ) = @_;
        for my $keyword ( grep { $breaks{$_} } sort keys %{$schema} ) {
            my @place = ( @path, $keyword eq 'additionalProperties' ? 'unexpected' : () );
            my %rule = ( type => $type->{name}, pointer => pointer(@place), keyword => $keyword );
            for my $break ( $breaks{$keyword}->($schema) ) {
                my ( $what, $change ) = @{$break};
                my $name = "$rule{pointer} $keyword: $what";
                my $case = { %rule, case => $name, module => changed( $module, $change, @path ) };
                add_case( $type, $case, $cases, $left_out ) if !$cases->{$name};
            }
        }
    };
    walk( $type->{schema}, $module, $visit );
    return;
}

sub add_case {
    my ( $type, $case, $cases, $left_out ) = @_;
    my $expected = "$case->{pointer} $case->{keyword}";
    my @found    = violations( $type->{schema}, $case->{module} );
    if ( grep { $_ eq $expected } @found ) {
        $cases->{ $case->{case} } = $case;
        delete $left_out->{ $case->{case} };
    }
    else {
        my $reason = @found ? 'several shapes are equally close' : 'another shape accepts it';
        $left_out->{ $case->{case} } = "$type->{name} $expected: $reason";
    }
    return;
}

# Dies unless every keyword is known here, and each property occurs in one of the modules, each list
# with an element.
sub check_coverage {
    my ( $type, @modules ) = @_;
    my ( %wanted, %seen );
    my $visit = sub {
        my ( $schema, @path ) = @_;
        my $here = pointer( map { s{\A\d+\z}{*}r } @path );
        $seen{$here} = 1;
        $wanted{"$here/$_"} = 1 for keys %{ $schema->{properties} // {} };
        $wanted{"$here/*"} = 1 if $schema->{items};
        my @unknown = grep { !is_known($_) } keys %{$schema};
        die "$type->{name} $here: unknown keyword @unknown\n" if @unknown;
    };
    walk( $type->{schema}, $_, $visit ) for @modules;
    my @absent = grep { !$seen{$_} } sort keys %wanted;
    die "$type->{name}: no module has @absent\n" if @absent;
    return;
}

sub is_known {
    my ($keyword) = @_;
    return $annotation{$keyword} || $breaks{$keyword} || $structure{$keyword};
}

sub type_names {
    my $folder = "$root/sql/module_types";
    opendir my $handle, $folder or die "$folder: $!\n";
    my @names = map { /\A(\w+)\.json\z/ ? $1 : () } readdir $handle;
    return sort grep { $_ ne 'definitions' } @names;
}

sub accepted_modules {
    my ($type) = @_;
    my $data = read_json("$root/tests/data/module_types/$type->{name}.json");
    my @modules = ( $data->{maximal}, @{ $data->{variants} // [] }, $data->{minimal} );
    for my $module (@modules) {
        my @found = violations( $type->{schema}, $module );
        die "$type->{name} refuses " . $json->encode($module) . ": @found\n" if @found;
    }
    return @modules;
}

my ( $types, $refused, $omitted, %listing ) = ( 0, 0, 0 );
for my $name ( type_names() ) {
    my $type    = read_json("$root/sql/module_types/$name.json");
    my @modules = accepted_modules($type);
    check_coverage( $type, @modules );
    my ( %cases, %left_out );
    derive( $type, $_, \%cases, \%left_out ) for @modules;
    print $json->encode( $cases{$_} ), "\n" for sort keys %cases;
    $types++;
    $refused += keys %cases;
    $omitted += keys %left_out;
    $listing{$_} = 1 for values %left_out;
}
my @places = sort keys %listing;
my $rules  = @places;
print STDERR "$refused refused cases from $types types; $omitted left out, at $rules rules:\n";
print STDERR "  $_\n" for @places;

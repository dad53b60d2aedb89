# What an app's dynamic modules must be, by rules of its own in plain data: the set, its order, its
# history, and how often its document has become another one.
package SetModel;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(json_text);

# json_text(DATA)
# JSON as PostgreSQL writes jsonb: members by length and then by bytes. Numbers are integers, texts
# have nothing that is escaped.
sub json_text {
    my ($data) = @_;
    if (ref $data eq 'HASH') {
        my @names = sort { length $a <=> length $b || $a cmp $b } keys %$data;
        return '{' . join(', ', map { qq("$_": ) . json_text($data->{$_}) } @names) . '}';
    }
    return '[' . join(', ', map { json_text($_) } @$data) . ']' if ref $data eq 'ARRAY';
    return $data =~ /^-?[0-9]+$/ ? $data : qq("$data");
}

# SetModel->new(%options)
# An app without dynamic modules. Options:
#   limit    how many dynamic modules it may have
#   single   the name of the type of which it may have one
#   taken    the key of a module of its descriptor
# A module is {type, key, text}, where text is its definition as json_text() gives it. Members:
#   modules    the present ones in order, each with its number as well
#   events     [operation, type, key, text, number of the module], oldest first
#   documents  how often the document has changed
sub new {
    my ($class, %options) = @_;
    return bless { %options, modules => [], events => [], documents => 0, numbers => 0 }, $class;
}

# copy()
# The same again, to try something with.
sub copy {
    my ($self) = @_;
    return bless { %$self, modules => [ $self->set ], events => [ @{ $self->{events} } ] }, ref $self;
}

# document()
# What GET answers: types by their first module, modules in order.
sub document {
    my ($self) = @_;
    my (@types, %texts);
    for my $module (@{ $self->{modules} }) {
        push @types, $module->{type} unless $texts{ $module->{type} };
        push @{ $texts{ $module->{type} } }, $module->{text};
    }
    my @members = map {
        my $list = join ',', @{ $texts{$_} };
        qq("$_":) . ($_ eq $self->{single} ? $list : "[$list]")
    } @types;
    return '{' . join(',', @members) . '}';
}

# set()
# Copies of the present modules, in order.
sub set {
    my ($self) = @_;
    return map { { %$_ } } @{ $self->{modules} };
}

sub find {
    my ($self, $key) = @_;
    my ($found) = grep { $_->{key} eq $key } @{ $self->{modules} };
    return $found;
}

# change(%parts)
# What one statement does to the set: `remove` and `update` by key, `add` at the end. Each part is a
# list of modules. The history has them by operation, and within one by their place.
sub change {
    my ($self, %parts) = @_;
    my $before = $self->document;
    my %gone = map { $_->{key} => 1 } @{ $parts{remove} // [] };
    my %new = map { ($_->{former} // $_->{key}) => $_ } @{ $parts{update} // [] };
    my (@kept, @deleted, @inserted, @updated);
    for my $module (@{ $self->{modules} }) {
        my $change = $new{ $module->{key} };
        if ($gone{ $module->{key} }) {
            push @deleted, $module;
            next;
        }
        if ($change && join("\n", @$change{qw(type text)}) ne join("\n", @$module{qw(type text)})) {
            $module = { %$change, number => $module->{number} };
            delete $module->{former};
            push @updated, $module;
        }
        push @kept, $module;
    }
    push @inserted, { %$_, number => ++$self->{numbers} } for @{ $parts{add} // [] };
    $self->{modules} = [ @kept, @inserted ];
    push @{ $self->{events} }, map { $self->event('delete', $_) } @deleted;
    push @{ $self->{events} }, map { $self->event('insert', $_) } @inserted;
    push @{ $self->{events} }, map { $self->event('update', $_) } @updated;
    $self->{documents}++ if $self->document ne $before;
    return;
}

sub event {
    my ($self, $operation, $module) = @_;
    return [ $operation, @$module{qw(type key text number)} ];
}

# refusal(WANTED, KEYS, [MODULES])
# Why modules that come cannot be there beside others: the first rule that is broken, or undef.
# KEYS are those that none may have; MODULES the ones that stay.
sub refusal {
    my ($self, $wanted, $keys, $staying) = @_;
    my %seen = map { $_ => 1 } $self->{taken}, @$keys;
    for my $module (@$wanted) {
        return 'MD001' if $seen{ $module->{key} }++;
    }
    my $singles = grep { $_->{type} eq $self->{single} } @$wanted, @{ $staying // [] };
    return 'MD004' if $singles > 1 && grep { $_->{type} eq $self->{single} } @$wanted;
    return 'MD002' if @$wanted + @{ $staying // [] } > $self->{limit};
    return;
}

# register(MODULE...)
# As POST does it. Returns the rule that is broken, or undef.
sub register {
    my ($self, @wanted) = @_;
    my @keys = map { $_->{key} } @{ $self->{modules} };
    my $refusal = $self->refusal(\@wanted, \@keys, $self->{modules});
    $self->change(add => \@wanted) if !$refusal && @wanted;
    return $refusal;
}

# remove(KEY...)
# As DELETE does it: all modules if no key is given.
sub remove {
    my ($self, @keys) = @_;
    my %named = map { $_ => 1 } @keys;
    my @gone = grep { !@keys || $named{ $_->{key} } } @{ $self->{modules} };
    $self->change(remove => \@gone) if @gone;
    return;
}

# replace(MODULES, [TRIAL])
# As PUT does it, or only what it would answer. Returns the keys as {added, updated, removed,
# unchanged}, or the rule that is broken.
sub replace {
    my ($self, $wanted, $trial) = @_;
    my $refusal = $self->refusal($wanted, []);
    return $refusal if $refusal;
    my %wanted = map { $_->{key} => $_ } @$wanted;
    my (@removed, @updated, @added, @unchanged);
    for my $module (@{ $self->{modules} }) {
        my $other = $wanted{ $module->{key} };
        push @removed, $module if !$other || $other->{type} ne $module->{type};
    }
    for my $module (@$wanted) {
        my $known = $self->find($module->{key});
        my $list =
              !$known || $known->{type} ne $module->{type} ? \@added
            : $known->{text} ne $module->{text}            ? \@updated
            :                                                \@unchanged;
        push @$list, $module;
    }
    if (!$trial) {
        $self->change(remove => \@removed) if @removed;
        $self->change(update => \@updated) if @updated;
        $self->change(add => \@added)      if @added;
    }
    my %lists = (added => \@added, updated => \@updated, removed => \@removed,
        unchanged => \@unchanged);
    return { map { my $name = $_; ($name => [ map { $_->{key} } @{ $lists{$name} } ]) } keys %lists };
}

1;

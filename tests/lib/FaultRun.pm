# Apps that go on registering, removing and reading while something fails, and the comparison of
# what they were told with what the database holds.
package FaultRun;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use JSON::PP;
use List::Util qw(max shuffle);
use Modules qw(fields);
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(fault_run);

use constant {
    APPS    => 4,     # at work at the same time
    MODULES => 40,    # of an app, before it removes rather than registers
};

# What the program may answer; the web server has words of its own for a program that is gone.
my %contract = map { $_ => 1 } qw(200 204 429 503);
my $json = JSON::PP->new->utf8;

# fault_run(STACK, SECONDS, FAULT)
# Lets apps work for so long, and as long as the fault takes: after a part of the time calls FAULT,
# which gives what ends it, if that does not end by itself. Returns how often they asked and were told that something was done, the
# slowest answer in seconds, and lists of what was lost and what was wrong.
sub fault_run {
    my ($stack, $seconds, $fault) = @_;
    my @apps = map { $stack->install } 1 .. APPS;
    my $end = tempdir('dynmod-XXXXXX', TMPDIR => 1, CLEANUP => 1) . '/end';
    my @readers = map { start_app($_, $end) } @apps;
    sleep $seconds * 0.25;
    my $mend = $fault->();
    if (ref $mend eq 'CODE') {
        sleep $seconds * 0.35;
        $mend->();
    }
    sleep $seconds * 0.4;
    open my $file, '>', $end or die "$end: $!\n";
    close $file;
    my %result = (requests => 0, acknowledged => 0, slowest => 0, lost => [], wrong => []);
    for my $index (0 .. $#apps) {
        my $told = $json->decode(do { local $/; readline $readers[$index] });
        close $readers[$index];
        $result{$_} += $told->{$_} for qw(requests acknowledged);
        $result{slowest} = max $result{slowest}, $told->{slowest};
        push @{ $result{wrong} }, @{ $told->{wrong} };
        compare($stack, $apps[$index], $told, \%result);
    }
    return \%result;
}

# A process that is the app until there is the file of the end; what it gives to read is what it was told.
sub start_app {
    my ($app, $end) = @_;
    my $child = open(my $reader, '-|') // die "fork: $!\n";
    return $reader if $child;
    srand $$;
    my %told = (requests => 0, acknowledged => 0, slowest => 0, wrong => [], groups => [],
        state => {});
    until (-e $end) {
        my $live = grep { $_ ne 'absent' } values %{ $told{state} };
        my $choice = rand;
        if ($choice < 0.3) { look($app, \%told) }
        elsif ($choice < 0.7 && $live < MODULES) { add($app, \%told) }
        else { remove($app, \%told) }
    }
    print $json->encode(\%told);
    close STDOUT;
    POSIX::_exit(0);
}

# Sends a request; its response, or one with the status 0 if there was none.
sub ask {
    my ($told, $code) = @_;
    my $began = time;
    my $response = eval { $code->() } // { status => 0, headers => {}, body => '' };
    my $took = time - $began;
    $told->{requests}++;
    $told->{slowest} = max $told->{slowest}, $took;
    my ($status, $type) = ($response->{status}, $response->{headers}{'content-type'} // '');
    my $of_program = ($response->{headers}{'x-content-type-options'} // '') eq 'nosniff';
    push @{ $told->{wrong} }, "the program answers $status: $response->{body}"
        if $of_program && !($contract{$status} && ($status < 400 || $type =~ /json/));
    push @{ $told->{wrong} }, "status $status: $response->{body}"
        if !$of_program && $status && $status < 500;
    return $response;
}

sub add {
    my ($app, $told) = @_;
    my @keys = map { sprintf 'k-%d-%d', scalar @{ $told->{groups} }, $_ } 1 .. 1 + int rand 3;
    push @{ $told->{groups} }, \@keys;
    my $response = ask($told, sub { $app->register(fields(@keys)) });
    my $done = outcome($response, 200);
    $told->{acknowledged} += $done eq 'done';
    $told->{state}{$_} = { done => 'present', not => 'absent', unknown => 'unknown' }->{$done}
        for @keys;
    return;
}

sub remove {
    my ($app, $told) = @_;
    my $state = $told->{state};
    my @keys = (shuffle grep { $state->{$_} ne 'absent' } keys %$state)[ 0 .. int rand 3 ];
    @keys = grep { defined } @keys or return;
    my $response = ask($told, sub { $app->remove(join '&', map { "moduleKey=$_" } @keys) });
    my $done = outcome($response, 204);
    $told->{acknowledged} += $done eq 'done';
    return if $done eq 'not';
    $state->{$_} = $done eq 'done' ? 'absent' : 'unknown' for @keys;
    $told->{half}{$_} = 1 for @keys; # a group of which a part was removed is no group any more
    return;
}

# Whether a change was made, as the response says.
sub outcome {
    my ($response, $good) = @_;
    return 'done' if $response->{status} == $good;
    return 'unknown' if $response->{status} != 429 && $response->{status} != 503;
    return 'unknown' if ($response->{headers}{'x-content-type-options'} // '') ne 'nosniff';
    return $response->{body} =~ /may have been made/ ? 'unknown' : 'not';
}

sub look {
    my ($app, $told) = @_;
    my $response = ask($told, sub { $app->get });
    return if $response->{status} != 200;
    $told->{acknowledged}++;
    my $modules = eval { $json->decode($response->{body}) };
    return push @{ $told->{wrong} }, "no JSON: $response->{body}" if !$modules;
    my %found = map { $_->{key} => 1 } @{ $modules->{jiraIssueFields} // [] };
    push @{ $told->{wrong} }, differences($told, \%found);
    return;
}

# What contradicts what the app was told: keys that are missing or too many, halves of groups.
sub differences {
    my ($told, $found) = @_;
    my $state = $told->{state};
    my @wrong = map { "$_ is $state->{$_} but " . ($found->{$_} ? 'there' : 'not there') }
        grep { $state->{$_} ne 'unknown' && ($state->{$_} eq 'present') != !!$found->{$_} }
        sort keys %$state;
    for my $group (@{ $told->{groups} }) {
        next if grep { $told->{half}{$_} } @$group;
        my $there = grep { $found->{$_} } @$group;
        push @wrong, "half of @$group" if $there && $there < @$group;
    }
    return @wrong;
}

# Compares what the app was told with what the database holds: its modules, document and history.
sub compare {
    my ($stack, $app, $told, $result) = @_;
    my $key = $app->key;
    my %found = map { $_ => 1 } split /\n/, $stack->sql(
        "SELECT module_key FROM dynmod.module JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$key'");
    for my $difference (differences($told, \%found)) {
        push @{ $result->{ $difference =~ /present but|absent but/ ? 'lost' : 'wrong' } },
            "$key: $difference";
    }
    my $document = $stack->sql("SELECT document = (dynmod.compute_document(id)).document
        FROM dynmod.app WHERE app_key = '$key'", 'owner');
    push @{ $result->{wrong} }, "$key: its document is another" if $document ne 't';
    my $events = $stack->sql("SELECT count(*) FROM (
            SELECT module_key, count(*) FILTER (WHERE operation = 'insert') AS inserts,
                   count(*) FILTER (WHERE operation = 'delete') AS deletes
                FROM dynmod.module_event WHERE app_key = '$key' GROUP BY 1) AS counted
        WHERE inserts <> 1 OR deletes <> CASE WHEN module_key IN (
            SELECT module_key FROM dynmod.module JOIN dynmod.app ON app.id = app_id
                WHERE app_key = '$key') THEN 0 ELSE 1 END");
    push @{ $result->{wrong} }, "$key: $events keys have another history" if $events ne '0';
    return;
}

1;

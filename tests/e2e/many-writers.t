#!/usr/bin/perl
# An app and two operators write at once, by HTTP, psql and dynmodctl, whatever comes to their minds.
# Afterwards the history must tell exactly what they were told was done, and lead to what is there.
# WRITERS_SEED repeats a run as far as one can, WRITERS_OPERATIONS makes it longer.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use File::Temp qw(tempfile);
use JSON::PP;
use Modules qw(descriptor field fields panel);
use POSIX ();
use Stack;
use Test::More;

my $seed = $ENV{WRITERS_SEED} // time;
my $operations = $ENV{WRITERS_OPERATIONS} // 240;
my @keys = map { "k-$_" } 1 .. 12;
my $json = JSON::PP->new->utf8->canonical;
my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $app = $stack->install(modules => { webPanels => [ panel('of-descriptor') ] });
my $key = $app->key;
diag("WRITERS_SEED=$seed WRITERS_OPERATIONS=$operations");

sub some_keys {
    my %chosen = map { $keys[ rand @keys ] => 1 } 1 .. 1 + int rand 3;
    return sort keys %chosen;
}

sub count {
    my ($told, $what, $number) = @_;
    $told->{$what} += $number;
    return;
}

# Each of these does one thing and notes what it was told.

sub register {
    my ($told) = @_;
    my @chosen = some_keys();
    my $response = $app->register(fields(@chosen));
    count($told, 'app inserts', scalar @chosen) if $response->{status} == 200;
    return $response;
}

sub by_app {
    my ($told) = @_;
    my $choice = rand;
    my $response =
          $choice < 0.5 ? register($told)
        : $choice < 0.8 ? $app->remove(join '&', map { "moduleKey=$_" } some_keys())
        : $choice < 0.85 ? $app->remove(undef)
        :                 $app->get;
    push @{ $told->{wrong} }, "the app is told $response->{status}: $response->{body}"
        if $response->{status} !~ /^(?:200|204|400|401|429)$/;
    count($told, "answers $response->{status}", 1);
    return;
}

sub by_psql {
    my ($told) = @_;
    my ($chosen) = some_keys();
    my $of_app = "(SELECT id FROM dynmod.app WHERE app_key = '$key')";
    my $choice = rand;
    my ($what, $statement) =
        $choice < 0.4
        ? ('operator inserts', sprintf q{INSERT INTO dynmod.module (app_id, type_name, definition)
            VALUES (%s, 'jiraIssueFields', '%s') RETURNING 1}, $of_app, $json->encode(field($chosen)))
        : $choice < 0.7
        ? ('operator updates', sprintf q{UPDATE dynmod.module SET definition = definition
            || '{"weight":%d}' WHERE app_id = %s AND module_key = '%s' AND origin = 'dynamic'
            RETURNING 1}, rand 1_000_000, $of_app, $chosen)
        : ('operator deletes', sprintf q{DELETE FROM dynmod.module WHERE app_id = %s
            AND module_key = '%s' AND origin = 'dynamic' RETURNING 1}, $of_app, $chosen);
    my $printed = eval { $stack->sql($statement) };
    if (defined $printed) {
        count($told, $what, scalar(() = $printed =~ /1/g));
    } else {
        my ($error) = $@ =~ /^ERROR:\s+(.*)/m;
        push @{ $told->{wrong} }, "psql: $@"
            if $error !~ /duplicate key value|may have|being installed|deadlock/;
    }
    return;
}

sub by_tool {
    my ($told) = @_;
    my $choice = rand;
    my @command = ('app', $choice < 0.2 ? 'disable' : $choice < 0.3 ? 'uninstall' : 'enable', $key,
        '--quiet-app');
    if ($choice > 0.6) {
        my @modules = map { panel($_) } 'of-descriptor', $choice > 0.8 ? some_keys() : ();
        my ($file, $path) = tempfile('descriptor-XXXXXX', TMPDIR => 1, UNLINK => 1);
        print {$file} $json->encode(descriptor($key, modules => { webPanels => \@modules }));
        close $file or die "$path: $!\n";
        @command = ('app', 'install', $path, '--secret', $app->secret);
    }
    my ($status, $printed, $said) = $stack->run_ctl('--json', @command);
    push @{ $told->{wrong} }, "@command: status $status: $said"
        if $status != 0 && $said !~ /is uninstalled|being installed|did not answer|lock/;
    count($told, "$command[1] $status", 1);
    return;
}

# Runs one kind of writer in a process of its own; what can be read is what it was told.
sub start_writer {
    my ($number, $code, $times) = @_;
    my $child = open(my $reader, '-|') // die "fork: $!\n";
    return $reader if $child;
    srand $seed + $number;
    my %told = (wrong => []);
    for (1 .. $times) {
        eval { $code->(\%told); 1 } or push @{ $told{wrong} }, "died: $@";
    }
    print $json->encode(\%told);
    close STDOUT;
    POSIX::_exit(0);
}

my @readers = (
    start_writer(1, \&by_app, $operations),
    start_writer(2, \&by_psql, $operations / 2),
    start_writer(3, \&by_psql, $operations / 2),
    start_writer(4, \&by_tool, $operations / 8),
);
my (%told, @wrong);
for my $reader (@readers) {
    my $one = $json->decode(do { local $/; readline $reader });
    push @wrong, @{ delete $one->{wrong} };
    $told{$_} += $one->{$_} for keys %$one;
}
is(scalar @wrong, 0, 'everybody got answers that make sense') or diag(explain(\@wrong));
diag(join ', ', map { "$_: $told{$_}" } sort keys %told);

# What the history says of changes by one login.
sub events {
    my ($login, $operation) = @_;
    return $stack->sql(sprintf q{SELECT count(*) FROM dynmod.module_event
        WHERE app_key = '%s' AND login = '%s' AND operation = '%s' AND origin = 'dynamic'
          AND reason IS NULL}, $key, $login, $operation);
}
is(events('stack_web', 'insert'), $told{'app inserts'} // 0, 'what the app registered is in the history');
is(events('stack_operator', 'insert'), $told{'operator inserts'} // 0, 'what operators inserted');
is(events('stack_operator', 'update'), $told{'operator updates'} // 0, 'what operators changed');
is(events('stack_operator', 'delete'), $told{'operator deletes'} // 0, 'what operators deleted');
is(
    $stack->sql(sprintf q{
        WITH event AS (
            SELECT module_key, operation, definition,
                   lag(operation) OVER (PARTITION BY module_key ORDER BY id) AS earlier
                FROM dynmod.module_event WHERE app_key = '%s')
        SELECT count(*) FROM event WHERE (operation = 'insert')
            <> (COALESCE(earlier, 'delete') = 'delete')}, $key),
    0, 'each key comes and goes in turn'
);
is(
    $stack->sql(sprintf q{
        WITH last AS (
            SELECT DISTINCT ON (module_key) module_key, operation, definition
                FROM dynmod.module_event WHERE app_key = '%1$s' ORDER BY module_key, id DESC),
            present AS (
                SELECT module_key, definition FROM dynmod.module
                    JOIN dynmod.app ON app.id = app_id WHERE app_key = '%1$s')
        SELECT count(*) FROM (SELECT module_key, definition FROM last WHERE operation <> 'delete')
            AS expected FULL JOIN present USING (module_key)
            WHERE expected.definition IS DISTINCT FROM present.definition}, $key),
    0, 'the last events are what is there'
);
is(
    $stack->sql(sprintf(q{SELECT document = (dynmod.compute_document(id)).document FROM dynmod.app
        WHERE app_key = '%s'}, $key), 'owner'),
    't', 'and what GET shows'
);
no_fault_in_logs($stack);
done_testing();

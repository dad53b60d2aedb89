#!/usr/bin/perl
# An app, two operators and an administrator write at once, by HTTP, psql and dynmodctl, whatever
# comes to their minds. Afterwards the history must tell exactly what they were told was done, and
# lead to what is there, and the app must have been told of its life as the history says.
# WRITERS_SEED repeats a run as far as one can, WRITERS_OPERATIONS makes it longer.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp;
use Faults qw(wait_for);
use JSON::PP;
use Life qw(calls_of is_without_secrets waiting_for);
use Modules qw(field fields panel);
use POSIX ();
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{WRITERS_SEED} // time;
my $operations = $ENV{WRITERS_OPERATIONS} // 240;
my @keys = map { "k-$_" } 1 .. 12;
my $json = JSON::PP->new->utf8->canonical;
my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my $admin = $stack->admin;
my $fake = FakeApp->start($stack);
my $key = $fake->key;
my @descriptors = publish_descriptors();
is($admin->install($descriptors[0])->{end}{status}, 303, 'the app is installed');
diag("WRITERS_SEED=$seed WRITERS_OPERATIONS=$operations");

# Has the app serve several descriptors, of which some take keys that it registers, and gives their
# URLs.
sub publish_descriptors {
    srand $seed;
    my @urls;
    for my $number (0 .. 19) {
        my @panels = map { panel($_) } 'of-descriptor', $number > 12 ? some_keys() : ();
        my %descriptor = (%{ $fake->{descriptor} }, version => "1.$number",
            modules => { webPanels => \@panels });
        my $path = "/descriptor-$number";
        $fake->behave($path, status => 200, body => $json->encode(\%descriptor));
        push @urls, $fake->base_url . $path;
    }
    return @urls;
}

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
    my ($told, $app) = @_;
    my @chosen = some_keys();
    my $response = $app->register(fields(@chosen));
    count($told, 'app inserts', scalar @chosen) if $response->{status} == 200;
    return $response;
}

sub replace {
    my ($told, $app) = @_;
    my $response = $app->replace(fields(some_keys()));
    count($told, 'app inserts', scalar @{ json_data($response)->{added} })
        if $response->{status} == 200;
    return $response;
}

sub by_app {
    my ($told) = @_;
    my $choice = rand;
    my $app = $fake->app;
    my $response =
          $choice < 0.5 ? register($told, $app)
        : $choice < 0.8 ? $app->remove(join '&', map { "moduleKey=$_" } some_keys())
        : $choice < 0.85 ? $app->remove(undef)
        : $choice < 0.92 ? replace($told, $app)
        :                 $app->get;
    push @{ $told->{wrong} }, "the app is told $response->{status}: $response->{body}"
        if $response->{status} !~ /^(?:200|204|400|401|429|503)$/
        || $response->{body} =~ /may have been made/;
    count($told, "answers $response->{status}", 1);
    sleep 0.03 if $response->{status} == 401;    # somebody else must let it in first
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
    my @command = ('app', $choice < 0.1 ? 'disable' : $choice < 0.2 ? 'uninstall' : 'enable', $key,
        $choice < 0.3 ? '--quiet-app' : ());
    @command = ('app', 'install', $descriptors[ rand @descriptors ]) if $choice > 0.6;
    my ($status, $printed, $said) = $stack->run_ctl('--json', @command);
    push @{ $told->{wrong} }, "@command: status $status: $said"
        if $status != 0 && $said !~ /the app \S+ is (?:uninstalled|being installed)/;
    count($told, "$command[1] $status", 1);
    return;
}

sub by_admin {
    my ($told) = @_;
    my $choice = rand;
    if ($choice > 0.6) {
        install($told);
        return;
    }
    my $enabled = $choice < 0.5 ? JSON::PP::true : JSON::PP::false;
    my ($method, @body) = $choice < 0.1 ? 'DELETE' : ('PUT', json => { enabled => $enabled });
    my $response = $admin->call($method, "/$key-key", @body);
    push @{ $told->{wrong} }, "$method is answered with $response->{status}: $response->{body}"
        if $response->{status} !~ /^(?:200|204|404|409)$/;
    count($told, "$method $response->{status}", 1);
    return;
}

sub install {
    my ($told) = @_;
    my $task = $admin->install($descriptors[ rand @descriptors ]);
    my $status = $task->{end}{status};
    push @{ $told->{wrong} }, "the installation ends with $status: " . ($task->{error} // '')
        if $status != 303 && ($task->{error} // '') !~ /being installed/;
    count($told, "installation $status", 1);
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
    start_writer(5, \&by_admin, $operations / 8),
);
my (%told, @wrong);
for my $reader (@readers) {
    my $one = $json->decode(do { local $/; readline $reader });
    push @wrong, @{ delete $one->{wrong} };
    $told{$_} += $one->{$_} for keys %$one;
}
is(scalar @wrong, 0, 'everybody got answers that make sense') or diag(explain(\@wrong));
# On a busy machine some wait for the others longer than the roles may.
my @refusals = grep { !/due to lock timeout$/ } $stack->log_text =~ /: (503: .*)$/mg;
is_deeply(\@refusals, [], 'if the database was not at their service, others were in the way');
diag(join ', ', map { "$_: $told{$_}" } sort keys %told);

# What the history says of changes by one login.
sub events {
    my ($login, $operation) = @_;
    return $stack->sql(sprintf q{SELECT count(*) FROM dynmod.module_event
        WHERE app_key = '%s' AND login = '%s' AND operation = '%s' AND origin = 'dynamic'
          AND reason IS NULL}, $key, $login, $operation);
}
is(events('stack_web', 'insert'), $told{'app inserts'} // 0,
    'what the app registered is in the history');
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

# What became of the app: its states, one after the other, and the calls to it.
is(
    $stack->sql(sprintf q{
        WITH event AS (
            SELECT detail, lag(detail) OVER (ORDER BY id) AS earlier FROM dynmod.app_event
                WHERE app_key = '%s' AND detail ? 'state')
        SELECT count(*) FROM event
            WHERE detail ->> 'formerState' IS DISTINCT FROM earlier ->> 'state'}, $key),
    0, 'each change of its state begins with the state before'
);
# An uninstalled app may be uninstalled again, which is no event.
my %uninstalled = map { split /\|/ } split /\n/, $stack->sql(sprintf q{
    SELECT login, count(*) FROM dynmod.app_event
        WHERE app_key = '%s' AND operation = 'uninstall' AND reason IS NULL GROUP BY 1}, $key);
my %most = (stack_host => $told{'DELETE 204'}, stack_operator => $told{'uninstall 0'});
cmp_ok($uninstalled{$_}, '<=', $most{$_} // 0, "$_ was told of each time it uninstalled the app")
    for sort keys %uninstalled;
is($admin->install($descriptors[0])->{end}{status}, 303, 'it is installed once more');
my $enabled = $admin->call('PUT', "/$key-key", json => { enabled => JSON::PP::true });
is($enabled->{status}, 200, 'and enabled, as an upgrade leaves it disabled');
ok(wait_for(30, sub { waiting_for($fake) eq '' }), 'no call waits')
    or diag(waiting_for($fake));
is($fake->app->get->{status}, 200, 'the app has the secret that counts');
my @had = map { "$_->{event} $_->{status}" . ($_->{fault} && " $_->{fault}") }
    grep { $_->{event} } $fake->requests;
my @noted = map { "$_->{event} $_->{status}" } grep { defined $_->{status} } calls_of($fake);
is_deeply(\@noted, \@had, 'the app had the calls of the history, all with good tokens');
is(
    scalar(grep { $_ eq 'installed 204' } @had),
    2 + ($told{'installation 303'} // 0) + ($told{'install 0'} // 0),
    'as many of them as installations told it its secret'
);
diag(scalar @had . ' calls');
$fake->stop;
is_without_secrets($stack);
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

#!/usr/bin/perl
# Random sequences of POST, PUT, DELETE, psql and restores against a model of its own (SetModel):
# set, order, history and revision agree at every step, and so do the sets of earlier moments.
# SETS_SEED and SETS_SEQUENCES=1 repeat the sequence that a fault names.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use App;
use Cases;
use IPC::Open2 qw(open2);
use JSON::PP;
use Modules qw(descriptor entity_property field panel);
use SetModel qw(json_text);
use Stack;
use Test::More;
use Time::HiRes qw(time);

use constant {
    LIMIT  => 6,
    SINGLE => 'modelSingles',
    STEPS  => 12,
    TAKEN  => 'of-descriptor',
};

my $seed = $ENV{SETS_SEED} // time % 1_000_000_000 | 0;
my $sequences = $ENV{SETS_SEQUENCES} // 350;    # 40 s of a machine that does nothing else
my @keys = map { "k-$_" } 1 .. 11;
my %makers = (
    jiraEntityProperties => \&entity_property,
    jiraIssueFields      => \&field,
    webPanels            => \&panel,
    SINGLE()             => sub { my ($key, %more) = @_; return { key => $key, %more } },
);
my @types = sort keys %makers;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my ($answers, $session);
my $psql = open2($answers, $session, 'sh', '-c', 'exec "$@" 2>&1', 'sh',
    $stack->fact('postgres_programs') . '/psql', '-XAtq', '-v', 'VERBOSITY=sqlstate',
    '-d', $stack->fact('admin_conninfo'));
diag("SETS_SEED=$seed SETS_SEQUENCES=$sequences");

# ask(STATEMENTS)
# What an operator's psql prints; SQLSTATEs of errors as "ERROR:  MD001".
sub ask {
    my ($statements) = @_;
    print {$session} "$statements;\n\\echo end of answer\n";
    $session->flush;
    my $text = '';
    while (defined(my $line = readline $answers)) {
        return $text if $line eq "end of answer\n";
        $text .= $line;
    }
    die "psql has ended\n";
}

sub ask_json {
    my ($statements) = @_;
    my $text = ask($statements);
    return eval { $json->decode($text) } // die "psql prints $text\n";
}

sub pick {
    my (@choices) = @_;
    return $choices[ rand @choices ];
}

# some(MOST, ITEM...)
# From one to so many of them, in random order.
sub some {
    my ($most, @items) = @_;
    my $number = 1 + int rand $most;
    my @chosen;
    push @chosen, splice @items, rand @items, 1 while @items && @chosen < $number;
    return @chosen;
}

# A module as the model has it.
sub module {
    my ($type, $key) = @_;
    my $definition = $makers{$type}->($key, variant => 1 + int rand 3);
    return { type => $type, key => $key, text => json_text($definition) };
}

# The same with another definition, perhaps, and at times of another type.
sub changed {
    my ($module) = @_;
    return module(rand() < 0.8 ? $module->{type} : pick(@types), $module->{key});
}

# Mostly of the types of which there may be several, and now and then with a key that is taken.
sub new_modules {
    my ($most, @from) = @_;
    my @modules = map { module(rand() < 0.12 ? SINGLE : pick(@types), $_) } some($most, @from);
    push @modules, module('webPanels', TAKEN) if rand() < 0.03;
    push @modules, module('webPanels', $modules[0]{key}) if rand() < 0.03;
    return @modules;
}

# Mostly the keys that no module has.
sub keys_for {
    my ($model) = @_;
    my @free = grep { !$model->find($_) } @keys;
    return rand() < 0.7 && @free ? @free : @keys;
}

# A set for PUT: some as they are, some changed, some new; at times the same as ever.
sub wanted_set {
    my ($model) = @_;
    my @present = $model->set;
    return @present if rand() < 0.1;
    return if rand() < 0.05;
    my @stay = grep { rand() < 0.7 } @present;
    @stay = map { rand() < 0.6 ? $_ : changed($_) } @stay;
    my %used = map { $_->{key} => 1 } @stay;
    my @new = rand() < 0.7 ? new_modules(4, grep { !$used{$_} } @keys) : ();
    return some(scalar @stay + @new, @stay, @new);
}

# The body of POST and PUT, and the modules in the order in which it has them.
sub body_of {
    my (@modules) = @_;
    my (%texts, @order);
    push @{ $texts{ $_->{type} } }, $_ for @modules;
    for my $type (sort keys %texts) {
        push @order, @{ $texts{$type} };
    }
    my @members = map {
        my $list = join ',', map { $_->{text} } @{ $texts{$_} };
        qq("$_":) . ($_ eq SINGLE && @{ $texts{$_} } == 1 ? $list : "[$list]")
    } sort keys %texts;
    return ('{' . join(',', @members) . '}', @order);
}

# The argument of replace_modules().
sub argument_of {
    my (@modules) = @_;
    my @items = map { qq({"type":"$_->{type}","definition":$_->{text}}) } @modules;
    return "'[" . join(',', @items) . "]'";
}

# ---- Steps: each does one thing, has the model do it, and returns what it was, what was answered,
# ---- and what should have been.

sub send_modules {
    my ($app, $method, $body, @headers) = @_;
    return $app->call($method, body => $body,
        headers => [ 'Content-Type' => 'application/json', @headers ]);
}

sub by_post {
    my ($run) = @_;
    my ($body, @modules) = body_of(new_modules(4, keys_for($run->{model})));
    my $response = send_modules($run->{app}, 'POST', $body);
    my $refusal = $run->{model}->register(@modules);
    return ("POST $body", $response->{status}, $refusal ? 400 : 200);
}

# At times on trial, and at times if the set is still what it was, or was at another time.
sub by_put {
    my ($run) = @_;
    my ($body, @modules) = body_of(wanted_set($run->{model}));
    my $trial = rand() < 0.15;
    my @headers = $trial ? ('X-Dynmod-Dry-Run' => 'true') : ();
    my $tag = rand() < 0.3 ? pick(@{ $run->{tags} }) : undef;
    push @headers, 'If-Match' => $tag if defined $tag;
    my $response = send_modules($run->{app}, 'PUT', $body, @headers);
    my $answer = $response->{status};
    my $told = $answer == 200 ? $json->decode($response->{body}) : {};
    delete $told->{warnings};
    $answer .= ' ' . $json->encode($told) if $answer == 200;
    my $stale = defined $tag && $tag ne $run->{tags}[-1];
    my $outcome = $run->{model}->replace(\@modules, $trial || $stale);
    return ("PUT @headers $body", $answer,
        $stale ? 412 : ref $outcome ? '200 ' . $json->encode($outcome) : 400);
}

sub by_delete {
    my ($run) = @_;
    my @gone = rand() < 0.06 ? () : some(3, @keys, TAKEN);
    my $query = join '&', map { "moduleKey=$_" } @gone;
    my $response = $run->{app}->remove(@gone ? $query : undef);
    $run->{model}->remove(@gone);
    return ("DELETE $query", $response->{status}, 204);
}

sub by_replace_modules {
    my ($run) = @_;
    my @modules = wanted_set($run->{model});
    my $trial = rand() < 0.15;
    my $statement = sprintf q{SELECT json_build_object('added', added, 'updated', updated,
        'removed', removed, 'unchanged', unchanged)
        FROM dynmod.replace_modules('default', '%s', %s, NULL, %s)},
        $run->{app}->key, argument_of(@modules), $trial ? 'true' : 'false';
    return in_words("replace: $statement", ask($statement),
        $run->{model}->replace(\@modules, $trial));
}

# The moment is one of those that were noted, or that of an event.
sub by_restore {
    my ($run) = @_;
    my $past = pick(@{ $run->{past} });
    my $statement = sprintf q{SELECT json_build_object('added', added, 'updated', updated,
        'removed', removed, 'unchanged', unchanged)
        FROM dynmod.restore_modules('default', '%s', '%s')}, $run->{app}->key, $past->{moment};
    my $printed = ask($statement);
    my $outcome = $run->{model}->replace($past->{set});
    if (ref $outcome && grep { @{ $outcome->{$_} } } qw(added updated removed)) {
        my %detail = map { $_ => $outcome->{$_} } qw(added updated removed);
        push @{ $run->{restores} }, \%detail;
    }
    return in_words("restore: $statement", $printed, $outcome);
}

sub in_words {
    my ($what, $printed, $outcome) = @_;
    $printed = $json->encode($json->decode($printed)) if $printed =~ /^\{/;
    return ($what, $printed, ref $outcome ? $json->encode($outcome) : "ERROR:  $outcome\n");
}

# One statement that writes modules, the change of the model, and the error that is due.
sub plain_change {
    my ($run, $model) = @_;
    my $of_app = "app_id = $run->{id} AND origin = 'dynamic'";
    my @present = $model->set;
    my $choice = rand;
    if ($choice < 0.3 || !@present) {
        my @new = new_modules(3, keys_for($model));
        my @rows = map { "($run->{id}, '$_->{type}', '$_->{text}')" } @new;
        my $error = $model->register(@new);
        $error = '23505' if ($error // '') eq 'MD001';
        return (
            'INSERT INTO dynmod.module (app_id, type_name, definition) VALUES '
                . join(', ', @rows),
            $error
        );
    }
    my @chosen = some(3, @present);
    if ($choice < 0.45) {
        $model->remove(map { $_->{key} } @chosen);
        my $list = join ', ', map { "'$_->{key}'" } @chosen;
        return "DELETE FROM dynmod.module WHERE $of_app AND module_key IN ($list)";
    }
    my @changed = map { { %{ module($_->{type}, $_->{key}) }, former => $_->{key} } } @chosen;
    if ($choice > 0.6) {
        # one of them gets another key, another type, or both
        @changed = $changed[0];
        my $type = $choice > 0.75 ? pick(@types) : $changed[0]{type};
        my $key = $choice < 0.85 ? pick(@keys, TAKEN) : $changed[0]{key};
        $changed[0] = { %{ module($type, $key) }, former => $changed[0]{former} };
    }
    my $error = refusal_of_update($model, $changed[0]);
    $model->change(update => \@changed) unless $error;
    my @rows = map { "('$_->{former}', '$_->{type}', '$_->{text}'::jsonb)" } @changed;
    return (sprintf(q{UPDATE dynmod.module SET type_name = new.type, definition = new.definition
        FROM (VALUES %s) AS new (key, type, definition) WHERE %s AND module_key = new.key},
        join(', ', @rows), $of_app), $error);
}

sub refusal_of_update {
    my ($model, $changed) = @_;
    my ($former, $key) = @$changed{qw(former key)};
    return '23505' if $key ne $former && ($key eq TAKEN || $model->find($key));
    my @singles = grep { $_->{type} eq SINGLE && $_->{key} ne $former } $model->set;
    return 'MD004' if $changed->{type} eq SINGLE && @singles;
    return;
}

# One statement, or several in one transaction, of which an error undoes all.
sub by_psql {
    my ($run) = @_;
    my $number = rand() < 0.3 ? 2 + int rand 2 : 1;
    my $tried = $run->{model}->copy;
    my (@statements, $error);
    while (@statements < $number && !$error) {
        (my $statement, $error) = plain_change($run, $tried);
        push @statements, $statement;
    }
    $run->{model} = $tried unless $error;
    my $all = join '; ', $number > 1 ? ('BEGIN', @statements, 'COMMIT') : @statements;
    return ("psql: $all", ask($all), $error ? "ERROR:  $error\n" : '');
}

# ---- What is there after a step.

my $state_query = <<'SQL';
SELECT json_build_object('document', document, 'revision', revision,
    'moment', clock_timestamp(),
    'modules', (SELECT COALESCE(json_agg(json_build_array(id, type_name, module_key,
                           definition::text, registered_at) ORDER BY id), '[]')
                    FROM dynmod.module WHERE app_id = app.id AND origin = 'dynamic'),
    'events', (SELECT COALESCE(json_agg(json_build_array(operation, type_name, module_key,
                           definition::text, module_id, happened_at) ORDER BY id), '[]')
                   FROM dynmod.module_event WHERE site_name = 'default'
                     AND module_event.app_key = app.app_key AND origin = 'dynamic'),
    'restores', (SELECT COALESCE(json_agg(detail - 'at' ORDER BY id), '[]')
                   FROM dynmod.app_event WHERE site_name = 'default'
                     AND app_event.app_key = app.app_key AND operation = 'restore'))
    FROM dynmod.app WHERE id = %s
SQL

# Compares everything with the model, and returns the faults.
sub faults_of {
    my ($run) = @_;
    my $model = $run->{model};
    my $found = ask_json(sprintf $state_query, $run->{id});
    my @faults;
    my $same = sub {
        my ($what, $got, $expected) = @_;
        ($got, $expected) = map { ref ? $json->encode($_) : $_ } $got, $expected;
        push @faults, "$what:\n  got      $got\n  expected $expected" if $got ne $expected;
    };
    $same->('the document', $found->{document}, $model->document);
    $same->('rows in order', [ map { [ @$_[ 1 .. 3 ] ] } @{ $found->{modules} } ],
        [ map { [ @$_{qw(type key text)} ] } $model->set ]);
    my @events = @{ $found->{events} };
    # The database numbers modules in its own way: the first event of each tells how.
    my (%numbers, @numbered);
    for my $event (@events) {
        my $id = $event->[4] // 'none';
        if ($event->[0] eq 'insert' && !$numbers{$id}) {
            my $known = keys %numbers;
            $numbers{$id} = $known + 1;
        }
        push @numbered, [ @$event[ 0 .. 3 ], $numbers{$id} // "of $id" ];
    }
    $same->('the history', \@numbered, $model->{events});
    my @rows = @{ $found->{modules} };
    $same->('the numbers of the rows', [ map { $numbers{ $_->[0] } // "of $_->[0]" } @rows ],
        [ map { $_->{number} } $model->set ]);
    for my $row (@rows) {
        my ($id, undef, $key, undef, $time) = @$row;
        $same->("when $key was registered", $time, $run->{registered}{$id} //= $time);
    }
    $same->('the restores', $found->{restores}, $run->{restores});
    my $changed = $model->{documents} != $run->{documents};
    my $former = $run->{revision} // $found->{revision};
    push @faults, "the revision was $former and is $found->{revision}"
        unless $changed ? $found->{revision} > $former : $found->{revision} == $former;
    @$run{qw(documents revision)} = ($model->{documents}, $found->{revision});
    my $response = $run->{app}->get;
    $same->('GET', $response->{body}, $model->document);
    my $tag = $response->{headers}{etag};
    push @{ $run->{tags} }, $tag if !@{ $run->{tags} } || $run->{tags}[-1] ne $tag;
    push @faults, "the ETag $tag came back" if 1 < grep { $_ eq $tag } @{ $run->{tags} };
    # The time of an event is a moment after it, and after all of its transaction.
    my @new = splice @{ [@events] }, $run->{events};
    $run->{events} = @events;
    my $moment = @new && rand() < 0.5 ? pick(@new)->[5] : $found->{moment};
    push @{ $run->{past} }, { moment => $moment, set => [ $model->set ] };
    for my $past (pick(@{ $run->{past} }), pick(@{ $run->{past} })) {
        my $set = ask_json(sprintf q{SELECT COALESCE(json_agg(json_build_array(type_name,
            module_key, definition::text) ORDER BY place), '[]')
            FROM dynmod.modules_at('default', '%s', '%s')
            WITH ORDINALITY AS past (type_name, module_key, definition, place)},
            $run->{app}->key, $past->{moment});
        $same->("the set at $past->{moment}", $set,
            [ map { [ @$_{qw(type key text)} ] } @{ $past->{set} } ]);
    }
    return @faults;
}

# A new app, installed as fast as one can.
sub new_run {
    my ($number) = @_;
    my $key = "com.example.model-$number";
    my $descriptor = $json->encode(descriptor($key, modules => { webPanels => [ panel(TAKEN) ] }));
    my $installed = ask_json("SELECT dynmod.install_app('default', '$descriptor')");
    $stack->note_secrets($installed->{sharedSecret});
    my $app = App->new(stack => $stack, key => $key, secret => $installed->{sharedSecret},
        site => 'default', context_path => '');
    my $id = ask("SELECT id FROM dynmod.app WHERE app_key = '$key'");
    chomp $id;
    return {
        app => $app, id => $id, documents => 0, events => 0, tags => [], past => [], restores => [],
        model => SetModel->new(limit => LIMIT, single => SINGLE, taken => TAKEN),
    };
}

my @kinds = ((\&by_post) x 4, (\&by_put) x 5, (\&by_delete) x 2, (\&by_replace_modules) x 2,
    (\&by_psql) x 5, (\&by_restore) x 3);
my (%answered, @reports);

# Runs one sequence up to its first fault, and returns that.
sub run_sequence {
    my ($number) = @_;
    srand $seed + $number;
    my $run = new_run($number);
    my @done;
    my @faults = faults_of($run);
    for (1 .. STEPS) {
        last if @faults;
        my ($what, $got, $expected) = pick(@kinds)->($run);
        push @done, $what;
        my ($kind) = $what =~ /^(\w+)/;
        $answered{$kind . ($got =~ /^(?:ERROR:  )?(\w{3,5})\b/ ? " $1" : '')}++;
        @faults = faults_of($run);
        unshift @faults, "the answer:\n  got      $got\n  expected $expected" if $got ne $expected;
    }
    return if !@faults;
    return join "\n", "SETS_SEED=" . ($seed + $number) . " SETS_SEQUENCES=1", @done, @faults;
}

ask('UPDATE dynmod.site SET module_limit = ' . LIMIT);
ask("SELECT dynmod.add_module_type('"
    . $json->encode({ name => SINGLE, title => 'Singles', container => 'single',
        dynamic => JSON::PP::true, schema => { type => 'object' } }) . "')");
my $start = time;
for my $number (0 .. $sequences - 1) {
    my $report = run_sequence($number);
    push @reports, $report if defined $report;
    last if @reports > 2;
    diag(sprintf '%d sequences in %.0f s', $number + 1, time - $start) if ($number + 1) % 100 == 0;
}
is_deeply(\@reports, [], "$sequences sequences of " . STEPS . ' steps agree with the model')
    or diag(join "\n\n", @reports);
diag(sprintf '%.1f s; %s', time - $start,
    join ', ', map { "$_: $answered{$_}" } sort keys %answered);
close $session;
close $answers;
waitpid $psql, 0;
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

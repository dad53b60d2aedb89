#!/usr/bin/perl
# A site moves from one dynmod to another: the same answers, secrets, properties and history there;
# what is wrong with an export is named. MOVING_BUILD is the directory of the programs.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use File::Temp qw(tempdir);
use Http qw(http_request);
use JSON::PP;
use Modules qw(field fields panel webhook);
use Moving qw(app_on contents edited read_file seal_secrets write_file);
use Stack;
use Test::More;

my $json = JSON::PP->new->utf8->canonical;
my @build = (build => $ENV{MOVING_BUILD} // 'build');
my $folder = tempdir(CLEANUP => 1);
my $file = "$folder/moved.jsonl";
my ($old, $new) =
    map { Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS], @build) } 1, 2;

# ---- what there is to move ----
my $site = $old->ctl('site', 'add', 'moved', '--base-url', 'https://moved.example.com',
    '--module-limit', 30, '--byte-limit', 500000, '--module-byte-limit', 100000,
    '--history-byte-limit', 2000000);
$old->ctl('site', 'set', 'moved', '--on-clash', 'remove_clashing');
$old->ctl('site', 'rotate-key', 'moved') for 1, 2;
for my $type (
    { name => 'boards', title => 'Board', dynamic => JSON::PP::true, schema => { type => 'object' } },
    { name => 'settings', container => 'single', dynamic => JSON::PP::true },
    { name => 'unused', dynamic => JSON::PP::true },
    )
{
    $old->ctl('type', 'add', write_file("$folder/type.json", $json->encode($type)));
}
$old->ctl('type', 'allow', 'adminPages');

sub installed {
    my (%options) = @_;
    my $app = $old->install(site => 'moved', scopes => [ 'read', 'ADMIN' ], %options);
    @$app{qw(context_path host)} = ('', 'moved.example.com');
    return $app;
}

sub get {
    my ($app, @options) = @_;
    return $app->get(host => $app->{host}, @options);
}

sub registered {
    my ($app, $modules) = @_;
    is_registered($app->register($modules, host => $app->{host}), 'before');
    return;
}

my %apps = map { $_ => installed(modules => { webhooks => [ webhook('in-descriptor') ] }) }
    qw(mixed disabled gone rotated);
registered($apps{mixed}, { webPanels => [ panel('first', note => "\x{fc} \x{1f600} \"\\/\n") ] });
registered($apps{mixed}, fields('field'));
is($apps{mixed}->send_body('{"boards":[{"key":"b","numbers":[1.50,-0.0,1e3,12345678901234567890,0.1]}],'
        . '"settings":{"key":"s"},"webPanels":[' . $json->encode(panel('second')) . ']}',
    host => $apps{mixed}{host})->{status}, 200, 'numbers of all kinds');
registered($apps{mixed}, { adminPages => [ { key => 'page', name => { value => 'P' }, url => '/p' } ] });
registered($apps{$_}, { webPanels => [ panel("of-$_") ] }) for qw(disabled gone rotated);
$old->sql("SELECT dynmod.set_property('moved', '" . $apps{mixed}->key . "', '$_->[0]', \$\$$_->[1]\$\$)",
    'superuser')
    for [ 'b', "{ \"z\" : 1.0,\n  \"a\":[1 ,2]}" ], [ 'B', '"text"' ], [ 'a/b', ' null ' ];
my $rotated = $old->ctl('app', 'rotate-secret', $apps{rotated}->key, '--site', 'moved', '--quiet-app',
    '--overlap', 3600);
my $former = app_on($apps{rotated}, $new);
$apps{rotated}{secret} = $rotated->{sharedSecret};
$old->note_secrets($rotated->{sharedSecret});
$old->ctl('app', 'disable', $apps{disabled}->key, '--site', 'moved', '--quiet-app');
$old->ctl('app', 'uninstall', $apps{gone}->key, '--site', 'moved', '--quiet-app');
seal_secrets($old, 'a', HOST_OPTIONS);
seal_secrets($new, 'b', HOST_OPTIONS);

# ---- export ----
my ($status, $printed, $said) = $old->run_ctl('site', 'export', 'moved', $file);
is($status, 0, 'site export') or diag($said);
like($printed, qr/^exported the site moved with 4 apps and 13 modules to \Q$file\E, with its secrets in the clear$/,
    'says what it has done');
is((stat $file)[2] & 0777, 0600, 'only the owner can read the file');
is_deeply([ glob "$folder/*.part*" ], [], 'nothing is left besides it');
my $export = read_file($file);
like($export, qr/^\{"dynmod":\{"format":1,/, 'it says its format');
like($export, qr/\n\{"end":\{"apps":4,"modules":13,"properties":3,"events":0\}\}\n\z/, 'and its end');
my @known = ($apps{mixed}->secret, $rotated->{sharedSecret}, $former->secret, 'BEGIN PRIVATE KEY');
like($export, qr/\Q$_/, 'it has the secrets in the clear') for @known;
unlike($export, qr/gcm1:|"unused"/, 'and no encrypted one, nor a type that is not needed');
is(($old->run_ctl('site', 'export', 'moved'))[1], $export, 'standard output has the same');
my ($bare) = ($old->run_ctl('site', 'export', 'https://moved.example.com', '-', '--without-secrets'))[1];
unlike($bare, qr/\Q$_/, 'without secrets') for @known;
like(($old->run_ctl('site', 'export', 'nope', "$folder/nope"))[2], qr/site "nope" does not exist/,
    'an unknown site');
is_deeply([ glob "$folder/nope*" ], [], 'leaves no file');
isnt(($old->run_ctl('site', 'export', 'moved', "$folder/no/where"))[0], 0, 'nor does a wrong path');
symlink '/dev/full', "$folder/full" or die "$folder/full: $!\n";
isnt(($old->run_ctl('site', 'export', 'moved', "$folder/full"))[0], 0, 'a full disk is a failure');
ok(-l "$folder/full" && -c "$folder/full", 'a device stays one');

# ---- what is refused ----
my $before = contents($new);

# refused(NAME, TEXT, PATTERN...): an import of TEXT fails, says this, and changes nothing
sub refused {
    my ($name, $text, @patterns) = @_;
    my ($failed, undef, $reason) =
        $new->run_ctl('site', 'import', write_file("$folder/bad.jsonl", $text));
    is($failed, 1, "$name: refused");
    like($reason, $_, "$name: the reason") for @patterns;
    unlike($reason, qr/\Q$_/, "$name: without a secret") for @known;
    is(contents($new), $before, "$name: nothing was changed") or return;
    return;
}

sub line_of {
    my ($pattern, $number) = @_;
    my @lines = split /^/, $export;
    my @found = grep { $lines[ $_ - 1 ] =~ $pattern } 1 .. @lines;
    return $found[ $number // 0 ] // die "no line is like $pattern\n";
}
my $last = ($export =~ tr/\n//);
my $app_line = line_of(qr/^\{"app"/, 1);
my $secret_line = line_of(qr/^\{"secret"/, 1);
my $panel_line = line_of(qr/"first"/);
my $property_line = line_of(qr/^\{"property"/);
refused('another format', edited($export, 1, sub { s/"format":1/"format":2,"new":1/ }),
    qr/^error: line 1: the export has the format 2; this dynmodctl knows format 1$/m);
refused('no export', "{}\n" . $export, qr/^error: line 1: this is not an export of a site$/m);
refused('an empty file', '', qr/^error: line 1: the last line of the export is missing/m);
refused('without its end', $export =~ s/.*\n\z//r,
    qr/^error: line $last: the last line of the export is missing: the file is not complete$/m);
refused('cut', substr($export, 0, -20), qr/^error: line $last: /m, qr/the last line .* is missing/);
refused('a line less', edited($export, $property_line, sub { $_ = '' }),
    qr/the file has 4 apps, 13 modules, 2 properties and 0 events, which is not what this line says/);
refused('a line behind the end', $export . "{\"end\":{}}\n", qr/^error: line @{[$last + 1]}: /m);
refused('junk', edited($export, $panel_line, sub { s/"definition"/definition/ }),
    qr/^error: line $panel_line: line 1, column \d+: /m);
refused('an unknown kind', edited($export, $panel_line, sub { s/"module"/"modul"/ }),
    qr/^error: line $panel_line: this is not a line of an export$/m);
refused('an unknown member', edited($export, $app_line, sub { s/"app": \{/"app": {"more": 1, / }),
    qr{^error: line $app_line: /app/more: }m);
refused('another state', edited($export, $app_line, sub { s/"state": "\w+"/"state": "asleep"/ }),
    qr{^error: line $app_line: /app/state: }m);
refused('a module of nobody', edited($export, 3, sub { $_ .= "{\"module\":{}}\n" }),
    qr{^error: line 4: }m);
refused('two sites', edited($export, 2, sub { $_ .= $_ }), qr/^error: line 3: a line of this kind/m);
refused('a module against its schema', edited($export, $panel_line, sub { s/"url": "[^"]+", // }),
    qr{^error: line $panel_line /definition: .*url}m);
refused('an unknown type', edited($export, $panel_line, sub { s/"webPanels"/"webPannels"/ }),
    qr{^error: line $panel_line\b.*webPannels}m);
refused('a key twice', edited($export, $panel_line, sub { s/"first"/"second"/ }),
    qr{^error: line \d+: .*duplicate module keys: \[second\]}m);
refused('too many modules', edited($export, 2, sub { s/"moduleLimit": 30/"moduleLimit": 5/ }),
    qr{^error: line \d+: the app \S+ may have 5 dynamic modules}m);
refused('too many bytes', edited($export, 2, sub { s/"byteLimit": \d+/"byteLimit": 200/ }),
    qr{^error: line \d+: the dynamic modules of an app may have 200 bytes}m);
refused('a large module', edited($export, 2, sub { s/"moduleByteLimit": \d+/"moduleByteLimit": 20/ }),
    qr{^error: line \d+: a dynamic module may have 20 bytes on this site}m);
refused('a broken descriptor',
    edited($export, $app_line, sub { s/"lifecycle": \{[^}]+\}/"lifecycle": {}/ }),
    qr{^error: line $app_line /descriptor/lifecycle: }m);
refused('another key than the descriptor', edited($export, $app_line, sub { s/"app": \{"key": "/${^MATCH}x/p; s/"app": \{"key": "/"app": {"key": "x/ }),
    qr{^error: line $app_line /key: the descriptor has the key }m);
my ($twice) = (split /^/, $export)[ line_of(qr/^\{"app"/) - 1 ];
refused('an app twice', edited($export, $app_line, sub { $_ = $twice }),
    qr{^error: line $app_line /key: the export has the app \S+ twice$}m);
refused('a short secret', edited($export, $secret_line, sub { s/("current":")[^"]+/$1short/ }),
    qr{^error: line $secret_line /current: .* needs at least 32$}m);
refused('a secret twice', edited($export, $secret_line, sub { s/("current":")[^"]+/$1@{[$apps{mixed}->secret]}/ }),
    qr{^error: line $secret_line /current: the export has this secret twice$}m);
refused('a value that is not JSON', edited($export, $property_line, sub { s/"value": "/"value": "{/ }),
    qr{^error: line $property_line /value: this is not JSON}m);
refused('a property twice', edited($export, $property_line, sub { $_ .= $_ }),
    qr{^error: line @{[$property_line + 1]} /key: the app has another property with this key$}m);
refused('two faults', edited(edited($export, $panel_line, sub { $_ = "[]\n" }), $secret_line, sub { $_ = "{\n" }),
    qr{^error: line $panel_line: }m, qr{^error: line $secret_line: }m, qr/the export has 2 errors; nothing/);
refused('a line without end', edited($export, $panel_line, sub { $_ = ' ' x 34_000_000 . $_ }),
    qr{^error: line $panel_line: the line is longer than 33554432 bytes$}m);
my $answer = $json->decode(($new->run_ctl('--json', 'site', 'import', "$folder/bad.jsonl"))[1]);
is_deeply([ map { $_->{pointer} } @{ $answer->{error}{problems} } ], ["line $panel_line"],
    'with --json a problem has its line');

# sites and types that are in the way
my $own_type = line_of(qr/^\{"type".*"boards"/);
for my $case (
    [ 'name', [ 'moved', '--base-url', 'https://x.example.com' ], qr{line 2 /name: there is another site moved here} ],
    [ 'client key', [ 'x', '--base-url', 'https://x.example.com', '--client-key', $site->{clientKey} ],
        qr{line 2 /clientKey: the site x has this client key} ],
    [ 'base URL', [ 'x', '--base-url', 'http://MOVED.example.com:80/' ], qr{line 2 /baseUrl: the site x has this base URL} ],
    )
{
    my ($name, $arguments, $reason) = @$case;
    $new->ctl('site', 'add', @$arguments);
    $before = contents($new);
    refused("the $name of another site", $export, $reason);
    $new->ctl('site', 'remove', $arguments->[0], '--yes');
}
$new->ctl('type', 'add', write_file("$folder/type.json", '{"name":"boards","container":"single"}'));
$new->ctl('type', 'deny', 'adminPages');
$before = contents($new);
refused('other types', $export, qr/^error: line $own_type: there is another module type boards here$/m,
    qr/^error: line \d+ .name: modules of type adminPages are denied here/m);
$new->ctl('type', 'remove', 'boards', '--yes');
$new->sql("UPDATE dynmod.module_type SET dynamic_override = NULL WHERE name = 'adminPages'");

# ---- dry run, and the move itself ----
$before = contents($new);
($status, $printed, $said) = $new->run_ctl('site', 'import', '--dry-run', $file);
is($status, 0, 'a dry run') or diag($said);
is($printed, "would bring in the site moved with 4 apps; 0 were here already\n", 'says what would be');
is(contents($new), $before, 'and changes nothing');
($status, $printed, $said) = $new->run_ctl('site', 'import', $file, '--reason', 'a new machine');
is($status, 0, 'the import') or diag($said);
is($printed, "brought in the site moved with 4 apps; 0 were here already\n", 'says what it did');

for my $name (qw(mixed rotated)) {
    my ($there, $here) = map { get($_) } $apps{$name}, app_on($apps{$name}, $new);
    is($here->{status}, 200, "$name: a token signed with its secret is accepted");
    is($here->{body}, $there->{body}, "$name: GET answers the same bytes");
}
like(get(app_on($apps{mixed}, $new))->{body}, qr/1\.50,.*1000,.*12345678901234567890/, 'all numbers');
is(get($former)->{status}, 200, 'the former secret is accepted, too');
is(get(app_on($apps{$_}, $new))->{status}, 401, "$_: refused, as before") for qw(disabled gone);
is_deeply([ map { delete @$_{qw(apps createdAt)}; $_ } grep { $_->{name} eq 'moved' }
        @{ $new->ctl('site', 'list') } ],
    [ map { delete @$_{qw(apps createdAt)}; $_ } grep { $_->{name} eq 'moved' }
        @{ $old->ctl('site', 'list') } ], 'the site has its client key and its limits');
for my $kid (split /\n/, $old->sql("SELECT kid FROM dynmod.site_key JOIN dynmod.site ON site.id = site_id
        WHERE name = 'moved'")) {
    my @keys = map { http_request($_->url, 'GET', "/rest/dynmod/1/keys/$kid",
            host => 'moved.example.com') } $old, $new;
    is($keys[1]{status}, 200, 'a key of the site is published');
    is($keys[1]{body}, $keys[0]{body}, 'the same one');
}
is($new->sql("SELECT count(*) FROM dynmod.site_key WHERE private_key LIKE 'gcm1:%'
        AND private_key NOT LIKE '%PRIVATE%'", 'superuser'), 1, 'the private key is encrypted here');
is($new->sql("SELECT count(*), count(*) FILTER (WHERE left(secret, 5) = 'gcm1:')
        FROM dynmod.app_secret", 'superuser'), '5|5', 'like all secrets');
my $properties = "SELECT property_key, value::text FROM dynmod.app_property ORDER BY 1, 2";
is($new->sql($properties), $old->sql($properties), 'properties have the same bytes');
my $live = "SELECT app_key, type_name, origin, definition, registered_at FROM dynmod.live_module
            WHERE site_name = 'moved' ORDER BY app_key, id";
is($new->sql($live), $old->sql($live), 'modules of all origins, in their order, with their times');
my $times = "SELECT app_key, installed_at, installation_id, scopes, state FROM dynmod.app ORDER BY 1";
is($new->sql($times), $old->sql($times), 'and apps with theirs');
is($new->sql('SELECT count(*) FROM dynmod.callback'), 0, 'no app is to be called');
is_deeply([ map { $_->{name} } grep { $_->{origin} eq 'operator' } @{ $new->ctl('type', 'list') } ],
    [ 'boards', 'settings' ], 'the types that are needed are there');
is($new->sql("SELECT DISTINCT operation, reason FROM dynmod.app_event"), 'import|a new machine',
    'the history tells it');
is($new->sql("SELECT DISTINCT operation, reason FROM dynmod.module_event"), 'insert|a new machine',
    'also of modules');
is(($new->run_ctl('site', 'export', 'moved'))[1], $export, 'an export of the new host is the same file');
is_registered(app_on($apps{mixed}, $new)->register({ webPanels => [ panel('later') ] },
    host => 'moved.example.com'), 'the app goes on there');
$app_line = line_of(qr/"app".*\Q@{[$apps{mixed}->key]}\E"/);
$before = contents($new);
refused('an app that has changed since', $export,
    qr/^error: line $app_line: the site has another app \S+ already, or it has changed since/m);
is(app_on($apps{mixed}, $new)->remove('moduleKey=later', host => 'moved.example.com')->{status}, 204,
    'removed again');
is(($new->run_ctl('site', 'import', $file))[1],
    "brought in the site moved with 0 apps; 4 were here already\n", 'apps that are equal are left alone');
$new->ctl('app', 'rotate-secret', $apps{disabled}->key, '--site', 'moved', '--quiet-app');
$before = contents($new);
refused('another secret', $export, qr/the site has another app/);

# ---- another name, pipes, without secrets ----
$new->ctl('site', 'remove', 'moved', '--yes');
my ($from, $to) = map { join ' ', map { "'$_'" } $_->ctl_command } $old, $new;
$printed = Stack::checked('/bin/sh', '-c', "$from site export moved | TMPDIR='$folder' $to site import --site other");
is($printed, "brought in the site other with 4 apps; 0 were here already\n", 'through a pipe, under another name');
is_deeply([ glob "$folder/dynmodctl*" ], [], 'no copy is left');
is(get(app_on($apps{mixed}, $new))->{body}, get($apps{mixed})->{body}, 'it answers');
$new->ctl('site', 'remove', 'other', '--yes');
write_file($file, $bare);
is(($new->run_ctl('site', 'import', $file))[0], 0, 'without secrets');
is(get(app_on($apps{mixed}, $new))->{status}, 401, 'the app is refused');
my $fresh = $new->ctl('app', 'rotate-secret', $apps{mixed}->key, '--site', 'moved', '--quiet-app');
my $renewed = app_on($apps{mixed}, $new);
$renewed->{secret} = $fresh->{sharedSecret};
is(get($renewed)->{body}, get($apps{mixed})->{body}, 'until it gets a secret');
$new->ctl('site', 'remove', 'moved', '--yes');

# ---- history ----
my $key = $apps{mixed}->key;
is($apps{mixed}->remove('moduleKey=first', host => 'moved.example.com')->{status}, 204, 'a module goes');
$old->sql("UPDATE dynmod.module SET definition = definition || '{\"url\":\"/new\"}'
           WHERE module_key = 'second'");
$old->sql("INSERT INTO dynmod.history_start (site_name, app_key, begins_at)
           VALUES ('moved', '" . $apps{rotated}->key . "', '2026-01-02')", 'superuser');
Stack::checked($old->ctl_command('site', 'export', 'moved', $file, '--with-history'));
my $third = Stack->start(@build);
is(($third->run_ctl('site', 'import', $file))[0], 0, 'with history');
my @moments = split /\n/, $old->sql("SELECT happened_at FROM dynmod.module_change
    WHERE app_key = '$key' ORDER BY id");
cmp_ok(scalar @moments, '>=', 7, 'there is a past');
for my $moment (@moments) {
    my @sets = map { $_->sql("SELECT * FROM dynmod.modules_at('moved', '$key', '$moment')") } $old, $third;
    is($sets[1], $sets[0], "the set at $moment");
}
is($third->sql("SELECT type_name, module_key FROM dynmod.modules_at('moved', '$key', now())"),
    $old->sql("SELECT type_name, module_key FROM dynmod.modules_at('moved', '$key', now())"), 'the present set');
my $told = "SELECT happened_at, actor, reason, operation, type_name, origin, module_key, definition
    FROM dynmod.module_event WHERE app_key = '$key' AND reason IS DISTINCT FROM 'export'
        AND reason IS DISTINCT FROM 'import' ORDER BY id";
is($third->sql($told), $old->sql($told), 'all events of modules are told');
$told = "SELECT app_key, happened_at, actor, reason, operation, detail FROM dynmod.app_event
    WHERE operation <> 'import' ORDER BY app_key, id";
is($third->sql($told), $old->sql($told), 'and those of apps');
is($third->sql("SELECT begins_at = '2026-01-02' FROM dynmod.history_start WHERE app_key = '"
        . $apps{rotated}->key . "'"), 't', 'and where the history begins');
is($third->sql("SELECT count(*) FROM dynmod.app WHERE history_bytes <> (
        SELECT sum(bytes) FROM dynmod.event_definition AS kept WHERE kept.app_key = app.app_key)"),
    0, 'its bytes are counted');
is(($third->run_ctl('site', 'import', $file))[1],
    "brought in the site moved with 0 apps; 4 were here already\n", 'once more');
is($third->sql($told), $old->sql($told), 'nothing is told twice');
write_file($file, read_file($file) =~ s/"operation": "install"/"operation": "instal"/r);
$third->ctl('site', 'remove', 'moved', '--yes');
like(($third->run_ctl('site', 'import', $file))[2], qr/line \d+: the history of the app \S+ was not brought in/,
    'an event that the database refuses');
is($third->sql('SELECT count(*) FROM dynmod.app'), 0, 'and its app is not there');

# ---- README ----
my ($section) = read_file("$Bin/../../README.md") =~ /^### Move a site\n(.*?)^##/ms;
my @blocks = $section =~ /^```sh\n(.*?)^```/msg;
is(scalar @blocks, 2, 'README has commands for each of the two machines');
$old->ctl('site', 'add', 'team', '--base-url', 'https://team.example.com');
my $member = $old->install(site => 'team');
for my $host ($old, $new) {
    local $ENV{DYNMOD_CONFIG} = $host->fact('config');
    local $ENV{PATH} = "$host->{build}:$ENV{PATH}";
    Stack::checked('/bin/sh', '-e', '-c', "cd '$folder'\n" . shift @blocks);
}
is($new->ctl('app', 'show', $member->key, '--site', 'team', '--show-secret')->{sharedSecret},
    $member->secret, 'they move a site');
no_fault_in_logs($_) for $old, $new;
done_testing();

#!/usr/bin/perl
# Attacks on the admin program: apps that answer with anything but an answer, descriptors that were
# made to hurt, addresses that are nobody's business, floods, guessed passwords, foreign tokens.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp;
use Faults qw(processes_of wait_for);
use IO::Socket::INET;
use JSON::PP;
use Life qw(state_of);
use List::Util qw(max);
use Modules qw(fields panel);
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

use constant GROWTH => 32 * 1024;    # KiB that a process may take more than it does at rest

my $stack = Stack->start(
    setup   => 'lighttpd-fastcgi',
    options => [ HOST_OPTIONS, 'app_timeout = 2', 'retry_after = 3' ],
);
my $admin = $stack->admin;
my $bystander = $stack->install;
my $program = $stack->fact('web_admin_program');
my $json = JSON::PP->new->canonical;

# The largest part of memory that a process of the program has used, in KiB. Those that install do
# not live long.
sub peak {
    return max 0, map {
        my $opened = open my $file, '<', "/proc/$_/status";
        $opened ? map { /^VmHWM:\s*(\d+)/ ? $1 : () } <$file> : ();
    } processes_of($program);
}

# install_all(APP...)
# Orders all at once. Returns the text of failure of each, '' for none, and the largest memory.
sub install_all {
    my @ordered = map { $admin->order($_->descriptor_url) } @_;
    my (@errors, $highest);
    for my $ordered (@ordered) {
        is($ordered->{status}, 202, 'ordered') or diag($ordered->{body});
        my $target = json_data($ordered)->{links}{self};
        wait_for(20, sub {
            $highest = max $highest // 0, peak();
            my $poll = $admin->call('GET', '', target => $target);
            my $status = $poll->{status} == 200 ? json_data($poll)->{status} : { done => 1 };
            push @errors, $status->{errorMessage} // '' if $status->{done};
            return $status->{done};
        }) or push @errors, 'it has not ended';
    }
    return ($highest, @errors);
}

# Bytes that an app sends when it is called, with what is said of it.
my $begin = "HTTP/1.1 200 OK\r\n";
my $chunked = "${begin}Transfer-Encoding: chunked\r\n\r\n";
my $late = qr/gave no complete answer within 2 s/;
my $head = qr/answered with more than 65536 bytes of headers/;
my $close = "Content-Length: 0\r\n\r\n";
my @answers = (
    [ 'headers without end', $head, raw => $begin, again => "X: y\r\n" x 1000 ],
    [
        'a header without end', qr/cannot be called|closed the/,
        raw   => "${begin}X: ",
        again => 'y' x 9000
    ],
    [ 'trailers without end', $head, raw => "${chunked}0\r\n", again => "X: y\r\n" x 1000 ],
    [
        'early answers without end', $head,
        raw   => '',
        again => "HTTP/1.1 103 Early Hints\r\n\r\n" x 999
    ],
    [
        'a body without end', qr/more than \d+ bytes\.?$/,
        raw   => $chunked,
        again => "5\r\nxxxxx\r\n" x 1000
    ],
    [ 'a chunk extension without end', $late, raw => "${chunked}1;", again => 'x' x 9000 ],
    [
        'a byte now and then', $late,
        raw   => "${begin}Content-Length: 99\r\n\r\n",
        again => ' ',
        pause => 0.2
    ],
    [ 'a status now and then', $late, raw => 'HTTP/1.1 200 ', again => 'O', pause => 0.2 ],
    [ 'nothing', $late, wait => 4 ],
    [
        'another protocol', $late,
        raw   => "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        again => 'x',
        pause => 0.2
    ],
    [ 'no HTTP', qr/HTTP\/0\.9/, raw => 'hello ', again => 'hello ' x 1000 ],
    [ 'a negative length', qr/Content-Length/, raw => "${begin}Content-Length: -1\r\n\r\n{}" ],
    [
        'control characters', qr{redirects? to http://a/\\x1b\[2J\\xff, },
        raw => "HTTP/1.1 302 Found\r\nLocation: http://a/\x1b[2J\xff\r\n$close"
    ],
    [
        'a question for a password', qr/code 401/,
        raw => "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n$close"
    ],
);

for my $path ('/atlassian-connect.json', '/installed') {
    subtest "answers to a request for $path" => sub {
        my $fresh = peak();
        my @cases = @answers;
        while (my @some = splice @cases, 0, 7) {
            my @fakes = map { FakeApp->start($stack) } @some;
            $fakes[$_]->behave($path, @{ $some[$_] }[ 2 .. $#{ $some[$_] } ]) for 0 .. $#some;
            my ($highest, @errors) = install_all(@fakes);
            for my $index (0 .. $#some) {
                my ($name, $text) = @{ $some[$index] };
                like($errors[$index], $text, $name);
                is(state_of($fakes[$index]), '', "$name: nothing is installed")
                    if $path ne '/installed';
            }
            cmp_ok($highest - $fresh, '<', GROWTH, "memory: $highest KiB");
            $_->stop for @fakes;
        }
    };
}

# A descriptor of FakeApp with other members, as text.
sub descriptor_with {
    my ($fake, %members) = @_;
    my @raw = grep { ref $members{$_} } keys %members;
    my %raw = map { ($_ => ${ delete $members{$_} }) } @raw;
    my %descriptor = (%{ $fake->{descriptor} }, %members);
    delete @descriptor{ keys %raw };
    my $text = $json->encode(\%descriptor);
    $text =~ s/^\{/{"$_":$raw{$_},/ for sort keys %raw;
    return $text;
}

sub repeated {
    my ($unit, $times) = @_;
    return join ',', map { $unit =~ s/#/$_/gr } 1 .. $times;
}

# The member "modules" with web panels.
sub panels {
    my ($unit, $times) = @_;
    return (modules => \qq({"webPanels":[${\repeated($unit, $times)}]}));
}

# The same with one that has this array in it.
sub panel_with {
    my ($name, $unit, $times) = @_;
    my $inner = $json->encode(panel('p')) =~ s/^\{//r;
    return panels(qq({"$name":[${\repeated($unit, $times)}],$inner), 1);
}

subtest 'descriptors' => sub {
    my $panel = $json->encode(panel('p#'));
    my $types = repeated('"t#":[]', 9000);
    my @cases = (
        [ 'a thousand modules', qr/^$/,                    panels($panel, 1000) ],
        [ 'one more',           qr/no more than 1000/,     panels($panel, 1001) ],
        [ 'empty modules',      qr/too many arrays/,       panels('{}', 30_000) ],
        [ 'conditions',         qr/^$/, panel_with('conditions', '{"condition":"x"}', 9000) ],
        [ 'a number bomb',      qr/number is too long/,    panel_with('more', '0e-16000', 100) ],
        [ 'unknown types',      qr/"t1" is an unknown/,    modules => \"{$types}" ],
        [ 'nested arrays',      qr/nested/,                modules => \('[' x 9999) ],
        [ 'NUL',                qr/u0000/,                 name    => "x\0" ],
        [ 'a path as key',      qr/not a valid app key/,   key     => '../../x' ],
        [ 'a URL with a name',  qr/without user name/,     baseUrl => 'https://a@127.0.0.1/' ],
    );
    my $fresh = peak();
    for my $case (@cases) {
        my ($name, $text, @members) = @$case;
        my $fake = FakeApp->start($stack);
        my $text_sent = descriptor_with($fake, @members);
        $fake->behave('/atlassian-connect.json', status => 200, body => $text_sent);
        my ($highest, $error) = install_all($fake);
        like($error, $text, $name);
        cmp_ok($highest - $fresh, '<', GROWTH, "$name: memory: $highest KiB");
        $fake->stop;
    }
    my $fake = FakeApp->start($stack);
    my $bomb = "\x1f\x8b\x08\0\0\0\0\0\0\3" . "\0" x 1000;
    $fake->behave('/atlassian-connect.json',
        raw => "${begin}Content-Encoding: gzip\r\nContent-Length: ${\length $bomb}\r\n\r\n$bomb");
    like((install_all($fake))[1], qr/cannot be read as JSON/, 'nothing is unpacked');
    $fake->behave('/atlassian-connect.json', bytes => 1_048_577);
    like((install_all($fake))[1], qr/more than 1048576 bytes/, 'a megabyte and a byte');
};

sub is_busy {
    my ($response, $text, $name) = @_;
    is_error($response, 429, $text, $name);
    like($response->{headers}{'retry-after'}, qr/^[1-9]\d*$/, "$name: Retry-After");
    return;
}

subtest 'a flood of installations from a server that hangs' => sub {
    my $hanging = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 100)
        or die "listen: $!\n";
    my $url = 'http://127.0.0.1:' . $hanging->sockport . '/atlassian-connect.json';
    my $token = $admin->token;
    my @ordered = map { $admin->order($url, token => $token) } 1 .. 40;
    my @taken = grep { $_->{status} == 202 } @ordered;
    is(scalar @taken, 10, 'ten are taken');
    is_busy($_, qr/^There are 10 installations under way\./, 'another')
        for grep { $_->{status} != 202 } @ordered;
    cmp_ok(scalar(() = processes_of($program)), '<=', 11, 'there are so many processes');
    my $began = time;
    is_registered($bystander->register(fields('meanwhile')), 'an app registers meanwhile');
    is_listed($bystander, fields('meanwhile'), 'and asks');
    cmp_ok(time - $began, '<', 1, 'without waiting');
    my @places = map { json_data($_)->{links}{self} } @taken;
    my @polls = map { $admin->call('GET', '', target => $places[ $_ % 10 ]) } 1 .. 200;
    is(scalar(grep { $_->{status} != 200 } @polls), 0, 'two hundred polls are answered');
    like($admin->follow($_)->{error}, $late, 'it ends in time') for @taken;
    my $fake = FakeApp->start($stack);
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'then others are installed');
};

sub set_enabled {
    my ($fake, $state) = @_;
    return $admin->call('PUT', '/' . $fake->key . '-key', json => { enabled => $state });
}

subtest 'an app that hangs is enabled and disabled all the time' => sub {
    my ($hanging, $other) = map { FakeApp->start($stack) } 1 .. 2;
    is($admin->install($_->descriptor_url)->{end}{status}, 303, 'installed') for $hanging, $other;
    ok($_->has_events('installed', 'enabled'), 'and told') for $hanging, $other;
    $hanging->behave("/$_", wait => 5) for qw(enabled disabled);
    my $most = 0;
    for my $turn (1 .. 60) {
        my $state = $turn % 2 ? JSON::PP::false : JSON::PP::true;
        my $changed = set_enabled($hanging, $state);
        is($changed->{status}, 200, 'changed') or diag($changed->{body});
        $most = max $most, scalar(() = processes_of($program));
    }
    cmp_ok($most, '<', 20, "at most $most processes");
    my $waiting = $stack->sql(
        "SELECT count(*) FROM dynmod.waiting_callback WHERE app_key = '${\$hanging->key}'");
    cmp_ok($waiting, '<=', 21, "$waiting calls wait");
    is(set_enabled($other, JSON::PP::false)->{status}, 200, 'another app is disabled');
    ok($other->has_events(qw(installed enabled disabled)), 'and told meanwhile');
};

subtest 'passwords that are guessed from everywhere' => sub {
    is($admin->call('GET', '/settings')->{status}, 200, 'the administrator has been here');
    my %count;
    for my $number (1 .. 300) {
        my $name = $number % 2 ? 'operator' : "nobody-$number";
        my $guess = Admin->new(%$admin, name => $name)->call(
            'GET', '/settings',
            password => 'wrong password',
            from     => sprintf '127.%d.%d.1', 1 + $number / 250, $number % 250
        );
        $count{ $guess->{status} }++;
        if ($name ne 'operator' && $guess->{status} == 429) {
            is_busy($guess, qr/^Too many passwords/, "guess $number");
            last;
        }
    }
    is(join(' ', sort keys %count), '401 429', 'all are refused');
    cmp_ok($count{401}, '<=', 245, "$count{401} were looked at");
    my $began = time;
    is($admin->call('GET', '/settings')->{status}, 200, 'the administrator is not shut out');
    my $target = '/rest/atlassian-connect/1/addons/' . $bystander->key . '/properties';
    is($bystander->call('GET', target => $target)->{status}, 200, 'nor are apps');
    cmp_ok(time - $began, '<', 1, 'nobody waits');
};

subtest 'a browser that is on another site' => sub {
    my $fake = FakeApp->start($stack);
    my $evil = 'https://evil.example';
    my @origin = (headers => [ Origin => $evil, 'Sec-Fetch-Site' => 'cross-site' ]);
    my $body = $json->encode({ pluginUri => $fake->descriptor_url });
    # What a page may send unasked.
    for my $type ('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data') {
        my $posted = $admin->call('POST', '/', @origin, type => $type, body => $body);
        is_error($posted, 415, qr/json/, "POST of $type");
    }
    my $posted = $admin->call('POST', '/', @origin, body => $body);
    is_error($posted, 403, qr/upm-token/, 'POST of JSON, which needs the token');
    # The rest it must ask for, and it may not see the answers.
    my $preflight = $admin->call('OPTIONS', '/' . $bystander->key . '-key', authorization => undef,
        headers => [ Origin => $evil, 'Access-Control-Request-Method' => 'DELETE' ]);
    for my $response ($preflight, map { $admin->call($_, '/', @origin) } 'GET', 'HEAD') {
        my @headers = grep { /^access-control/ } keys %{ $response->{headers} };
        is("@headers", '', 'no page may read it');
    }
    is(scalar(() = $fake->requests), 0, 'no app was called');
};

subtest 'tokens and passwords of one program at the other' => sub {
    my $addon = '/rest/atlassian-connect/1/addons/' . $bystander->key;
    my $modules = '/rest/atlassian-connect/1/app/module/dynamic';
    my $fake = FakeApp->start($stack);
    is($admin->install($fake->descriptor_url)->{end}{status}, 303, 'an app is installed');
    ok($fake->has_events('installed', 'enabled'), 'and told');
    my @told = map { $_->{headers}{authorization} } map { $fake->requests($_) } '/installed',
        '/enabled';
    is(scalar @told, 2, 'it has two tokens of the host');
    my %foreign = (
        'for modules, on the app itself' => [ $addon, 'JWT ' . $bystander->token('GET', $modules) ],
        'for the app itself, on modules' => [ $modules, 'JWT ' . $bystander->token('GET', $addon) ],
        'of an administrator, on modules' => [ $modules, $admin->credentials ],
        'of an installation, on modules' => [ $modules, 'JWT ' . $admin->token ],
        'of the host by its key, on modules' => [ $modules, $told[0] ],
        'of the host by the secret, on modules' => [ $modules, $told[1] ],
        'of the host by its key, on the app itself' => [ $addon, $told[0] ],
        'of the host by the secret, on the app itself' => [ $addon, $told[1] ],
    );
    for my $name (sort keys %foreign) {
        my ($target, $authorization) = @{ $foreign{$name} };
        my $response = $bystander->call('GET', target => $target, authorization => $authorization);
        is_unauthorized($response, $name);
    }
    my $of_app = 'JWT ' . $bystander->token('GET', '/rest/plugins/1.0/');
    my $response = $admin->call('GET', '/', authorization => $of_app);
    is_error($response, 401, qr/authenticated/, 'of an app, for what administrators see');
};

subtest 'addresses that are nobody\'s business' => sub {
    $stack->stop_web;
    $stack->start_web(options => [ 'admin = on', 'app_timeout = 2', 'allowed_app_urls = public' ]);
    my @urls = qw(https://127.0.0.1/x https://127.1/x https://2130706433/x https://0x7f.0.0.1/x
        https://017700000001/x https://localhost/x https://[::1]/x
        https://[::ffff:127.0.0.1]/x https://[::ffff:a9fe:a9fe]/x https://[64:ff9b::10.0.0.1]/x
        https://[fe80::1]/x https://[fd00::1]/x https://169.254.169.254/x https://0.0.0.0/x
        https://10.0.0.1:22/x https://192.168.1.1/x https://100.100.100.200/x);
    for my $url (@urls) {
        my $task = $admin->install($url);
        like($task->{error}, qr/resolves to \S+, which the option allowed/, $url);
    }
    @urls = qw(http://8.8.8.8/x file:///etc/passwd gopher://127.0.0.1/x https://a:b@8.8.8.8/x
        https:///x //8.8.8.8/x dict://127.0.0.1:11211/stats);
    for my $url (@urls, "https://8.8.8.8\t/x") {
        like($admin->install($url)->{error}, qr/may not be called|must begin with/, $url);
    }
    my $long = $admin->order('https://8.8.8.8/' . 'x' x 2000);
    is_error($long, 400, qr/at most 2000 bytes/, 'a long one');
};

no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

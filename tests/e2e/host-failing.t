#!/usr/bin/perl
# Apps that fail when they are installed, upgraded and installed again: everything is as it was
# before, and the administrator is told why.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use FakeApp qw(untrusted_server);
use Faults qw(wait_for);
use File::Temp qw(tempfile);
use JSON::PP;
use Life qw(calls_of is_without_secrets life_of state_of waiting_for);
use Modules qw(fields panel);
use Stack;
use Test::More;

my $stack = Stack->start(
    setup   => 'lighttpd-fastcgi',
    options => [ HOST_OPTIONS, 'app_timeout = 1' ],
);
my $admin = $stack->admin;
my $untrusted = untrusted_server();

# What the administrator reads around the reason, when the app has answered and when it has not.
my $advice = ' when we tried to contact it during installation. Please try again later or contact '
    . 'the app vendor.';
my $silence = 'The app could not be called during installation: ';

# How the app fails, what the administrator is told, and what the history says of the call: nothing
# when there was none. Some are tried with a new app as well.
my %failures = (
    'answers 500' => {
        behave => [ '/installed', status => 500, body => '{"error":"no space"}' ],
        error  => qr/^The app host returned HTTP response code 500/,
        call   => { status => 500, answer => '{"error":"no space"}' },
        new    => 1,
    },
    'answers 404' => {
        behave => [ '/installed', status => 404, body => '' ],
        error  => qr/^The app host returned HTTP response code 404/,
        call   => { status => 404 },
    },
    'answers 202, which is no agreement' => {
        behave => [ '/installed', status => 202, body => 'x' x 1000 ],
        error  => qr/^The app host returned HTTP response code 202/,
        call   => { status => 202, answer => qr/^x{100,200}/ },
    },
    'does not answer in time' => {
        behave => [ '/installed', wait => 2 ],
        error  => qr{^http://127\.0\.0\.1:\d+ gave no complete answer within 1 s},
        call   => {},
        new    => 1,
    },
    'closes the connection' => {
        behave => [ '/installed', close => 1 ],
        error  => qr{^http://127\.0\.0\.1:\d+ closed the connection before its answer was complete},
        call   => {},
    },
    'sends 10 MB' => {
        behave => [ '/installed', status => 200, bytes => 10_000_000 ],
        error  => qr{^http://127\.0\.0\.1:\d+ answered with more than 65536 bytes},
        call   => {},
    },
    'redirects' => {
        behave => [ '/installed', location => 'http://127.0.0.1:1/other' ],
        error  => qr{code 302, a redirect to http://127\.0\.0\.1:1/other, which is not followed},
        call   => { status => 302 },
    },
    'has a certificate that nobody signed' => {
        describe => [ baseUrl => $untrusted ],
        error    => qr{^\Q$untrusted\E has a certificate that is not accepted: .*self.signed},
        call     => {},
        new    => 1,
    },
    'is at a private address' => {
        describe => [ baseUrl => 'https://10.0.0.1' ],
        error    => qr{^https://10\.0\.0\.1 resolves to 10\.0\.0\.1, which .*allowed_app_urls},
        call     => {},
        new    => 1,
    },
    'is elsewhere, without TLS' => {
        describe => [ baseUrl => 'http://198.51.100.7:8080/app' ],
        error    => qr{^http://198\.51\.100\.7:8080 resolves to 198\.51\.100\.7, .*app_urls},
        call     => {},
    },
    'listens nowhere' => {
        describe => [ baseUrl => 'http://127.0.0.1:1' ],
        error    => qr{^http://127\.0\.0\.1:1 does not accept connections: Connection refused},
        call     => {},
    },
    'has a descriptor that is no JSON' => {
        behave => [ '/atlassian-connect.json', body => '<html>' ],
        error  => qr{^what is at http://\S+/atlassian-connect\.json cannot be read as JSON: .},
    },
    'has a descriptor with errors' => {
        describe => [ modules => { webPanels => [ panel('p', location => undef) ] } ],
        error    => qr{^the descriptor has \d+ errors?; nothing was installed: .*/webPanels/0},
        new    => 1,
    },
    'has a descriptor without the call' => {
        describe => [ lifecycle => {} ],
        error    => qr/the property "installed" is missing/,
    },
    'has no descriptor' => {
        behave => [ '/atlassian-connect.json', status => 404, body => '' ],
        error  => qr{^http://\S+/atlassian-connect\.json answers with HTTP response code 404$},
        new    => 1,
    },
    'has a descriptor that is too large' => {
        behave => [ '/atlassian-connect.json', bytes => 1_048_577 ],
        error  => qr{^http://127\.0\.0\.1:\d+ answered with more than 1048576 bytes$},
    },
    'has moved its descriptor' => {
        behave => [ '/atlassian-connect.json', location => 'http://127.0.0.1:1/other' ],
        error  => qr{^http://\S+ redirects to http://127\.0\.0\.1:1/other, which is not followed$},
    },
    'does not send its descriptor in time' => {
        behave => [ '/atlassian-connect.json', wait => 2 ],
        error  => qr{^http://127\.0\.0\.1:\d+ gave no complete answer within 1 s$},
    },
);

# By HTTP, the text that an administrator reads.
sub by_http {
    my ($fake) = @_;
    my $task = $admin->install($fake->descriptor_url);
    is($task->{end}{status}, 200, 'the task has failed');
    my $status = json_data($task->{end})->{status};
    is($status->{contentType}, 'application/vnd.atl.plugins.task.install.err+json', 'its type');
    is($status->{subCode}, 'upm.pluginInstall.error.response.exception', 'its code');
    return $task->{error};
}

# By the operator's tool, which downloads the descriptor.
sub by_tool {
    my ($fake) = @_;
    return text_of_tool($fake->descriptor_url);
}

# By the operator's tool with a file.
sub by_file {
    my ($fake) = @_;
    my ($file, $path) = tempfile('descriptor-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} JSON::PP->new->encode($fake->{descriptor});
    close $file or die "$path: $!\n";
    return text_of_tool($path, '--callback');
}

sub text_of_tool {
    my ($status, $printed, $said) = $stack->run_ctl('app', 'install', @_);
    is($status, 1, 'the tool fails');
    is($printed, '', 'and prints nothing');
    my ($text) = $said =~ /^dynmodctl: (?!downloading |calling )(.*)\n\z/m;
    return $text // "? $said";
}

# is_undone(FAKE, FAILURE, INSTALL)
# One attempt that fails.
sub is_undone {
    my ($fake, $failure, $install) = @_;
    my $before = state_of($fake);
    my $calls = () = calls_of($fake);
    my %descriptor = %{ $fake->{descriptor} };
    # It would change the name and the modules, and displace the dynamic ones.
    my %changed = (name => 'Other', modules => { webPanels => [ panel('a'), panel('new') ] });
    $fake->describe(%descriptor, %changed, @{ $failure->{describe} // [] });
    $fake->behave(@{ $failure->{behave} }) if $failure->{behave};
    my $text = $install->($fake);
    $fake->describe(%descriptor);
    $fake->behave($failure->{behave}[0]) if $failure->{behave};
    if ($failure->{call}) {
        my $around = $failure->{call}{status} ? qr/\Q$advice\E$/ : qr/^\Q$silence\E/;
        like($text, $around, 'what has happened');
        $text =~ s/$around//;
    }
    like($text, $failure->{error}, 'the reason');
    is(state_of($fake), $before, 'everything is as it was');
    my @made = calls_of($fake);
    splice @made, 0, $calls;
    is_described(@made, $failure->{call}, $text) if $failure->{call};
    is(scalar @made, $failure->{call} ? 1 : 0, 'the calls in the history');
    return;
}

# What the history says of a call that failed with this text.
sub is_described {
    my ($made, $wanted, $text) = @_;
    is($made->{event}, 'installed', 'the call is in the history');
    is($made->{status}, $wanted->{status}, 'with the status of the answer');
    my $answer = $wanted->{answer};
    if (ref $answer) {
        like($made->{answer}, $answer, 'and its start');
    } else {
        is($made->{answer}, $answer, 'and its start');
    }
    like($made->{milliseconds}, qr/^\d{1,4}$/, 'and how long it took');
    ok(index($text, $made->{error}) == 0, 'and why it failed');
    return;
}

# An app that is installed, with modules of both kinds, and waits for two calls.
my $upgraded = FakeApp->start($stack, modules => { webPanels => [ panel('static') ] });
# The same, but uninstalled.
my $reinstalled = FakeApp->start($stack, modules => { webPanels => [ panel('static') ] });

subtest 'two apps are installed and then refuse calls' => sub {
    for my $fake ($upgraded, $reinstalled) {
        is($admin->install($fake->descriptor_url)->{plugin}{status}, 200, 'installed');
        ok($fake->has_events('installed', 'enabled'), 'it was told');
        is_registered($fake->app->register(fields('a', 'b')), 'dynamic modules');
        $fake->behave('/disabled', status => 503);
        my $path = '/' . $fake->key . '-key';
        is($admin->call('PUT', $path, json => { enabled => JSON::PP::false })->{status},
            200, 'disabled');
        ok(
            wait_for(10, sub { state_of($fake) =~ /The app host returned HTTP response code 503/ }),
            'the call waits'
        );
        my ($method, @body) =
            $fake == $upgraded ? ('PUT', json => { enabled => JSON::PP::true }) : 'DELETE';
        like($admin->call($method, $path, @body)->{status}, qr/^20[04]$/, "then $method");
    }
    is(waiting_for($upgraded), 'disabled enabled', 'calls that wait');
    is(waiting_for($reinstalled), 'disabled uninstalled', 'calls that wait');
    is(() = state_of($upgraded) =~ /\n/g, 6, 'an app, its secret, three modules, two calls');
};

my $new = FakeApp->start($stack);
for my $name (sort keys %failures) {
    my $failure = $failures{$name};
    subtest "an app that $name is not upgraded" => sub {
        is_undone($upgraded, $failure, \&by_http);
    };
    next unless $failure->{new};
    subtest "a new app that $name is not installed" => sub {
        is_undone($new, $failure, \&by_http);
    };
}
for my $name ('answers 500', 'closes the connection', 'has a descriptor with errors') {
    subtest "an app that $name stays uninstalled" => sub {
        is_undone($reinstalled, $failures{$name}, \&by_http);
    };
}
for my $name ('answers 500', 'does not answer in time', 'has no descriptor') {
    subtest "dynmodctl app install URL: an app that $name" => sub {
        is_undone($_, $failures{$name}, \&by_tool) for $upgraded, $reinstalled;
    };
}
for my $name ('redirects', 'has a certificate that nobody signed', 'has a descriptor with errors') {
    subtest "dynmodctl app install FILE --callback: an app that $name" => sub {
        is_undone($_, $failures{$name}, \&by_file) for $upgraded, $new;
    };
}

subtest 'a descriptor is not fetched from anywhere' => sub {
    my %urls = (
        'https://192.168.7.7/d'        => qr/resolves to 192\.168\.7\.7, .*allowed_app_urls/,
        'http://198.51.100.7/d'        => qr/resolves to 198\.51\.100\.7, .*allowed_app_urls/,
        'file:///etc/passwd'           => qr/must begin with http/,
        'http://user:word@127.0.0.1/d' => qr/without user name and password/,
        ''                             => qr/must begin with http/,
    );
    like($admin->install($_)->{error}, $urls{$_}, "\"$_\"") for sort keys %urls;
};

# What dynmodctl says of the installation of the new app with other options than this stack's.
sub said_with {
    my @options = @_;
    my ($file, $path) = tempfile('dynmod-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} map { "$_\n" } 'database = ' . $stack->fact('admin_conninfo'), @options;
    close $file or die "$path: $!\n";
    my ($status, undef, $said) = Stack::run_command("$stack->{build}/dynmodctl", '--config', $path,
        'app', 'install', $new->descriptor_url);
    return "status $status\n$said";
}

subtest 'without development it is allowed_app_urls that decides' => sub {
    my $url = $new->base_url;
    my ($origin) = $url =~ m{^(http://[^/]+)};
    my $refusal = qr/\Q$origin\E may not be called: .*public stands for https only/;
    like(said_with(), qr/^status 1\n.*$refusal/s, 'nothing else is set');
    like(said_with("allowed_app_urls = $url-2 $origin/ap"), qr/^status 1\n.*may not be called/s,
        'the beginnings of other segments');
    is(state_of($new), '', 'nothing was installed');
    like(said_with("allowed_app_urls = public $url"), qr/^status 0\n/, 'its own base URL');
    $stack->ctl('app', 'uninstall', $new->key);
    $stack->sql(sprintf q{DELETE FROM dynmod.app WHERE app_key = '%s'}, $new->key);
};

subtest 'an app that quotes its secret does not bring it into the history' => sub {
    my ($secret) = $upgraded->secret;
    my %quoting = (
        behave => [ '/installed', status => 500, body => qq({"sharedSecret":"$secret"}) ],
        error  => qr/code 500/,
        call   => { status => 500, answer => '(not kept: it contains the shared secret)' },
    );
    is_undone($upgraded, \%quoting, \&by_http);
};

subtest 'after all that they can be installed' => sub {
    my %secret = map { ($_->key => $_->secret) } $upgraded, $reinstalled;
    for my $fake ($new, $upgraded, $reinstalled) {
        is($admin->install($fake->descriptor_url)->{plugin}{status}, 200, $fake->key);
        ok(wait_for(10, sub { waiting_for($fake) eq '' }), 'nothing waits any more');
        is($fake->app->get->{status}, 200, 'it can call');
    }
    is_listed($_->app, fields('a', 'b'), 'its modules') for $upgraded, $reinstalled;
    is($upgraded->secret, $secret{ $upgraded->key }, 'an upgrade keeps the secret');
    isnt($reinstalled->secret, $secret{ $reinstalled->key }, 'a reinstallation does not');
    is(scalar(grep { ($_->{error} // '') =~ /^not sent: / } calls_of($_)), 2, 'superseded calls')
        for $upgraded, $reinstalled;
    my @faults = grep { $_ } map { $_->{fault} } map { $_->requests } $upgraded, $reinstalled, $new;
    is_deeply(\@faults, [], 'all calls had good tokens');
};

$_->stop for $new, $upgraded, $reinstalled;
is_without_secrets($stack);
no_fault_in_logs($stack);
no_secret_in_logs($stack);
done_testing();

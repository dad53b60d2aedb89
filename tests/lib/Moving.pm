# A site that moves from one stack to another: what it has, and what is there of it afterwards.
package Moving;

use strict;
use warnings;

use App;
use Exporter qw(import);
use JSON::PP;
use Modules qw(panel);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(add_apps app_on contents documents edited peak_of read_file seal_secrets
    write_file);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub read_file {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>:raw', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    return $path;
}

# seal_secrets(STACK, DIGIT, OPTION...)
# Gives the host a secrets_key of these digits, and encrypts what is there; the options of
# dynmod.conf are those it has besides.
sub seal_secrets {
    my ($stack, $digit, @options) = @_;
    my $path = $stack->fact('web_config') =~ s{[^/]+/[^/]+$}{secrets.key}r;
    write_file($path, $digit x 64 . "\n");
    chmod 0640, $path or die "$path: $!\n";
    chown -1, (stat $stack->fact('web_config'))[5], $path or die "$path: $!\n";
    write_file($stack->fact('config'), read_file($stack->fact('config')) . "secrets_key = $path\n");
    $stack->stop_web;
    $stack->start_web(options => [ @options, "secrets_key = $path" ]);
    $stack->ctl('secrets', 'encrypt');
    return;
}

# add_apps(STACK, SITE, COUNT)
# Adds a site with so many apps, each with ten modules and a property.
sub add_apps {
    my ($stack, $site, $count) = @_;
    $stack->ctl('site', 'add', $site, '--base-url', "https://$site.example.com");
    my $panel = $json->encode(panel('KEY', weight => 100));
    $stack->sql(qq{
        DO \$do\$ BEGIN FOR n IN 1..$count LOOP
            PERFORM dynmod.install_app('$site', jsonb_build_object('key', 'bulk-' || n,
                'name', 'App ' || n, 'baseUrl', 'https://app.example.com',
                'lifecycle', '{"installed":"/installed"}'::jsonb, 'scopes', '["READ"]'::jsonb));
            PERFORM dynmod.register_modules('$site', 'bulk-' || n, (SELECT jsonb_agg(
                jsonb_build_object('type', 'webPanels', 'definition',
                    replace('$panel', 'KEY', 'panel-' || m)::jsonb)) FROM generate_series(1, 10) m));
            INSERT INTO dynmod.app_property (app_id, property_key, value)
                SELECT app.id, 'number', to_json(n) FROM dynmod.app
                JOIN dynmod.site ON site.id = site_id
                WHERE app_key = 'bulk-' || n AND site.name = '$site';
            COMMIT;
        END LOOP; END \$do\$});
    return;
}

# documents(STACK, SITE)
# What GET answers for all apps, as one digest, with their number.
sub documents {
    my ($stack, $site) = @_;
    return $stack->sql("SELECT count(*), md5(string_agg(app_key || document, E'\\n'
                                                        ORDER BY app_key COLLATE \"C\"))
        FROM dynmod.app JOIN dynmod.site ON site.id = site_id WHERE site.name = '$site'");
}

# contents(STACK)
# All that an import could have changed, as text.
sub contents {
    my ($stack) = @_;
    return join "\n", map { $stack->sql("SELECT * FROM dynmod.$_ ORDER BY 1, 2", 'superuser') }
        qw(site site_key app app_secret module app_property module_type module_change app_event
        setting_event event_definition history_start callback);
}

# app_on(APP, STACK)
# The same app on another stack, with the secret and the Host that it has.
sub app_on {
    my ($app, $stack) = @_;
    return bless { %$app, stack => $stack }, ref $app;
}

# edited(TEXT, LINE, CODE)
# An export with a line that CODE has changed in $_.
sub edited {
    my ($text, $line, $code) = @_;
    my @lines = split /^/, $text;
    $code->() for $lines[ $line - 1 ];
    return join '', @lines;
}

# peak_of(COMMAND...)
# Runs a command and returns (the most memory it had in KiB, the seconds it took); dies if it fails.
sub peak_of {
    my @command = @_;
    my $start = time;
    my $peak = 0;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', '/dev/null' or POSIX::_exit(127);
        exec @command or POSIX::_exit(127);
    }
    until (waitpid($pid, POSIX::WNOHANG()) == $pid) {
        my ($now) = (eval { read_file("/proc/$pid/status") } // '')
            =~ /^Name:\s+dynmodctl\n.*^VmHWM:\s+(\d+)/ms;
        $peak = $now if ($now // 0) > $peak;
        sleep 0.002;
    }
    $? == 0 or die "@command: status $?\n";
    return ($peak, time - $start);
}

1;

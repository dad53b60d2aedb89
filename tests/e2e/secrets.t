#!/usr/bin/perl
# Secrets encrypted in the database: while requests go on, in a dump, and with the wrong key.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;
use IO::Select;
use Modules qw(fields);
use POSIX ();
use Stack;
use Test::More;

my $stack = Stack->start(setup => 'lighttpd-fastcgi', options => [HOST_OPTIONS]);
my ($app, $other) = map { $stack->install } 1, 2;
my $key_file = $stack->fact('web_config') =~ s{[^/]+/[^/]+$}{secrets.key}r;
my ($old_key, $new_key) = map { $_ x 64 } 'a', 'b';

sub write_file {
    my ($path, $mode, @lines) = @_;
    open my $file, $mode, $path or die "$path: $!\n";
    print {$file} map { "$_\n" } @lines;
    close $file or die "$path: $!\n";
    return;
}

# Writes the keys, which the web server's user can read, and lets the programs read them.
sub use_keys {
    my @keys = @_;
    write_file($key_file, '>', @keys);
    chmod 0640, $key_file or die "$key_file: $!\n";
    chown -1, (stat $stack->fact('web_config'))[5], $key_file or die "$key_file: $!\n";
    $stack->stop_web;
    $stack->start_web(options => [ HOST_OPTIONS, "secrets_key = $key_file" ]);
    return;
}

# Everything that the database keeps, as a backup would have it.
sub dump_of {
    return Stack::checked($stack->fact('postgres_programs') . '/pg_dump',
        '-d', $stack->fact('superuser_conninfo'));
}

# Runs the command while an app asks, one request after another, and is always answered.
sub with_requests {
    my ($name, @command) = @_;
    pipe my $done, my $stop or die "pipe: $!\n";
    my $child = fork // die "fork: $!\n";
    if ($child == 0) {
        close $stop;
        my $failed = 0;
        until (IO::Select->new($done)->can_read(0)) {
            $failed ||= $app->get->{status} != 200;
        }
        POSIX::_exit($failed);
    }
    my $answer = $stack->ctl(@command);
    close $stop;
    waitpid $child, 0;
    is($?, 0, "$name: every request was answered meanwhile");
    return $answer;
}

sub kept {
    return split /\n/,
        $stack->sql('SELECT left(secret, 14) FROM dynmod.app_secret ORDER BY secret', 'owner');
}

$stack->ctl('site', 'rotate-key', 'default');
is_registered($app->register(fields('a')), 'before');
like(dump_of(), qr/\Q@{[ $app->secret ]}/, 'a dump has the secrets');
like(dump_of(), qr/BEGIN PRIVATE KEY/, 'and the private key');

write_file($stack->fact('config'), '>>', "secrets_key = $key_file");
use_keys($old_key);
is_deeply(with_requests('encrypt', 'secrets', 'encrypt')->{changed}, 3, 'encrypt: all three');
is($stack->ctl('secrets', 'encrypt')->{changed}, 0, 'nothing is left to encrypt');
like($_, qr/^gcm1:[0-9a-f]{8}:/, 'a sealed secret') for kept();
my $dump = dump_of();
unlike($dump, qr/\Q$_/, 'a dump has no secret') for $app->secret, $other->secret;
unlike($dump, qr/PRIVATE KEY|$old_key/, 'no private key, and not that of the file');
is_listed($other, {}, 'another app');
is_unauthorized($app->call('GET', authorization => 'JWT ' . $other->token('GET', $app->path)
            =~ s/^/x/r), 'a wrong token is refused as ever');

my $installed = $stack->install;
is_listed($installed, {}, 'an app installed meanwhile');
is(scalar(grep { !/^gcm1:/ } kept()), 0, 'has a sealed secret, too');
my $rotated = $stack->ctl('app', 'rotate-secret', $installed->key, '--quiet-app', '--overlap', 60);
$stack->note_secrets($rotated->{sharedSecret});
is_listed($installed, {}, 'the former secret is accepted');
$installed->{secret} = $rotated->{sharedSecret};
is_listed($installed, {}, 'and so is the new one');
is($stack->ctl('app', 'show', $installed->key, '--show-secret')->{sharedSecret},
    $rotated->{sharedSecret}, 'app show');

use_keys($new_key, $old_key);
is(with_requests('rekey', 'secrets', 'rekey')->{changed}, 5, 'rekey: all five');
my ($id) = (kept())[0] =~ /^gcm1:(\w+)/;
is(scalar(grep { !/^gcm1:$id:/ } kept()), 0, 'all have the new key');
my @findings = grep { $_->{check} eq 'secrets' } @{ $stack->ctl('doctor') };
is_deeply([ map { $_->{text} } @findings ], ["encrypted with the key $id: 5"], 'doctor');

use_keys($old_key);
my $mark = $stack->log_mark;
is_error($app->get, 503, qr/unavailable/, 'without the key');
ok($stack->log_shows($mark, qr/the key $id, which is not in \S*secrets.key/), 'the log says why');
isnt(($stack->run_ctl('doctor'))[0], 0, 'and so does doctor');

use_keys($new_key);
is_listed($app, fields('a'), 'with it');
is(with_requests('decrypt', 'secrets', 'decrypt')->{changed}, 5, 'decrypt: all five');
is(scalar(grep { /^gcm1:/ } kept()), 0, 'all are plain');
is_listed($app, fields('a'), 'afterwards');
done_testing();

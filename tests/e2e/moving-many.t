#!/usr/bin/perl
# Many apps move: an import that was killed goes on, in memory that does not grow with their number.
# MOVING_APPS is how many there are, such as 10000.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use File::Temp qw(tempdir);
use Moving qw(add_apps documents peak_of);
use POSIX ();
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

my $bulk = $ENV{MOVING_APPS} // 200;
my $file = tempdir(CLEANUP => 1) . '/many.jsonl';
my ($old, $new) = map { Stack->start } 1, 2;

add_apps($old, 'few', 20);
add_apps($old, 'many', $bulk);
my @few = map { (peak_of(@$_))[0] } [ $old->ctl_command('site', 'export', 'few', "$file.few") ],
    [ $new->ctl_command('site', 'import', "$file.few") ];
my ($peak, $seconds) = peak_of($old->ctl_command('site', 'export', 'many', $file));
diag(sprintf 'export of %d apps: %d KiB (of 20: %d KiB), %.1f s', $bulk, $peak, $few[0], $seconds);
cmp_ok($peak - $few[0], '<', 2048, 'the export takes no more memory');
my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
    open STDOUT, '>', '/dev/null' or POSIX::_exit(127);
    exec $new->ctl_command('site', 'import', $file) or POSIX::_exit(127);
}
my $half = "SELECT count(*) FROM dynmod.app JOIN dynmod.site ON site.id = site_id
            WHERE site.name = 'many'";
my $tries = 0;
sleep 0.02 until $new->sql($half) > $bulk / 10 || ++$tries > 20_000;
kill KILL => $pid;
waitpid $pid, 0;
my $done = $new->sql($half);
cmp_ok($done, '<', $bulk, "killed after $done apps");
cmp_ok($done, '>', 0, 'not before the first');
my $dry = $new->ctl('site', 'import', '--dry-run', $file);
cmp_ok($dry->{present}, '>=', $done, 'a dry run sees them');
($peak, $seconds) = peak_of($new->ctl_command('site', 'import', $file));
diag(sprintf 'import of %d apps: %d KiB (of 20: %d KiB), %.1f s', $bulk - $done, $peak, $few[1], $seconds);
cmp_ok($peak - $few[1], '<', 2048 + $bulk / 10, 'the import takes no more memory');
is(documents($new, 'many'), documents($old, 'many'), 'all apps are there with their answers');
is($new->sql("SELECT count(*) FROM dynmod.app_event WHERE site_name = 'many'"), $bulk, 'each once');
is($new->ctl('site', 'import', $file)->{present}, $bulk, 'nothing is left to do');
done_testing();

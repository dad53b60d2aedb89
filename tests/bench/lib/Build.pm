# A revision of dynmod that is measured: its programs, and copies of its set-ups for as many
# processes as a measurement wants.
package Build;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Spec::Functions qw(rel2abs);
use Stack;

my $top   = abs_path(dirname(__FILE__) . '/../../..');
my $build = rel2abs($ENV{BUILD} // 'build', $top);

# What the shipped set-ups say of the number of processes.
my %PROCESSES = (
    'lighttpd/dynmod-fastcgi.conf' => qr/("max-procs" => |dynmod_processes := )\d+/,
    'apache/dynmod-fcgid.conf'     => qr/^(FcgidMaxProcessesPerClass )\d+/m,
);

# Build->head
# The checkout itself.
sub head {
    my ($class) = @_;
    return bless { name => 'dynmod', top => $top, programs => $build }, $class;
}

# Build->base(REVISION)
# Another revision, in a git worktree, built with the same settings.
sub base {
    my ($class, $revision) = @_;
    my $place = directory() . '/base';
    my $commit = git('rev-parse', '--verify', '--end-of-options', "$revision^{commit}");
    if (-e "$place/.git") {
        Stack::checked('git', '-C', $place, qw(checkout --quiet --detach), $commit);
    } else {
        git('worktree', 'prune');
        git(qw(worktree add --quiet --force --detach), $place, $commit);
    }
    Stack::checked('env', '-u', 'MAKEFLAGS', '-u', 'MAKELEVEL', 'make', '-C', $place, '-j2',
        'BUILD=build', 'programs');
    return bless { name => 'base', top => $place, programs => "$place/build" }, $class;
}

# The directory of all that the benchmark builds and writes.
sub directory {
    return "$build/bench";
}

# The directory of this checkout.
sub checkout {
    return $top;
}

# git(ARGUMENT...)
# What git says about the checkout.
sub git {
    my @arguments = @_;
    my $printed = Stack::checked('git', '-C', $top, @arguments);
    chomp $printed;
    return $printed;
}

# "dynmod", or "base" for the revision to compare with.
sub name {
    my ($self) = @_;
    return $self->{name};
}

# The directory of the programs.
sub programs {
    my ($self) = @_;
    return $self->{programs};
}

# The commit, with a plus sign when files were changed since.
sub commit {
    my ($self) = @_;
    my @git = ('git', '-C', $self->{top});
    my ($status, $commit) = Stack::run_command(@git, qw(rev-parse HEAD));
    return 'unknown' if $status != 0;
    chomp $commit;
    return $commit . (Stack::checked(@git, qw(status --porcelain)) eq '' ? '' : '+');
}

# tree(PROCESSES)
# A directory with everything that starts a stack of this build, whose FastCGI set-ups have so many
# processes.
sub tree {
    my ($self, $processes) = @_;
    my $tree = directory() . "/trees/$self->{name}-$processes";
    Stack::checked('rm', '-rf', $tree);
    Stack::checked('mkdir', '-p', $tree);
    my @parts = map { "$self->{top}/$_" } qw(dev sql apache lighttpd cgi-bin);
    Stack::checked('cp', '-R', @parts, $tree);
    for my $file (sort keys %PROCESSES) {
        open my $in, '<', "$tree/$file" or die "$tree/$file: $!\n";
        my $text = do { local $/; <$in> };
        $text =~ s/$PROCESSES{$file}/$1$processes/ or die "$file names no number of processes\n";
        open my $out, '>', "$tree/$file" or die "$tree/$file: $!\n";
        print {$out} $text;
        close $out or die "$tree/$file: $!\n";
    }
    return $tree;
}

1;

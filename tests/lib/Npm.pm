# The packages from npm that tests use: those of tests/clients, pinned by its package-lock.json.
package Npm;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use Stack;

our @EXPORT_OK = qw(install_packages node_program);

my $clients = abs_path(dirname(__FILE__) . '/../clients');
my $sqlite = "$clients/node_modules/sqlite3";

# node_program()
# The path of Node.js; dies when it is not installed.
sub node_program {
    return program('node');
}

sub program {
    my ($name) = @_;
    return (grep { -x } map { "$_/$name" } split /:/, $ENV{PATH})[0] // die "there is no $name\n";
}

# install_packages()
# Installs the packages unless they are there. Test files that run at the same time wait for each
# other here.
sub install_packages {
    open my $lock, '<', "$clients/package-lock.json" or die "package-lock.json: $!\n";
    flock $lock, LOCK_EX or die "package-lock.json: $!\n";
    my ($have, $want) = map { (stat "$clients/$_")[9] // 0 } 'node_modules/.package-lock.json',
        'package-lock.json';
    if ($have < $want) {
        warn "# installing the packages of tests/clients\n";
        Stack::checked(program('npm'), qw(ci --silent --no-audit --no-fund --ignore-scripts),
            '--omit=optional', '--prefix', $clients);
    }
    build_sqlite() unless has_sqlite();
    return;
}

sub has_sqlite {
    my ($status) =
        Stack::run_command(node_program(), '-e', 'require(process.argv[1])', $sqlite);
    return $status == 0;
}

# The package's own script would fetch a binary from GitHub, which cannot be pinned. Nothing is
# fetched here: the headers are those that came with Node.js. Without optimization it takes a
# quarter of the time.
sub build_sqlite {
    warn "# building $sqlite\n";
    my $prefix = dirname(dirname(abs_path(node_program())));
    my $npm = dirname(dirname(abs_path(program('npm'))));
    my ($builder) = grep { -e } map { "$_/bin/node-gyp.js" } "$npm/node_modules/node-gyp",
        dirname($npm) . '/node-gyp';    # as npm has it, as Debian has it
    $builder // die "there is no node-gyp\n";
    Stack::checked(node_program(), $builder, 'rebuild', '--debug', '--jobs', '2',
        '--nodedir', $prefix, '--directory', $sqlite);
    return;
}

1;

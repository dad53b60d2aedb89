# The plans of all statements that requests make PostgreSQL run, those within functions and triggers
# as well, from its own log.
package Plans;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(growing_scans log_plans read_plans);

# More rows than a scan may ever give for one app, whose modules are limited.
use constant ROWS_MAX => 1000;

# log_plans(STACK, ON, [ANALYZE])
# Makes PostgreSQL log the plans of what the web program does from its next connection on, or stops
# that. ANALYZE adds the times.
sub log_plans {
    my ($stack, $on, $analyze) = @_;
    my %settings = (
        session_preload_libraries            => 'auto_explain',
        'auto_explain.log_min_duration'      => 0,
        'auto_explain.log_nested_statements' => 'on',
        'auto_explain.log_analyze'           => $analyze ? 'on' : 'off',
        'auto_explain.log_triggers'          => $analyze ? 'on' : 'off',
    );
    for my $name (sort keys %settings) {
        my $change = $on ? "SET $name = '$settings{$name}'" : "RESET $name";
        $stack->sql("ALTER ROLE stack_web $change", 'superuser');
    }
    return;
}

# read_plans(TEXT)
# The plans in a piece of PostgreSQL's log: {statement, plan, function, times}, one for each
# different statement and shape of plan, in the order of their first appearance. FUNCTION is the one
# the statement belongs to, or empty; TIMES are the milliseconds of each run.
sub read_plans {
    my ($text) = @_;
    my (@plans, %known);
    my $entries = qr/duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)(?:.*CONTEXT:  (.*\n(?:\t.*\n)*))?/;
    while ($text =~ /$entries/g) {
        my ($time, $entry, $context) = ($1, $2, $3 // '');
        $entry =~ s/^\t//mg;
        my ($statement, $plan) = $entry =~ /^Query Text: (.*?)\n(\S[^\n]*\(cost.*)/s or next;
        $statement =~ s/\s+/ /g;
        $statement =~ s/^ //;
        my ($function) = $context =~ /function (?:dynmod\.)?"?(\w+)/;
        my $shape = $plan =~ s/\s*\((?:cost|actual).*?\)//gr;
        my $key = join "\n", $function // '', $statement, $shape;
        if (!$known{$key}) {
            $known{$key} = {
                statement => $statement,
                plan      => $plan,
                function  => $function // '',
                times     => [],
            };
            push @plans, $known{$key};
        }
        push @{ $known{$key}{times} }, $time;
    }
    return @plans;
}

# growing_scans(PLAN)
# The lines of a plan that read more the more apps, modules or events there are.
sub growing_scans {
    my ($plan) = @_;
    return grep {
        my ($kind, $rows) = /(\w+) Scan.* on (?:app|app_secret|module|module_change|event_definition)\b.*? rows=(\d+)/;
        defined $kind && ($kind eq 'Seq' || $rows > ROWS_MAX);
    } split /\n/, $plan->{plan};
}

1;

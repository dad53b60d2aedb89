# What PostgreSQL does for a request: planning and execution of each statement, time of each
# function, from its own counters.
package Inside;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(INSIDE_SETTINGS functions_inside reset_inside statements_inside);

# For the PostgreSQL that is looked into; they make it slower.
use constant INSIDE_SETTINGS => [
    "shared_preload_libraries = 'pg_stat_statements'",
    'pg_stat_statements.track = all',
    'pg_stat_statements.track_planning = on',
    'track_functions = all',
];

# The seconds after which an idle server process has handed over what it counted.
use constant HANDED_OVER => 11;

# reset_inside(STACK)
# Starts to count anew.
sub reset_inside {
    my ($stack) = @_;
    sleep HANDED_OVER;
    $stack->sql($_, 'superuser')
        for 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements',
        'SELECT pg_stat_statements_reset()', 'SELECT pg_stat_reset()';
    return;
}

# statements_inside(STACK, REQUESTS)
# The web program's statements, the longest first: {text, outer, calls, plan, run}, the last three
# for each of so many requests, times in microseconds. The time of an outer statement, which the
# program sent, holds that of those within it.
sub statements_inside {
    my ($stack, $requests) = @_;
    my $rows = $stack->sql(<<"SQL", 'superuser');
SELECT toplevel, round(calls::numeric / $requests, 2),
       round((total_plan_time * 1000 / $requests)::numeric, 1),
       round((total_exec_time * 1000 / $requests)::numeric, 1),
       left(regexp_replace(query, '\\s+', ' ', 'g'), 72)
    FROM pg_stat_statements
    WHERE userid IN ('stack_web'::regrole, 'dynmod_owner'::regrole) AND calls * 2 > $requests
    ORDER BY total_exec_time + total_plan_time DESC
SQL
    return map {
        my ($outer, $calls, $plan, $run, $text) = split /\|/, $_, 5;
        { outer => $outer eq 't', calls => $calls, plan => $plan, run => $run, text => $text };
    } split /\n/, $rows;
}

# functions_inside(STACK, REQUESTS)
# The functions, the longest first: {name, trigger, calls, total, self}, the last three for each of
# so many requests, times in microseconds. What a function does in SQL of its own counts as its own.
sub functions_inside {
    my ($stack, $requests) = @_;
    sleep HANDED_OVER;
    my $rows = $stack->sql(<<"SQL", 'superuser');
SELECT funcname, prorettype = 'trigger'::regtype, round(calls::numeric / $requests, 2),
       round((total_time * 1000 / $requests)::numeric, 1),
       round((self_time * 1000 / $requests)::numeric, 1)
    FROM pg_stat_user_functions JOIN pg_proc ON pg_proc.oid = funcid
    WHERE calls * 2 > $requests ORDER BY total_time DESC
SQL
    return map {
        my ($name, $trigger, $calls, $total, $self) = split /\|/;
        {
            name    => $name,
            trigger => $trigger eq 't',
            calls   => $calls,
            total   => $total,
            self    => $self
        };
    } split /\n/, $rows;
}

1;

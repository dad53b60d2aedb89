# The one list of end-to-end cases, which every set-up has to pass, and what the cases have in
# common. The cases themselves are in tests/e2e/cases, one file for each subject.
package Cases;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(basename dirname);
use File::Glob qw(:bsd_glob);    # glob that takes a path with spaces as one
use JSON::PP;
use Stack;
use Test::More;

# What every stack needs that serves administrators and apps on loopback.
# At this level every refusal is logged.
use constant HOST_OPTIONS => ('admin = on', 'development = on', 'log_level = debug');

our @EXPORT = qw(case is_error is_listed is_refused_modules is_registered is_removed is_replaced
    is_unauthorized is_unexpected json_data no_fault_in_logs no_secret_in_logs run_cases run_list HOST_OPTIONS
    SERVER_SUBJECTS);

use constant {
    JSON_TYPE    => 'application/json;charset=UTF-8',
    REFUSED_TEXT => 'The request is not from a Connect app.',
};

# The subjects in which a web server has a part. The others need not be tried again when a set-up for
# each of the two servers has tried them.
use constant SERVER_SUBJECTS =>
    [qw(addressing administering bodies expecting history parallel problems protocol reading
     registering removing replacing trying)];

my $json = JSON::PP->new->utf8->allow_nonref;
my @cases;
my $subject;

# case(NAME, CODE)
# Adds a case: a test that is passed the running stack and restores what it changes for others.
sub case {
    my ($name, $code) = @_;
    push @cases, [ "$subject: $name", $code ];
    return;
}

# run_cases(SETUP, %options)
# Runs the list on a stack with this set-up, which is all that a test file does; options as for
# Stack->start(), and
#   subjects  only the cases of these, as in SERVER_SUBJECTS
sub run_cases {
    my ($setup, %options) = @_;
    if (my $subjects = delete $options{subjects}) {
        load_cases();
        my %wanted = map { $_ => 1 } @$subjects;
        @cases = grep { $wanted{ $_->[0] =~ /^(\w+)/ && $1 } } @cases;
    }
    my $stack = Stack->start(setup => $setup, options => [HOST_OPTIONS], %options);
    run_list($stack, join ' ', $setup, $options{build} // ());
    done_testing();
    return;
}

# run_list(STACK, NAME, WORD...)
# Runs the list on a stack and stops its web server. WORDs choose cases by parts of their names, as
# do the arguments of the test file and the words in the variable CASES.
sub run_list {
    my ($stack, $name, @words) = @_;
    load_cases();
    my @chosen = chosen_cases(@words, @ARGV, split ' ', $ENV{CASES} // '');
    for my $case (@chosen) {
        my ($title, $code) = @$case;
        subtest $title => sub {
            eval { $code->($stack); 1 } or fail("died: $@");
        };
    }
    no_fault_in_logs($stack);
    no_secret_in_logs($stack);
    diag(sprintf '%s: %d cases', $name, scalar @chosen);
    return;
}

sub load_cases {
    my $directory = abs_path(dirname(__FILE__) . '/../e2e/cases');
    for my $file (sort glob "$directory/*.pm") {
        $subject = basename($file, '.pm');
        require $file;
    }
    return;
}

sub chosen_cases {
    my @words = @_ or return @cases;
    return grep {
        my $name = $_->[0];
        grep { index($name, $_) >= 0 } @words
    } @cases;
}

# no_fault_in_logs(STACK)
# Checks that the logs, once the web server has stopped, report no crash and no finding of a
# sanitizer.
sub no_fault_in_logs {
    my ($stack) = @_;
    $stack->stop_web;
    my $log = $stack->log_text;
    subtest 'the logs report no fault of the program' => sub {
        for my $mark (
            'ERROR: AddressSanitizer',
            'ERROR: LeakSanitizer',
            'runtime error:',
            'unexpected signal',
            'child signalled',
            'End of script output before headers',
            )
        {
            my ($line) = $log =~ /^(.*\Q$mark\E.*)$/m;
            is($line, undef, "no \"$mark\"") or diag(lines_around($log, $line));
        }
    };
    return;
}

# no_secret_in_logs(STACK)
sub no_secret_in_logs {
    my ($stack) = @_;
    my $log = $stack->log_text;
    is(scalar(grep { index($log, $_) >= 0 } $stack->secrets), 0, 'no secret in the logs');
    return;
}

# What is in a log before and after the first occurrence of a line.
sub lines_around {
    my ($log, $line) = @_;
    my $at = index $log, $line;
    my $start = $at > 2000 ? $at - 2000 : 0;
    return substr $log, $start, $at - $start + 4000;
}

# json_data(RESPONSE)
# The JSON of the body, or undef.
sub json_data {
    my ($response) = @_;
    return scalar eval { $json->decode($response->{body}) };
}

sub has_common_headers {
    my ($response, $name) = @_;
    is($response->{headers}{'x-content-type-options'}, 'nosniff', "$name: nosniff");
    ok($response->{whole}, "$name: as long as announced");
    return;
}

# is_error(RESPONSE, STATUS, MESSAGE, NAME)
# An error response; MESSAGE is its text or a pattern for it.
sub is_error {
    my ($response, $status, $message, $name) = @_;
    is($response->{status}, $status, "$name: $status") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, JSON_TYPE, "$name: JSON");
    like($response->{headers}{'cache-control'} // '', qr/\bno-store\b/, "$name: not to be stored");
    has_common_headers($response, $name);
    my $data = json_data($response);
    is_deeply([ ref $data eq 'HASH' ? keys %$data : () ], ['message'], "$name: a message only");
    my $text = ref $data eq 'HASH' ? $data->{message} : undef;
    if (ref $message) {
        like($text, $message, "$name: the message");
    } else {
        is($text, $message, "$name: the message");
    }
    return;
}

# is_unauthorized(RESPONSE, NAME)
# The one response to every caller that is not an app, which reveals nothing.
sub is_unauthorized {
    my ($response, $name) = @_;
    is_error($response, 401, REFUSED_TEXT, $name);
    like($response->{headers}{'www-authenticate'} // '', qr/^JWT realm="[^"]+"$/,
        "$name: the scheme to use");
    my @hints = grep { /hint/ } keys %{ $response->{headers} };
    is_deeply(\@hints, [], "$name: no hint");
    return;
}

# is_registered(RESPONSE, NAME)
sub is_registered {
    my ($response, $name) = @_;
    is($response->{status}, 200, "$name: 200") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-length'}, '0', "$name: Content-Length: 0");
    is($response->{body}, '', "$name: no body");
    has_common_headers($response, $name);
    return;
}

# is_removed(RESPONSE, NAME)
sub is_removed {
    my ($response, $name) = @_;
    is($response->{status}, 204, "$name: 204") or diag(substr $response->{body}, 0, 500);
    is($response->{body}, '', "$name: no body");
    is($response->{headers}{'content-type'}, undef, "$name: no type");
    has_common_headers($response, $name);
    return;
}

# is_replaced(RESPONSE, KEYS, NAME)
# KEYS has those that were added, updated, removed and unchanged; what is missing was none.
sub is_replaced {
    my ($response, $keys, $name) = @_;
    is($response->{status}, 200, "$name: 200") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, JSON_TYPE, "$name: JSON");
    like($response->{headers}{etag} // '', qr/^"\d+"$/, "$name: ETag");
    has_common_headers($response, $name);
    my %all = map { $_ => $keys->{$_} // [] } qw(added updated removed unchanged);
    is_deeply(json_data($response), \%all, "$name: the keys");
    return;
}

# is_unexpected(RESPONSE, TAG, NAME)
# A precondition has failed; TAG is that of what is there.
sub is_unexpected {
    my ($response, $tag, $name) = @_;
    is($response->{status}, 412, "$name: 412") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, JSON_TYPE, "$name: JSON");
    is($response->{headers}{'cache-control'}, 'no-store', "$name: not to be stored");
    is($response->{headers}{etag}, $tag, "$name: ETag");
    has_common_headers($response, $name);
    my $data = json_data($response) // {};
    is_deeply([ sort keys %$data ], [ 'etag', 'message' ], "$name: a message and the tag");
    is($data->{etag}, $tag, "$name: the tag");
    like($data->{message}, qr/\ANothing was changed: .*\Q$tag\E/, "$name: the message");
    return;
}

# is_listed(APP, MODULES, NAME)
# GET answers with exactly these modules. Returns the response.
sub is_listed {
    my ($app, $modules, $name) = @_;
    my $response = $app->get;
    is($response->{status}, 200, "$name: 200");
    is($response->{headers}{'content-type'}, JSON_TYPE, "$name: JSON");
    has_common_headers($response, $name);
    is_deeply(json_data($response), $modules, "$name: the modules");
    return $response;
}

# is_refused_modules(APP, MODULES, MESSAGE, NAME)
# The app has no modules, and after this POST, refused with MESSAGE, it still has none.
sub is_refused_modules {
    my ($app, $modules, $message, $name) = @_;
    is_error($app->register($modules), 400, $message, $name);
    is($app->get->{body}, '{}', "$name: nothing was registered");
    return;
}

1;

# Errors for programs: RFC 9457 for those who ask for it in Accept, and for nobody else.
use strict;
use warnings;

use Cases;
use Modules qw(field fields panel);
use Test::More;

use constant PROBLEM_TYPE => 'application/problem+json';

my @wanted = (headers => [ Accept => PROBLEM_TYPE ]);

# is_problem(RESPONSE, STATUS, TITLE, DETAIL, NAME)
# An error as RFC 9457 has it; DETAIL is a text or a pattern. Returns its further members.
sub is_problem {
    my ($response, $status, $title, $detail, $name) = @_;
    is($response->{status}, $status, "$name: $status") or diag(substr $response->{body}, 0, 500);
    is($response->{headers}{'content-type'}, PROBLEM_TYPE, "$name: the type");
    is($response->{headers}{'cache-control'}, 'no-store', "$name: not to be stored");
    my %data = %{ json_data($response) // {} };
    my $text = delete $data{detail};
    if (ref $detail) {
        like($text, $detail, "$name: detail");
    } else {
        is($text, $detail, "$name: detail");
    }
    is_deeply([ map { delete $data{$_} } qw(type title status) ],
        [ 'about:blank', $title, $status ], "$name: type, title and status");
    return \%data;
}

case 'refused modules are listed with their places and rules' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %modules = (webPanels => [ { %{ panel('bad_key') }, location => 5 } ], nothing => []);
    my $message = json_data($app->register(\%modules))->{message};
    my $more = is_problem($app->register(\%modules, @wanted), 400, 'Bad Request', $message, 'POST');
    is_deeply([ keys %$more ], ['problems'], 'and the problems');
    my @problems = @{ $more->{problems} };
    is_deeply([ map { $_->{pointer} } @problems ],
        [ '/nothing', '/webPanels/0/key', '/webPanels/0/location' ], 'their places, in order');
    for my $problem (@problems) {
        is_deeply([ sort keys %$problem ], [qw(pointer rule severity text)], 'the members of one');
        is($problem->{severity}, 'error', "$problem->{pointer} is an error");
        like($problem->{rule}, qr/^[a-zA-Z]+$/, "$problem->{pointer} has a rule");
        like($message, qr/^\Q$problem->{pointer}: $problem->{text}\E$/m,
            "$problem->{pointer} is in the message");
    }
    is($app->get->{body}, '{}', 'nothing was registered');
};

case 'warnings are listed after the errors' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $response = $app->register(
        { webPanels => [ panel('a', url => 'javascript:x'), panel('b_c') ] }, @wanted);
    my $more = is_problem($response, 400, 'Bad Request', qr/bad|key/, 'POST');
    is_deeply(
        [ map { "$_->{severity} $_->{pointer}" } @{ $more->{problems} } ],
        [ 'error /webPanels/1/key', 'warning /webPanels/0/url' ],
        'an error and a warning'
    );
};

case 'no place is named where the whole is at fault' => sub {
    my ($stack) = @_;
    my $app = $stack->install(modules => fields('a'));
    my $more = is_problem($app->register(fields('a'), @wanted), 400, 'Bad Request',
        qr/^Installation failed\. The app \S+ has duplicate module keys: \[a\]\./, 'POST');
    is($more->{problems}[0]{pointer}, '', 'the pointer to the whole');
    is($more->{problems}[0]{rule}, 'duplicateKey', 'the rule');
};

case 'of more problems than are listed the number is told' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $more = is_problem($app->register({ webPanels => [ map { panel("k_$_") } 1 .. 1000 ],
                jiraIssueFields => [ map { field("f_$_") } 1 .. 10 ] }, @wanted),
        400, 'Bad Request', qr/\nand \d+ more$/, 'POST');
    my $listed = @{ $more->{problems} };
    my ($reasons) = json_data($app->register({ webPanels => [ map { panel("k_$_") } 1 .. 1000 ],
                jiraIssueFields => [ map { field("f_$_") } 1 .. 10 ] }))->{message}
        =~ /for (\d+) reasons/;
    cmp_ok($listed, '<=', 1000, 'no more than a thousand');
    is($listed + $more->{more}, $reasons, 'as many as the message says, together');
};

case 'other errors look the same' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %errors = (
        'no JSON' => [
            400, 'Bad Request', qr/^The body cannot be parsed as JSON: /,
            $app->send_body('{', headers =>
                    [ 'Content-Type' => 'application/json', Accept => PROBLEM_TYPE ])
        ],
        'no credentials' => [
            401, 'Unauthorized', 'The request is not from a Connect app.',
            $app->get(@wanted, authorization => undef)
        ],
        'no such resource' => [
            404, 'Not Found', 'There is no such resource.',
            $app->get(@wanted, target => $app->path('/x'))
        ],
        'no such method' => [
            405, 'Method Not Allowed', qr/^This method is not supported\./,
            $app->call('PATCH', @wanted)
        ],
        'not JSON' => [
            415, 'Unsupported Media Type', 'The Content-Type must be application/json.',
            $app->call('POST', body => '{}',
                headers => [ 'Content-Type' => 'text/plain', Accept => PROBLEM_TYPE ])
        ],
        'no keys to remove' =>
            [ 400, 'Bad Request', qr/\bmoduleKey\b/, $app->remove('key=a', @wanted) ],
    );
    for my $name (sort keys %errors) {
        my ($status, $title, $detail, $response) = @{ $errors{$name} };
        is_deeply(is_problem($response, $status, $title, $detail, $name), {}, "$name: no more");
    }
    like($errors{'no credentials'}[3]{headers}{'www-authenticate'}, qr/^JWT /,
        'a 401 with its scheme');
    like($errors{'no such method'}[3]{headers}{allow}, qr/\bGET\b/, 'a 405 with the methods');
};

case 'PUT, preconditions and dry runs tell what is wrong in the same way' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my %bad = (webPanels => [ panel('bad_key') ]);
    my $more = is_problem($app->call('PUT', json => \%bad, @wanted), 400, 'Bad Request',
        qr/bad_key/, 'PUT');
    is($more->{problems}[0]{pointer}, '/webPanels/0/key', 'PUT: the place');
    for my $changes ([ 'X-Dynmod-Dry-Run' => 'perhaps' ], [ 'If-Match' => 'none' ]) {
        my $response =
            $app->register(fields('a'), headers => [ Accept => PROBLEM_TYPE, @$changes ]);
        is_deeply(is_problem($response, 400, 'Bad Request', qr/\Q$changes->[0]/, $changes->[0]), {},
            "$changes->[0]: no more");
    }
    my $dry = $app->register(\%bad,
        headers => [ Accept => PROBLEM_TYPE, 'X-Dynmod-Dry-Run' => 'true' ]);
    is_deeply(is_problem($dry, 400, 'Bad Request', qr/bad_key/, 'a dry run'), $more,
        'a dry run: the same problems');
    my $tag = $app->get->{headers}{etag};
    my $failed = $app->register(fields('a'),
        headers => [ Accept => PROBLEM_TYPE, 'If-Match' => '"other"' ]);
    $more = is_problem($failed, 412, 'Precondition Failed', qr/\Q$tag/, 'If-Match');
    is_deeply($more, { etag => $tag }, 'If-Match: the present tag');
};

# What a client sends, and whether it gets a problem.
my %accepts = (
    'application/problem+json'                        => 1,
    'Application/Problem+JSON;charset=utf-8'          => 1,
    'application/json, application/problem+json;q=.1' => 0,
    'application/json, application/problem+json;q=0.1' => 1,
    'application/problem+json;q=0, */*'               => 0,
    'application/json'                                => 0,
    'application/*'                                   => 0,
    '*/*'                                             => 0,
    'application/problem+jsonx'                       => 0,
);
case 'only those who name the type get it' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $plain = $app->register({ nothing => [] });
    is_error($plain, 400, qr/nothing/, 'without Accept');
    for my $accept (sort keys %accepts) {
        my $response = $app->register({ nothing => [] }, headers => [ Accept => $accept ]);
        if ($accepts{$accept}) {
            is_problem($response, 400, 'Bad Request', json_data($plain)->{message}, $accept);
        } else {
            is($response->{body}, $plain->{body}, "$accept: the message as ever");
            is($response->{headers}{'content-type'}, $plain->{headers}{'content-type'},
                "$accept: the type as ever");
        }
    }
};

case 'answers that are no errors stay as they are' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a'), @wanted), 'POST');
    my $response = $app->get(@wanted);
    is($response->{status}, 200, 'GET');
    is($response->{headers}{'content-type'}, 'application/json;charset=UTF-8', 'JSON');
    is_deeply(json_data($response), fields('a'), 'the modules');
    is_removed($app->remove(undef, @wanted), 'DELETE');
};

1;

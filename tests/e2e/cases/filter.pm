# GET with moduleKey: only these modules, as they are in the whole set.
use strict;
use warnings;

use Cases;
use Modules qw(entity_property field panel);
use Test::More;

# An app with modules of several types, in an order that is not that of their keys.
sub install_with_modules {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered(
        $app->register({ webPanels => [ panel('z', note => "a \"quoted\" \x{e9} }],[{"), panel('b') ] }),
        'panels');
    is_registered($app->register({ jiraIssueFields => [ field('a') ] }), 'a field');
    is_registered($app->register({ webPanels => [ panel('c', number => 1.5) ] }), 'one more panel');
    is_registered($app->register({ jiraEntityProperties => [ entity_property('d') ] }),
        'a property');
    return $app;
}

# whole(APP)
# The body of the whole GET, and the text of each module in it by its key.
sub whole {
    my ($app) = @_;
    my $body = $app->get->{body};
    my %text;
    for my $key ('a' .. 'd', 'z') {
        # How the database writes a module is not for the test to know: its text is what is gone
        # with it.
        my $module = $app->get(suffix => "?moduleKey=$key")->{body};
        ($text{$key}) = $module =~ /^\{"\w+":\[(.*)\]\}$/s or fail("$key: $module");
        isnt(index($body, $text{$key}), -1, "$key is in the whole set as it stands");
    }
    return ($body, \%text);
}

case 'the whole set, with all keys in any order, is the same byte for byte' => sub {
    my ($stack) = @_;
    my $app = install_with_modules($stack);
    my ($body, $text) = whole($app);
    is($app->get(suffix => '?moduleKey=d,a,z&moduleKey=c,b')->{body}, $body, 'all');
    is(
        $body,
        qq({"webPanels":[$text->{z},$text->{b},$text->{c}],"jiraIssueFields":[$text->{a}],)
            . qq("jiraEntityProperties":[$text->{d}]}),
        'each module as alone'
    );
};

case 'types and modules keep the order of the whole set' => sub {
    my ($stack) = @_;
    my $app = install_with_modules($stack);
    my (undef, $text) = whole($app);
    my %expected = (
        'moduleKey=c&moduleKey=z'        => qq({"webPanels":[$text->{z},$text->{c}]}),
        'moduleKey=d,b'                  =>
            qq({"webPanels":[$text->{b}],"jiraEntityProperties":[$text->{d}]}),
        'moduleKey=a,x,a&moduleKey=a'    => qq({"jiraIssueFields":[$text->{a}]}),
        'moduleKey=a%2Cx'                => qq({"jiraIssueFields":[$text->{a}]}),
        'module%4Bey=a'                  => qq({"jiraIssueFields":[$text->{a}]}),
        'x=y&moduleKey=a'                => qq({"jiraIssueFields":[$text->{a}]}),
        'moduleKey=x'                    => '{}',
        'moduleKey=A'                    => '{}',
        'moduleKey='                     => '{}',
        'moduleKey'                      => '{}',
        'moduleKey=,,'                   => '{}',
        'moduleKey=%20%22%27%5C%C3%A9'   => '{}',
    );
    for my $query (sort keys %expected) {
        my $response = $app->get(suffix => "?$query");
        is($response->{status}, 200, "$query: 200");
        is($response->{body}, $expected{$query}, "$query: the modules");
    }
};

case 'other parameters are ignored, as ever' => sub {
    my ($stack) = @_;
    my $app = install_with_modules($stack);
    my $body = $app->get->{body};
    for my $query ('modulekey=a', 'moduleKeys=a', 'moduleKey[]=a', 'key=a', 'x') {
        is($app->get(suffix => "?$query")->{body}, $body, $query);
    }
    my $token = $app->token('GET', $app->path('?moduleKey=a'));
    my $response = $app->get(suffix => "?jwt=$token&moduleKey=a", authorization => undef);
    is_deeply(json_data($response), { jiraIssueFields => [ field('a') ] }, 'the token is none');
};

case 'a module that there can be one of only is not in a list' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    $stack->ctl(qw(type allow postInstallPage));
    my %module = (key => 'one', url => '/one', name => { value => 'One' });
    is_registered($app->register({ postInstallPage => \%module, webPanels => [ panel('p') ] }),
        'both');
    my $response = $app->get(suffix => '?moduleKey=one');
    is_deeply(json_data($response), { postInstallPage => \%module }, 'an object');
    is_deeply(json_data($app->get(suffix => '?moduleKey=p')), { webPanels => [ panel('p') ] },
        'without it');
    $stack->ctl(qw(type deny postInstallPage));
};

for my $method (qw(GET HEAD)) {
    case "$method with the ETag of the set gets 304" => sub {
        my ($stack) = @_;
        my $app = install_with_modules($stack);
        my %query = (suffix => '?moduleKey=a');
        my $tag = $app->call($method, %query)->{headers}{etag};
        is($tag, $app->get->{headers}{etag}, 'the tag of the whole set');
        my @known = (headers => [ 'If-None-Match' => $tag ]);
        my $same = $app->call($method, %query, @known);
        is($same->{status}, 304, 'nothing has changed');
        is($same->{headers}{etag}, $tag, 'the tag again');
        is($same->{body}, '', 'no body');
        is_removed($app->remove('moduleKey=a'), 'DELETE');
        my $other = $app->call($method, %query, @known);
        is($other->{status}, 200, 'the module is gone');
        isnt($other->{headers}{etag}, $tag, 'another tag');
        is($other->{body}, $method eq 'HEAD' ? '' : '{}', 'the body');
        is($other->{headers}{'content-length'}, 2, 'its length') if $method eq 'HEAD';
    };
}

case 'another query needs another signature' => sub {
    my ($stack) = @_;
    my $app = install_with_modules($stack);
    my $token = $app->token('GET', $app->path('?moduleKey=a'));
    is_unauthorized($app->get(suffix => '?moduleKey=b', authorization => "JWT $token"), 'GET');
};

case 'a thousand keys' => sub {
    my ($stack) = @_;
    my $app = install_with_modules($stack);
    my $keys = join ',', map { "key$_" } 1 .. 999;
    is_deeply(json_data($app->get(suffix => "?moduleKey=$keys,c")),
        { webPanels => [ panel('c', number => 1.5) ] }, 'one is there');
};

1;

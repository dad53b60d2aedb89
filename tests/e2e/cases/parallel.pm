# Requests at the same time: limits and all-or-nothing hold.
use strict;
use warnings;

use Cases;
use Http qw(http_connect http_head http_read);
use JSON::PP;
use Modules qw(fields);
use Test::More;

# Sends one POST for each of the bodies before it reads the first response, and again those that too
# many others were waiting before.
sub register_at_once {
    my ($app, @bodies) = @_;
    my @responses;
    my @open = 0 .. $#bodies;
    while (@open) {
        @responses[@open] = send_at_once($app, @bodies[@open]);
        @open = grep { $responses[$_]{status} == 429 } @open;
        for my $refused (map { $responses[$_] } @open) {
            $refused->{headers}{'retry-after'} eq '1' or die "429 without Retry-After: 1\n";
            $refused->{body} =~ /"Too many changes/ or die "429: $refused->{body}\n";
        }
    }
    return @responses;
}

sub send_at_once {
    my ($app, @bodies) = @_;
    my @sockets = map {
        my $body = JSON::PP->new->encode($_);
        my $socket = http_connect($app->{stack}->url);
        print {$socket} http_head($app->{stack}->url, 'POST', $app->path,
            'Authorization'  => 'JWT ' . $app->token('POST', $app->path),
            'Content-Type'   => 'application/json',
            'Content-Length' => length $body), $body;
        $socket;
    } @bodies;
    return map { http_read($_, 'POST') } @sockets;
}

sub keys_of {
    my ($app) = @_;
    return sort map { $_->{key} } @{ json_data($app->get)->{jiraIssueFields} };
}

case 'twenty requests at 95 modules end at exactly 100' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields(map { "key-$_" } 1 .. 95)), '95 modules');
    my @responses = register_at_once($app, map { fields("parallel-$_") } 1 .. 20);
    my @accepted = grep { $responses[ $_ - 1 ]{status} == 200 } 1 .. 20;
    is(scalar @accepted, 5, 'five were accepted');
    is_error($_, 400, qr/\b100\b/, 'the others') for grep { $_->{status} != 200 } @responses;
    is_deeply([ keys_of($app) ],
        [ sort((map { "key-$_" } 1 .. 95), map { "parallel-$_" } @accepted) ], 'and are there');
};

case 'twenty requests of two modules each: none half registered' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields(map { "key-$_" } 1 .. 90)), '90 modules');
    my @responses = register_at_once($app, map { fields("one-$_", "two-$_") } 1 .. 20);
    my @accepted = grep { $responses[ $_ - 1 ]{status} == 200 } 1 .. 20;
    is(scalar @accepted, 5, 'five were accepted');
    is_deeply([ keys_of($app) ],
        [ sort((map { "key-$_" } 1 .. 90), map { ("one-$_", "two-$_") } @accepted) ], 'in pairs');
};

case 'the same key in twenty requests is registered once' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my @responses = register_at_once($app, map { fields('same', "other-$_") } 1 .. 20);
    my @accepted = grep { $responses[ $_ - 1 ]{status} == 200 } 1 .. 20;
    is(scalar @accepted, 1, 'one was accepted');
    is_error($_, 400, qr/ duplicate module keys: \[same\]/, 'the others')
        for grep { $_->{status} != 200 } @responses;
    is_deeply([ keys_of($app) ], [ sort 'same', "other-@accepted" ], 'and is there');
};

case 'ten apps at once do not see each other' => sub {
    my ($stack) = @_;
    my @apps = map { $stack->install } 1 .. 10;
    my @sockets = map {
        my $app = $_;
        my $socket = http_connect($stack->url);
        print {$socket} http_head($stack->url, 'GET', $app->path,
            'Authorization' => 'JWT ' . $app->token('GET', $app->path));
        $socket;
    } map { $_->register(fields('of-' . ($_->key =~ tr/.//dr))); $_ } @apps;
    for my $app (@apps) {
        my $response = http_read(shift @sockets, 'GET');
        is_deeply(json_data($response), fields('of-' . ($app->key =~ tr/.//dr)), $app->key);
    }
};

1;

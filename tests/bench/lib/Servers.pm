# The servers of a measurement: dynmod, and programs that stand for less, behind the same web
# servers.
package Servers;

use strict;
use warnings;

use App;
use Build;
use Exporter qw(import);
use File::Temp qw(tempdir);
use JSON::PP;
use Stack;

our @EXPORT_OK = qw(PROCESSES app_headers far_token floor_variables install keep_answers raise_limit
    start_dynmod start_responder);

use constant {
    PROCESSES => 4,
    DAY       => 86_400,    # seconds
};

# A database whose commits are durable, with room for what is measured, as an operator would have
# it.
my @POSTGRES = (
    'fsync = on',
    'synchronous_commit = on',
    "shared_buffers = '512MB'",
    "max_wal_size = '4GB'",
    "checkpoint_timeout = '30min'",
);

# start_dynmod(BUILD, %options)
# A stack with programs of this build. Options as for Stack->start(), and
#   processes  of each FastCGI set-up, 4 by default
sub start_dynmod {
    my ($build, %options) = @_;
    my $processes = delete $options{processes} // PROCESSES;
    # The sites of another stack's database have other addresses.
    $options{env} //= ['DYNMOD_SITE=default'] if $options{database};
    return Stack->start(
        top   => $build->tree($processes),
        build => $build->programs,
        %options,
        postgres => [ @POSTGRES, @{ $options{postgres} // [] } ],
    );
}

# raise_limit(STACK)
# Lets apps have as many modules as a measurement needs.
sub raise_limit {
    my ($stack) = @_;
    $stack->sql('UPDATE dynmod.site SET module_limit = 1000');
    return;
}

# start_responder(VARIABLE...)
# A stack with the responder in place of dynmod; VARIABLEs are NAME=VALUE for it.
sub start_responder {
    my (@variables) = @_;
    return Stack->start(
        top   => Build->head->tree(PROCESSES),
        build => Build::directory() . '/responder',
        env   => \@variables,
    );
}

# keep_answers(APP...)
# A folder with what dynmod answers to the GET of each app, also with If-None-Match, for the
# responder.
sub keep_answers {
    my @apps = @_;
    my $folder = tempdir('dynmod-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $folder or die "$folder: $!\n";
    for my $app (@apps) {
        my $response = $app->get;
        keep_answer("$folder/" . $app->key, $response);
        my @condition = ('If-None-Match' => $response->{headers}{etag});
        keep_answer("$folder/" . $app->key . '-304', $app->get(headers => \@condition));
    }
    return $folder;
}

# A file with this response as a CGI program writes it.
sub keep_answer {
    my ($path, $response) = @_;
    my $headers = $response->{headers};
    my @names = grep { defined $headers->{$_} }
        qw(etag cache-control content-type x-content-type-options content-length);
    open my $file, '>:raw', $path or die "$path: $!\n";
    print {$file} "Status: $response->{status} $response->{reason}\r\n",
        map({ "$_: $headers->{$_}\r\n" } @names), "\r\n$response->{body}";
    close $file or die "$path: $!\n";
    return;
}

# floor_variables(STACK)
# What makes the responder read in this stack's database the least that an answer needs. mod_fcgid
# takes no longer values than 127 bytes.
sub floor_variables {
    my ($stack) = @_;
    my $site = $stack->sql(q{SELECT id FROM dynmod.site WHERE name = 'default'});
    $stack->sql('GRANT USAGE ON SCHEMA dynmod TO stack_web', 'superuser');
    $stack->sql('GRANT SELECT ON dynmod.app, dynmod.app_secret TO stack_web', 'superuser');
    return (
        'BENCH_DATABASE=' . $stack->fact('web_conninfo'),
        # mod_fcgid passes on no more than 127 characters
        'BENCH_QUERY=SELECT revision, state, secret, document FROM dynmod.app, dynmod.app_secret '
            . "WHERE app_id=id AND site_id=$site AND app_key=\$1",
    );
}

# install(STACK, KEY, [MODULES])
# An app with these modules, registered through the API.
sub install {
    my ($stack, $key, $modules) = @_;
    my $app = $stack->install(key => $key, scopes => ['ADMIN']);
    register($app, $modules) if $modules;
    return $app;
}

sub register {
    my ($app, $modules) = @_;
    my $response = $app->register($modules);
    $response->{status} == 200 or die "POST: $response->{status} $response->{body}\n";
    return;
}

# far_token(APP, METHOD, [QUERY])
# The value of `Authorization` for requests that are sent until tomorrow.
sub far_token {
    my ($app, $method, $query) = @_;
    my $target = $app->path($query);
    return 'JWT ' . $app->token($method, $target, claims => { exp => time + DAY });
}

# app_headers(APP)
# The headers of a GET: what dynmod needs, and what the responder needs.
sub app_headers {
    my ($app) = @_;
    return (Authorization => far_token($app, 'GET'), 'X-Bench-App' => $app->key);
}

1;

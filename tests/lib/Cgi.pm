# A program run as a CGI server would, without a server in between.
package Cgi;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempfile);
use Stack;

our @EXPORT_OK = qw(cgi_run cgi_variables);

# cgi_variables(STACK, METHOD, TARGET, BODY, NAME => VALUE...)
# The environment for a request, as a hash; further variables may follow.
sub cgi_variables {
    my ($stack, $method, $target, $body, @more) = @_;
    return (
        DYNMOD_CONFIG     => $stack->fact('web_config'),
        GATEWAY_INTERFACE => 'CGI/1.1',
        SERVER_PROTOCOL   => 'HTTP/1.1',
        REQUEST_METHOD    => $method,
        REQUEST_URI       => $target,
        CONTENT_TYPE      => 'application/json',
        CONTENT_LENGTH    => length $body,
        @more
    );
}

# cgi_run(VARIABLES, BODY, COMMAND...)
# Runs the command with this environment and nothing else, and returns what it prints.
sub cgi_run {
    my ($variables, $body, @command) = @_;
    my ($file, $path) = tempfile('body-XXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$file} $body;
    close $file or die "$path: $!\n";
    my $printed = Stack::checked(
        'sh', '-c', 'input=$1; shift; exec "$@" <"$input"', 'sh', $path,
        'env', '-i', (map { "$_=$variables->{$_}" } sort keys %$variables), @command
    );
    unlink $path;
    return $printed;
}

1;

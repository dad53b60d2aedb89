# The functions of the database that are measured, as statements of pgbench: the one place that
# knows their names and arguments, for every revision that may be compared.
package Api;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(document_of register_statement remove_statement);

# register_statement(STACK, APP, MODULES)
# Registers modules for an app; both are expressions, of its key and of the modules. Where the
# function takes the number of the app's row, that is in :app_id.
sub register_statement {
    my ($stack, $app, $modules) = @_;
    my $arguments = most_arguments($stack, 'register_modules');
    return
          $arguments == 5 ? "SELECT registered FROM dynmod.register_modules('default', $app, $modules, NULL, false);"
        : $arguments == 3 ? "SELECT registered FROM dynmod.register_modules('default', $app, $modules);"
        :                   "SELECT dynmod.register_modules(:app_id, $modules);";
}

# remove_statement(STACK, APP, KEYS)
# Removes the modules with these keys, or all dynamic modules where that expression is NULL.
sub remove_statement {
    my ($stack, $app, $keys) = @_;
    my $arguments = most_arguments($stack, 'remove_modules');
    return
          $arguments == 5 ? "SELECT removed FROM dynmod.remove_modules('default', $app, $keys, NULL, false);"
        : $arguments == 3 ? "SELECT removed FROM dynmod.remove_modules('default', $app, $keys);"
        :                   "SELECT dynmod.remove_modules(:app_id, $keys);";
}

# document_of(STACK, APP)
# The expression that computes the document of the app whose number the expression APP gives.
sub document_of {
    my ($stack, $app) = @_;
    return has_function($stack, 'compute_document(bigint)')
        ? "(SELECT document FROM dynmod.compute_document($app))"
        : "(SELECT document FROM dynmod.computed_document WHERE app_id = $app)";
}

# How many arguments the function of this name that needs most of them needs.
sub most_arguments {
    my ($stack, $name) = @_;
    return $stack->sql(
        "SELECT max(pronargs - pronargdefaults) FROM pg_proc WHERE proname = '$name'", 'superuser');
}

sub has_function {
    my ($stack, $signature) = @_;
    my $question = "SELECT to_regprocedure('dynmod.$signature') IS NOT NULL";
    return $stack->sql($question, 'superuser') eq 't';
}

1;

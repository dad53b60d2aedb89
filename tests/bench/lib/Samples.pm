# What the measured apps register: modules of ordinary size.
package Samples;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;

our @EXPORT_OK = qw(module_keys modules modules_for_database modules_text);

# Always the same bytes for the same data.
my $json = JSON::PP->new->utf8->canonical;

# One web panel of about 240 bytes.
sub panel {
    my ($key) = @_;
    return {
        key        => $key,
        name       => { value => "Panel $key", i18n => "panel.$key.name" },
        location   => 'atl.jira.view.issue.right.context',
        url        => "/panels/$key?issue={issue.key}&project={project.key}",
        weight     => 100,
        conditions => [ { condition => 'user_is_logged_in' } ],
    };
}

# module_keys(COUNT)
sub module_keys {
    my ($number) = @_;
    return map { sprintf 'bench-%03d', $_ } 1 .. $number;
}

# modules(KEY...)
# What an app sends for modules with these keys.
sub modules {
    return { webPanels => [ map { panel($_) } @_ ] };
}

# modules_text(KEY...)
# The same as the text of a body.
sub modules_text {
    return $json->encode(modules(@_));
}

# modules_for_database(KEY...)
# The same as the function of the database takes it.
sub modules_for_database {
    return $json->encode([ map { { type => 'webPanels', definition => panel($_) } } @_ ]);
}

1;

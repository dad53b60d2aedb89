# Sample modules that obey every rule of their types, and descriptors to install.
package Modules;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK =
    qw(content context descriptor entity_property field fields glance item panel webhook);

sub i18n {
    my ($text) = @_;
    return { value => $text };
}

# Each of these returns one module with the key; further members may follow.

sub field {
    my ($key, %more) = @_;
    return {
        key         => $key,
        type        => 'string',
        name        => i18n("Field $key"),
        description => i18n('A field of the tests'),
        %more,
    };
}

sub entity_property {
    my ($key, %more) = @_;
    my %extraction = (objectName => 'size', type => 'number', alias => 'attachmentSize');
    return {
        key               => $key,
        name              => i18n("Property $key"),
        entityType        => 'issue',
        keyConfigurations => [ { propertyKey => 'attachment', extractions => [ \%extraction ] } ],
        %more,
    };
}

sub panel {
    my ($key, %more) = @_;
    return {
        key      => $key,
        name     => i18n("Panel $key"),
        url      => '/panel?issue={issue.key}',
        location => 'atl.jira.view.issue.right.context',
        %more,
    };
}

sub item {
    my ($key, %more) = @_;
    return {
        key      => $key,
        name     => i18n("Item $key"),
        url      => '/item',
        location => 'system.top.navigation.bar',
        %more,
    };
}

sub webhook {
    my ($key, %more) = @_;
    return { key => $key, event => 'jira:issue_created', url => '/hook', %more };
}

sub content {
    my ($key, %more) = @_;
    return {
        key     => $key,
        name    => i18n("Content $key"),
        tooltip => i18n('Shows it'),
        icon    => { width => 16, height => 16, url => '/icon.svg' },
        target  => { type => 'web_panel', url => '/content' },
        %more,
    };
}

sub glance {
    my ($key, %more) = @_;
    return {
        key     => $key,
        name    => i18n("Glance $key"),
        icon    => { width => 16, height => 16, url => '/icon.svg' },
        content => { type => 'label', label => i18n('Look') },
        target  => { type => 'web_panel', url => '/glance' },
        %more,
    };
}

sub context {
    my ($key, %more) = @_;
    return glance($key, name => i18n("Context $key"), %more);
}

# fields(KEY...)
# A map with one issue field for each key.
sub fields {
    return { jiraIssueFields => [ map { field($_) } @_ ] };
}

# descriptor(KEY, %more)
# The descriptor of an app.
sub descriptor {
    my ($key, %more) = @_;
    return {
        key            => $key,
        name           => "App $key",
        baseUrl        => 'https://app.example.com',
        authentication => { type => 'jwt' },
        lifecycle      => { installed => '/installed' },
        scopes         => ['READ'],
        modules        => {},
        %more,
    };
}

1;

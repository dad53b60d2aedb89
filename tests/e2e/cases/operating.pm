# What an operator changes by psql or by dynmodctl is served at once.
use strict;
use warnings;

use Cases;
use JSON::PP;
use Modules qw(descriptor entity_property field fields panel);
use Test::More;

sub app_id {
    my ($app) = @_;
    return sprintf q{(SELECT app.id FROM dynmod.app JOIN dynmod.site ON site.id = site_id
        WHERE app_key = '%s' AND site.name = '%s')}, $app->key, $app->{site};
}

sub literal {
    my ($data) = @_;
    return q{'} . (JSON::PP->new->encode($data) =~ s/'/''/gr) . q{'};
}

# Runs a statement for an app with the fields a and b; GET then shows other modules and another tag.
sub shows {
    my ($stack, $statement, $modules) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    my $tag = $app->get->{headers}{etag};
    my $id = app_id($app);
    $stack->sql($statement =~ s/\$ID/$id/gr);
    isnt(is_listed($app, $modules, 'GET')->{headers}{etag}, $tag, 'another ETag');
    return $app;
}

case 'psql: UPDATE of a definition' => sub {
    my ($stack) = @_;
    my $changed = field('a', name => { value => 'by the operator' });
    shows($stack, "UPDATE dynmod.module SET definition = ${\literal($changed)}
                   WHERE app_id = \$ID AND module_key = 'a'",
        { jiraIssueFields => [ $changed, field('b') ] });
};

case 'psql: UPDATE of a part of a definition' => sub {
    my ($stack) = @_;
    shows($stack, q{UPDATE dynmod.module
                    SET definition = jsonb_set(definition, '{description,value}', '"short"')
                    WHERE app_id = $ID},
        { jiraIssueFields => [ map { field($_, description => { value => 'short' }) } 'a', 'b' ] });
};

case 'psql: DELETE of a module' => sub {
    my ($stack) = @_;
    shows($stack, q{DELETE FROM dynmod.module WHERE app_id = $ID AND module_key = 'a'},
        fields('b'));
};

case 'psql: DELETE of all modules' => sub {
    my ($stack) = @_;
    my $app = shows($stack, 'DELETE FROM dynmod.module WHERE app_id = $ID', {});
    is_registered($app->register(fields('a')), 'the keys are free');
};

case 'psql: INSERT of a module' => sub {
    my ($stack) = @_;
    my $panel = panel('c');
    my $app = shows($stack, "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
                   VALUES (\$ID, 'webPanels', 'dynamic', ${\literal($panel)})",
        { %{ fields('a', 'b') }, webPanels => [$panel] }
    );
    is_error(
        $app->register(fields('c')),
        400,
        qr/duplicate module keys: \[c\]/,
        'its key is in use'
    );
    is_removed($app->remove('moduleKey=c'), 'and the app can remove it');
};

case 'psql: the state of an app' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    for my $state ('disabled', 'uninstalled') {
        $stack->sql("UPDATE dynmod.app SET state = '$state' WHERE id = " . app_id($app));
        is_unauthorized($app->get, $state);
    }
    $stack->sql(q{UPDATE dynmod.app SET state = 'enabled' WHERE id = } . app_id($app));
    is_listed($app, fields('a'), 'enabled');
};

case 'psql: DELETE of an app' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    $stack->sql('DELETE FROM dynmod.app WHERE id = ' . app_id($app));
    is_unauthorized($app->get, 'GET');
    is_listed($stack->install(key => $app->key), {}, 'installed anew, it has nothing');
};

case 'psql: an ETag from before an app was deleted is worth nothing' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    my $tag = $app->get->{headers}{etag};
    $stack->sql('DELETE FROM dynmod.app WHERE id = ' . app_id($app));
    my $anew = $stack->install(key => $app->key);
    is($anew->get(headers => [ 'If-None-Match' => $tag ])->{status}, 200, 'GET');
};

case 'dynmodctl: modules' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    $stack->ctl('module', 'remove', '--app', $app->key, 'a');
    is_listed($app, fields('b'), 'removed');
};

case 'an upgrade keeps the dynamic modules' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    my $upgraded =
        $stack->install(key => $app->key, modules => { webPanels => [ panel('static') ] });
    is($upgraded->secret, $app->secret, 'and the secret');
    is_listed($app, fields('a'), 'GET');
    is_error($app->register(fields('static')), 400, qr/\[static\]/, 'its static module counts');
};

case 'an upgrade that clashes removes all dynamic modules' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a', 'b')), 'POST');
    $stack->install(key => $app->key, modules => { webPanels => [ panel('a') ] });
    is_listed($app, {}, 'GET');
    my $lost = $stack->sql(sprintf q{SELECT count(*) FROM dynmod.module_event
        WHERE app_key = '%s' AND operation = 'delete'}, $app->key);
    is($lost, 2, 'and the history has them');
};

case 'an upgrade that clashes, on a site that removes only what clashes' => sub {
    my ($stack) = @_;
    my $app = $stack->install(site => 'jira');
    is_registered($app->register(fields('a', 'b')), 'POST');
    $stack->sql(q{UPDATE dynmod.site SET on_clash = 'remove_clashing' WHERE name = 'jira'});
    $stack->install(key => $app->key, site => 'jira', modules => { webPanels => [ panel('a') ] });
    $stack->sql(q{UPDATE dynmod.site SET on_clash = 'remove_all' WHERE name = 'jira'});
    is_listed($app, fields('b'), 'GET');
};

case 'the history has what happened' => sub {
    my ($stack) = @_;
    my $app = $stack->install;
    is_registered($app->register(fields('a')), 'POST');
    is_removed($app->remove('moduleKey=a'), 'DELETE');
    my $history = $stack->sql(
        sprintf q{SELECT string_agg(operation || ' ' || module_key, ', ' ORDER BY id)
        FROM dynmod.module_event WHERE app_key = '%s'}, $app->key
    );
    is($history, 'insert a, delete a', 'in order');
};

1;

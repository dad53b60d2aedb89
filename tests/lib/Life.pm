# What the database knows of the life of an app: what it is now, and its history.
package Life;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;
use Test::More;

our @EXPORT_OK = qw(calls_of is_without_secrets life_of state_of waiting_for);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# state_of(APP)
# All that a failed change must leave as it was, as text: the app with its secret, its modules with
# their ids and times, and the calls that wait. '' for an app that is not there.
sub state_of {
    my ($app) = @_;
    return $app->{stack}->sql(sprintf(q{
        SELECT to_jsonb(app) - '{revision,changed_at,modules_changed_at,history_bytes,standing}'::text[]
            FROM dynmod.app JOIN dynmod.site ON site.id = site_id
            WHERE app_key = '%1$s' AND site.name = '%2$s';
        SELECT use, secret FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id
            JOIN dynmod.site ON site.id = site_id
            WHERE app_key = '%1$s' AND site.name = '%2$s' ORDER BY use;
        SELECT to_jsonb(module)
            FROM dynmod.module JOIN dynmod.app ON app.id = app_id
            JOIN dynmod.site ON site.id = site_id
            WHERE app_key = '%1$s' AND site.name = '%2$s' ORDER BY module.id;
        SELECT id, event, attempts, last_error FROM dynmod.waiting_callback
            WHERE app_key = '%1$s' AND site_name = '%2$s' ORDER BY id},
        $app->key, $app->{site}), 'superuser');
}

# The rows of a statement that selects JSON.
sub rows {
    my ($app, $statement) = @_;
    return map { $json->decode($_) } split /\n/,
        $app->{stack}->sql(sprintf $statement, $app->key, $app->{site});
}

# calls_of(APP)
# The calls in the history, in order, as they are described there.
sub calls_of {
    my ($app) = @_;
    return rows($app, q{SELECT detail FROM dynmod.app_event
        WHERE app_key = '%s' AND site_name = '%s' AND operation = 'call' ORDER BY id});
}

# life_of(APP)
# The operations in the history, in order, with the events of calls: "install installed enabled".
sub life_of {
    my ($app) = @_;
    return join ' ', rows($app, q{SELECT to_json(COALESCE(detail ->> 'event', operation))
        FROM dynmod.app_event WHERE app_key = '%s' AND site_name = '%s' ORDER BY id});
}

# waiting_for(APP)
# The events that it is still to be told, in order.
sub waiting_for {
    my ($app) = @_;
    return join ' ', rows($app, q{SELECT to_json(event) FROM dynmod.waiting_callback
        WHERE app_key = '%s' AND site_name = '%s' ORDER BY id});
}

# is_without_secrets(STACK)
# The history and the tasks have no secret of an app and no password.
sub is_without_secrets {
    my ($stack) = @_;
    my $written = $stack->sql(q{
        SELECT app_event FROM dynmod.app_event; SELECT task FROM dynmod.task;
        SELECT waiting_callback FROM dynmod.waiting_callback}, 'superuser');
    my %known = map { ($_ => 1) } $stack->secrets;
    my @found = grep { index($written, $_) >= 0 } keys %known;
    cmp_ok(scalar(keys %known), '>', 0, 'there were secrets');
    is(scalar @found, 0, 'none is in the history, nor left in a task');
    unlike($written, qr/PRIVATE KEY/, 'and no private key');
    return;
}

1;

# Databases of any size: apps with five modules and a history of twenty events each, loaded past the
# triggers, with the documents that the database itself would have made.
package Dataset;

use strict;
use warnings;

use Api qw(document_of);
use App;
use Digest::MD5 qw(md5_hex);
use Exporter qw(import);
use Stack;

our @EXPORT_OK = qw(load_apps some_apps);

use constant {
    SITE_APPS  => 1000,      # apps on one site, but for the site `default`
    REACHABLE  => 10_000,    # apps on the site `default`, at most
    BATCH_APPS => 10_000,
};

# load_apps(STACK, NUMBER, [SAY])
# Fills the database of a stack that has no apps; SAY is called with the number of apps so far. The
# apps of the site `default` lie evenly among the others.
sub load_apps {
    my ($stack, $number, $say) = @_;
    $stack->{dataset} = { number => $number, step => step($number) };
    for (my $first = 1; $first <= $number; $first += BATCH_APPS) {
        my $last = $first + BATCH_APPS - 1;
        $last = $number if $last > $number;
        $stack->sql(batch($stack, $first, $last, step($number)), 'superuser');
        $say->($last) if $say;
    }
    $stack->sql('VACUUM (FREEZE, ANALYZE)', 'superuser');
    $stack->sql('CHECKPOINT', 'superuser');
    return;
}

# Every which app is on the site `default`.
sub step {
    my ($number) = @_;
    return $number > REACHABLE ? int($number / REACHABLE) : 1;
}

# some_apps(STACK, NUMBER)
# So many different apps of the site `default`, chosen at random.
sub some_apps {
    my ($stack, $number) = @_;
    my ($total, $step) = @{ $stack->{dataset} }{qw(number step)};
    my %chosen;
    $chosen{ $step * (1 + int rand($total / $step)) } = 1 while keys %chosen < $number;
    return map { app($stack, $_) } keys %chosen;
}

sub app {
    my ($stack, $id) = @_;
    return App->new(
        stack        => $stack,
        key          => sprintf('app-%07d', $id),
        secret       => md5_hex("one $id") . md5_hex("two $id"),
        site         => 'default',
        context_path => '',
    );
}

# The statements that load the apps with these numbers.
sub batch {
    my ($stack, $first, $last, $step) = @_;
    my $document = document_of($stack, "app_id");
    return <<"SQL";
BEGIN;
SET LOCAL session_replication_role = replica;
SET LOCAL synchronous_commit = off;
CREATE TEMPORARY TABLE batch ON COMMIT DROP AS
    SELECT id AS app_id, to_char(id, '"app-"FM0000000') AS app_key,
           CASE id % $step WHEN 0 THEN 'default'
                ELSE to_char(id / @{[SITE_APPS]}, '"site-"FM0000000') END AS site_name
        FROM generate_series($first, $last) AS id;
INSERT INTO dynmod.site (name, base_url)
    SELECT DISTINCT site_name, 'http://' || site_name || '.example.com' FROM batch
    ON CONFLICT (name) DO NOTHING;
INSERT INTO dynmod.module (app_id, type_name, origin, definition)
    SELECT app_id, 'webPanels', 'dynamic', @{[definition()]}
        FROM batch CROSS JOIN generate_series(1, 5) AS number;
INSERT INTO dynmod.event_definition (site_name, app_key, digest, bytes, definition)
    SELECT site_name, app_key, sha256(convert_to(definition::text, 'UTF8')),
           octet_length(definition::text), definition
        FROM batch CROSS JOIN generate_series(1, 5) AS number
        CROSS JOIN LATERAL (SELECT @{[definition()]} AS definition) AS module;
INSERT INTO dynmod.module_change (happened_at, actor, operation, site_name, app_key, type_name,
                                  origin, module_key, definition_id)
    SELECT now() - interval '1 hour' * (20 - place), 'stack_web',
           CASE place % 2 WHEN 0 THEN 'delete' ELSE 'insert' END, site_name, app_key, 'webPanels',
           'dynamic', 'panel-' || number, kept.id
        FROM batch CROSS JOIN generate_series(1, 20) AS place
        CROSS JOIN LATERAL (SELECT place % 5 + 1) AS module (number)
        JOIN dynmod.event_definition AS kept USING (site_name, app_key)
        WHERE kept.definition = @{[definition()]};
INSERT INTO dynmod.app (id, site_id, app_key, name, base_url, descriptor, scopes, document)
    OVERRIDING SYSTEM VALUE
    SELECT app_id, site.id, app_key, app_key, 'https://app.example.com',
           jsonb_build_object('key', app_key, 'baseUrl', 'https://app.example.com'),
           '{ADMIN}', $document
        FROM batch JOIN dynmod.site ON site.name = batch.site_name ORDER BY app_id;
INSERT INTO dynmod.app_secret (app_id, use, digest, secret)
    SELECT app_id, 'current', dynmod.secret_digest(secret), secret
        FROM batch CROSS JOIN LATERAL (
            SELECT md5('one ' || app_id) || md5('two ' || app_id) AS secret) AS made
        ORDER BY app_id;
SELECT setval(pg_get_serial_sequence('dynmod.app', 'id'), $last);
COMMIT;
SQL
}

# The definition of module NUMBER, of ordinary size.
sub definition {
    return <<'SQL';
jsonb_build_object(
    'key', 'panel-' || number, 'url', '/panels/' || number || '?issue={issue.key}',
    'name', jsonb_build_object('value', 'Panel ' || number, 'i18n', 'panel.name.' || number),
    'location', 'atl.jira.view.issue.right.context', 'weight', number * 100,
    'conditions', jsonb_build_array(jsonb_build_object('condition', 'user_is_logged_in')))
SQL
}

1;

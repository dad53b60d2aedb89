# The least that a registration and a removal must do, as plain SQL on tables like dynmod's without
# triggers: lock, rows with their history, document, commit.
package Least;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(create_least_tables least_script);

# create_least_tables(STACK)
# Tables of the same columns, constraints and indexes, with the apps and modules that there are. LIKE
# leaves out foreign keys.
sub create_least_tables {
    my ($stack) = @_;
    $stack->sql(<<'SQL', 'superuser');
CREATE SCHEMA bench;
CREATE TABLE bench.app (LIKE dynmod.app INCLUDING ALL);
CREATE TABLE bench.module (LIKE dynmod.module INCLUDING ALL);
ALTER TABLE bench.module
    ADD FOREIGN KEY (app_id) REFERENCES bench.app (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (type_name) REFERENCES dynmod.module_type (name) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE bench.module_event (LIKE dynmod.module_change INCLUDING ALL, definition jsonb);
INSERT INTO bench.app (id, site_id, app_key, base_url, descriptor, document)
    OVERRIDING SYSTEM VALUE
    SELECT id, site_id, app_key, base_url, descriptor, document FROM dynmod.app;
INSERT INTO bench.module (app_id, type_name, origin, definition)
    SELECT app_id, type_name, origin, definition FROM dynmod.module ORDER BY id;
GRANT USAGE ON SCHEMA bench TO dynmod_admin;
GRANT ALL ON ALL TABLES IN SCHEMA bench TO dynmod_admin;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA bench TO dynmod_admin;
ANALYZE bench.app, bench.module, dynmod.app, dynmod.module;
SQL
    return;
}

# least_script([KEY])
# Registers :modules for the app :app_id, whose document becomes :document; then removes the module
# with this key, or all, and the document becomes :document_before.
sub least_script {
    my ($key) = @_;
    my $condition = $key ? "AND module_key = '$key'" : '';
    return transaction(<<'SQL', ':document') . transaction(<<"SQL", ':document_before');
WITH added AS (
    INSERT INTO bench.module (app_id, type_name, definition)
        SELECT :app_id::bigint, item.value ->> 'type', item.value -> 'definition'
        FROM jsonb_array_elements(:modules::jsonb) WITH ORDINALITY AS item (value, place)
        ORDER BY item.place
        RETURNING *)
INSERT INTO bench.module_event
    (operation, site_name, app_key, type_name, origin, module_key, definition)
    SELECT 'insert', 'default', 'bench', type_name, origin, module_key, definition FROM added;
SQL
WITH gone AS (
    DELETE FROM bench.module WHERE app_id = :app_id AND origin = 'dynamic' $condition
        RETURNING *)
INSERT INTO bench.module_event
    (operation, site_name, app_key, type_name, origin, module_key, definition)
    SELECT 'delete', 'default', 'bench', type_name, origin, module_key, definition FROM gone;
SQL
}

# A change of modules between the lock of their app and its new document, sent in one go.
sub transaction {
    my ($change, $document) = @_;
    return <<"SQL";
\\startpipeline
BEGIN;
SELECT state FROM bench.app WHERE id = :app_id FOR NO KEY UPDATE;
${change}UPDATE bench.app SET document = $document, revision = nextval('dynmod.revision'),
    modules_changed_at = now() WHERE id = :app_id;
COMMIT;
\\endpipeline
SQL
}

1;

-- The tables of dynmod: sites, apps, module types, modules and the history of modules.
SET LOCAL lock_timeout = '5s';

COMMENT ON SCHEMA dynmod IS
    'Connect apps and their modules: sites, apps, module types, modules, history.';

DO $$
BEGIN
    IF pg_catalog.current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'dynmod needs a database with the encoding UTF8, this one has %',
            pg_catalog.current_setting('server_encoding');
    END IF;
END
$$;

CREATE TABLE dynmod.schema_version (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dynmod.schema_version IS
    'The migrations this database has received, written by migrate.sh.';
COMMENT ON COLUMN dynmod.schema_version.version IS 'Number of the migration file.';
COMMENT ON COLUMN dynmod.schema_version.name IS 'Name of the migration file after its number.';
COMMENT ON COLUMN dynmod.schema_version.checksum IS
    'SHA-256 of the file in hex: a migration must not change once it was applied.';

-- A plain counter of each app could show an old number again after the app was deleted and
-- installed anew, and a client's stored ETag would then match another set of modules.
CREATE SEQUENCE dynmod.revision;
COMMENT ON SEQUENCE dynmod.revision IS
    'Marks of states: app.revision and types_version.version. No number is ever given twice.';

CREATE TABLE dynmod.site (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
        CONSTRAINT site_name_unique UNIQUE
        CONSTRAINT site_name_form
        CHECK (name ~ '^[a-zA-Z0-9._-]+$' AND pg_catalog.length(name) <= 64),
    base_url text NOT NULL
        CONSTRAINT site_base_url_form
        CHECK (base_url ~ '^https?://[^/?#[:space:]]+(/[^?#[:space:]]*)?$'),
    context_path text NOT NULL GENERATED ALWAYS AS
        (pg_catalog.rtrim(pg_catalog.regexp_replace(base_url, '^[^:]*://[^/]*', ''), '/')) STORED,
    client_key text NOT NULL DEFAULT pg_catalog.gen_random_uuid()::text
        CONSTRAINT site_client_key_unique UNIQUE
        CONSTRAINT site_client_key_form CHECK (client_key <> ''),
    module_limit integer NOT NULL DEFAULT 100
        CONSTRAINT site_module_limit_range CHECK (module_limit >= 0),
    on_clash text NOT NULL DEFAULT 'remove_all'
        CONSTRAINT site_on_clash_values CHECK (on_clash IN ('remove_all', 'remove_clashing')),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dynmod.site IS 'A site is one tenant; apps are installed on a site.';
COMMENT ON COLUMN dynmod.site.name IS 'The name the web server gives in DYNMOD_SITE.';
COMMENT ON COLUMN dynmod.site.base_url IS 'Where apps reach the site, http or https.';
COMMENT ON COLUMN dynmod.site.context_path IS
    'The path of base_url without a trailing slash: empty or such as /jira.';
COMMENT ON COLUMN dynmod.site.client_key IS 'Identifies the site towards its apps.';
COMMENT ON COLUMN dynmod.site.module_limit IS 'Dynamic modules each app may have on this site.';
COMMENT ON COLUMN dynmod.site.on_clash IS
    'What an upgrade drops when the new descriptor clashes with dynamic modules of the app: '
    'remove_all of them, or remove_clashing ones only.';

CREATE TABLE dynmod.app (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id bigint NOT NULL CONSTRAINT app_site REFERENCES dynmod.site (id),
    app_key text NOT NULL
        CONSTRAINT app_key_form
        CHECK (app_key ~ '^[a-zA-Z0-9._-]+$' AND pg_catalog.length(app_key) <= 64),
    name text NOT NULL DEFAULT '',
    base_url text NOT NULL,
    descriptor jsonb NOT NULL
        CONSTRAINT app_descriptor_object CHECK (pg_catalog.jsonb_typeof(descriptor) = 'object'),
    shared_secret text NOT NULL
        -- HS256 needs as many (RFC 7518, 3.2).
        CONSTRAINT app_shared_secret_length CHECK (pg_catalog.octet_length(shared_secret) >= 32),
    scopes text[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'enabled'
        CONSTRAINT app_state_values CHECK (state IN ('enabled', 'disabled', 'uninstalled')),
    document text NOT NULL DEFAULT '{}',
    revision bigint NOT NULL DEFAULT pg_catalog.nextval('dynmod.revision'),
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    modules_changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT app_unique UNIQUE (site_id, app_key)
);
COMMENT ON TABLE dynmod.app IS 'An app is one installation of a Connect app on one site.';
COMMENT ON COLUMN dynmod.app.app_key IS 'The key of its descriptor, the issuer of its tokens.';
COMMENT ON COLUMN dynmod.app.name IS 'The name for people, from the descriptor first installed.';
COMMENT ON COLUMN dynmod.app.base_url IS 'Where the app is reached, from its descriptor.';
COMMENT ON COLUMN dynmod.app.descriptor IS 'The descriptor installed last.';
COMMENT ON COLUMN dynmod.app.shared_secret IS 'Signs the requests of the app. Never show it.';
COMMENT ON COLUMN dynmod.app.scopes IS 'The scopes of the descriptor in upper case, sorted.';
COMMENT ON COLUMN dynmod.app.state IS
    'Only an enabled app may call; an uninstalled one keeps its dynamic modules for its return.';
COMMENT ON COLUMN dynmod.app.document IS
    'The answer to GET: its dynamic modules as JSON text. Kept by triggers, do not write it.';
COMMENT ON COLUMN dynmod.app.revision IS
    'Changes with the document. Kept by triggers, do not write it.';
COMMENT ON COLUMN dynmod.app.changed_at IS
    'When anything but the modules was changed: descriptor, secret, state. Kept by a trigger.';
COMMENT ON COLUMN dynmod.app.modules_changed_at IS
    'When a module of the app was changed. Kept by triggers.';

CREATE TABLE dynmod.module_type (
    name text PRIMARY KEY
        CONSTRAINT module_type_name_form CHECK (name ~ '^[a-zA-Z][a-zA-Z0-9_-]{0,99}$'),
    title text NOT NULL,
    container text NOT NULL DEFAULT 'list'
        CONSTRAINT module_type_container_values CHECK (container IN ('list', 'single')),
    dynamic_default boolean NOT NULL DEFAULT false,
    dynamic_override boolean,
    required_scope text
        CONSTRAINT module_type_required_scope_form CHECK (required_scope ~ '^[A-Z_]+$'),
    deprecated boolean NOT NULL DEFAULT false,
    schema jsonb NOT NULL DEFAULT 'true'
        CONSTRAINT module_type_schema_form
        CHECK (pg_catalog.jsonb_typeof(schema) IN ('object', 'boolean')),
    origin text NOT NULL DEFAULT 'operator'
        CONSTRAINT module_type_origin_values CHECK (origin IN ('builtin', 'operator')),
    loaded jsonb
);
COMMENT ON TABLE dynmod.module_type IS 'The module types that apps may use.';
COMMENT ON COLUMN dynmod.module_type.name IS 'The name in a descriptor, such as webPanels.';
COMMENT ON COLUMN dynmod.module_type.container IS
    'Whether a descriptor gives a list of such modules or a single object.';
COMMENT ON COLUMN dynmod.module_type.dynamic_default IS
    'Whether such modules may be registered dynamically, unless dynamic_override says otherwise.';
COMMENT ON COLUMN dynmod.module_type.dynamic_override IS
    'The operator''s decision to allow or to deny; NULL leaves it to dynamic_default.';
COMMENT ON COLUMN dynmod.module_type.required_scope IS
    'The lowest scope an app needs for such modules, NULL for none.';
COMMENT ON COLUMN dynmod.module_type.schema IS 'JSON Schema (draft-07) of one module.';
COMMENT ON COLUMN dynmod.module_type.origin IS
    'builtin: came with dynmod and is upgraded with it; operator: added here, left alone.';
COMMENT ON COLUMN dynmod.module_type.loaded IS
    'The file a builtin type was loaded from last: what differs from it is the operator''s.';

CREATE TABLE dynmod.schema_definition (
    name text PRIMARY KEY,
    schema jsonb NOT NULL
        CONSTRAINT schema_definition_schema_form
        CHECK (pg_catalog.jsonb_typeof(schema) IN ('object', 'boolean')),
    loaded jsonb
);
COMMENT ON TABLE dynmod.schema_definition IS
    'Building blocks that the schemas of module types share.';
COMMENT ON COLUMN dynmod.schema_definition.name IS 'The name a $ref uses, such as i18n.';
COMMENT ON COLUMN dynmod.schema_definition.schema IS 'JSON Schema (draft-07) of the block.';
COMMENT ON COLUMN dynmod.schema_definition.loaded IS
    'The schema it was loaded with last; NULL for a block the operator added.';

CREATE TABLE dynmod.types_version (
    only_row boolean PRIMARY KEY DEFAULT true
        CONSTRAINT types_version_one_row CHECK (only_row),
    version bigint NOT NULL DEFAULT pg_catalog.nextval('dynmod.revision')
);
INSERT INTO dynmod.types_version DEFAULT VALUES;
COMMENT ON TABLE dynmod.types_version IS
    'One row that tells running programs whether the module types they hold are still right.';
COMMENT ON COLUMN dynmod.types_version.version IS
    'Changes with every change of module_type or schema_definition. Kept by triggers.';

CREATE TABLE dynmod.module (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id bigint NOT NULL
        CONSTRAINT module_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    type_name text NOT NULL
        -- Deferred, so that the triggers can name all the types of a statement that are unknown.
        CONSTRAINT module_module_type REFERENCES dynmod.module_type (name) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    origin text NOT NULL DEFAULT 'dynamic'
        CONSTRAINT module_origin_values CHECK (origin IN ('descriptor', 'dynamic')),
    definition jsonb NOT NULL
        CONSTRAINT module_definition_object CHECK (pg_catalog.jsonb_typeof(definition) = 'object'),
    module_key text GENERATED ALWAYS AS (
        CASE pg_catalog.jsonb_typeof(definition -> 'key')
            WHEN 'string' THEN definition ->> 'key'
        END) STORED,
    registered_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT module_key_unique UNIQUE (app_id, module_key)
);
CREATE INDEX module_type_name_index ON dynmod.module (type_name);
COMMENT ON TABLE dynmod.module IS
    'The modules of apps, one row each; id gives the order of registration.';
COMMENT ON COLUMN dynmod.module.id IS 'Number of the module; a later module has a higher one.';
COMMENT ON COLUMN dynmod.module.origin IS
    'descriptor: from the app''s descriptor; dynamic: registered by the app or the operator.';
COMMENT ON COLUMN dynmod.module.definition IS 'The module as the app gave it.';
COMMENT ON COLUMN dynmod.module.module_key IS
    'The key in the definition; NULL when a module of a descriptor has none (webhooks).';

CREATE TABLE dynmod.module_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    actor text NOT NULL DEFAULT COALESCE(
        NULLIF(pg_catalog.current_setting('dynmod.actor', true), ''), SESSION_USER),
    reason text,
    operation text NOT NULL
        CONSTRAINT module_event_operation_values
        CHECK (operation IN ('insert', 'update', 'delete')),
    site_name text NOT NULL,
    app_key text NOT NULL,
    type_name text NOT NULL,
    origin text NOT NULL,
    module_key text,
    definition jsonb NOT NULL
);
CREATE INDEX module_event_app_index ON dynmod.module_event (site_name, app_key, id);
COMMENT ON TABLE dynmod.module_event IS
    'History: every change of a module, whoever made it. Rows are only added; the owner may '
    'delete old ones.';
COMMENT ON COLUMN dynmod.module_event.actor IS
    'Who did it: the setting dynmod.actor of the transaction, otherwise the login role.';
COMMENT ON COLUMN dynmod.module_event.reason IS
    'Why, where dynmod knows: the setting dynmod.reason of the transaction.';
COMMENT ON COLUMN dynmod.module_event.site_name IS 'The site, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.app_key IS 'The app, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.origin IS 'descriptor or dynamic.';
COMMENT ON COLUMN dynmod.module_event.definition IS
    'The definition written, or the one that was deleted.';

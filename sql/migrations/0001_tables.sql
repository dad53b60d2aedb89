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
COMMENT ON COLUMN dynmod.schema_version.name IS 'Name of the migration file behind its number.';
COMMENT ON COLUMN dynmod.schema_version.checksum IS
    'SHA-256 of the file in hex: a migration must not change once it was applied.';
COMMENT ON COLUMN dynmod.schema_version.applied_at IS 'When the migration was applied.';

-- A plain counter of each app could show an old number again after the app was deleted and
-- installed anew, and a client's stored ETag would then match another set of modules.
CREATE SEQUENCE dynmod.revision;
COMMENT ON SEQUENCE dynmod.revision IS
    'Marks of states: app.revision and types_version.version. No number is ever given twice.';

CREATE TABLE dynmod.site (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
        CONSTRAINT site_name_unique UNIQUE
        CONSTRAINT site_name_form CHECK (name ~ '^[a-zA-Z0-9._-]{1,64}$'),
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
COMMENT ON COLUMN dynmod.site.id IS 'Number of the site.';
COMMENT ON COLUMN dynmod.site.name IS 'The name the web server gives in DYNMOD_SITE.';
COMMENT ON COLUMN dynmod.site.base_url IS 'Where apps reach the site, http or https.';
COMMENT ON COLUMN dynmod.site.context_path IS
    'The path of base_url without a trailing slash: empty or such as /jira.';
COMMENT ON COLUMN dynmod.site.client_key IS 'Identifies the site towards its apps.';
COMMENT ON COLUMN dynmod.site.module_limit IS 'Dynamic modules each app may have on this site.';
COMMENT ON COLUMN dynmod.site.on_clash IS
    'What an upgrade drops when the new descriptor clashes with dynamic modules of the app: '
    'remove_all of them, or remove_clashing ones only.';
COMMENT ON COLUMN dynmod.site.created_at IS 'When the site was added.';
COMMENT ON CONSTRAINT site_name_unique ON dynmod.site IS 'One site for each name.';
COMMENT ON CONSTRAINT site_name_form ON dynmod.site IS
    'Letters, digits, dot, low line and hyphen, at most 64.';
COMMENT ON CONSTRAINT site_base_url_form ON dynmod.site IS
    'An http or https URL with a host, without query and fragment.';
COMMENT ON CONSTRAINT site_client_key_unique ON dynmod.site IS
    'Apps tell sites apart by the client key.';
COMMENT ON CONSTRAINT site_client_key_form ON dynmod.site IS 'A client key is never empty.';
COMMENT ON CONSTRAINT site_module_limit_range ON dynmod.site IS 'A limit is not negative.';
COMMENT ON CONSTRAINT site_on_clash_values ON dynmod.site IS 'One of the two ways.';

CREATE TABLE dynmod.app (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id bigint NOT NULL CONSTRAINT app_site REFERENCES dynmod.site (id),
    app_key text NOT NULL
        CONSTRAINT app_key_form CHECK (app_key ~ '^[a-zA-Z0-9._-]{1,64}$'),
    name text NOT NULL DEFAULT '',
    base_url text NOT NULL,
    descriptor jsonb NOT NULL
        CONSTRAINT app_descriptor_object CHECK (pg_catalog.jsonb_typeof(descriptor) = 'object'),
    shared_secret text NOT NULL
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
COMMENT ON COLUMN dynmod.app.id IS 'Number of the app.';
COMMENT ON COLUMN dynmod.app.site_id IS 'The site on which the app is installed.';
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
COMMENT ON COLUMN dynmod.app.installed_at IS 'When the app was installed for the first time.';
COMMENT ON COLUMN dynmod.app.changed_at IS
    'When anything but the modules was changed: descriptor, secret, state. Kept by a trigger.';
COMMENT ON COLUMN dynmod.app.modules_changed_at IS
    'When a module of the app was changed. Kept by triggers.';
COMMENT ON CONSTRAINT app_site ON dynmod.app IS 'A site with apps cannot be deleted.';
COMMENT ON CONSTRAINT app_unique ON dynmod.app IS 'An app is installed once on each site.';
COMMENT ON CONSTRAINT app_key_form ON dynmod.app IS
    'Letters, digits, dot, low line and hyphen, at most 64.';
COMMENT ON CONSTRAINT app_descriptor_object ON dynmod.app IS 'A descriptor is a JSON object.';
COMMENT ON CONSTRAINT app_shared_secret_length ON dynmod.app IS
    'At least 32 bytes, as HS256 demands (RFC 7518, 3.2).';
COMMENT ON CONSTRAINT app_state_values ON dynmod.app IS 'One of the three states.';

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
COMMENT ON COLUMN dynmod.module_type.title IS 'The name for people.';
COMMENT ON COLUMN dynmod.module_type.container IS
    'Whether a descriptor gives a list of such modules or a single object.';
COMMENT ON COLUMN dynmod.module_type.dynamic_default IS
    'Whether such modules may be registered dynamically, unless dynamic_override says otherwise.';
COMMENT ON COLUMN dynmod.module_type.dynamic_override IS
    'The operator''s decision to allow or to deny; NULL leaves it to dynamic_default.';
COMMENT ON COLUMN dynmod.module_type.required_scope IS
    'The lowest scope an app needs for such modules, NULL for none.';
COMMENT ON COLUMN dynmod.module_type.deprecated IS 'Whether apps should no longer use it.';
COMMENT ON COLUMN dynmod.module_type.schema IS 'JSON Schema (draft-07) of one module.';
COMMENT ON COLUMN dynmod.module_type.origin IS
    'builtin: came with dynmod and is upgraded with it; operator: added here, left alone.';
COMMENT ON COLUMN dynmod.module_type.loaded IS
    'The file a builtin type was loaded from last: what differs from it is the operator''s.';
COMMENT ON CONSTRAINT module_type_name_form ON dynmod.module_type IS
    'A letter, then letters, digits, low line and hyphen, at most 100.';
COMMENT ON CONSTRAINT module_type_container_values ON dynmod.module_type IS 'List or single.';
COMMENT ON CONSTRAINT module_type_required_scope_form ON dynmod.module_type IS
    'Scopes are written in upper case here.';
COMMENT ON CONSTRAINT module_type_schema_form ON dynmod.module_type IS
    'A JSON Schema is an object or a boolean.';
COMMENT ON CONSTRAINT module_type_origin_values ON dynmod.module_type IS 'Builtin or operator.';

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
COMMENT ON CONSTRAINT schema_definition_schema_form ON dynmod.schema_definition IS
    'A JSON Schema is an object or a boolean.';

CREATE TABLE dynmod.types_version (
    only_row boolean PRIMARY KEY DEFAULT true
        CONSTRAINT types_version_one_row CHECK (only_row),
    version bigint NOT NULL DEFAULT pg_catalog.nextval('dynmod.revision')
);
INSERT INTO dynmod.types_version DEFAULT VALUES;
COMMENT ON TABLE dynmod.types_version IS
    'One row that tells running programs whether the module types they hold are still right.';
COMMENT ON COLUMN dynmod.types_version.only_row IS 'Always true.';
COMMENT ON COLUMN dynmod.types_version.version IS
    'Changes with every change of module_type or schema_definition. Kept by triggers.';
COMMENT ON CONSTRAINT types_version_one_row ON dynmod.types_version IS
    'Together with the primary key: one row.';

CREATE TABLE dynmod.module (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id bigint NOT NULL
        CONSTRAINT module_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    type_name text NOT NULL
        CONSTRAINT module_module_type REFERENCES dynmod.module_type (name) ON DELETE RESTRICT,
    origin text NOT NULL DEFAULT 'dynamic'
        CONSTRAINT module_origin_values CHECK (origin IN ('descriptor', 'dynamic')),
    definition jsonb NOT NULL
        CONSTRAINT module_definition_object CHECK (pg_catalog.jsonb_typeof(definition) = 'object'),
    module_key text GENERATED ALWAYS AS (
        CASE pg_catalog.jsonb_typeof(definition -> 'key')
            WHEN 'string' THEN definition ->> 'key'
        END) STORED,
    registered_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT module_key_form CHECK (module_key ~ '^[a-zA-Z0-9-]{1,100}$'),
    CONSTRAINT module_key_present
        CHECK (module_key IS NOT NULL OR (origin = 'descriptor' AND NOT definition ? 'key')),
    CONSTRAINT module_key_unique UNIQUE (app_id, module_key)
);
CREATE INDEX module_type_name_index ON dynmod.module (type_name);
COMMENT ON TABLE dynmod.module IS
    'The modules of apps, one row each; id gives the order of registration.';
COMMENT ON COLUMN dynmod.module.id IS 'Number of the module; a later module has a higher one.';
COMMENT ON COLUMN dynmod.module.app_id IS 'The app to which the module belongs.';
COMMENT ON COLUMN dynmod.module.type_name IS 'The module type.';
COMMENT ON COLUMN dynmod.module.origin IS
    'descriptor: from the app''s descriptor; dynamic: registered by the app or the operator.';
COMMENT ON COLUMN dynmod.module.definition IS 'The module as the app gave it.';
COMMENT ON COLUMN dynmod.module.module_key IS
    'The key in the definition; NULL when a module of a descriptor has none (webhooks).';
COMMENT ON COLUMN dynmod.module.registered_at IS 'When the module was stored.';
COMMENT ON INDEX dynmod.module_type_name_index IS 'Finds the modules of a type.';
COMMENT ON CONSTRAINT module_app ON dynmod.module IS 'Modules go with their app.';
COMMENT ON CONSTRAINT module_module_type ON dynmod.module IS
    'A type with modules cannot be deleted.';
COMMENT ON CONSTRAINT module_origin_values ON dynmod.module IS 'Descriptor or dynamic.';
COMMENT ON CONSTRAINT module_definition_object ON dynmod.module IS
    'A definition is a JSON object.';
COMMENT ON CONSTRAINT module_key_form ON dynmod.module IS
    'Letters, digits and hyphen, 1 to 100. Writers see DM006 from the trigger before this.';
COMMENT ON CONSTRAINT module_key_present ON dynmod.module IS
    'A dynamic module has a key; a key that is no string is none.';
COMMENT ON CONSTRAINT module_key_unique ON dynmod.module IS
    'A key is unique within the app over both origins and all types.';

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
COMMENT ON COLUMN dynmod.module_event.id IS 'Number of the event.';
COMMENT ON COLUMN dynmod.module_event.happened_at IS 'When it happened.';
COMMENT ON COLUMN dynmod.module_event.actor IS
    'Who did it: the setting dynmod.actor of the transaction, otherwise the login role.';
COMMENT ON COLUMN dynmod.module_event.reason IS
    'Why, where dynmod knows: the setting dynmod.reason of the transaction.';
COMMENT ON COLUMN dynmod.module_event.operation IS 'insert, update or delete.';
COMMENT ON COLUMN dynmod.module_event.site_name IS 'The site, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.app_key IS 'The app, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.type_name IS 'The module type.';
COMMENT ON COLUMN dynmod.module_event.origin IS 'descriptor or dynamic.';
COMMENT ON COLUMN dynmod.module_event.module_key IS 'The key of the module.';
COMMENT ON COLUMN dynmod.module_event.definition IS
    'The definition written, or the one that was deleted.';
COMMENT ON INDEX dynmod.module_event_app_index IS 'Reads the history of one app.';
COMMENT ON CONSTRAINT module_event_operation_values ON dynmod.module_event IS
    'One of the three operations.';

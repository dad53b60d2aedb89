-- Rights in the schema dynmod, for those of the group roles that exist. migrate.sh runs this file
-- in one transaction after the migrations, every time: the groups then have exactly these rights.
-- Whoever needs others gets them under another role.

SELECT format('REVOKE ALL ON ALL %s IN SCHEMA dynmod FROM %s', kind.name, grantee.name)
    FROM (VALUES ('TABLES'), ('SEQUENCES'), ('FUNCTIONS')) AS kind (name)
    CROSS JOIN (
        SELECT 'PUBLIC' UNION ALL
        SELECT rolname FROM pg_catalog.pg_roles
            WHERE rolname IN ('dynmod_web', 'dynmod_host', 'dynmod_admin', 'dynmod_read'))
        AS grantee (name)
    ORDER BY grantee.name
\gexec

SELECT pg_catalog.to_regrole('dynmod_web') IS NOT NULL AS web_exists,
       pg_catalog.to_regrole('dynmod_host') IS NOT NULL AS host_exists,
       pg_catalog.to_regrole('dynmod_admin') IS NOT NULL AS admin_exists,
       pg_catalog.to_regrole('dynmod_read') IS NOT NULL AS read_exists
\gset

\if :web_exists
    GRANT USAGE ON SCHEMA dynmod TO dynmod_web;
    GRANT EXECUTE ON FUNCTION
        dynmod.current_version(),
        dynmod.find_app(text, text),
        dynmod.find_app_with_document(text, text, bigint[]),
        dynmod.find_app_with_document_once(text, text, bigint[]),
        dynmod.app_is_unchanged(bigint, xid),
        dynmod.find_app_for_registration(text, text, bigint),
        dynmod.register_modules(text, text, jsonb),
        dynmod.remove_modules(text, text, text[]),
        dynmod.register_modules(text, text, jsonb, bigint[], boolean, uuid, bigint),
        dynmod.remove_modules(text, text, text[], bigint[], boolean, uuid),
        dynmod.replace_modules(text, text, jsonb, bigint[], boolean),
        dynmod.own_modules_at(text, text, timestamptz),
        dynmod.app_history(text, text, bigint, integer),
        dynmod.use_token(text, text, text, bigint),
        dynmod.metrics()
        TO dynmod_web;
\endif

\if :host_exists
    GRANT USAGE ON SCHEMA dynmod TO dynmod_host;
    GRANT EXECUTE ON FUNCTION
        dynmod.current_version(),
        dynmod.find_app(text, text),
        dynmod.use_token(text, text, text, bigint),
        dynmod.types_document(),
        dynmod.find_host(text),
        dynmod.add_site_key(text, text, text, boolean),
        dynmod.find_public_key(text, text),
        dynmod.create_task(text, text, integer, text),
        dynmod.advance_task(text, text, text, integer),
        dynmod.begin_installation(text, text, jsonb, text, integer),
        dynmod.end_installation(text, text, text, boolean),
        dynmod.find_task(text, text),
        dynmod.set_app_state(text, text, text, boolean, text),
        dynmod.record_call(text, text, jsonb, text),
        dynmod.claim_callback(text, text, integer),
        dynmod.finish_callback(text, bigint, jsonb),
        dynmod.find_administrator(text, text, text),
        dynmod.record_login(text, text, text, boolean),
        dynmod.describe_apps(text, text),
        dynmod.list_properties(text, text),
        dynmod.find_property(text, text, text),
        dynmod.set_property(text, text, text, json),
        dynmod.remove_property(text, text, text)
        TO dynmod_host;
\endif

\if :admin_exists
    GRANT USAGE ON SCHEMA dynmod TO dynmod_admin;
    GRANT SELECT ON ALL TABLES IN SCHEMA dynmod TO dynmod_admin;
    -- Secrets are given by functions, one at a time.
    REVOKE SELECT ON dynmod.app_secret, dynmod.site_key FROM dynmod_admin;
    GRANT SELECT (app_id, use, valid_until) ON dynmod.app_secret TO dynmod_admin;
    GRANT SELECT (kid, site_id, public_key, created_at, retired_at)
        ON dynmod.site_key TO dynmod_admin;
    GRANT USAGE ON SEQUENCE dynmod.revision TO dynmod_admin;
    GRANT INSERT, UPDATE, DELETE
        ON dynmod.site, dynmod.module_type, dynmod.schema_definition, dynmod.module,
           dynmod.app_property
        TO dynmod_admin;
    GRANT DELETE
        ON dynmod.callback, dynmod.administrator, dynmod.administrator_address,
           dynmod.login_failure
        TO dynmod_admin;
    -- Not the columns that triggers keep.
    GRANT DELETE ON dynmod.app TO dynmod_admin;
    GRANT INSERT (site_id, app_key, name, base_url, descriptor, scopes, state),
          UPDATE (site_id, app_key, name, base_url, descriptor, scopes, state)
        ON dynmod.app TO dynmod_admin;
    GRANT EXECUTE ON FUNCTION
        dynmod.current_version(),
        dynmod.find_app(text, text),
        dynmod.find_app_with_document(text, text, bigint[]),
        dynmod.find_app_with_document_once(text, text, bigint[]),
        dynmod.app_is_unchanged(bigint, xid),
        dynmod.find_app_for_registration(text, text, bigint),
        dynmod.register_modules(text, text, jsonb),
        dynmod.remove_modules(text, text, text[]),
        dynmod.register_modules(text, text, jsonb, bigint[], boolean, uuid, bigint),
        dynmod.remove_modules(text, text, text[], bigint[], boolean, uuid),
        dynmod.replace_modules(text, text, jsonb, bigint[], boolean),
        dynmod.own_modules_at(text, text, timestamptz),
        dynmod.modules_at(text, text, timestamptz),
        dynmod.app_history(text, text, bigint, integer),
        dynmod.restore_modules(text, text, timestamptz, boolean),
        dynmod.moment_after(text, text, bigint),
        dynmod.use_token(text, text, text, bigint),
        dynmod.address(text),
        dynmod.site_name(text),
        dynmod.metrics(),
        dynmod.install_app(text, jsonb, text, text),
        dynmod.set_app_state(text, text, text, boolean, text),
        dynmod.rotate_secret(text, text, text, integer),
        dynmod.list_secrets(text),
        dynmod.replace_secret(text, text, text, text),
        dynmod.prune_history(text, integer, integer),
        dynmod.find_host(text),
        dynmod.add_site_key(text, text, text, boolean),
        dynmod.create_task(text, text, integer, text),
        dynmod.advance_task(text, text, text, integer),
        dynmod.begin_installation(text, text, jsonb, text, integer),
        dynmod.begin_rotation(text, text, text, text, integer, integer),
        dynmod.end_installation(text, text, text, boolean),
        dynmod.find_task(text, text),
        dynmod.record_call(text, text, jsonb, text),
        dynmod.claim_callback(text, text, integer),
        dynmod.finish_callback(text, bigint, jsonb),
        dynmod.set_administrator(text, text, boolean),
        dynmod.compute_document(bigint),
        dynmod.types_document(),
        dynmod.add_module_type(jsonb),
        dynmod.set_type_dynamic(text, boolean),
        dynmod.remove_app(text, text),
        dynmod.remove_site(text),
        dynmod.remove_module_type(text),
        dynmod.export_site(text),
        dynmod.export_app(text, text),
        dynmod.export_events(text, text, text, bigint, integer),
        dynmod.compare_app(text, text, jsonb, text, text),
        dynmod.import_site(text, jsonb, jsonb),
        dynmod.import_app(text, text, jsonb, text, text, timestamptz),
        dynmod.import_events(text, text, jsonb)
        TO dynmod_admin;
\endif

\if :read_exists
    GRANT USAGE ON SCHEMA dynmod TO dynmod_read;
    GRANT SELECT ON
        dynmod.live_module, dynmod.app_overview, dynmod.module, dynmod.module_type,
        dynmod.module_event, dynmod.app_event, dynmod.setting_event, dynmod.history,
        dynmod.waiting_callback, dynmod.app_property
        TO dynmod_read;
    GRANT SELECT (id, site_id, source, app_key, stage, error, dropped, actor, created_at, deadline,
                  ended_at)
        ON dynmod.task TO dynmod_read;
    GRANT SELECT (id, site_id, app_key, name, base_url, descriptor, scopes, state, document,
                  revision, installed_at, changed_at, modules_changed_at, installation_id,
                  history_bytes, standing)
        ON dynmod.app TO dynmod_read;
\endif

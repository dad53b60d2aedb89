-- Views for people and for the host product; they never show a secret.
SET LOCAL lock_timeout = '5s';

CREATE VIEW dynmod.live_module AS
    SELECT site.name AS site_name, app.app_key, module.type_name, module.module_key, module.origin,
           module.definition, app.base_url AS app_base_url, module.registered_at, module.id
        FROM dynmod.module
        JOIN dynmod.app ON app.id = module.app_id
        JOIN dynmod.site ON site.id = app.site_id
        WHERE app.state = 'enabled';
COMMENT ON VIEW dynmod.live_module IS
    'The modules of enabled apps: what a host product shows. Order by id for the order of '
    'registration.';
COMMENT ON COLUMN dynmod.live_module.app_base_url IS
    'The URL to which relative addresses in the definition refer.';

CREATE VIEW dynmod.app_overview AS
    SELECT site.name AS site_name, app.app_key, app.name, app.state, app.base_url, app.scopes,
           number.descriptor_modules, number.dynamic_modules, site.module_limit,
           app.revision, app.installed_at, app.changed_at, app.modules_changed_at
        FROM dynmod.app
        JOIN dynmod.site ON site.id = app.site_id
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*) FILTER (WHERE module.origin = 'descriptor')
                       AS descriptor_modules,
                   pg_catalog.count(*) FILTER (WHERE module.origin = 'dynamic')
                       AS dynamic_modules
            FROM dynmod.module WHERE module.app_id = app.id) AS number;
COMMENT ON VIEW dynmod.app_overview IS 'One line for each app, without its secret.';
COMMENT ON COLUMN dynmod.app_overview.descriptor_modules IS 'Modules from its descriptor.';
COMMENT ON COLUMN dynmod.app_overview.dynamic_modules IS 'Modules registered dynamically.';

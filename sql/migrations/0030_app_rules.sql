-- Rules for the key, the descriptor and the state of an app that are looked at when one of them is
-- written. As CHECK constraints they were looked at with each change of its modules, which writes
-- the row too: decompressing a descriptor of 26 KB took a sixth of the time of such a change.
SET LOCAL lock_timeout = '5s';

ALTER TABLE dynmod.app
    DROP CONSTRAINT app_key_form,
    DROP CONSTRAINT app_descriptor_object,
    DROP CONSTRAINT app_state_values;
COMMENT ON COLUMN dynmod.app.app_key IS
    'The key of its descriptor, the issuer of its tokens: at most 64 letters, digits, ".", "_" and '
    '"-".';
COMMENT ON COLUMN dynmod.app.descriptor IS 'The descriptor installed last, an object.';
COMMENT ON COLUMN dynmod.app.state IS
    'One of enabled, disabled, uninstalled. Only an enabled app may call; an uninstalled one keeps '
    'its dynamic modules for its return.';

-- Violations have the SQLSTATE and the names of the constraints that there were.
CREATE OR REPLACE FUNCTION dynmod.app_before_write() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    violated constant text := CASE
        WHEN NEW.app_key !~ '^[a-zA-Z0-9._-]+$' OR length(NEW.app_key) > 64 THEN 'app_key_form'
        WHEN jsonb_typeof(NEW.descriptor) <> 'object' THEN 'app_descriptor_object'
        WHEN NEW.state NOT IN ('enabled', 'disabled', 'uninstalled') THEN 'app_state_values'
    END;
BEGIN
    IF violated IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = violated,
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            MESSAGE = format('the app "%s" violates the rule "%s"', NEW.app_key, violated);
    END IF;
    NEW.scopes := ARRAY(SELECT DISTINCT upper(scope) FROM unnest(NEW.scopes) AS scope
                        WHERE scope IS NOT NULL ORDER BY 1);
    NEW.changed_at := now();
    RETURN NEW;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

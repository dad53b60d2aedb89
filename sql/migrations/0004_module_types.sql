-- Loading module types from files, and the operator's decisions about them.
SET LOCAL lock_timeout = '5s';

-- The row that a file {"name","title","container","dynamic","requiredScope","deprecated","schema"}
-- describes; only the name must be there.
CREATE FUNCTION dynmod.module_type_from(file jsonb) RETURNS dynmod.module_type
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown jsonb := file
        - '{name,title,container,dynamic,requiredScope,deprecated,schema}'::text[];
    module_type dynmod.module_type;
BEGIN
    IF unknown <> '{}' OR jsonb_typeof(file -> 'name') IS DISTINCT FROM 'string' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'this is not a module type: '
                || CASE unknown WHEN '{}' THEN 'it has no name'
                   ELSE format('it has unknown members %s', unknown) END;
    END IF;
    module_type.name := file ->> 'name';
    module_type.title := COALESCE(file ->> 'title', module_type.name);
    module_type.container := COALESCE(file ->> 'container', 'list');
    module_type.dynamic_default := COALESCE((file -> 'dynamic')::boolean, false);
    module_type.required_scope := upper(file ->> 'requiredScope');
    module_type.deprecated := COALESCE((file -> 'deprecated')::boolean, false);
    module_type.schema := COALESCE(NULLIF(file -> 'schema', 'null'), 'true');
    RETURN module_type;
END
$$;

-- Adds or upgrades a builtin type from its file: added, upgraded, unchanged or kept. What the
-- operator changed stays as it is, column by column, and so does a type that the operator added.
CREATE FUNCTION dynmod.load_module_type(file jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    fresh dynmod.module_type := dynmod.module_type_from(file);
    present dynmod.module_type;
    former dynmod.module_type;
BEGIN
    SELECT * INTO present FROM dynmod.module_type WHERE name = fresh.name FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO dynmod.module_type (name, title, container, dynamic_default, required_scope,
            deprecated, schema, origin, loaded)
            VALUES (fresh.name, fresh.title, fresh.container, fresh.dynamic_default,
                fresh.required_scope, fresh.deprecated, fresh.schema, 'builtin', file);
        RETURN 'added';
    ELSIF present.origin = 'operator' THEN
        RETURN 'kept';
    ELSIF present.loaded = file THEN
        RETURN 'unchanged';
    END IF;
    former := dynmod.module_type_from(present.loaded);
    UPDATE dynmod.module_type SET
        title = CASE WHEN title = former.title THEN fresh.title ELSE title END,
        container = CASE WHEN container = former.container
            THEN fresh.container ELSE container END,
        dynamic_default = CASE WHEN dynamic_default = former.dynamic_default
            THEN fresh.dynamic_default ELSE dynamic_default END,
        required_scope = CASE WHEN required_scope IS NOT DISTINCT FROM former.required_scope
            THEN fresh.required_scope ELSE required_scope END,
        deprecated = CASE WHEN deprecated = former.deprecated
            THEN fresh.deprecated ELSE deprecated END,
        schema = CASE WHEN schema = former.schema THEN fresh.schema ELSE schema END,
        loaded = file
        WHERE name = fresh.name;
    RETURN 'upgraded';
END
$$;

-- Adds or upgrades the building blocks in {"definitions":{…}} and gives the number of those added
-- or upgraded. What the operator changed or added stays as it is.
CREATE FUNCTION dynmod.load_schema_definitions(file jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    fresh record;
    present dynmod.schema_definition;
    changed integer := 0;
BEGIN
    FOR fresh IN SELECT name, schema FROM jsonb_each(file -> 'definitions') AS block (name, schema)
    LOOP
        SELECT * INTO present FROM dynmod.schema_definition WHERE name = fresh.name FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO dynmod.schema_definition (name, schema, loaded)
                VALUES (fresh.name, fresh.schema, fresh.schema);
        ELSIF present.loaded IS NULL OR present.loaded = fresh.schema THEN
            CONTINUE;
        ELSE
            UPDATE dynmod.schema_definition SET
                schema = CASE WHEN schema = loaded THEN fresh.schema ELSE schema END,
                loaded = fresh.schema
                WHERE name = fresh.name;
        END IF;
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

CREATE FUNCTION dynmod.add_module_type(type jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    fresh dynmod.module_type := dynmod.module_type_from(type);
    former_origin text;
BEGIN
    SELECT origin INTO former_origin FROM dynmod.module_type WHERE name = fresh.name FOR UPDATE;
    IF former_origin = 'builtin' THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
            MESSAGE = format('%s is a builtin module type', fresh.name),
            HINT = 'Change it with UPDATE dynmod.module_type; upgrades will keep the change.';
    END IF;
    INSERT INTO dynmod.module_type
        (name, title, container, dynamic_default, required_scope, deprecated, schema)
        VALUES (fresh.name, fresh.title, fresh.container, fresh.dynamic_default,
            fresh.required_scope, fresh.deprecated, fresh.schema)
        ON CONFLICT (name) DO UPDATE SET
            title = fresh.title, container = fresh.container,
            dynamic_default = fresh.dynamic_default, required_scope = fresh.required_scope,
            deprecated = fresh.deprecated, schema = fresh.schema;
    RETURN CASE WHEN former_origin IS NULL THEN 'added' ELSE 'changed' END;
END
$$;
COMMENT ON FUNCTION dynmod.add_module_type(jsonb) IS
    'Adds a type of the operator''s, or changes it, from the format of load_module_type: added or '
    'changed. Drop it with DELETE FROM dynmod.module_type.';

CREATE FUNCTION dynmod.set_type_dynamic(name text, allowed boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    effective boolean;
BEGIN
    UPDATE dynmod.module_type SET dynamic_override = allowed
        WHERE module_type.name = set_type_dynamic.name
        RETURNING COALESCE(dynamic_override, dynamic_default) INTO effective;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'MD003',
            MESSAGE = format('the module type %s is unknown', name),
            DETAIL = jsonb_build_array(name)::text;
    END IF;
    RETURN effective;
END
$$;
COMMENT ON FUNCTION dynmod.set_type_dynamic(text, boolean) IS
    'Allows or denies dynamic modules of a type, NULL goes back to its default; gives what now '
    'holds. Modules that are there stay. Raises MD003 for an unknown type.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

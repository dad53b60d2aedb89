-- Documents that take less time to write: compressed by LZ4, and made from the one before where the
-- only module of its type goes.
SET LOCAL lock_timeout = '5s';

-- A document is compressed with each change of its app's modules. With fifty modules, pglz took a
-- seventh of the time of such a change; LZ4 takes little, and a seventh more room. A document keeps
-- what it has until its next change. PostgreSQL has LZ4 since version 14, if it was built with it.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 140000 THEN
        EXECUTE 'ALTER TABLE dynmod.app ALTER COLUMN document SET COMPRESSION lz4';
    END IF;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

-- The document with one module less, or NULL where it must be computed: the first of several in a
-- list may be what determined the order of the types. Behind a comma without a space, the
-- definition is found where the module is, and so is its list behind a comma or a brace: within a
-- string their quotes would be escaped, and with quotes of another string for its own, the name of
-- the type or "key" would stand outside of strings.
CREATE OR REPLACE FUNCTION dynmod.document_without(
    document text, type_name text, definition text) RETURNS text
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    plain constant text := document || ''; -- decompressed once
    list constant text := to_json(type_name)::text || ':[' || definition || ']';
BEGIN
    IF plain = '{' || list || '}' THEN
        RETURN '{}';
    END IF;
    RETURN NULLIF(
        replace(replace(replace(plain,
            '{' || list || ',', '{'), ',' || list, ''), ',' || definition, ''),
        plain);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

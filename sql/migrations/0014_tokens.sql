-- Tokens that are accepted once.
SET LOCAL lock_timeout = '5s';

CREATE TABLE dynmod.used_token (
    app_id bigint NOT NULL
        CONSTRAINT used_token_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, digest)
);
CREATE INDEX used_token_expires_index ON dynmod.used_token (expires_at);
COMMENT ON TABLE dynmod.used_token IS
    'Tokens with a jti that were used, as long as they could be used again (option token_once).';
COMMENT ON COLUMN dynmod.used_token.digest IS 'SHA-256 of the jti.';
COMMENT ON COLUMN dynmod.used_token.expires_at IS 'When the token is void anyway.';

CREATE FUNCTION dynmod.use_token(site text, app_key text, jti text, expires bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    used boolean;
BEGIN
    -- Two for each that comes, so that they do not pile up, and nobody waits for long.
    DELETE FROM dynmod.used_token AS token WHERE (token.app_id, token.digest) IN (
        SELECT past.app_id, past.digest FROM dynmod.used_token AS past
            WHERE past.expires_at < now() - interval '1 minute'
            ORDER BY past.expires_at LIMIT 2 FOR UPDATE SKIP LOCKED);
    INSERT INTO dynmod.used_token AS token (app_id, digest, expires_at)
        SELECT app.id, sha256(convert_to(jti, 'UTF8')),
               to_timestamp(LEAST(expires, 253402300799)) -- the end of the year 9999
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = use_token.site AND app.app_key = use_token.app_key
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION dynmod.use_token(text, text, text, bigint) IS
    'Notes that a token of the app with this jti was used, until it expires (seconds since 1970); '
    'false when it was before.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

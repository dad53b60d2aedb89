-- The tables of server.mjs, with the apps that dynmod has.
CREATE SCHEMA peer;
CREATE TABLE peer.app (
    app_key text PRIMARY KEY,
    shared_secret text NOT NULL,
    state text NOT NULL
);
CREATE TABLE peer.module (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_key text NOT NULL REFERENCES peer.app,
    type_name text NOT NULL,
    module_key text NOT NULL,
    definition jsonb NOT NULL,
    UNIQUE (app_key, module_key)
);
INSERT INTO peer.app SELECT app_key, secret, state FROM dynmod.app
    JOIN dynmod.app_secret ON app_id = app.id AND use = 'current';
GRANT USAGE ON SCHEMA peer TO stack_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA peer TO stack_web;
ANALYZE peer.app;

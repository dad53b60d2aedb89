// The API of dynamic modules as a team would write it for Node.js: Express, pg, atlassian-jwt.
//
// Settings come from the environment: PORT, WORKERS, BASE_URL, and PGHOST, PGUSER, PGDATABASE. The
// tables are those of schema.sql.
import cluster from 'node:cluster';
import express from 'express';
import jwt from 'atlassian-jwt';
import pg from 'pg';

const PATH = '/rest/atlassian-connect/1/app/module/dynamic';
const MODULE_LIMIT = 1000;
const CONNECTIONS = 4;
const UNIQUE_VIOLATION = '23505';

const { PORT, WORKERS = '1', BASE_URL } = process.env;

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const unauthorized = () => new Problem(401, 'The request is not from a Connect app.');

// Names make pg prepare each statement once for each connection.
const FIND_APP = {
  name: 'find_app',
  text: "SELECT shared_secret FROM peer.app WHERE app_key = $1 AND state = 'enabled'",
};
const FIND_MODULES = {
  name: 'find_modules',
  text: 'SELECT type_name, definition FROM peer.module WHERE app_key = $1 ORDER BY id',
};
const LOCK_APP = {
  name: 'lock_app',
  text: 'SELECT FROM peer.app WHERE app_key = $1 FOR NO KEY UPDATE',
};
const COUNT_MODULES = {
  name: 'count_modules',
  text: 'SELECT count(*)::integer AS number FROM peer.module WHERE app_key = $1',
};
const INSERT_MODULES = {
  name: 'insert_modules',
  text: `INSERT INTO peer.module (app_key, type_name, module_key, definition)
         SELECT $1, type, definition ->> 'key', definition
         FROM jsonb_to_recordset($2) AS sent (type text, definition jsonb)`,
};
const DELETE_MODULES = {
  name: 'delete_modules',
  text: 'DELETE FROM peer.module WHERE app_key = $1 AND ($2::text[] IS NULL OR module_key = ANY ($2))',
};

// Finds the app whose token the request bears, and checks signature, time and query string hash.
const authenticate = (pool) => async (request, response, next) => {
  const token = /^JWT (.+)$/.exec(request.get('Authorization') ?? '')?.[1] ?? request.query.jwt;
  let claims;
  try {
    claims = jwt.decodeSymmetric(token, '', 'HS256', true);
  } catch {
    throw unauthorized();
  }
  const { rows } = await pool.query({ ...FIND_APP, values: [claims.iss] });
  if (rows.length === 0) throw unauthorized();
  try {
    jwt.decodeSymmetric(token, rows[0].shared_secret, 'HS256');
  } catch {
    throw unauthorized();
  }
  const hash = jwt.createQueryStringHash(jwt.fromExpressRequest(request), false, BASE_URL);
  if (!(claims.exp > Date.now() / 1000) || claims.qsh !== hash) throw unauthorized();
  request.appKey = claims.iss;
  next();
};

const list = (pool) => async (request, response) => {
  const { rows } = await pool.query({ ...FIND_MODULES, values: [request.appKey] });
  const modules = {};
  for (const { type_name: type, definition } of rows) {
    (modules[type] ??= []).push(definition);
  }
  response.json(modules);
};

// The modules of a body, as [{type, definition}].
function readModules(body) {
  const modules = [];
  for (const [type, definitions] of Object.entries(body?.modules ?? body ?? {})) {
    if (!Array.isArray(definitions)) throw new Problem(400, `${type} is not an array.`);
    for (const definition of definitions) {
      if (!/^[a-zA-Z0-9-]{1,100}$/.test(definition?.key ?? '')) {
        throw new Problem(400, `A module of ${type} has no valid key.`);
      }
      modules.push({ type, definition });
    }
  }
  return modules;
}

const register = (pool) => async (request, response) => {
  const modules = readModules(request.body);
  const values = [request.appKey];
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query({ ...LOCK_APP, values });
    const { rows } = await client.query({ ...COUNT_MODULES, values });
    if (rows[0].number + modules.length > MODULE_LIMIT) {
      throw new Problem(400, `An app may have ${MODULE_LIMIT} modules.`);
    }
    await client.query({ ...INSERT_MODULES, values: [...values, JSON.stringify(modules)] });
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error.code === UNIQUE_VIOLATION ? new Problem(400, 'Duplicate module keys.') : error;
  } finally {
    client.release();
  }
  response.status(200).end();
};

const remove = (pool) => async (request, response) => {
  const { moduleKey } = request.query;
  const keys = moduleKey === undefined ? null : [moduleKey].flat();
  await pool.query({ ...DELETE_MODULES, values: [request.appKey, keys] });
  response.status(204).end();
};

function serve() {
  const pool = new pg.Pool({ max: CONNECTIONS });
  const app = express();
  app.use(express.json({ limit: '1mb' }));
  app.use(PATH, authenticate(pool));
  app.route(PATH).get(list(pool)).post(register(pool)).delete(remove(pool));
  app.use((error, request, response, next) => {
    if (!error.status) console.error(error);
    response.status(error.status ?? 500).json({ message: error.message });
  });
  app.listen(Number(PORT), '127.0.0.1');
}

if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let worker = 0; worker < Number(WORKERS); worker += 1) cluster.fork();
} else {
  serve();
}

// atlassian-connect-express: its httpClient with relative and with absolute URLs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { field, fields, PATH } from './modules.mjs';
import { registered, sites } from './sites.mjs';
import { finish, test } from './tap.mjs';

// The library takes descriptor and configuration from files in the working directory.
const directory = mkdtempSync(join(tmpdir(), 'dynmod-express-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const descriptor = {
  key: sites[0].key,
  baseUrl: 'https://app.example.com',
  authentication: { type: 'jwt' },
  lifecycle: { installed: '/installed' },
};
const config = { development: { store: { adapter: 'memory-of-the-test' }, watch: false } };
writeFileSync(join(directory, 'atlassian-connect.json'), JSON.stringify(descriptor));
writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
process.chdir(directory);

const { default: connect } = await import('atlassian-connect-express');
const { default: express } = await import('express');

// What the library's own stores would have kept of the `installed` callbacks.
const tenants = new Map(sites.map((site) => [site.clientKey, site]));
connect.store.register('memory-of-the-test', () => ({
  get: async (name, clientKey) => tenants.get(clientKey),
}));
const silent = { debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
const addon = connect(express(), {}, silent);

async function testClient(title, site, url) {
  const client = addon.httpClient({ clientKey: site.clientKey });

  // One request: the status and the body as the library hands them over.
  const call = (method, options) =>
    new Promise((resolve, reject) => {
      client[method](options, (error, response, body) =>
        error ? reject(error) : resolve({ status: response.statusCode, body }),
      );
    });
  const shows = async (expected) => {
    assert.deepEqual(await call('get', { uri: url, json: true }), { status: 200, body: expected });
    assert.deepEqual(await registered(site), expected);
  };
  const registers = async (...keys) => {
    const answer = await call('post', { uri: url, json: fields(...keys) });
    assert.deepEqual(answer, { status: 200, body: undefined });
  };
  const removes = async (options, expected) => {
    assert.equal((await call('del', options)).status, 204);
    await shows(expected);
  };
  const check = (name, run) => test(`${title}: ${name}`, run);

  await check('get as text', async () => {
    assert.deepEqual(await call('get', url), { status: 200, body: '{}' });
  });
  await check('get with a trailing slash', async () => {
    assert.equal((await call('get', `${url}/`)).status, 200);
  });
  await check('head', async () => {
    assert.deepEqual(await call('head', url), { status: 200, body: '' });
  });
  await check('post json', async () => {
    await registers('a', 'b');
    await shows(fields('a', 'b'));
  });
  await check('post a body', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ jiraIssueFields: [field('c')] });
    assert.equal((await call('post', { uri: url, headers, body })).status, 200);
    await shows(fields('a', 'b', 'c'));
  });
  await check('post what is there', async () => {
    const answer = await call('post', { uri: url, json: fields('c') });
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /duplicate module keys: \[c\]/);
  });
  await check('put', async () => {
    assert.deepEqual(await call('put', { uri: url, json: fields('c', 'b') }), {
      status: 200,
      body: { added: [], updated: [], removed: ['a'], unchanged: ['c', 'b'] },
    });
    await shows(fields('b', 'c'));
    await registers('a');
  });
  await check('patch', async () => {
    assert.equal((await call('patch', { uri: url, json: {} })).status, 405);
  });
  await check('del one in the URL', () => removes(`${url}?moduleKey=a`, fields('b', 'c')));
  await check('del two in the URL', async () => {
    await registers('d');
    await removes(`${url}?moduleKey=d&moduleKey=b`, fields('c'));
  });
  await check('del two with a comma', async () => {
    await registers('a', 'b');
    await removes(`${url}?moduleKey=b,a`, fields('c'));
  });
  await check('del two in qs', async () => {
    await registers('a', 'b');
    await removes({ uri: url, qs: { moduleKey: ['b', 'a'] } }, fields('c'));
  });
  await check('del strange characters', () =>
    removes({ uri: url, qs: { moduleKey: "a b+c~d*e'f(g)!é" } }, fields('c')));
  await check('del an empty text, which is nothing', () =>
    removes({ uri: url, qs: { moduleKey: '' } }, fields('c')));
  await check('del a name without a value, which is nothing', () =>
    removes(`${url}?moduleKey`, fields('c')));
  await check('del another name', async () => {
    assert.equal((await call('del', `${url}?moduleKey[]=c`)).status, 400);
    await shows(fields('c'));
  });
  await check('del all', () => removes(url, {}));
  await check('del the empty list, which the library turns into all', async () => {
    await registers('a', 'b');
    await removes({ uri: url, qs: { moduleKey: [] } }, {});
  });
}

for (const site of sites) {
  const place = new URL(site.baseUrl).pathname;
  await testClient(`relative URL on ${place}`, site, PATH);
  await testClient(`absolute URL on ${place}`, site, site.baseUrl + PATH);
}
finish();
process.exit();

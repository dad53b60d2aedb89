// jira.js: the version that still signs with Atlassian's own library, and, where Node is new enough,
// one with a signer of its own.
import assert from 'node:assert/strict';
import { field, fields } from './modules.mjs';
import { registered, sites } from './sites.mjs';
import { finish, test } from './tap.mjs';

const packages = ['jira.js'];
if (Number(process.versions.node.split('.')[0]) >= 20) {
  packages.push('jira.js-5');
} else {
  console.log('# jira.js 5 needs Node 20');
}

const status = (error) => error.status ?? error.response?.status;
const message = (error) => (error.response?.data ?? error.response)?.message;

async function testClient(title, site, Version3Client) {
  const client = (secret) =>
    new Version3Client({
      host: site.baseUrl,
      authentication: { jwt: { issuer: site.key, secret } },
    }).dynamicModules;
  const modules = client(site.sharedSecret);

  // The client and the site agree on what is registered.
  const shows = async (expected) => {
    assert.deepEqual(await modules.getModules(), expected);
    assert.deepEqual(await registered(site), expected);
  };
  const check = (name, run) => test(`${title}: ${name}`, run);

  await check('list nothing', () => shows({}));
  await check('register a map', async () => {
    await modules.registerModules({ modules: fields('a', 'b') });
    await shows(fields('a', 'b'));
  });
  await check('register an array', async () => {
    await modules.registerModules({ modules: [fields('c'), { jiraIssueFields: [field('d')] }] });
    await shows(fields('a', 'b', 'c', 'd'));
  });
  await check('register nothing', async () => {
    await modules.registerModules({ modules: [] });
    await modules.registerModules();
    await shows(fields('a', 'b', 'c', 'd'));
  });
  await check('register what is there', async () => {
    await assert.rejects(modules.registerModules({ modules: fields('e', 'a') }), (error) => {
      assert.equal(status(error), 400);
      assert.equal(
        message(error),
        `Installation failed. The app ${site.key} has duplicate module keys: [a]. ` +
          'Please contact the app vendor.',
      );
      return true;
    });
    await shows(fields('a', 'b', 'c', 'd'));
  });
  await check('remove one', async () => {
    await modules.removeModules({ moduleKey: ['a'] });
    await shows(fields('b', 'c', 'd'));
  });
  await check('remove two', async () => {
    await modules.removeModules({ moduleKey: ['c', 'b'] });
    await shows(fields('d'));
  });
  await check('remove an unknown one', async () => {
    await modules.removeModules({ moduleKey: 'x y' });
    await shows(fields('d'));
  });
  await check('remove the empty list, which is nothing', async () => {
    await modules.removeModules({ moduleKey: [] });
    await shows(fields('d'));
  });
  await check('remove all', async () => {
    await modules.removeModules();
    await shows({});
  });
  await check('a wrong secret', () =>
    assert.rejects(client('x'.repeat(40)).getModules(), (error) => {
      assert.equal(status(error), 401);
      assert.equal(message(error), 'The request is not from a Connect app.');
      return true;
    }),
  );
}

for (const name of packages) {
  const { Version3Client } = await import(name);
  for (const site of sites) {
    await testClient(`${name} on ${new URL(site.baseUrl).pathname}`, site, Version3Client);
  }
}
finish();

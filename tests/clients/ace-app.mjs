// An app with atlassian-connect-express that installs itself on the hosts of its config.json. It
// prints in lines of JSON what happens to it, and sends requests to the host for whoever asks.
import { generateKeyPairSync } from 'node:crypto';
import connect from 'atlassian-connect-express';
import express from 'express';
import { fields, PATH } from './modules.mjs';

const app = express();
const addon = connect(app);
const print = (happened) => console.log(`\n${JSON.stringify(happened)}`);

// One request to the host: its status and its body as the library hands them over.
const ask = (clientKey, method, options) =>
  new Promise((resolve, reject) => {
    addon.httpClient({ clientKey })[method]({ uri: PATH, ...options }, (error, response, body) =>
      error ? reject(error) : resolve({ status: response.statusCode, body }),
    );
  });

// The answer to `installed` waits for the request below, which so comes before it.
let registered;
app.post('/installed', (request, response, next) => {
  const send = response.send.bind(response);
  response.send = (...body) => {
    Promise.resolve(registered).then(() => send(...body));
    return response;
  };
  next();
});
addon.on('host_settings_saved', (clientKey) => {
  registered = ask(clientKey, 'post', { json: fields('early') }).then(
    ({ status, body }) => print({ event: 'registered', status, body }),
    (error) => print({ event: 'registered', error: error.message }),
  );
});

app.use(express.json(), addon.middleware());

// What the library leaves to the app, by the middleware that it has for it.
const accept = (event, authenticate) =>
  app.post(`/${event}`, authenticate, (request, response) => {
    print({ event, clientKey: request.context.clientKey });
    response.status(204).send();
  });
accept('enabled', addon.authenticate());
accept('disabled', addon.authenticate());
accept('uninstalled', addon.authenticateInstall());

app.post('/ask', async (request, response) => {
  const { clientKey, method, ...options } = request.body;
  response.json(await ask(clientKey, method, options));
});

// A server of public keys that has another one than the host.
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
app.get('/foreign-keys/:kid', (request, response) => {
  response.type('text').send(publicKey.export({ type: 'spki', format: 'pem' }));
});

app.listen(addon.config.port(), '127.0.0.1', () => addon.register());

// The sites with the app under test on each, and a plain client to see what the others have done.
import { createHash, createHmac } from 'node:crypto';
import { PATH } from './modules.mjs';

// Objects with baseUrl, key, clientKey and sharedSecret, in JSON from clients.t.
export const sites = JSON.parse(process.env.DYNMOD_SITES);

const encode = (data) => Buffer.from(JSON.stringify(data)).toString('base64url');

// What the site says the app has registered, asked without any library.
export async function registered(site) {
  const now = Math.floor(Date.now() / 1000);
  const qsh = createHash('sha256').update(`GET&${PATH}&`).digest('hex');
  const claims = { iss: site.key, iat: now, exp: now + 60, qsh };
  const signed = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
  const signature = createHmac('sha256', site.sharedSecret).update(signed).digest('base64url');
  const response = await fetch(site.baseUrl + PATH, {
    headers: { Authorization: `JWT ${signed}.${signature}` },
  });
  if (response.status !== 200) {
    throw new Error(`GET answers ${response.status}`);
  }
  return response.json();
}

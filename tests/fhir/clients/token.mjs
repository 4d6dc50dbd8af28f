// SMART Backend Services with nothing but the platform's own cryptography and fetch.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';

const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

// A signed client assertion (RFC 7523) with UDAP's B2B claims.
export function assertion({ clientId, tokenUrl, key, purpose, organization }, changes = {}) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'ES384', typ: 'JWT', kid: key.kid };
  const claims = {
    iss: clientId, sub: clientId, aud: tokenUrl, iat: now, exp: now + 240, jti: randomUUID(),
    extensions: {
      'hl7-b2b': {
        version: '1', organization_id: organization,
        purpose_of_use: [`urn:oid:2.16.840.1.113883.5.8#${purpose}`],
      },
    },
    ...changes,
  };
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha384', Buffer.from(text),
    { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

// Posts a token request; returns { status, body }.
export async function requestToken(tokenUrl, signed, scope) {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', scope, client_assertion: signed,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  });
  return { status: response.status, body: await response.json() };
}

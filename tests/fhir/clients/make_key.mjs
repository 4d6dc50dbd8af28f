// Makes a client's ES384 key pair: <folder>/key.json (private) and <folder>/jwks.json (public).
// usage: node make_key.mjs FOLDER
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const kid = 'k1';
const use = { kid, alg: 'ES384', use: 'sig' };
writeFileSync(join(folder, 'key.json'), JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid }),
  { mode: 0o600 });
writeFileSync(join(folder, 'jwks.json'),
  JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), ...use, key_ops: ['verify'] }] }));

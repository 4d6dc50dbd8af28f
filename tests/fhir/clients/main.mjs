// Talks to a running exchange with clients that we did not write, and validates all that it says.
// usage: node main.mjs CONFIG.json    (README.md of the folder above says what stands in it)
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clinicalCases } from './clinical_cases.mjs';
import { documentCases } from './document_cases.mjs';
import { doorCases } from './door_cases.mjs';
import { Door } from './door.mjs';
import { Harness } from './harness.mjs';
import { mllpCases } from './mllp_cases.mjs';
import { patientCases } from './patient_cases.mjs';
import { assertion, requestToken } from './token.mjs';
import { Validator } from './validate.mjs';

const SCOPES = ['system/Patient.rs', 'system/Patient.u', 'system/DocumentReference.crs',
  'system/Binary.cr', 'system/List.crs', 'system/AllergyIntolerance.rs', 'system/MedicationRequest.rs',
  'system/MedicationStatement.rs', 'system/Condition.rs', 'system/Encounter.rs',
  'system/Observation.rs', 'system/DiagnosticReport.rs', 'system/Immunization.rs',
  'system/Procedure.rs'].join(' ');

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const key = JSON.parse(readFileSync(config.keyFile, 'utf8'));
const require = createRequire(join(config.modules, 'from.js'));
const validator = new Validator(require, config.profiles);
const harness = new Harness();
if (validator.profiles.size === 0) {
  harness.skip('IHE profiles', 'the archive of profiles is absent; responses are held to R4 only');
}

const signed = assertion({ ...config, key, purpose: 'TREAT', organization: config.organization });
const granted = await requestToken(config.tokenUrl, signed, SCOPES);
if (granted.status !== 200) {
  console.log(`not ok - no token: ${granted.status} ${granted.body.error}`);
  process.exit(1);
}
const token = granted.body.access_token;
const door = new Door(config.fhirBase, token, validator);
// An ES module without a CommonJS face.
const kitFile = join(config.modules, 'fhir-kit-client', 'dist', 'index.js');
const { Client: KitClient } = await import(pathToFileURL(kitFile));
const kit = new KitClient({ baseUrl: config.fhirBase, bearerToken: token });
const { MedplumClient } = require('@medplum/core');
const url = new URL(config.fhirBase);
const medplum = new MedplumClient({ baseUrl: `${url.origin}/`, fhirUrlPath: url.pathname.slice(1),
  accessToken: token, cacheTime: 0, fetch });
const world = { config, door, feed: door, kit, medplum, key, require, validator };

await doorCases(harness, world);
const patientId = await patientCases(harness, world);
if (patientId) {
  await documentCases(harness, world, patientId);
  await clinicalCases(harness, world, patientId);
} else {
  harness.failed.push('documents and clinical resources: no patient to ask about');
}
if (config.mllp) await mllpCases(harness, world);
else harness.skip('MLLP', 'no port in the configuration');

console.log(`${harness.passed} passed, ${harness.failed.length} failed, ${harness.skipped.length} skipped; `
  + `${validator.validated} resources validated`);
for (const [profile, count] of validator.byProfile) console.log(`  ${count} x ${profile}`);
for (const [limit, count] of validator.forgiven) {
  console.log(`  ${count} findings beyond the validator: ${limit}`);
}
process.exit(harness.failed.length === 0 ? 0 : 1);

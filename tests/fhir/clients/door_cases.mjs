// What holds for every address: metadata, discovery, refusals, headers, XML.
import { equal, truth } from './harness.mjs';
import { assertion, requestToken } from './token.mjs';

export async function doorCases(harness, { config, door, kit, key, validator }) {
  await harness.test('metadata: fhir-kit-client reads a statement that is R4', async () => {
    const statement = await kit.capabilityStatement();
    validator.base(statement);
    equal(statement.fhirVersion, '4.0.1', 'fhirVersion');
    const types = statement.rest[0].resource.map((r) => r.type);
    for (const type of ['Patient', 'DocumentReference', 'List', 'Binary']) {
      truth(types.includes(type), type);
    }
  });

  await harness.test('discovery: fhir-kit-client learns the token endpoint', async () => {
    const smart = await kit.smartAuthMetadata();
    equal(String(smart.tokenUrl ?? smart.token), config.tokenUrl, 'token url');
  });

  await harness.test('tokens: a replayed assertion is refused', async () => {
    const signed = assertion({ ...config, key, purpose: 'TREAT', organization: config.organization });
    equal((await requestToken(config.tokenUrl, signed, 'system/Patient.rs')).status, 200, 'first');
    const again = await requestToken(config.tokenUrl, signed, 'system/Patient.rs');
    truth(again.status === 400 || again.status === 401, `again ${again.status}`);
    equal(again.body.error, 'invalid_client', 'error');
  });

  await harness.test('401 without a token, with the header that says so', async () => {
    const answer = await door.expect(401, 'GET', '/Patient?family=x', { token: '' });
    truth(answer.headers.get('www-authenticate').startsWith('Bearer'), 'WWW-Authenticate');
    equal(answer.body.issue[0].code, 'login', 'code');
  });

  await harness.test('403 for a scope that does not cover', async () => {
    const signed = assertion({ ...config, key, purpose: 'TREAT', organization: config.organization });
    const token = (await requestToken(config.tokenUrl, signed, 'system/List.rs')).body.access_token;
    const answer = await door.expect(403, 'GET', '/Patient?family=x', { token });
    truth(answer.headers.get('www-authenticate').includes('insufficient_scope'), 'error');
  });

  await harness.test('404, 405, 406, 415, 501', async () => {
    await door.expect(404, 'GET', '/Appointment');
    const patch = await door.expect(405, 'PATCH', '/metadata', { body: {} });
    truth(patch.headers.get('allow').includes('GET'), 'Allow');
    await door.expect(406, 'GET', '/Patient?family=x', { headers: { Accept: 'text/html' } });
    await door.expect(406, 'GET', '/Patient?family=x',
      { headers: { Accept: 'application/fhir+json; fhirVersion=3.0' } });
    await door.expect(415, 'POST', '/Patient/$match',
      { body: 'x', headers: { 'Content-Type': 'text/plain' } });
    await door.expect(501, 'GET', '/Patient/_history');
  });

  await harness.test('unknown parameters: named when lenient, refused when strict', async () => {
    const query = '/Patient?family=Zzyzxq&birthdate=1901&colour=red';
    const lenient = await door.expect(200, 'GET', query);
    truth(!lenient.body.link[0].url.includes('colour'), 'self link leaves it out');
    const issue = lenient.body.entry.find((e) => e.search.mode === 'outcome').resource.issue;
    truth(issue.some((i) => i.details.coding?.[0].code === 'UnknownParameter'), 'named');
    await door.expect(400, 'GET', query, { headers: { Prefer: 'handling=strict' } });
  });

  await harness.test('bodies that are no FHIR are refused and not repeated', async () => {
    for (const body of ['{', '[]', '{"resourceType":"Patient","resourceType":"Moreau"}']) {
      const answer = await door.expect(400, 'POST', '/Patient/$match', { body });
      truth(!JSON.stringify(answer.body).includes('Moreau'), 'nothing of it');
    }
  });

  await harness.test('XML is written and read', async () => {
    const answer = await door.expect(200, 'GET', '/metadata?_format=xml');
    truth(answer.headers.get('content-type').startsWith('application/fhir+xml'), 'type');
    truth(answer.bytes.includes('<CapabilityStatement xmlns="http://hl7.org/fhir">'), 'root');
    const bomb = '<!DOCTYPE p [<!ENTITY a "b">]><Parameters xmlns="http://hl7.org/fhir">&a;</Parameters>';
    await door.expect(400, 'POST', '/Patient/$match',
      { body: bomb, headers: { 'Content-Type': 'application/fhir+xml' } });
  });

  await harness.test('request ids are echoed', async () => {
    const headers = { 'X-Request-Id': 'e2e-request-1', 'X-Correlation-Id': 'e2e-correlation-1' };
    const answer = await door.get('/metadata', { headers });
    equal(answer.headers.get('x-request-id'), 'e2e-request-1', 'X-Request-Id');
    equal(answer.headers.get('x-correlation-id'), 'e2e-correlation-1', 'X-Correlation-Id');
  });
}

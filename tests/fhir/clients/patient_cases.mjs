// Patients: ITI-78, ITI-83, ITI-104, ITI-119, by fhir-kit-client and by plain requests.
import { equal, truth } from './harness.mjs';

const PDQM = 'https://profiles.ihe.net/ITI/PDQm/StructureDefinition/';
const PIXM = 'https://profiles.ihe.net/ITI/PIXm/StructureDefinition/';

export async function patientCases(harness, { config, door, kit, validator }) {
  const known = config.patients[0];
  const system = `urn:oid:${config.member.domain}`;
  let id;

  await harness.test('ITI-78: fhir-kit-client finds a patient by identifier', async () => {
    const bundle = await kit.search({
      resourceType: 'Patient', searchParams: { identifier: `${system}|${known.mrn}` },
    });
    validator.base(bundle);
    equal(bundle.type, 'searchset', 'type');
    equal(bundle.total, 1, 'total');
    const patient = bundle.entry.find((entry) => entry.search.mode === 'match').resource;
    validator.against(patient, `${PDQM}IHE.PDQm.Patient`);
    id = patient.id;
    truth(patient.identifier.some((i) => i.system === system && i.value === known.mrn), 'own id');
  });

  await harness.test('ITI-78: a posted search gives what GET gives', async () => {
    const query = `identifier=${encodeURIComponent(`${system}|${known.mrn}`)}`;
    const got = await door.expect(200, 'GET', `/Patient?${query}`);
    const posted = await door.expect(200, 'POST', '/Patient/_search', {
      body: query, headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    equal(JSON.stringify(posted.body.entry), JSON.stringify(got.body.entry), 'entries');
    equal(posted.body.link[0].url, got.body.link[0].url, 'self link');
  });

  await harness.test('ITI-78: a patient is read by fhir-kit-client', async () => {
    const patient = await kit.read({ resourceType: 'Patient', id });
    validator.base(patient);
    equal(patient.id, id, 'id');
  });

  await harness.test('ITI-78: no match is an empty set, an unknown id is 404', async () => {
    const none = await door.expect(200, 'GET', '/Patient?family=Zzyzxq&birthdate=1901-01-01');
    equal(none.body.total, 0, 'total');
    const missing = await door.expect(404, 'GET', '/Patient/0190ffff-0000-7000-8000-000000000000');
    equal(missing.body.issue[0].code, 'not-found', 'code');
  });

  await harness.test('ITI-119: $match grades the same patient certain', async () => {
    const answer = await door.expect(200, 'POST', '/Patient/$match', {
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'resource', resource: { resourceType: 'Patient',
            name: [{ family: known.family, given: [known.given] }], birthDate: known.birthDate,
            identifier: [{ system, value: known.mrn }] } },
          { name: 'onlyCertainMatches', valueBoolean: false },
        ],
      },
    });
    const matches = (answer.body.entry ?? []).filter((entry) => entry.search?.mode === 'match');
    truth(matches.length > 0, 'a match');
    const grades = matches.map((entry) => entry.search.extension?.[0]?.valueCode);
    truth(grades.every((g) => ['certain', 'probable', 'possible', 'certainly-not'].includes(g)),
      'grades');
    truth(grades.filter((grade) => grade === 'certain').length <= 1, 'at most one is certain');
  });

  await harness.test('ITI-83: $ihe-pix gives references and identifiers', async () => {
    const answer = await door.expect(200, 'GET',
      `/Patient/$ihe-pix?sourceIdentifier=${encodeURIComponent(`${system}|${known.mrn}`)}`);
    equal(answer.body.resourceType, 'Parameters', 'type');
    validator.against(answer.body, `${PIXM}IHE.PIXm.Query.Parameters.Out`);
  });

  await harness.test('ITI-83: the exact errors', async () => {
    const ask = (source, target = '') => door.get(
      `/Patient/$ihe-pix?sourceIdentifier=${encodeURIComponent(source)}${target}`);
    const unknownId = await ask(`${system}|nobody-here`);
    equal(unknownId.status, 404, 'unknown id');
    const unknownDomain = await ask('urn:oid:2.999.77.1|1');
    equal(unknownDomain.status, 400, 'unknown source domain');
    equal(unknownDomain.body.issue[0].code, 'code-invalid', 'code');
    const unknownTarget = await ask(`${system}|${known.mrn}`, '&targetSystem=urn:oid:2.999.77.1');
    equal(unknownTarget.status, 403, 'unknown target domain');
  });

  await harness.test('ITI-104: a fed patient is found, fed again is changed', async () => {
    const mrn = `FED-${Date.now()}`;
    const patient = {
      resourceType: 'Patient', identifier: [{ system, value: mrn }],
      name: [{ family: 'Quillfeather', given: ['Oda'] }], gender: 'female', birthDate: '1957-03-09',
    };
    const path = `/Patient?identifier=${encodeURIComponent(`${system}|${mrn}`)}`;
    const created = await door.send('PUT', path, { body: patient });
    truth([200, 201].includes(created.status), `status ${created.status}`);
    const again = await door.send('PUT', path,
      { body: { ...patient, telecom: [{ system: 'phone', value: '+41 44 555 01 01' }] } });
    equal(again.status, 200, 'second');
    const found = await door.expect(200, 'GET', path);
    equal(found.body.total, 1, 'found once');
  });
  return id;
}

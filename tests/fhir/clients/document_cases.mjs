// Documents: ITI-65, ITI-66, ITI-67, ITI-68, with @medplum/core's client for the searches.
import { createHash, randomUUID } from 'node:crypto';
import { equal, truth } from './harness.mjs';

const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/';
const UNIQUE_ID = { coding: [{
  system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType', code: 'uniqueId' }] };
const LOINC = (code) => ({ coding: [{ system: 'http://loinc.org', code }] });

const oidOfUuid = () => `urn:oid:2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;

// A comprehensive ITI-65 bundle of one text for a patient.
export function provideBundle({ config, patientId, mrn, text, uniqueId = oidOfUuid(), setId = oidOfUuid() }) {
  const [list, reference, binary] = [0, 1, 2].map(() => `urn:uuid:${randomUUID()}`);
  const subject = { reference: `${config.fhirBase}/Patient/${patientId}` };
  const bytes = Buffer.from(text);
  const snomed = (code) => ({ coding: [{ system: 'http://snomed.info/sct', code }] });
  return {
    resourceType: 'Bundle', type: 'transaction',
    meta: { profile: [`${MHD}IHE.MHD.Comprehensive.ProvideBundle`] },
    entry: [
      { fullUrl: list, request: { method: 'POST', url: 'List' }, resource: {
        resourceType: 'List', status: 'current', mode: 'working', subject,
        meta: { profile: [`${MHD}IHE.MHD.Comprehensive.SubmissionSet`] },
        extension: [
          { url: `${MHD}ihe-sourceId`, valueIdentifier: { value: `urn:oid:${config.member.community}.7` } },
          { url: `${MHD}ihe-designationType`, valueCodeableConcept: LOINC('18842-5') }],
        identifier: [{ type: UNIQUE_ID, use: 'usual', system: 'urn:ietf:rfc:3986', value: setId }],
        code: { coding: [{ system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes', code: 'submissionset' }] },
        date: new Date().toISOString(), entry: [{ item: { reference } }] } },
      { fullUrl: reference, request: { method: 'POST', url: 'DocumentReference' }, resource: {
        resourceType: 'DocumentReference', status: 'current', subject,
        meta: { profile: [`${MHD}IHE.MHD.Comprehensive.DocumentReference`] },
        contained: [{ resourceType: 'Patient', id: 'src',
          identifier: [{ system: `urn:oid:${config.member.domain}`, value: mrn }] }],
        masterIdentifier: { type: UNIQUE_ID, system: 'urn:ietf:rfc:3986', value: uniqueId },
        type: LOINC('18842-5'), category: [LOINC('11488-4')], date: new Date().toISOString(),
        securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }],
        content: [{
          attachment: { contentType: 'text/plain', language: 'en-US', url: binary, size: bytes.length,
            hash: createHash('sha1').update(bytes).digest('base64'), title: 'Discharge summary',
            creation: new Date().toISOString() },
          format: { system: 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode',
            code: 'urn:ihe:iti:xds-sd:text:2008' } }],
        context: { facilityType: snomed('22232009'), practiceSetting: snomed('408443003'),
          period: { start: '2026-01-08T07:10:00Z', end: '2026-01-12T09:00:00Z' },
          sourcePatientInfo: { reference: '#src' } } } },
      { fullUrl: binary, request: { method: 'POST', url: 'Binary' }, resource: {
        resourceType: 'Binary', contentType: 'text/plain', data: bytes.toString('base64') } },
    ],
  };
}

export async function documentCases(harness, { config, door, feed, medplum, validator }, patientId) {
  const mrn = config.patients[0].mrn;
  const text = `Discharge: stable. ${randomUUID()}\n`;
  const bundle = provideBundle({ config, patientId, mrn, text });
  const wanted = bundle.entry[1].resource.masterIdentifier.value;
  let document;

  await harness.test('ITI-65: a comprehensive submission is taken whole', async () => {
    validator.against(bundle, `${MHD}IHE.MHD.Comprehensive.ProvideBundle`);
    const answer = await feed.expect(200, 'POST', '', { body: bundle });
    equal(answer.body.type, 'transaction-response', 'type');
    equal(answer.body.entry.length, 3, 'entries');
    truth(answer.body.entry.every((entry) => entry.response.status.startsWith('201')), '201 each');
  });

  await harness.test('ITI-65: the same again has one effect, other content is refused', async () => {
    const again = await feed.send('POST', '', { body: bundle });
    truth(again.status === 200, `repeated: ${again.status}`);
    const other = provideBundle({ config, patientId, mrn, text: `${text}x`, uniqueId: wanted });
    const refused = await feed.send('POST', '', { body: other });
    equal(refused.status, 409, 'other content');
    equal(refused.body.issue[0].details.coding[0].code, 'XDSNonIdenticalHash', 'code');
  });

  await harness.test('ITI-65: what does not hang together is refused, nothing stored', async () => {
    const broken = [
      (b) => { b.entry[1].resource.content[0].attachment.size += 1; },
      (b) => { b.entry[1].resource.content[0].attachment.hash = Buffer.alloc(20).toString('base64'); },
      (b) => { b.entry[1].resource.content[0].attachment.url = `urn:uuid:${randomUUID()}`; },
      (b) => { delete b.entry[1].resource.masterIdentifier; },
    ];
    for (const damage of broken) {
      const bad = provideBundle({ config, patientId, mrn, text });
      damage(bad);
      const answer = await feed.send('POST', '', { body: bad });
      truth(answer.status >= 400 && answer.status < 500, `refused: ${answer.status} ${damage}`);
    }
    const found = await door.expect(200, 'GET', `/DocumentReference?patient=${patientId}&status=current`);
    const texts = found.body.entry.filter((e) => e.resource.masterIdentifier?.value === wanted);
    equal(texts.length, 1, 'stored once');
  });

  await harness.test('ITI-67: @medplum/core finds the document', async () => {
    const found = await medplum.search('DocumentReference',
      { patient: `Patient/${patientId}`, status: 'current', _count: '100' });
    validator.base(found);
    const entry = found.entry.find((e) => e.resource.masterIdentifier?.value === wanted);
    truth(entry, 'the document is among them');
    document = entry.resource;
    validator.against(document, `${MHD}IHE.MHD.Minimal.DocumentReference`);
    truth(document.content[0].attachment.url.startsWith(config.fhirBase), 'absolute url');
    truth(!document.content[0].attachment.url.includes(mrn), 'no MRN in the url');
  });

  await harness.test('ITI-67: patient, status are required', async () => {
    for (const query of ['status=current', `patient=${patientId}`]) {
      const answer = await door.expect(400, 'GET', `/DocumentReference?${query}`);
      equal(answer.body.issue[0].details.coding[0].code, 'XDSStoredQueryMissingParam', 'code');
    }
  });

  await harness.test('ITI-67: says how complete it is', async () => {
    const answer = await door.expect(200, 'GET', `/DocumentReference?patient=${patientId}&status=current`);
    truth(/^expected=\d+, answered=\d+, index-only=\d+, missing=\d+$/.test(
      answer.headers.get('hie-completeness')), 'HIE-Completeness');
    truth(answer.body.meta.tag.some((tag) => tag.system.endsWith('/completeness')), 'tag');
    equal(answer.headers.get('cache-control'), 'no-store', 'Cache-Control');
  });

  await harness.test('ITI-68: bytes, a range, and their hash', async () => {
    const path = document.content[0].attachment.url.slice(config.fhirBase.length);
    const whole = await door.expect(200, 'GET', path, { headers: { Accept: 'text/plain' } });
    equal(whole.bytes.toString(), text, 'content');
    const part = await door.expect(206, 'GET', path,
      { headers: { Accept: 'text/plain', Range: 'bytes=2-5' } });
    equal(part.bytes.toString(), text.slice(2, 6), 'range');
  });

  await harness.test('ITI-66: the submission set is found with its document', async () => {
    const answer = await door.expect(200, 'GET',
      `/List?patient=${patientId}&code=submissionset&status=current`);
    const set = (answer.body.entry ?? []).map((e) => e.resource)
      .find((r) => r.resourceType === 'List' &&
        r.entry?.some((e) => e.item.reference.endsWith(`DocumentReference/${document.id}`)));
    truth(set, 'the set');
    validator.against(set, `${MHD}IHE.MHD.Minimal.SubmissionSet`);
    await door.expect(400, 'GET', `/List?patient=${patientId}&status=current`);
  });

  await harness.test('6.4: the same query as NDJSON ends with end', async () => {
    const answer = await door.expect(200, 'GET', `/DocumentReference?patient=${patientId}&status=current`,
      { headers: { Accept: 'application/x-ndjson' } });
    const lines = answer.bytes.toString().trim().split('\n').map((line) => JSON.parse(line));
    equal(lines[0].type, 'begin', 'first');
    equal(lines.at(-1).type, 'end', 'last');
    for (const line of lines.filter((l) => l.type === 'entry')) validator.base(line.resource);
  });

  await harness.test('6.4: respond-async is polled to a batch-response', async () => {
    const accepted = await door.expect(202, 'GET', `/DocumentReference?patient=${patientId}&status=current`,
      { headers: { Prefer: 'respond-async' } });
    const path = accepted.headers.get('content-location').slice(config.fhirBase.length);
    for (let i = 0; i < 100; i += 1) {
      const poll = await door.get(path);
      if (poll.status === 200) {
        equal(poll.body.type, 'batch-response', 'type');
        equal(poll.body.entry[0].resource.type, 'searchset', 'entry 0');
        return;
      }
      equal(poll.status, 202, 'while waiting');
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error('never finished');
  });
}

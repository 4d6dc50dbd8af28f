// Clinical resources across members, and the audit.
import { equal, truth } from './harness.mjs';

const TYPES = ['AllergyIntolerance', 'MedicationRequest', 'MedicationStatement', 'Condition',
  'Encounter', 'Observation', 'DiagnosticReport', 'Immunization', 'Procedure'];

export async function clinicalCases(harness, { door, kit, validator }, patientId) {
  for (const type of TYPES) {
    await harness.test(`${type}: a search by patient is valid and says who answered`, async () => {
      const answer = await door.expect(200, 'GET', `/${type}?patient=${patientId}`);
      truth(answer.headers.get('hie-completeness'), 'HIE-Completeness');
      for (const entry of answer.body.entry ?? []) {
        if (entry.search.mode === 'match') equal(entry.resource.resourceType, type, 'type');
      }
    });
  }

  await harness.test('$everything: one bundle of all that is permitted', async () => {
    const answer = await door.expect(200, 'GET', `/Patient/${patientId}/$everything`);
    const types = new Set((answer.body.entry ?? []).map((entry) => entry.resource.resourceType));
    truth(types.size > 1, `types ${[...types]}`);
  });

  await harness.test('pages follow one another without loss or repetition', async () => {
    const all = await door.expect(200, 'GET', `/Observation?patient=${patientId}&_count=500`);
    const matches = (bundle) => (bundle.entry ?? []).filter((e) => e.search.mode === 'match');
    const wanted = matches(all.body).map((entry) => entry.resource.id);
    if (wanted.length < 2) throw new Error('the sample patient has too few observations');
    const size = Math.max(1, Math.floor(wanted.length / 3));
    let page = await kit.search({ resourceType: 'Observation',
      searchParams: { patient: patientId, _count: size } });
    const seen = [];
    while (page) {
      validator.base(page);
      truth(matches(page).length > 0, 'no page is empty');
      seen.push(...matches(page).map((entry) => entry.resource.id));
      page = page.link.some((link) => link.relation === 'next') ? await kit.nextPage({ bundle: page }) : null;
    }
    equal(seen.length, new Set(seen).size, 'no repetition');
    equal(JSON.stringify([...seen].sort()), JSON.stringify([...wanted].sort()), 'the same ids');
  });
}

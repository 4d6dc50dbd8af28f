// HL7 v2 over MLLP by node-hl7-client.
import { equal, truth } from './harness.mjs';

const stamp = () => new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);

function adt(event, control, { mrn, family, given }, config) {
  const msh = `MSH|^~\\&|EMR|${config.mllp.facility}|HIE|HIE|${stamp()}||ADT^${event}|${control}|P|2.5.1`;
  const pid = `PID|1||${mrn}^^^&${config.member.domain}&ISO^MR||${family}^${given}||19620417|M`;
  return [msh, `EVN|${event}|${stamp()}`, pid, 'PV1|1|I'].join('\r');
}

// Sends one message; resolves to the acknowledgement.
function sendOne(hl7, config, text) {
  return new Promise((resolve, reject) => {
    const client = new hl7.Client({ host: config.mllp.host });
    const timer = setTimeout(() => reject(new Error('no acknowledgement')), 20_000);
    const connection = client.createConnection({ port: config.mllp.port }, async (response) => {
      clearTimeout(timer);
      await connection.close();
      resolve(response.getMessage());
    });
    connection.on('error', reject);
    connection.sendMessage(new hl7.Message({ text })).catch(reject);
  });
}

export async function mllpCases(harness, { config, door, require }) {
  const hl7 = require('node-hl7-client');
  const patient = { mrn: `V2-${Date.now()}`, family: 'Thistlewood', given: 'Basil' };

  await harness.test('MLLP: an A04 is acknowledged and the patient can be found', async () => {
    const ack = await sendOne(hl7, config, adt('A04', `C${Date.now()}`, patient, config));
    equal(ack.get('MSA.1').toString(), 'AA', 'MSA-1');
    const query = encodeURIComponent(`urn:oid:${config.member.domain}|${patient.mrn}`);
    const found = await door.expect(200, 'GET', `/Patient?identifier=${query}`);
    equal(found.body.total, 1, 'found');
  });

  await harness.test('MLLP: the same message again is acknowledged and changes nothing', async () => {
    const message = adt('A08', `D${Date.now()}`, patient, config);
    const first = await sendOne(hl7, config, message);
    const second = await sendOne(hl7, config, message);
    equal(second.get('MSA.1').toString(), first.get('MSA.1').toString(), 'MSA-1');
    truth(['AA'].includes(first.get('MSA.1').toString()), 'AA');
  });
}

// The FHIR door by plain fetch; every FHIR body that comes back is validated.
import { equal } from './harness.mjs';

export class Door {
  constructor(base, token, validator) {
    this.base = base;
    this.token = token;
    this.validator = validator;
  }

  // Sends one request; returns { status, headers, body }.  JSON FHIR bodies are parsed and valid.
  async send(method, path, { headers = {}, body, token = this.token } = {}) {
    const all = { ...headers };
    if (token) all.Authorization ??= `Bearer ${token}`;
    if (body && !all['Content-Type']) all['Content-Type'] = 'application/fhir+json';
    const response = await fetch(this.base + path, {
      method, headers: all,
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const type = response.headers.get('content-type') ?? '';
    const answer = { status: response.status, headers: response.headers };
    if (type.startsWith('application/fhir+json')) {
      answer.body = await response.json();
      this.validator.base(answer.body);
    } else {
      answer.bytes = Buffer.from(await response.arrayBuffer());
    }
    return answer;
  }

  async get(path, options) {
    return this.send('GET', path, options);
  }

  // The answer's body; the status must be `status`.
  async expect(status, method, path, options) {
    const answer = await this.send(method, path, options);
    const issue = answer.body?.issue?.[0];
    equal(answer.status, status, `${method} ${path.split('?')[0]} ${issue?.details?.text ?? ''}`);
    return answer;
  }
}

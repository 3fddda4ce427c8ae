// Checks one by one, counted.

export class Probes {
  #passed = 0;
  #failed = 0;

  /** Runs a check; one that throws has failed. */
  async check(what, act) {
    try {
      await act();
      this.#passed += 1;
    } catch (error) {
      this.#failed += 1;
      console.log(`FAILED ${what}: ${error.message}`);
    }
  }

  /** Prints the count; says whether nothing failed. */
  conclude() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0;
  }
}

export function equal(actual, expected, what = "value") {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Expects a refusal with this text, and perhaps this code. */
export function refused(result, text, code = "bad_request.validation_failure") {
  holds(result.isErr(), `was accepted, expected «${text}»`);
  holds(result.error.message.includes(text), `expected «${text}», got «${result.error.message}»`);
  if (code) equal(result.error.errCode, code, "code");
}

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  chai,
  getState,
  setState,
  type ExpectStatic,
} from "@vitest/expect";

type Hook = () => unknown;
type Body = (...args: unknown[]) => unknown;

/** `describe()`: what its tests have in common. */
interface Suite {
  readonly name: string;
  readonly before: readonly Hook[];
  readonly after: readonly Hook[];
}

/** A test that was collected. */
export interface CollectedTest {
  readonly name: string;
  /** Runs it with its hooks; rejects where it fails. */
  readonly run: () => Promise<void>;
}

/**
 * The part of vitest's interface that the unit tests use, so that they run in this process again
 * and again: a start of vitest takes longer than most tests. What is to run once before all tests
 * runs before each, because it, too, may run a mutant.
 */
export class TestApi {
  readonly tests: CollectedTest[] = [];
  #suites: { name: string; before: Hook[]; after: Hook[] }[] = [
    { name: "", before: [], after: [] },
  ];

  readonly expect = expectOfVitest();

  readonly test = Object.assign(
    (name: string, ...rest: readonly unknown[]): void => {
      this.#add(name, rest, []);
    },
    {
      each:
        (table: readonly unknown[]) =>
        (name: string, ...rest: readonly unknown[]): void => {
          for (const [at, row] of table.entries()) this.#add(`${name} [${at}]`, rest, argsOf(row));
        },
      runIf: (condition: unknown) => (condition === true ? this.test : (): void => undefined),
      skipIf: (condition: unknown) => (condition === true ? (): void => undefined : this.test),
    },
  );
  readonly it = this.test;

  readonly describe = Object.assign(
    (name: string, body: Body): void => {
      this.#inSuite(name, body, []);
    },
    {
      each:
        (table: readonly unknown[]) =>
        (name: string, body: Body): void => {
          for (const [at, row] of table.entries())
            this.#inSuite(`${name} [${at}]`, body, argsOf(row));
        },
      runIf: (condition: unknown) => (condition === true ? this.describe : (): void => undefined),
    },
  );

  readonly beforeAll = (hook: Hook): void => {
    this.#suites.at(-1)?.before.push(hook);
  };
  readonly beforeEach = this.beforeAll;
  readonly afterAll = (hook: Hook): void => {
    this.#suites.at(-1)?.after.push(hook);
  };
  readonly afterEach = this.afterAll;

  #inSuite(name: string, body: Body, args: readonly unknown[]): void {
    this.#suites.push({ name, before: [], after: [] });
    body(...args);
    this.#suites.pop();
  }

  #add(name: string, rest: readonly unknown[], args: readonly unknown[]): void {
    const body = rest.find((part): part is Body => typeof part === "function");
    if (body === undefined) return;
    const suites: readonly Suite[] = [...this.#suites];
    const run = async (): Promise<void> => {
      for (const { before } of suites) for (const hook of before) await hook();
      try {
        await body(...args);
      } finally {
        for (const { after } of suites.toReversed()) for (const hook of after) await hook();
      }
    };
    this.tests.push({
      name: [...suites.slice(1).map((suite) => suite.name), name].join(" > "),
      run,
    });
  }
}

function argsOf(row: unknown): readonly unknown[] {
  return Array.isArray(row) ? (row as readonly unknown[]) : [row];
}

/** `expect` as vitest makes it, without its runner. */
function expectOfVitest(): ExpectStatic {
  chai.use(JestExtend);
  chai.use(JestChaiExpect);
  chai.use(JestAsymmetricMatchers);
  const expect = ((value: unknown, message?: string) =>
    chai.expect(value, message)) as unknown as ExpectStatic;
  const matchers = (globalThis as Record<symbol, object | undefined>)[ASYMMETRIC_MATCHERS_OBJECT];
  Object.assign(expect, chai.expect, matchers);
  expect.getState = () => getState(expect);
  expect.setState = (state) => {
    setState(state, expect);
  };
  setState(
    { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null },
    expect,
  );
  return expect;
}

// A process in which tests run on mutants: see judging.ts, which starts it and reads what it sends.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

import fc from "fast-check";

import { TestApi, type CollectedTest } from "./test-api.js";
import type { MutantToJudge, Order } from "./judging.js";

/** What instrumented code reads and writes. */
interface StrykerState {
  activeMutant: string | undefined;
  currentTestId: string | undefined;
  hitCount: number | undefined;
  hitLimit: number | undefined;
  mutantCoverage: {
    static: Record<string, number>;
    perTest: Record<string, Record<string, number>>;
  };
}

/** What a test did without any mutant. */
interface Measured {
  /** Index of its module. */
  readonly module: number;
  /** Index among the tests of its module. */
  readonly test: number;
  /** Milliseconds of processor time. */
  readonly ms: number;
  /** How often each mutant's place was passed. */
  readonly hits: Readonly<Record<string, number>>;
}

interface Measurement {
  readonly tests: readonly Measured[];
  /** Mutants that are passed while each module is loaded. */
  readonly atLoad: readonly Readonly<Record<string, number>>[];
}

/** A mutant may make its place be passed this much more often; then it goes on for ever. */
const MOST_MORE_HITS = 200;
/**
 * Processor time of the tests that are asked about one mutant, the quickest ones first. Those that
 * are left out then can only make a score lower than it is.
 */
const MOST_MS = 1000;

const scope = globalThis as unknown as { __stryker__: StrykerState; testApi: TestApi };
scope.__stryker__ = {
  activeMutant: undefined,
  currentTestId: undefined,
  hitCount: undefined,
  hitLimit: undefined,
  mutantCoverage: { static: {}, perTest: {} },
};
const stryker = scope.__stryker__;
let stray: unknown;
process.on("unhandledRejection", (reason) => {
  stray = reason ?? new Error("rejected");
});
let loads = 0;
const silent = (): void => undefined;
const { log } = console;
Object.assign(console, { log: silent, warn: silent, error: silent });

process.once("message", (order: Order) => {
  work(order).catch((error: unknown) => {
    log(error);
    process.exit(1);
  });
});

async function work({ modules, measurementFile, mutants }: Order): Promise<void> {
  fc.configureGlobal({ seed: 1, endOnFailure: true });
  const loaded: CollectedTest[][] = [];
  const atLoad: Record<string, number>[] = [];
  for (const module of modules) {
    stryker.mutantCoverage.static = {};
    loaded.push(await load(module));
    atLoad.push(stryker.mutantCoverage.static);
  }
  const measured = measuredBefore(measurementFile) ?? {
    atLoad,
    tests: await measure(loaded, modules),
  };
  writeFileSync(measurementFile, JSON.stringify(measured));
  for (const mutant of mutants) {
    send({ begins: mutant.id });
    send({ ends: mutant.id, by: await noticedBy(mutant, modules, loaded, measured) });
  }
  process.disconnect();
}

function measuredBefore(file: string): Measurement | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Measurement;
  } catch {
    return undefined;
  }
}

/** Collects the tests of a module, of which this is a copy of its own. */
async function load(module: string): Promise<CollectedTest[]> {
  const api = new TestApi();
  scope.testApi = api;
  await import(`${pathToFileURL(module).href}?${loads++}`);
  return api.tests;
}

/** Runs all tests without a mutant. Throws if one fails: verdicts would mean nothing. */
async function measure(
  loaded: readonly (readonly CollectedTest[])[],
  modules: readonly string[],
): Promise<Measured[]> {
  const result: Measured[] = [];
  for (const [module, tests] of loaded.entries()) {
    for (const [test, { name, run }] of tests.entries()) {
      const id = `${module} ${test}`;
      stryker.currentTestId = id;
      const start = process.cpuUsage();
      await run().catch((error: unknown) => {
        log(`${modules[module] ?? ""}: ${name} fails without any mutant:`, error);
        process.exit(1);
      });
      const hits = stryker.mutantCoverage.perTest[id] ?? {};
      const { user, system } = process.cpuUsage(start);
      result.push({ module, test, ms: (user + system) / 1000, hits });
      send({ measured: name });
    }
  }
  stryker.currentTestId = undefined;
  return result;
}

/** The first test that fails with the mutant; undefined if none does, "" if none runs it. */
async function noticedBy(
  { id, name }: MutantToJudge,
  modules: readonly string[],
  loaded: readonly (readonly CollectedTest[])[],
  { tests, atLoad }: Measurement,
): Promise<string | undefined> {
  const isPassedAtLoad = (module: number): boolean => id in (atLoad[module] ?? {});
  const known = tests
    .filter(({ hits, module }) => id in hits && !isPassedAtLoad(module))
    .sort((one, other) => one.ms - other.ms);
  // a module that passes the mutant while it is loaded is loaded again, with it; the one of the
  // same name first: it is the most likely one to tell; then those that take the least time
  const again = [...modules.keys()]
    .filter(isPassedAtLoad)
    .sort((one, other) => msOf(one) - msOf(other));
  const own = again.filter((module) => nameOf(module) === `${name}.test`);
  const others = again.filter((module) => !own.includes(module));
  if (known.length + again.length === 0) return "";
  let msLeft = MOST_MS;
  for (const module of own) {
    const by = await failingAfterLoad(module);
    if (by !== undefined) return by;
  }
  for (const { module, test, hits, ms } of known) {
    const collected = loaded[module]?.[test];
    if (collected === undefined || (msLeft -= ms) < 0) continue;
    if (await fails(id, collected, hits[id] ?? 0)) return `${nameOf(module)}: ${collected.name}`;
  }
  for (const module of others) {
    if (msLeft < 0) break;
    const by = await failingAfterLoad(module);
    if (by !== undefined) return by;
  }
  return undefined;

  function msOf(module: number): number {
    return tests.reduce((sum, test) => sum + (test.module === module ? test.ms : 0), 0);
  }

  function nameOf(module: number): string {
    return basename(modules[module] ?? "", ".mjs");
  }

  async function failingAfterLoad(module: number): Promise<string | undefined> {
    const hits = atLoad[module]?.[id] ?? 0;
    const fresh = await loadWith(id, modules[module] ?? "", hits);
    if (fresh === undefined) return `${nameOf(module)}: at its start`;
    const byTime = tests
      .filter((one) => one.module === module)
      .sort((one, other) => one.ms - other.ms);
    for (const { test, ms, hits: more } of byTime) {
      const collected = fresh[test];
      if (collected === undefined) return `${nameOf(module)}: a test is gone`;
      if ((msLeft -= ms) < 0) return undefined;
      if (await fails(id, collected, hits + (more[id] ?? 0))) {
        return `${nameOf(module)}: ${collected.name}`;
      }
    }
    return undefined;
  }
}

/** The tests of a module that is loaded with the mutant; undefined if that throws. */
async function loadWith(
  id: string,
  module: string,
  hits: number,
): Promise<readonly CollectedTest[] | undefined> {
  activate(id, hits);
  try {
    return await load(module);
  } catch {
    return undefined;
  } finally {
    activate(undefined, 0);
  }
}

async function fails(id: string, { run }: CollectedTest, hits: number): Promise<boolean> {
  stray = undefined;
  activate(id, hits);
  try {
    await run();
    return stray !== undefined;
  } catch {
    return true;
  } finally {
    activate(undefined, 0);
  }
}

function activate(id: string | undefined, hits: number): void {
  stryker.activeMutant = id;
  stryker.hitCount = id === undefined ? undefined : 0;
  stryker.hitLimit = (hits + 10) * MOST_MORE_HITS;
}

function send(message: object): void {
  process.send?.(message);
}

// The one piece of work that every environment repeats: Node as ES module and CommonJS, worker
// threads, a page and its workers. Plain JavaScript without imports, so that all of them can load
// it.

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/**
 * Grows and shrinks guests with pages in use, and sums up what became of them.
 *
 * @param engine the namespace of `virtio-mem-engine`
 * @param core where the core comes from, as `loadCore()` takes it; the inlined one where absent
 * @returns plain data that survives JSON; two environments agree if it is deeply equal
 */
export async function runScenario(engine, core) {
  const guests = [];
  for (const autoOnline of ["online_kernel", "online_movable"]) {
    guests.push(await guestStory(engine, { autoOnline, core }));
  }
  return { guests, separate: areSeparate(engine), run: await runOf(engine, core) };
}

/** A run of a scenario file with workloads of most kinds, which draw a lot from chance. */
async function runOf({ parseScenario, runScenario: run, scenarioSvg }, core) {
  const scenario = parseScenario(BUSY);
  const result = await run(scenario, {
    seed: 11,
    ...(core === undefined ? {} : { core }),
  }).result();
  return {
    summary: result.summary,
    result: checksum(result),
    picture: checksum(scenarioSvg(result)),
  };
}

const BUSY = `
duration: 90s
guest: { bootMemory: 1GiB, online: online_movable }
device: { regionSize: 4GiB, requestedSize: 4GiB }
host: [{ at: 60s, requestedSize: 1GiB }]
workloads:
  - { kind: anonymous, size: 1GiB, churnRate: 100MiB, thpShare: 0.4 }
  - { kind: page-cache, readRate: 100MiB, dirtyShare: 0.1 }
  - { kind: kernel, size: 64MiB }
  - { kind: network, burst: 8MiB, order: 2 }
  - { kind: functions, size: 64MiB, every: 300ms, life: 5s }
faults:
  - { kind: busy-pages, at: 50s, share: 0.001 }
`;

async function guestStory(engine, { autoOnline, core }) {
  const guest = await engine.Guest.create({
    bootSize: GiB,
    regionSize: 4 * GiB,
    online: { autoOnline },
    ...(core === undefined ? {} : { core }),
  });
  const stages = [];
  const note = (stage) => stages.push({ stage, ...stateOf(engine, guest) });
  note("booted");
  guest.requestSize(2 * GiB);
  note("plugged");
  usePages(engine, guest);
  note("used");
  guest.requestSize(512 * MiB);
  note("asked for a part");
  guest.requestSize(0);
  note("asked for all");
  guest.advanceTo(guest.clock.nowMs + 60_000);
  note("retried");
  return { autoOnline, stages };
}

/** Programs and the kernel take 1.5 GiB and give more than half of it back, in pieces. */
function usePages({ Hold, Migratetype, PageClass }, { pages }) {
  const anon = { order: 0, type: Migratetype.Movable, node: 0, kind: "Movable" };
  const slab = { order: 0, type: Migratetype.Unmovable, node: 0, kind: "Normal" };
  const runs = [];
  pages.allocBulk(393_216, { ...anon, pageClass: PageClass.Anon }, runs);
  let seed = 1;
  for (const [startPfn, nrPages] of runs) {
    for (let pfn = startPfn; pfn < startPfn + nrPages; pfn += 16) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const left = Math.min(16, startPfn + nrPages - pfn);
      if (seed >>> 31 === 0) pages.freeRun(pfn, left);
      else if (seed % 1009 === 0) pages.setPage(pfn, PageClass.Anon, Hold.Pinned);
    }
  }
  for (let nr = 0; nr < 20_000; nr++) pages.tryAlloc({ ...slab, pageClass: PageClass.Slab });
}

/** Everything that can be seen of a guest, the long parts as checksums. */
function stateOf({ Migratetype }, guest) {
  const { pages, zones, log, device, driver, clock } = guest;
  const lists = zones
    .all()
    .map(({ id }) =>
      Object.values(Migratetype).map((type) =>
        Array.from({ length: 11 }, (_, order) => pages.freeList(id, order, type)),
      ),
    );
  return {
    pluggedSize: device.pluggedSize,
    nowNs: clock.nowNs,
    requests: [...log.of("request")].length,
    log: checksum(log.entries),
    plugged: checksum(guest.pluggedMap()),
    memoryBlocks: checksum(driver.memoryBlocks()),
    freePages: zones.all().map(({ id }) => pages.freePages(id)),
    freeLists: checksum(lists),
    memory: pages.memoryUse(),
    broken: pages.validate() ?? null,
  };
}

/** Are two cores that were loaded at once two memories? */
function areSeparate({ loadCoreSync }) {
  return loadCoreSync().memory !== loadCoreSync().memory;
}

/** FNV-1a, 32 bits, of the JSON of a value. */
function checksum(value) {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(value)) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  return hash >>> 0;
}

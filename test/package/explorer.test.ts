// The explorer as people use it, in Chromium: served by the command of the installed package.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { browserTestsLeftOut, launchChromium } from "./browser.js";
import { differenceOf } from "./pictures.js";
import { tebibyteResult } from "./tebibyte.js";

const consumer = inject("consumer");
const installed = join(consumer, "node_modules/virtio-mem-engine");
const example = join(installed, "examples/captures/web-server.tar.gz");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Pixels that may differ, of all: edges of letters are drawn a little differently. */
const TOLERANCE = 0.02;
const PICTURES = join(import.meta.dirname, "pictures");
/** Long: a busy machine is no failure. */
const PATIENCE = 45_000;

test("what the first view of the explorer needs is at most 300 kB after gzip", () => {
  const folder = join(installed, "dist/explorer");
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(
    ([, file = ""]) => file,
  );
  expect(named.length).toBeGreaterThan(1);
  const worker = readdirSync(join(folder, "assets")).filter((file) => file.startsWith("worker-"));
  expect(worker.length).toBe(1);
  const size = ["index.html", ...worker.map((file) => `assets/${file}`), ...named]
    .map((file) => gzipSync(readFileSync(join(folder, file))).length)
    .reduce((sum, length) => sum + length, 0);
  expect(size).toBeLessThanOrEqual(300_000);
});

describe.skipIf(browserTestsLeftOut)("in Chromium, the explorer", () => {
  const folder = mkdtempSync(join(tmpdir(), "virtio-mem-explorer-"));
  let browser: Browser;
  let command: ChildProcess;
  let address = "";
  const complaints: string[] = [];

  async function newPage(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage({
      locale: "en-US",
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
      ...options,
    });
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    return page;
  }

  const mapOf = (page: Page): Locator => page.locator(".map-canvas");
  const headlineOf = (page: Page): Locator => page.locator(".headline h1");

  async function openExample(page: Page): Promise<void> {
    await page.goto(address);
    await page.getByText("A web server gives back").click();
    await headlineOf(page).waitFor();
  }

  beforeAll(async () => {
    const args = ["node_modules/.bin/virtio-mem", "explore"];
    command = spawn(process.execPath, args, {
      cwd: consumer,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(command.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    address = /http:\S+/.exec(String(said))?.[0] ?? "";
    browser = await launchChromium();
  }, PATIENCE);

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    command.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test("says that nothing leaves the machine, and keeps to it once it has loaded", async () => {
    const page = await newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(address);
    await page.getByText("Nothing leaves this machine.").waitFor();
    await page.locator("html[data-loaded]").waitFor();
    const policy = await page
      .locator("meta[http-equiv=Content-Security-Policy]")
      .getAttribute("content");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe-inline");
    const isBlocked = await page.evaluate(() =>
      fetch("https://example.org/").then(
        () => false,
        () => true,
      ),
    );
    expect(isBlocked).toBe(true);
    complaints.length = 0;
    asked.length = 0;
    await page.getByText("A web server gives back").click();
    await headlineOf(page).waitFor();
    await page.locator(".interval", { hasText: "%" }).waitFor();
    // its own worker alone
    expect(asked.filter((url) => !/\/assets\/worker-[\w-]+\.js$/.test(url))).toEqual([]);
    await page.close();
  });

  test("answers what is dropped on it, and says what damaged files lack as the command does", async () => {
    const page = await newPage();
    await page.goto(address);
    const drop = async (name: string, bytes: Buffer): Promise<void> => {
      await page.evaluate(
        ({ name, base64 }) => {
          const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([content], name));
          window.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        },
        { name, base64: bytes.toString("base64") },
      );
    };
    const whole = readFileSync(example);
    await drop("cut.tar.gz", whole.subarray(0, 20_000));
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("cut.tar.gz");
    await drop("plan.yaml", Buffer.from("duration: soon\n"));
    await page.getByText("duration: must be").first().waitFor();
    await drop("web-server.tar.gz", whole);
    await headlineOf(page).waitFor();
    expect(await headlineOf(page).textContent()).toBe(
      "3018 MiB of 3 GiB are unplugged; 54 MiB stay plugged.",
    );
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.close();
  });

  test("answers the questions that people have", async () => {
    const page = await newPage();
    await openExample(page);

    // which memory block holds most
    const first = page.getByRole("region", { name: "Memory blocks" }).locator("tbody tr").first();
    expect(await first.textContent()).toMatch(/^32.*22 MiB/);

    // why a subblock stays, down to its pages
    await page.getByPlaceholder("0x140000000").fill("0x100200000");
    await page.getByRole("button", { name: "Find" }).click();
    const selection = page.locator("#map-selection");
    await selection.getByText("Memory block 32, subblock 1").waitFor();
    expect(await selection.textContent()).toContain("held by file system metadata (buffer cache)");
    expect(await selection.textContent()).toMatch(/First blocking page: pfn \d+/);
    await mapOf(page).focus();
    await page.keyboard.press("Enter");
    await page.getByText("a square is a page of 4 KiB").waitFor();
    await page.keyboard.press("n");
    await selection.getByText("Memory block 32, subblock 2").waitFor();
    await page.keyboard.press("0");
    for (const mode of ["class", "use", "zone", "type", "moved", "fate"]) {
      await page.getByLabel("Colour by").selectOption(mode);
      expect(await page.locator(".map-card .legend li").count()).toBeGreaterThan(1);
    }

    // when the first attempt failed
    await page.getByRole("button", { name: "First failure" }).click();
    expect(await page.locator(".time-words").textContent()).toMatch(
      /^[\d.]+ ms fails on 64 subblocks/,
    );
    await page.getByRole("button", { name: "To the end" }).click();

    // what dropping caches would bring
    await page.locator(".interval", { hasText: "46 MiB to 68 MiB" }).waitFor();
    const caches = page.locator(".what-ifs li", { hasText: "drop-caches" });
    await caches.getByText("+2 MiB").waitFor();
    await page.locator(".what-ifs li", { hasText: "sync" }).getByRole("switch").click();
    await page.locator(".together", { hasText: "Together they return" }).waitFor();
    await headlineOf(page).getByText("46 MiB stay plugged.").waitFor();
    await page.locator(".what-ifs li", { hasText: "sync" }).getByRole("switch").click();

    // another size, another policy
    await page.getByRole("textbox", { name: "Requested size" }).fill("1GiB");
    await page.keyboard.press("Enter");
    await headlineOf(page).getByText("Reached: all 2 GiB are unplugged.").waitFor();
    await page.getByRole("textbox", { name: "Requested size" }).fill("3MiB");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("requestedSize must be a multiple of").waitFor();

    // which policy moves least
    await page.getByRole("textbox", { name: "Requested size" }).fill("0");
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.locator(".sentence", { hasText: "free-areas-first moves" }).waitFor();
    await page.getByText("free-areas-first moves fewest pages: ").waitFor();
    await expectAccessible(page);
    await page.close();
  });

  test("goes to the memory of any moment, page by page", async () => {
    const page = await newPage();
    await openExample(page);
    const legend = page.locator(".map-card .legend");
    await page.getByLabel("Colour by").selectOption("class");
    await legend.getByText("not plugged").waitFor();
    await page.getByRole("button", { name: "Back to the beginning" }).click();
    await legend.getByText("not plugged 1 GiB").waitFor();
    await page.getByRole("button", { name: "First failure" }).click();
    await legend.getByText("not plugged 2944 MiB").waitFor();
    await page.getByPlaceholder("0x140000000").fill("block 36");
    await page.getByRole("button", { name: "Find" }).click();
    await mapOf(page).focus();
    await page.keyboard.press("Enter");
    await page.getByText("a square is a page of 4 KiB").waitFor();
    await page.getByRole("button", { name: "To the end" }).click();
    await page.close();
  });

  test("opens a folder, saves all that it shows, and prints it in light colours", async () => {
    const page = await newPage({ colorScheme: "dark" });
    await page.goto(address);
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["-xzf", example, "-C", unpacked]);
    await page.getByLabel("Folder to open").setInputFiles(unpacked);
    await page.locator(".interval", { hasText: "%" }).waitFor();
    const heads = {
      SVG: "<svg",
      PNG: "\u0089PNG",
      JSON: '{"profile":"v6.1"',
      CSV: "memory_block,zone",
      Text: "3018 MiB of 3 GiB",
    };
    for (const [name, head] of Object.entries(heads)) {
      await page.locator(".menu").evaluate((menu) => {
        menu.setAttribute("open", "");
      });
      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name, exact: true }).click();
      const file = await (await saved).path();
      expect(readFileSync(file, "latin1").slice(0, head.length)).toBe(head);
    }
    const colour = (): string =>
      document.querySelector(".legend .swatch rect")?.getAttribute("fill") ?? "";
    const dark = await page.evaluate(colour);
    await page.evaluate(() => {
      window.print = () => {
        const drawn = document.querySelector(".legend .swatch rect");
        document.title = drawn?.getAttribute("fill") ?? "";
      };
    });
    await page.locator(".menu").evaluate((menu) => {
      menu.setAttribute("open", "");
    });
    await page.getByRole("button", { name: "Print" }).click();
    await page.waitForFunction(() => document.title.startsWith("#"));
    expect(await page.title()).not.toBe(dark);
    await expect.poll(() => page.evaluate(colour)).toBe(dark);
    await page.close();
  });

  test("runs a scenario, stops it, and opens it again by a link", async () => {
    const page = await newPage();
    await page.goto(address);
    const scenario = join(folder, "long.yaml");
    const long =
      "duration: 40d\nguest: { bootMemory: 2GiB }\ndevice: { regionSize: 4GiB, requestedSize: 4GiB }\nworkloads:\n  - { kind: anonymous, size: 1GiB, churnRate: 100MiB }\n";
    writeFileSync(scenario, long);
    await page.getByLabel("File to open").setInputFiles(scenario);
    await page.getByRole("button", { name: "Stop" }).click();
    await page
      .getByRole("button", { name: "Run", exact: true })
      .and(page.locator(":enabled"))
      .waitFor();
    await page.locator(".cm-content").waitFor();
    expect(await page.locator(".cm-content").textContent()).toContain("duration: 40d");

    const short = join(folder, "short.yaml");
    writeFileSync(short, long.replace("40d", "20s"));
    await page.getByLabel("File to open").setInputFiles(short);
    await page.getByRole("heading", { name: "short.yaml" }).waitFor();
    await page.locator(".charts .chart").first().waitFor();
    expect(await page.locator(".charts .chart").count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator(".words").textContent()).toContain("4 GiB");
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.getByRole("slider", { name: "Virtual time" }).fill("5000");
    await page.locator(".time-words", { hasText: "5 s of 20 s" }).waitFor();
    await page.getByRole("button", { name: "Share a link" }).click();
    await page.waitForURL(/#v1=/);
    await expectAccessible(page);
    const url = page.url();
    await page.close();

    const other = await newPage();
    await other.goto(url);
    await other.locator(".charts .chart").first().waitFor();
    await other.close();
  });

  test("shows a tebibyte, and follows the pointer", async () => {
    const page = await newPage();
    await page.goto(address);
    const file = join(folder, "tebibyte.json");
    writeFileSync(file, JSON.stringify(tebibyteResult()));
    await page.getByLabel("File to open").setInputFiles(file);
    await headlineOf(page).getByText("of 1 TiB are unplugged").waitFor();
    await mapOf(page).waitFor();
    const median = await page.evaluate(medianFrame);
    console.log(`a tebibyte is drawn every ${median.toFixed(1)} ms, in the median`);
    // a machine that is busy with other tests draws later, not never
    expect(median).toBeLessThan(200);
    await page.getByRole("button", { name: "Next blocking page" }).click();
    await page.locator("#map-selection", { hasText: "held by" }).waitFor();
    await page.close();
  });

  test.each([
    { width: 360, colorScheme: "dark" as const },
    { width: 360, colorScheme: "light" as const },
    { width: 1440, colorScheme: "dark" as const },
    { width: 1440, colorScheme: "light" as const },
  ])("looks as it should, $colorScheme and $width pixels wide", async ({ width, colorScheme }) => {
    const page = await newPage({ viewport: { width, height: 800 }, colorScheme });
    await page.goto(address);
    await expectAccessible(page);
    await openExample(page);
    await page.locator(".interval", { hasText: "%" }).waitFor();
    await page.locator(".what-ifs", { hasText: "+54 MiB" }).waitFor();
    await expectAccessible(page);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
    await expectPicture(page, `map-${colorScheme}-${width}`);
    await page.close();
  });

  test("has complained of nothing", () => {
    expect(complaints).toEqual([]);
  });

  test("ends with an interrupt", async () => {
    command.kill("SIGINT");
    const [code] = (await once(command, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});

/** By axe-core, which is put into the page past its policy. */
async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: (
          root: Document,
        ) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
  });
  expect(found).toEqual([]);
}

/** Zooms in and out for a second or so. In milliseconds from frame to frame. */
async function medianFrame(): Promise<number> {
  const canvas = document.querySelector(".map-canvas");
  const box = canvas?.getBoundingClientRect();
  if (canvas === null || box === undefined) return Infinity;
  const gaps: number[] = [];
  let before = performance.now();
  for (let step = 0; step < 60; step++) {
    const deltaY = step < 30 ? -80 : 80;
    const place = { clientX: box.x + 300 + step, clientY: box.y + 150 };
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaY, ...place, cancelable: true }));
    const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    gaps.push(now - before);
    before = now;
  }
  return gaps.sort((a, b) => a - b)[30] ?? Infinity;
}

/**
 * The map against the committed picture; only in the Chromium that it was taken with, whose fonts
 * are known. `UPDATE_PICTURES=1` takes it again.
 */
async function expectPicture(page: Page, name: string): Promise<void> {
  if ((process.env.CHROMIUM_PATH ?? "") !== "") return;
  const picture = await page.locator(".map-card").screenshot();
  const file = join(PICTURES, `${name}.png`);
  if (process.env.UPDATE_PICTURES === "1" || !existsSync(file)) {
    writeFileSync(file, picture);
    expect(process.env.CI, "a picture is missing").not.toBe("true");
    return;
  }
  expect(await differenceOf(page, picture, readFileSync(file))).toBeLessThanOrEqual(TOLERANCE);
}

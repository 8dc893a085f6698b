// The explorer in Firefox, driven by WebDriver BiDi: what differs between browsers, not every view.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const consumer = inject("consumer");
const example = join(
  consumer,
  "node_modules/virtio-mem-engine/examples/captures/web-server.tar.gz",
);
const firefox = process.env.FIREFOX_PATH ?? "";
if (firefox === "") console.log("Firefox is left out: set FIREFOX_PATH to one to test in it");
/** Long: a busy machine is no failure. */
const PATIENCE = 90_000;

describe.skipIf(firefox === "")("in Firefox, the explorer", () => {
  let browser: Browser;
  let command: ChildProcess;
  let page: Page;
  const complaints: string[] = [];

  const textOf = (selector: string): Promise<string> =>
    page.$eval(selector, ({ textContent }) => textContent);
  const waitForText = (selector: string, text: string): Promise<unknown> =>
    page.waitForFunction(
      (selector, text) =>
        [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text)),
      {},
      selector,
      text,
    );
  const press = async (selector: string, text: string): Promise<void> => {
    await waitForText(selector, text);
    await page.$$eval(
      selector,
      (all, text) => {
        const one = all.find(({ textContent }) => textContent.trim() === text);
        if (one instanceof HTMLElement) one.click();
      },
      text,
    );
  };

  beforeAll(async () => {
    command = spawn(process.execPath, ["node_modules/.bin/virtio-mem", "explore", example], {
      cwd: consumer,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(command.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    const address = /http:\S+/.exec(String(said))?.[0] ?? "";
    browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: firefox,
      protocolTimeout: PATIENCE,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewport({ width: 1440, height: 900 });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(address);
  }, PATIENCE);

  afterAll(async () => {
    await (browser as Browser | undefined)?.close();
    command.kill("SIGKILL");
  });

  test(
    "answers a capture, with its interval and what could be done before",
    async () => {
      await waitForText(".headline h1", "MiB stay plugged.");
      await waitForText(".interval", "%");
      await waitForText(".what-ifs li", "+");
    },
    PATIENCE,
  );

  test(
    "finds the first failure, and shows the memory of that moment page by page",
    async () => {
      await press("button", "First failure");
      expect(await textOf(".time-words")).toMatch(/^[\d.]+ ms fails on \d+ subblocks/);
      await page.select(".map-tools select", "class");
      await waitForText(".legend", "not plugged");
      await page.type(".finder input", "block 36");
      await page.keyboard.press("Enter");
      await waitForText("#map-selection", "Memory block 36, subblock 0");
      await page.focus(".map-canvas");
      await page.keyboard.press("Enter");
      await waitForText(".map", "a square is a page of 4 KiB");
    },
    PATIENCE,
  );

  test(
    "compares policies",
    async () => {
      await press("[role=tab]", "Compare");
      await press("button.primary", "Compare");
      await waitForText(".sentence", "moves");
    },
    PATIENCE,
  );

  test(
    "fits into 360 pixels",
    async () => {
      await press("[role=tab]", "Answer");
      await page.setViewport({ width: 360, height: 800 });
      const widths = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(widths.scrollWidth).toBe(widths.clientWidth);
    },
    PATIENCE,
  );

  test("has complained of nothing", () => {
    expect(complaints).toEqual([]);
  });
});

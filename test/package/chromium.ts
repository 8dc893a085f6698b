// Which Chromium the browser tests start: the one of CHROMIUM_PATH, or else the one that comes as a
// development dependency.

import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

import { unpackTar } from "modern-tar/fs";

const root = join(import.meta.dirname, "../..");

/** A program, and what its environment needs besides ours. */
export interface Chromium {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What decides which Chromium it is. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of the C library, where it is glibc. */
  readonly glibc: string | undefined;
  /** Value of CHROMIUM_PATH. */
  readonly chromiumPath: string | undefined;
  readonly isCI: boolean;
}

export function thisMachine(): Machine {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: report.header.glibcVersionRuntime,
    chromiumPath: process.env.CHROMIUM_PATH,
    isCI: process.env.CI === "true",
  };
}

/**
 * Where Chromium comes from: a path, the package, or why the browser tests are left out here.
 *
 * The Chromium of the package is built for one kind of machine; only on another kind are the tests
 * left out, and never where CI runs on the kind that it is built for.
 */
export function chromiumFor(
  machine: Machine,
): { readonly path: string } | "package" | { readonly leftOut: string } {
  const { platform, arch, glibc, chromiumPath, isCI } = machine;
  if (chromiumPath !== undefined && chromiumPath !== "") return { path: chromiumPath };
  if (platform === "linux" && arch === "x64" && (glibc !== undefined || isCI)) return "package";
  const here = `${platform} on ${arch}${platform === "linux" && glibc === undefined ? " without glibc" : ""}`;
  return {
    leftOut:
      "browser tests are left out: the Chromium among the development dependencies runs on linux on x64 " +
      `with glibc, this is ${here}; set CHROMIUM_PATH to another Chromium to run them`,
  };
}

/** The Chromium to test with, unpacked where need be, or why there is none. */
export async function findChromium(): Promise<Chromium | { readonly leftOut: string }> {
  const found = chromiumFor(thisMachine());
  if (found === "package") return unpackChromium();
  if ("leftOut" in found) return found;
  if (!existsSync(found.path)) {
    throw new Error(`CHROMIUM_PATH must name a Chromium, there is no ${found.path}`);
  }
  return { executablePath: found.path, env: {} };
}

/**
 * Unpacks Chromium, the shared libraries that a bare Debian lacks (nss, nspr, expat) and a font,
 * once per installation of the packages.
 */
async function unpackChromium(): Promise<Chromium> {
  const bundle = join(root, "node_modules/@sparticuz/chromium");
  const manifest = readFileSync(join(bundle, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = join(root, "node_modules/.cache", `chromium-${version}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    try {
      await unpackInto(draft, join(bundle, "bin"));
      renameSync(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  return {
    executablePath: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(folder, "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
      XDG_CACHE_HOME: join(folder, "cache"),
    },
  };
}

async function unpackInto(folder: string, source: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const unpack = (name: string, into: NodeJS.WritableStream): Promise<void> =>
    pipeline(createReadStream(join(source, name)), createBrotliDecompress(), into);
  await Promise.all([
    unpack("chromium.br", createWriteStream(join(folder, "chromium"), { mode: 0o755 })),
    unpack("al2023.tar.br", unpackTar(folder)),
    unpack("fonts.tar.br", unpackTar(folder)),
  ]);
  // the one of the package names folders that only its usual host has
  writeFileSync(join(folder, "fonts.conf"), FONTS_CONF);
}

const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

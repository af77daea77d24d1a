// SPDX-License-Identifier: Apache-2.0
// Directories and servers that nobody of good will made: they are reported on, in little time and memory, and
// never make the verification wait, crash or read what is none of its business.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  asHash,
  encodeEntryBundle,
  leafHash,
  parseSignerKey,
  parseVerifierKey,
  signCheckpoint,
  utf8,
} from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { directorySource } from "./directory.ts";
import { openRangePool } from "./pool.ts";
import { createSmallLog, origin, signerKey, verifierKey } from "./testing/small-log.ts";
import { urlSource } from "./url.ts";

const key = parseVerifierKey(verifierKey);
/** The length of an endless file, in bytes. */
const endlessBytes = 2 ** 40;

const ways: Record<string, (path: string) => void> = {
  pipe: (path) => execFileSync("mkfifo", [path]),
  device: (path) => symlinkSync("/dev/zero", path),
  circle: (path) => symlinkSync(path, path),
  directory: (path) => mkdirSync(path),
  endless: (path) => {
    writeFileSync(path, "");
    truncateSync(path, endlessBytes);
  },
};

void test("pipes, devices, links in circles and endless files are no files of a log", async (t) => {
  const site = finishedSite(t);
  const files = [
    "checkpoint",
    "tile/0/000",
    "tile/entries/000",
    "parts/000",
    "checkpoints/10",
    "journal/00000001.journal",
    "materialised.json",
  ];
  for (const file of files) {
    for (const [way, make] of Object.entries(ways)) {
      const path = join(site, file);
      const aside = join(dirname(site), "aside");
      renameSync(path, aside);
      make(path);
      const report = await check(site);
      // A kept checkpoint may be gone, and an empty directory is nothing.
      const isNothing = way === "directory" && file.startsWith("checkpoints/");
      assert.equal(report.verdict, isNothing ? "verified" : "failed", `${way} for ${file}`);
      assert.ok(
        isNothing || report.faults.some(({ place }) => place === file || file.startsWith(`${place}/`)),
        `${way} for ${file}: ${JSON.stringify(report.faults)}`,
      );
      rmSync(path, { recursive: true });
      renameSync(aside, path);
    }
  }
  assert.equal((await check(site)).verdict, "verified");
});

void test("threads don't wait for them either, and find what the walk alone finds", async (t) => {
  const site = finishedSite(t, [700]);
  const pool = openRangePool(site, 2);
  try {
    const whole = await verifyLog(await directorySource(site), key, { checker: () => pool });
    assert.equal(whole.verdict, "verified", JSON.stringify(whole.faults));
    for (const file of ["tile/0/001", "tile/entries/001", "parts/001"]) {
      for (const [way, make] of Object.entries(ways)) {
        const [path, aside] = [join(site, file), join(dirname(site), "aside")];
        renameSync(path, aside);
        make(path);
        const report = await verifyLog(await directorySource(site), key, { checker: () => pool });
        assert.equal(report.verdict, "failed", `${way} for ${file}`);
        assert.equal(report.first?.place, file);
        assert.deepEqual(report, await check(site));
        rmSync(path, { recursive: true });
        renameSync(aside, path);
      }
    }
  } finally {
    await pool[Symbol.asyncDispose]();
  }
});

void test("an endless checkpoint over records that there are not is reported on", async (t) => {
  const site = finishedSite(t);
  ways["endless"]?.(join(site, "checkpoints/1000"));
  const report = await check(site);
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.place, "checkpoints/1000");
});

void test("directories as deep as paths can be, and links out of the directory, are named", async (t) => {
  const site = finishedSite(t);
  const deep = join(site, "tile/0", ...Array.from({ length: 300 }, () => "x000"));
  mkdirSync(deep, { recursive: true });
  const outside = finishedSite(t);
  symlinkSync(join(outside, "tile/0"), join(site, "tile/2"));
  const report = await check(site);
  assert.equal(report.verdict, "failed");
  const places = report.faults.map(({ place }) => place);
  assert.ok(places.includes("tile/2"), places.join());
  assert.ok(places.some((place) => place.startsWith("tile/0/x000/x000")));
});

void test("a checkpoint of the real key over 2^53 - 1 records ends at the first missing", async (t) => {
  const site = finishedSite(t);
  const size = Number.MAX_SAFE_INTEGER;
  const root = asHash(new Uint8Array(32));
  const note = signCheckpoint({ origin, size, root, extensions: [] }, [parseSignerKey(signerKey)]);
  writeFileSync(join(site, "checkpoint"), note);
  writeFileSync(join(site, `checkpoints/${size}`), note);
  const pool = openRangePool(site, 2);
  try {
    const report = await verifyLog(await directorySource(site), key, { checker: () => pool });
    assert.equal(report.verdict, "failed");
    assert.ok(report.faults.length < 50);
  } finally {
    await pool[Symbol.asyncDispose]();
  }
});

void test("a server whose every answer is nonsense of some kind is reported on or refused", async () => {
  const entry = encodeEntryBundle([utf8("x")]);
  const bodies = [new Uint8Array(), new Uint8Array(8192), entry, leafHash(entry), utf8(`${origin}\n3\n`)];
  const root = asHash(new Uint8Array(32));
  const note = signCheckpoint({ origin, size: 300, root, extensions: [] }, [parseSignerKey(signerKey)]);
  for (const body of bodies) {
    const source = urlSource(new URL("http://127.0.0.1/"), undefined, async ({ pathname }) =>
      Promise.resolve(new Response(pathname === "/checkpoint" ? Buffer.from(note) : Buffer.from(body))),
    );
    assert.equal((await verifyLog(source, key)).verdict, "failed");
    assert.equal((await verifyLog(source, key, { opaque: true })).verdict, "failed");
  }
});

function finishedSite(t: TestContext, more: readonly number[] = [250, 30]): string {
  const data = mkdtempSync(join(tmpdir(), "docket-hostile-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const log = createSmallLog(data);
  log.seal([10]);
  log.sync();
  log.seal(more);
  log.sync();
  log.close();
  const site = join(data, "copy");
  cpSync(log.paths.site, site, { recursive: true });
  mkdirSync(dirname(site), { recursive: true });
  return site;
}

async function check(site: string): Promise<LogReport> {
  return verifyLog(await directorySource(site), key);
}

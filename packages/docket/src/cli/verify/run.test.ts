// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeReceipt } from "@docket/protocol";
import { generateSignerKey } from "@docket/tlog";
import type { LogReport } from "@docket/verify";
import { runVerify } from "./run.ts";
import type { VerifyOptions } from "./run.ts";
import { createSmallLog, origin, verifierKey } from "./testing/small-log.ts";
import type { SmallLog } from "./testing/small-log.ts";
import type { Fetch } from "./url.ts";

type Run = { code: number; out: string; err: string };

void test("a directory: 0 under its key, 1 without or under another, 2 when used wrongly", async (t) => {
  const { data } = newLog(t);
  const good = await run({ target: data, key: verifierKey });
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /^ok +checkpoint +over 300 records/m);
  assert.match(good.out, /^verified: log docket-0123456789abcdef\/main, under /m);
  assert.equal((await run({ target: data, key: join(data, "log.vkey") })).code, 0);

  const unproven = await run({ target: data });
  assert.equal(unproven.code, 1);
  assert.match(unproven.out, /internally consistent, signer unproven/);
  assert.match(unproven.out, /its own word/);

  const other = generateSignerKey(origin, new Uint8Array(32).fill(8)).verifierKey;
  const wrong = await run({ target: data, key: other });
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /^FAILED +checkpoint/m);

  for (const options of [
    { target: join(data, "nothing") },
    { target: data, key: "no key" },
    { target: data, key: data },
  ]) {
    const used = await run(options);
    assert.equal(used.code, 2);
    assert.match(used.err, /^docket verify: /);
    assert.equal(used.out, "");
  }
});

void test("log.vkey of another key, and a release that is gone, are found", async (t) => {
  const { data, paths } = newLog(t);
  const own = readFileSync(join(data, "log.vkey"));
  writeFileSync(join(data, "log.vkey"), `${generateSignerKey(origin, new Uint8Array(32)).verifierKey}\n`);
  assert.match(
    (await run({ target: data, key: verifierKey })).out,
    /first fault: log.vkey: its keys are not those given/,
  );
  writeFileSync(join(data, "log.vkey"), own);
  rmSync(paths.releases, { recursive: true });
  assert.match(
    (await run({ target: data, key: verifierKey })).out,
    /releases\/.*\.json .*it is missing, and record 2 names it/,
  );
});

void test("a receipt: 0 under its key, 1 without, 1 for anything else", async (t) => {
  const { data, sealed } = newLog(t);
  const [decision] = sealed.slice(290);
  assert.ok(decision?.manifest !== undefined);
  const { leaf, proof, manifest } = decision;
  const target = join(data, "receipt.json");
  writeFileSync(target, encodeReceipt({ format: "docket-receipt/v1", leaf, proof, manifest }));
  assert.equal((await run({ target, key: verifierKey })).code, 0);
  const unproven = await run({ target });
  assert.equal(unproven.code, 1);
  assert.match(unproven.out, /^not checked +signature/m);
  for (const bytes of [Buffer.of(0xff), Buffer.alloc(0), Buffer.from("{}\n")]) {
    writeFileSync(target, bytes);
    assert.match((await run({ target, key: verifierKey })).out, /^FAILED +format/m);
  }
});

void test("--json prints the report", async (t) => {
  const { data } = newLog(t);
  const report = JSON.parse((await run({ target: data, key: verifierKey, json: true })).out) as LogReport;
  assert.equal(report.verdict, "verified");
  assert.deepEqual(report.records.byKind, { created: 1, start: 1, release: 1, stop: 6, decision: 291 });
});

void test("a URL: verified for an auditor, incomplete where the server refuses entries", async (t) => {
  const { paths } = newLog(t);
  const target = "http://127.0.0.1:8080/sites/main";
  const key = verifierKey;
  const server: Fetch = (url, { headers }) => Promise.resolve(serve(paths.site, url, headers));
  const audited = await run({ target, key, apiKey: "dk_auditor", fetch: server });
  assert.equal(audited.code, 0, audited.out);
  const refused = await run({ target, key, fetch: server });
  assert.equal(refused.code, 1, refused.out);
  assert.match(refused.out, /^ok +tree/m);
  assert.match(refused.out, /^not checked +records +the server does not show/m);
  assert.match(refused.out, /nothing wrong, but not verified/);
  assert.match((await run({ target, fetch: server })).out, /signer unproven/);
});

void test("a server that fails, lies or never ends is told apart", async (t) => {
  const { paths } = newLog(t);
  const target = "http://127.0.0.1:8080/sites/main";
  const answer = async (other: (path: string) => Response | undefined): Promise<Run> =>
    run({
      target,
      key: verifierKey,
      apiKey: "dk_auditor",
      fetch: async (url, { headers }) => other(url.pathname) ?? serve(paths.site, url, headers),
    });
  assert.equal((await answer(() => new Response("", { status: 500 }))).code, 2);
  assert.equal(
    (
      await answer(() => {
        throw new TypeError("fetch failed", { cause: new Error("refused") });
      })
    ).code,
    2,
  );
  assert.match(
    (await answer(() => new Response("", { status: 404 }))).out,
    /checkpoint +checkpoint: it is missing/,
  );
  const long = await answer((path) =>
    path.endsWith("tile/0/000") ? new Response(new Uint8Array(8193)) : undefined,
  );
  assert.match(long.out, /tile\/0\/000: it is longer than 8192 bytes/);
  const gone = await answer((path) => (path.includes("/0") ? new Response("", { status: 404 }) : undefined));
  assert.equal(gone.code, 1);
  assert.match(gone.out, /first fault: tile\/entries\/000 \(record 0\): it is missing/);
});

void test("what a hostile file says cannot move the terminal's cursor", async (t) => {
  const { data } = newLog(t);
  writeFileSync(join(data, "sites/main/tile/\u001B[2J"), "");
  const { out } = await run({ target: data, key: verifierKey });
  assert.ok(!out.includes("\u001B"));
  assert.match(out, /\\u001b\[2J/);
});

function serve(site: string, url: URL, headers: RequestInit["headers"]): Response {
  const path = url.pathname.replace("/sites/main/", "");
  if (
    path.startsWith("tile/entries/") &&
    !new Headers(headers).get("authorization")?.endsWith("dk_auditor")
  ) {
    return new Response("", { status: 401 });
  }
  try {
    return new Response(readFileSync(join(site, path)));
  } catch {
    return new Response("", { status: 404 });
  }
}

async function run(options: Partial<VerifyOptions> & { target: string }): Promise<Run> {
  let [out, err] = ["", ""];
  const code = await runVerify({
    json: false,
    stdout: { write: (text) => (out += text) },
    stderr: new Writable({
      write(chunk, _encoding, done) {
        err += String(chunk);
        done();
      },
    }),
    ...options,
  });
  return { code, out, err };
}

function newLog(t: TestContext): SmallLog {
  const data = mkdtempSync(join(tmpdir(), "docket-verify-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const log = createSmallLog(data);
  log.seal([1, 199, 100]);
  log.sync();
  log.close();
  return log;
}

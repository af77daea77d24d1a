// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeReceipt } from "@docket/protocol";
import { asHash, generateSignerKey, parseNote, parseSignerKey, signCheckpoint, signNote } from "@docket/tlog";
import type { LogReport } from "@docket/verify";
import { runVerify } from "./run.ts";
import type { VerifyOptions } from "./run.ts";
import { createSmallLog, origin, signerKey, verifierKey } from "./testing/small-log.ts";
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

void test("a kept release that leans on another's files is checked against them", async (t) => {
  const { data, paths } = newLog(t);
  const put = (release: { manifest: string }, content: object): string => {
    const id = hash("sha256", release.manifest, "base64url");
    writeFileSync(join(paths.releases, `${id}.json`), `${JSON.stringify(content)}\n`);
    return id;
  };
  const file = { path: "a.yaml", text: "policy: a\n" };
  const line = { path: file.path, sha256: hash("sha256", file.text, "base64url") };
  const own = { manifest: JSON.stringify({ files: [line] }), files: [file] };
  const filesOf = put(own, own);
  const leaning = { manifest: JSON.stringify({ files: [line], lists: [] }), filesOf };
  const id = put(leaning, leaning);
  assert.equal((await run({ target: data, key: verifierKey })).code, 0);
  const others = [
    { ...leaning, filesOf: id },
    { ...leaning, filesOf: "A".repeat(43) },
    { ...leaning, more: 1 },
  ];
  for (const other of others) {
    put(leaning, other);
    assert.match(
      (await run({ target: data, key: verifierKey })).out,
      /releases\/[\w-]{43}\.json: its files are those of|releases\/[\w-]{43}\.json: it is not canonical/,
    );
  }
});

void test("checkpoints kept elsewhere, in files and directories, show a rollback and a fork", async (t) => {
  const { data, paths, sealed } = newLog(t);
  const kept = join(data, "elsewhere");
  mkdirSync(kept);
  const note = readFileSync(paths.checkpoint, "utf8");
  const [decision] = sealed.slice(290);
  assert.ok(decision?.manifest !== undefined);
  const { leaf, proof, manifest } = decision;
  writeFileSync(
    join(kept, "receipt.json"),
    encodeReceipt({ format: "docket-receipt/v1", leaf, proof, manifest }),
  );
  writeFileSync(join(kept, "receipt.tlog-proof"), proof);
  writeFileSync(
    join(kept, "notes.txt"),
    `${note}\n${readFileSync(join(paths.keptCheckpoints, "1"), "utf8")}${note}`,
  );
  const options = { target: data, key: verifierKey };
  const same = await run({ ...options, seen: [kept, paths.checkpoint] });
  assert.equal(same.code, 0, same.out);
  assert.match(
    same.out,
    /^ok +seen elsewhere +6 from elsewhere of the same tree, the largest over 300 records/m,
  );
  assert.match(same.out, /cannot be seen here: a rollback to an older state of at least 300 records/);

  const signer = parseSignerKey(signerKey);
  const root = asHash(new Uint8Array(32));
  const write = (size: number): void =>
    writeFileSync(join(kept, "later"), signCheckpoint({ origin, size, root, extensions: [] }, [signer]));
  write(301);
  const rollback = await run({ ...options, seen: [kept] });
  assert.equal(rollback.code, 1);
  assert.match(rollback.out, /^rollback: .*later holds this checkpoint, signed by the log's key:$/m);
  assert.match(rollback.out, /^ {2}\| 301$[^]*^the checkpoint here is:$[^]*^ {2}\| 300$/m);
  write(299);
  assert.match((await run({ ...options, seen: [join(kept, "later")] })).out, /^fork: /m);
  writeFileSync(join(kept, "later"), "not a checkpoint\n");
  assert.equal((await run({ ...options, seen: [kept] })).code, 2);
  assert.equal((await run({ ...options, seen: [join(kept, "nothing")] })).code, 2);
});

void test("a policy's witnesses must have cosigned; the keys of its logs are trusted", async (t) => {
  const { data, paths } = newLog(t);
  const witness = generateSignerKey("witness.example", new Uint8Array(32).fill(5), "ed25519-cosignature");
  const policy = join(data, "policy.txt");
  writeFileSync(policy, `log ${verifierKey}\nwitness w ${witness.verifierKey}\nquorum w\n`);
  const before = await run({ target: data, policy });
  assert.equal(before.code, 1);
  assert.match(
    before.out,
    /nothing wrong, but not verified: .* quorum that the policy asks for is not met$/m,
  );
  const { text } = parseNote(readFileSync(paths.checkpoint));
  const cosigner = parseSignerKey(witness.signerKey, () => 1_800_000_000);
  const lines = [parseSignerKey(signerKey), cosigner];
  writeFileSync(paths.checkpoint, signNote(text, lines));
  const after = await run({ target: data, policy });
  assert.equal(after.code, 0, after.out);
  assert.match(after.out, /^ok +cosignatures +up to record 299: .*witness.example at 2027-01-15T08:00:00Z$/m);
  for (const bad of [join(data, "nothing"), join(data, "log.vkey")]) {
    assert.equal((await run({ target: data, policy: bad })).code, 2);
  }
});

void test("several keys, and files of several; a line that is none is refused", async (t) => {
  const { data } = newLog(t);
  const more = generateSignerKey(origin, new Uint8Array(32).fill(9), "ml-dsa-44").verifierKey;
  const file = join(data, "keys.txt");
  writeFileSync(file, `${verifierKey}\n${more}\n`);
  assert.equal((await run({ target: data, key: [more, join(data, "log.vkey")] })).code, 0);
  assert.equal((await run({ target: data, key: file })).code, 0);
  writeFileSync(file, `${verifierKey}\nno key\n`);
  assert.equal((await run({ target: data, key: file })).code, 2);
});

void test("--resume goes on where an earlier run was, and keeps what showed a rollback", async (t) => {
  const log = createSmallLog(newDirectory(t));
  log.seal([1, 199, 100]);
  log.sync();
  const { data, paths } = log;
  const resume = join(newDirectory(t), "state.json");
  const options = { target: data, key: verifierKey, resume, dateMs: () => Date.UTC(2026, 10, 23) };
  assert.equal((await run(options)).code, 0);
  const old = readFileSync(paths.checkpoint);
  log.seal([400]);
  log.sync();
  const again = await run(options);
  assert.equal(again.code, 0, again.out);
  assert.match(
    again.out,
    /those below record 256 were read by an earlier run, up to 2026-11-23T00:00:00.000Z/,
  );
  const state = readFileSync(resume, "utf8");
  assert.match(state, /"size":512/);

  // Everything newer is taken away; the state shows it, and is not overwritten.
  log.close();
  rmSync(paths.keptCheckpoints, { recursive: true });
  rmSync(join(paths.site, "recent"), { recursive: true });
  writeFileSync(paths.checkpoint, old);
  for (const name of ["journal", "materialised.json", "site.json"])
    rmSync(join(paths.site, name), { recursive: true });
  const rolledBack = await run({ ...options, target: paths.site });
  assert.equal(rolledBack.code, 1);
  assert.match(rolledBack.out, /^rollback: the state of an earlier run holds this checkpoint/m);
  assert.equal(readFileSync(resume, "utf8"), state);
  writeFileSync(resume, "nonsense");
  assert.match((await run({ ...options })).out, /the state of an earlier run was not used: it is not what/);
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

void test("a copy of the tree alone has nothing wrong with it, and says what it lacks", async (t) => {
  const { data, paths } = newLog(t);
  const copy = join(data, "copy");
  mkdirSync(join(copy, "tile"), { recursive: true });
  cpSync(paths.checkpoint, join(copy, "checkpoint"));
  for (const level of ["0", "1"]) {
    cpSync(join(paths.site, "tile", level), join(copy, "tile", level), { recursive: true });
  }
  const partial = await run({ target: copy, key: verifierKey });
  assert.equal(partial.code, 1, partial.out);
  assert.match(partial.out, /^ok +tree/m);
  assert.match(partial.out, /^not checked +records +this copy has no entries; docket mirror --entries/m);
  assert.match(partial.out, /^nothing wrong, but not verified: .*: signatures and tiles .* were not$/m);
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

function newDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-verify-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function newLog(t: TestContext): SmallLog {
  const log = createSmallLog(newDirectory(t));
  log.seal([1, 199, 100]);
  log.sync();
  log.close();
  return log;
}

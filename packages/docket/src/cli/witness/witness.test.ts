// SPDX-License-Identifier: Apache-2.0
// `docket witness` up to the server, which packages/docket/integration/witness.test.ts starts.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { parseSignerKey, parseVerifierKey } from "@docket/tlog";
import { openWitnessFiles } from "../../stores/files/witness-files.ts";
import { openCosigner } from "../../witness/cosigner.ts";
import { nameOfOrigin, readWitness, readWitnessKeys } from "../../witness/directory.ts";
import { knownLogs, parseLogs } from "../../witness/logs.ts";
import { testKey, TestLog } from "../../witness/testing/log.ts";
import { temporaryDirectory, testSeconds } from "../../witness/testing/witness.ts";
import { Witness } from "../../witness/witness.ts";
import { run as runProgram } from "../main.ts";

const name = "witness.example/w1";
const a = testKey("log.example/a", "a").vkey;
const b = testKey("log.example/b", "b").vkey;

async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runProgram(["witness", ...words], {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    clock: () => testSeconds * 1000,
    nowMs: () => 0,
    signals: new EventEmitter(),
    temporaryDirectory: "/nowhere",
    outputGone: new AbortController().signal,
  });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

/** A fresh witness's directory. */
async function made(t: TestContext): Promise<string> {
  const data = join(temporaryDirectory(t), "w");
  assert.equal((await run("init", data, "--name", name)).code, 0);
  return data;
}

describe("docket witness init", () => {
  test("makes two keys of the name, outside of the directory, for the owner only", async (t) => {
    const data = join(temporaryDirectory(t), "w");
    const { code, stdout } = await run("init", data, "--name", name);
    assert.equal(code, 0);
    const keyFile = join(`${data}.keys`, "witness.key");
    assert.equal(statSync(keyFile).mode & 0o177, 0);
    const vkeys = readFileSync(join(data, "witness.vkey"), "utf8").trim().split("\n");
    assert.deepEqual(
      vkeys.map((vkey) => parseVerifierKey(vkey)).map((key) => [key.name, key.algorithm]),
      [
        [name, "ed25519-cosignature"],
        [name, "ml-dsa-44"],
      ],
    );
    const signers = readFileSync(keyFile, "utf8").trim().split("\n");
    assert.deepEqual(
      signers.map((skey) => parseSignerKey(skey, () => 1).vkey),
      vkeys,
    );
    assert.ok(stdout.endsWith(`\n${vkeys.join("\n")}\n`));
    assert.ok(!stdout.includes("PRIVATE"));
    assert.equal(readWitness(data).createdSeconds, testSeconds);
    assert.notEqual(vkeys[0], readFileSync(join(await made(t), "witness.vkey"), "utf8").split("\n")[0]);
  });

  test("says what was made as JSON, and takes another place for the keys", async (t) => {
    const folder = temporaryDirectory(t);
    const [data, keys] = [join(folder, "w"), join(folder, "elsewhere")];
    const { code, stdout } = await run("init", data, "--name", name, "--keys", keys, "--json");
    assert.equal(code, 0);
    const { verifierKeys, ...rest } = JSON.parse(stdout) as { verifierKeys: string[] };
    assert.deepEqual(rest, { directory: data, keys, name });
    assert.equal(verifierKeys.length, 2);
    assert.equal(readWitnessKeys(readWitness(data)).length, 2);
  });

  for (const [what, words, message] of [
    ["a name with a space", ["--name", "my witness"], /may not name a witness/],
    ["a name with a plus", ["--name", "a+b"], /may not name a witness/],
    ["an empty name", ["--name", ""], /may not name a witness/],
    ["a name over 255 bytes", ["--name", "ä".repeat(128)], /at most 255 bytes/],
    ["no name", [], /--name/],
  ] as const) {
    test(`refuses ${what}, and leaves nothing behind`, async (t) => {
      const folder = temporaryDirectory(t);
      const { code, stderr } = await run("init", join(folder, "w"), ...words);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.ok(!existsSync(join(folder, "w")) && !existsSync(join(folder, "w.keys")));
    });
  }

  test("refuses keys inside the directory, keys that exist, and a directory that is not empty", async (t) => {
    const folder = temporaryDirectory(t);
    const data = join(folder, "w");
    const inside = await run("init", data, "--name", name, "--keys", join(data, "keys"));
    assert.equal(inside.code, 2);
    assert.match(inside.stderr, /outside of it/);
    assert.equal((await run("init", data, "--name", name)).code, 0);
    assert.match((await run("init", data, "--name", name)).stderr, /is not empty/);
    const keys = `${data}.keys`;
    assert.match(
      (await run("init", join(folder, "x"), "--name", name, "--keys", keys)).stderr,
      /exists already/,
    );
  });
});

describe("docket witness add-log", () => {
  test("adds keys once, keeps what stands there, and says what it did", async (t) => {
    const data = await made(t);
    const file = join(data, "logs");
    appendFileSync(file, "# a line of mine, without a newline");
    const first = await run("add-log", data, a, "--url", "https://a.example/");
    assert.deepEqual([first.code, first.stdout], [0, "log.example/a: 1 key added\n"]);
    const text = readFileSync(file, "utf8");
    assert.ok(text.endsWith(`# a line of mine, without a newline\nlog ${a} https://a.example/\n`));
    const again = await run("add-log", data, a);
    assert.deepEqual([again.code, again.stdout], [0, "log.example/a: is there already\n"]);
    assert.equal(readFileSync(file, "utf8"), text);
  });

  test("takes a file of keys, and an origin of its own", async (t) => {
    const data = await made(t);
    const file = join(data, "..", "given");
    const mlDsa = testKey("log.example/a", "a", "ml-dsa-44").vkey;
    writeFileSync(file, `${a}\n${mlDsa}\n`);
    assert.equal((await run("add-log", data, file)).stdout, "log.example/a: 2 keys added\n");
    const ecdsa = "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA==";
    writeFileSync(file, `logs/v0\nvkey ${ecdsa}\nqpd 1\ncontact x\nvkey ${b}\nqpd 1\ncontact x\n`);
    const listed = await run("add-log", data, file);
    assert.match(listed.stdout, /^log\.example\/b: 1 key added\nLeft out line 2: /);
    assert.equal((await run("add-log", data, b, "--origin", "go.sum database tree")).code, 0);
    const rows = await run("list-logs", data, "--json");
    const logs = rows.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { origin: string; keys: string[] });
    assert.deepEqual(
      logs.map(({ origin, keys }) => [origin, keys.length]),
      [
        ["log.example/a", 2],
        ["log.example/b", 1],
        ["go.sum database tree", 1],
      ],
    );
  });

  test("refuses what is no key, its own key, and a list that it would break", async (t) => {
    const data = await made(t);
    const file = join(data, "logs");
    const before = readFileSync(file, "utf8");
    const [own = ""] = readFileSync(join(data, "witness.vkey"), "utf8").split("\n");
    const empty = join(data, "..", "empty");
    writeFileSync(empty, "# nothing\n");
    for (const [words, message] of [
      [[own], /a witness's, not a log's/],
      [["nonsense"], /no verifier key, and no file/],
      [[a.slice(0, -4)], /no verifier key, and no file/],
      [[empty], /names no log/],
      [[a, "--url", "nowhere"], /no URL/],
      [[a, "--origin", "x\ny"], /line 3: /],
      [[a, "--origin", `x\nlog ${b}`], /one line each/],
      [[a, "--origin", ""], /below a key/],
    ] as const) {
      const { code, stderr } = await run("add-log", data, ...words);
      assert.equal(code, 2, words.join(" "));
      assert.match(stderr, message);
    }
    assert.equal(readFileSync(file, "utf8"), before);
    appendFileSync(file, "nonsense here\n");
    assert.match((await run("add-log", data, a)).stderr, /logs, line \d+: /);
    assert.match((await run("add-log", join(data, ".."), a)).stderr, /is not a witness's directory/);
  });
});

describe("docket witness list-logs", () => {
  test("shows how far each log was seen", async (t) => {
    const data = await made(t);
    assert.match((await run("list-logs", data)).stdout, /No logs yet/);
    const log = new TestLog("log.example/a");
    await run("add-log", data, log.key.vkey, "--url", "https://a.example/");
    await run("add-log", data, b);
    await cosign(data, log, 3);
    const { stdout } = await run("list-logs", data);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(lines.slice(1, 3), [
      ["log.example/a", "ed25519", "3", "2026-11-18T11:06:40Z", "https://a.example/"],
      ["log.example/b", "ed25519", "-", "never"],
    ]);
    writeFileSync(join(data, "checkpoints", nameOfOrigin(log.origin)), "nonsense");
    const damaged = await run("list-logs", data);
    assert.deepEqual([damaged.code, damaged.stdout], [1, ""]);
    assert.match(damaged.stderr, /the state of log\.example\/a[^]*directory_damaged/);
  });
});

describe("docket witness serve", () => {
  test("does nothing without state, keys, a list, or an address", async (t) => {
    const data = await made(t);
    for (const [path, code, message] of [
      ["checkpoints", 1, /lost its state[^]*directory_damaged/],
      ["logs", 2, /cannot read .*logs/],
      ["witness.json", 2, /not a witness's directory/],
    ] as const) {
      const broken = await made(t);
      rmSync(join(broken, path), { recursive: true });
      const ended = await run("serve", broken, "--listen", "127.0.0.1:0");
      assert.equal(ended.code, code, path);
      assert.match(ended.stderr, message);
    }
    assert.match((await run("serve", data, "--listen", "everywhere")).stderr, /no address/);
    assert.match((await run("serve", data, "--keys", "/nowhere")).stderr, /cannot read the key file/);
    const other = await made(t);
    const keyFile = join(`${data}.keys`, "witness.key");
    const lines = readFileSync(keyFile, "utf8").split("\n");
    for (const text of [
      readFileSync(join(`${other}.keys`, "witness.key"), "utf8").replaceAll(name, "witness.example/w2"),
      `${lines[1]}\n${lines[0]}\n`,
      `${lines[0]}\n`,
      `${lines[0]}\nPRIVATE+KEY+secret\n`,
      "",
    ]) {
      writeFileSync(keyFile, text);
      const ended = await run("serve", data);
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, /key file|signer keys/);
      assert.doesNotMatch(ended.stderr, /PRIVATE\+KEY\+[^ ]/);
    }
  });
});

async function cosign(data: string, log: TestLog, size: number): Promise<void> {
  const { paths, createdSeconds } = readWitness(data);
  const cosigner = openCosigner(name, readWitnessKeys(readWitness(data)));
  const witness = new Witness({
    cosigner,
    store: await openWitnessFiles(paths.checkpoints),
    logs: knownLogs(parseLogs(readFileSync(paths.logs, "utf8"), "logs").keys, cosigner.verifiers),
    clock: () => testSeconds * 1000,
    createdSeconds,
  });
  const answer = await witness.addCheckpoint(Buffer.from(log.request(0, size)));
  assert.equal(answer.kind, "signed");
  await witness.close();
}

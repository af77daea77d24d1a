// SPDX-License-Identifier: Apache-2.0
// A log and its witnesses as their operators have them: real processes, of which one is dead and one is slow.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseReceipt } from "@docket/protocol";
import { openWithPolicy, parseNote, parsePolicy, parseProof } from "@docket/tlog";
import { at } from "../src/testing/at.ts";
import { docket, startServing } from "./testing/docket.ts";
import type { Serving } from "./testing/docket.ts";

const cosignedWithinMs = 60_000;

type Witness = { directory: string; running: Serving; policyLine: string; stop: () => Promise<unknown> };

async function makeWitness(t: TestContext, folder: string, place: number, logKeys: string): Promise<Witness> {
  const directory = join(folder, `w${place}`);
  const made = await docket(["witness", "init", directory, "--name", `w${place}.example/w`, "--json"]);
  assert.equal(made.code, 0, made.stderr);
  const added = await docket(["witness", "add-log", directory, logKeys]);
  assert.equal(added.code, 0, added.stderr);
  const running = await startServing(t, ["witness", "serve", directory, "--listen", "127.0.0.1:0"]);
  const { verifierKeys } = JSON.parse(made.stdout) as { verifierKeys: string[] };
  const policyLine = `witness w${place} ${at(verifierKeys, 1)} ${running.url}`;
  return { directory, running, policyLine, stop: () => running.stop() };
}

/** Asks until there is an answer that will do. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < cosignedWithinMs; waitedMs += 100) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error("it did not come to be so");
}

test("a log gathers cosignatures of the witnesses that live, and receipts gain them", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docket-cosigning-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  assert.equal((await docket(["init", data])).code, 0);
  const logKeys = join(data, "log.vkey");
  const witnesses = await Promise.all([1, 2, 3].map((place) => makeWitness(t, folder, place, logKeys)));
  const policyPath = join(data, "witnesses.policy");
  const policyText = [
    ...readFileSync(logKeys, "utf8")
      .trim()
      .split("\n")
      .map((vkey) => `log ${vkey}`),
    ...witnesses.map(({ policyLine }) => policyLine),
    "group two 2 w1 w2 w3",
    "quorum two",
    "",
  ].join("\n");
  writeFileSync(policyPath, policyText);
  const policy = parsePolicy(policyText);
  const [slow, dead] = [at(witnesses, 1), at(witnesses, 2)];
  dead.running.child.kill("SIGKILL");
  slow.running.child.kill("SIGSTOP");

  const made = await docket(["apikey", "create", "--role", "admin", "--data", data, "--json"]);
  const headers = { authorization: `Bearer ${(JSON.parse(made.stdout) as { key: string }).key}` };
  const serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
  const server = await startServing(t, serve);
  const get = async (path: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(`${server.url}${path}`, { headers });
    return { status: response.status, body: await response.text() };
  };
  // Decisions are answered while one witness is dead and another hangs.
  const decide = async (id: string): Promise<{ index: number; receipt: object }> => {
    const event = { id, type: "comment", actor: { id: "alice" }, content: { text: "hello" } };
    const body = JSON.stringify(event);
    const answer = await until(async () => {
      const response = await fetch(`${server.url}/v1/decisions`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body,
      });
      const text = await response.text();
      // A new key works once its record is sealed.
      return response.status === 200 ? text : undefined;
    });
    return JSON.parse(answer) as { index: number; receipt: object };
  };
  const { index, receipt } = await decide("e1");
  assert.equal((await get("/cosigned/checkpoint")).status, 404, "one of three is no quorum");
  const receiptPath = join(folder, "receipt.json");
  writeFileSync(receiptPath, `${JSON.stringify(receipt)}\n`);
  const early = await docket(["receipt", "refresh", receiptPath, "--data", data]);
  assert.equal(early.code, 2, early.stdout);
  assert.match(early.stderr, /no cosigned checkpoint covers record \d+ yet/);
  const verify = ["verify", receiptPath, "--key", logKeys, "--policy", policyPath];
  assert.equal((await docket(verify)).code, 1, "nobody cosigned it");

  slow.running.child.kill("SIGCONT");
  const cosigned = await until(async () => {
    const { status, body } = await get(`/v1/receipts/${index}?checkpoint=cosigned`);
    return status === 200 ? body : undefined;
  });
  const { checkpoint: note } = parseProof(parseReceipt(cosigned).proof);
  const opened = openWithPolicy(note, policy);
  assert.ok(opened.quorum.satisfied);
  assert.deepEqual(opened.quorum.cosigned, ["w1", "w2"]);
  assert.ok(opened.checkpoint.size > index);
  const bySize = await get(`/checkpoints/${opened.checkpoint.size}`);
  assert.equal(bySize.body, Buffer.from(note).toString("utf8"));
  const newest = await get("/cosigned/checkpoint");
  assert.ok(openWithPolicy(Buffer.from(newest.body), policy).quorum.satisfied);
  const metrics = (await get("/metrics")).body;
  assert.match(metrics, /docket_witness_up\{witness="w1"\} 1/);
  assert.match(metrics, /docket_witness_up\{witness="w3"\} 0/);

  const refreshed = await docket([
    "receipt",
    "refresh",
    receiptPath,
    "--url",
    server.url,
    "--api-key",
    headers.authorization.slice(7),
  ]);
  assert.equal(refreshed.code, 0, refreshed.stderr);
  assert.match(refreshed.stdout, /cosigned by w1\.example\/w, w2\.example\/w\n$/);
  const held = parseReceipt(readFileSync(receiptPath, "utf8"));
  assert.equal(held.leaf, (receipt as { leaf: string }).leaf);
  const verified = await docket(verify);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);

  // A kill and a new start: what was cosigned is there, and the witnesses go on from where they were.
  server.child.kill("SIGKILL");
  const again = await startServing(t, serve);
  const before = parseNote(Buffer.from(newest.body));
  const after = await until(async () => {
    const response = await fetch(`${again.url}/cosigned/checkpoint`);
    const body = await response.text();
    assert.equal(response.status, 200);
    return body.split("\n")[1] === before.text.split("\n")[1] ? undefined : body;
  });
  assert.ok(openWithPolicy(Buffer.from(after), policy).quorum.satisfied);
  assert.equal(await again.stop(), 0);
  const whole = await docket(["verify", data, "--key", logKeys, "--policy", policyPath]);
  assert.equal(whole.code, 0, whole.stdout);
  await Promise.all([at(witnesses, 0).stop(), slow.stop()]);
});

test("a log that was put back to an older state learns it of its witnesses", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docket-cosigning-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  assert.equal((await docket(["init", data, "--opaque"])).code, 0);
  const logKeys = join(data, "log.vkey");
  const witness = await makeWitness(t, folder, 1, logKeys);
  writeFileSync(join(data, "witnesses.policy"), `${witness.policyLine}\nquorum w1\n`);
  const serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
  const add = async (server: Serving, entry: string): Promise<void> => {
    const response = await fetch(`${server.url}/add`, { method: "POST", body: entry });
    assert.equal(response.status, 200);
  };
  const cosignedSize = (server: Serving): Promise<number> =>
    until(async () => {
      const response = await fetch(`${server.url}/cosigned/checkpoint`);
      const body = await response.text();
      return response.status === 200 ? Number(body.split("\n")[1]) : undefined;
    });
  const first = await startServing(t, serve);
  await add(first, "one");
  await first.stop();
  // Data and keys both: what remains are the witnesses.
  for (const each of [data, `${data}.keys`]) cpSync(each, `${each}.old`, { recursive: true });
  const second = await startServing(t, serve);
  await add(second, "two");
  await add(second, "three");
  await until(async () => ((await cosignedSize(second)) === 3 ? true : undefined));
  await second.stop();
  for (const each of [data, `${data}.keys`]) {
    rmSync(each, { recursive: true });
    cpSync(`${each}.old`, each, { recursive: true });
  }
  const promoted = await docket(["promote", data]);
  assert.notEqual(promoted.code, 0, "the witness has seen more");
  const nobody = join(folder, "nobody.policy");
  writeFileSync(nobody, "quorum none\n");
  const forced = await docket(["promote", data, "--moved", "--policy", nobody]);
  assert.equal(forced.code, 0, forced.stdout + forced.stderr);
  const third = await startServing(t, serve);
  const ready = await until(async () => {
    const body = (await (await fetch(`${third.url}/readyz`)).json()) as {
      status: string;
      warnings?: string[];
    };
    return body.status === "degraded" ? body : undefined;
  });
  const [warning = ""] = ready.warnings ?? [];
  assert.match(warning, /w1 .* has cosigned 3 records of this log, which holds 1: .* own signature/);
  await third.stop();
  await witness.stop();
});

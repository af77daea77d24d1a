// SPDX-License-Identifier: Apache-2.0
// Changes of the policy as people make them: a real server, keys of several people, commands over HTTP and
// on the directory, restarts in between.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { docket, startServing } from "./testing/docket.ts";
import type { Serving } from "./testing/docket.ts";

const startWithinMs = 60_000;

type Decided = { index: number; outcome: string; release: string };
type Site = { folder: string; data: string };

/** A policy file with one rule, and a test that it fires. */
function policyText(least: number, outcome = "reject"): string {
  return `policy: comments
on: [comment]
rules:
  - id: links
    when: signals.linkCount >= ${least}
    then: { outcome: ${outcome} }
    reason: { en: Too many links. }
tests:
  - name: many links
    given: { type: comment, actor: { id: a }, content: { text: "${links(9)}" } }
    expect: { outcome: ${outcome}, rules: [links] }
`;
}

function links(count: number): string {
  return Array.from({ length: count }, (_, i) => `https://s${i}.example`).join(" ");
}

async function make(t: TestContext): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "docket-changes-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  assert.equal((await docket(["init", data])).code, 0);
  const policy = join(data, "policy");
  rmSync(policy, { recursive: true });
  mkdirSync(policy);
  writeFileSync(join(policy, "comments.yaml"), policyText(3));
  return { folder, data };
}

async function keyOf(data: string, role: string): Promise<{ id: string; key: string }> {
  const made = await docket(["apikey", "create", "--role", role, "--data", data, "--json"]);
  assert.equal(made.code, 0, made.stderr);
  return JSON.parse(made.stdout) as { id: string; key: string };
}

function serve(t: TestContext, data: string): Promise<Serving> {
  return startServing(t, ["serve", "--data", data, "--listen", "127.0.0.1:0"]);
}

/** Asks a server for something below `/v1/policy`, or has it do something. A process takes far longer. */
async function ask<T>(
  url: string,
  { key }: { key: string },
  path: string,
  body?: object,
): Promise<T & { error?: { code: string; message: string } }> {
  const response = await fetch(`${url}/v1/policy${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
  return (await response.json()) as T & { error?: { code: string; message: string } };
}

type Indexed = { index: number; release: string };

let events = 0;
async function decide(url: string, key: string, count: number): Promise<Decided> {
  const event = { id: `e${++events}`, type: "comment", actor: { id: "u" }, content: { text: links(count) } };
  const response = await fetch(`${url}/v1/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(event),
  });
  assert.equal(response.status, 200);
  return (await response.json()) as Decided;
}

/** Asks until it is so. */
async function until(isSo: () => Promise<boolean>, pauseMs = 50): Promise<void> {
  for (let waitedMs = 0; !(await isSo()); waitedMs += pauseMs) {
    assert.ok(waitedMs < startWithinMs, "it did not come to be so");
    await sleep(pauseMs);
  }
}

describe("a site of two people", () => {
  test("one proposes, the other approves, and decisions name the release from its record on", async (t) => {
    const { folder, data } = await make(t);
    const analyst = await keyOf(data, "analyst");
    const admin = await keyOf(data, "admin");
    const server = await serve(t, data);
    const before = await decide(server.url, admin.key, 2);
    assert.equal(before.outcome, "allow");

    // To pair, by two.
    const level = await ask<Indexed>(server.url, analyst, "/proposals", { level: "pair" });
    await ask(server.url, admin, "/approvals", { of: level.index });
    assert.equal((await ask<{ level: string }>(server.url, admin, "")).level, "pair");

    const stricter = join(folder, "stricter");
    mkdirSync(stricter);
    writeFileSync(join(stricter, "comments.yaml"), policyText(2));
    const where = ["--url", server.url, "--api-key", admin.key];
    const proposed = await docket(["policy", "propose", stricter, "--why", "spam", "--json", ...where]);
    assert.equal(proposed.code, 0, proposed.stderr);
    const { index } = (JSON.parse(proposed.stdout) as { proposal: Indexed }).proposal;

    const own = await docket(["policy", "approve", String(index), ...where]);
    assert.equal(own.code, 1);
    assert.match(own.stderr, /you proposed it; at level pair somebody else approves[^]*approval_needed/);
    const early = await ask(server.url, admin, "/publications", { of: index });
    assert.match(early.error?.message ?? "", /lacks approval/);
    const byAnalyst = await ask(server.url, analyst, "/approvals", { of: index });
    assert.match(byAnalyst.error?.message ?? "", /a key of role analyst may not do this \(approvePolicy\)/);
    const late = await keyOf(data, "admin");
    await until(async () => (await ask(server.url, late, "")).error === undefined);
    const byLate = await ask(server.url, late, "/approvals", { of: index });
    assert.match(byLate.error?.message ?? "", /your key was made after the proposal/);
    // Whoever has the directory is somebody else too, once no server holds it.
    await server.stop();
    const approved = await docket(["policy", "approve", String(index), "--data", data]);
    assert.equal(approved.code, 0, approved.stderr);
    const again = await serve(t, data);
    const published = await ask<Indexed>(again.url, admin, "/publications", { of: index });
    const { release, index: record } = published;
    const after = await decide(again.url, admin.key, 2);
    assert.equal(after.outcome, "reject");
    assert.equal(after.release, release);
    assert.notEqual(before.release, release);
    assert.ok(after.index > record);
    assert.deepEqual(await ask(again.url, admin, "/publications", { of: index }), published);

    // A directory that was edited meanwhile is not taken above solo, and the start says so.
    await again.stop();
    writeFileSync(join(data, "policy", "comments.yaml"), policyText(1));
    const third = await serve(t, data);
    await until(async () => /is not taken at level pair: propose it/.test(third.output()));
    assert.equal((await decide(third.url, admin.key, 1)).outcome, "allow");
    await third.stop();

    const verified = await docket(["verify", data, "--key", join(data, "log.vkey")]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const shown = await docket(["policy", "show", String(index), "--data", data]);
    assert.match(shown.stdout, /Why: spam/);
    assert.match(shown.stdout, /when: signals.linkCount >= 3 -> signals.linkCount >= 2/);
    assert.match(shown.stdout, /Tests: 1, all pass/);
    const log = await docket(["policy", "log", "--data", data]);
    assert.match(log.stdout, /in force: release \S+ by publish \(\d+\)[^]*approved \d+[^]*proposed release/);
  });
});

describe("breaking the glass", () => {
  test("reverts by itself while the server runs, and after it was killed", async (t) => {
    const { data } = await make(t);
    const admin = await keyOf(data, "admin");
    const server = await serve(t, data);
    const { release: normal } = await ask<Indexed>(server.url, admin, "");
    const file = { path: "comments.yaml", text: policyText(1) };
    const flood = { files: [file], forMs: 1500, why: "flood" };
    const broken = await ask<Indexed>(server.url, admin, "/break-glass", flood);
    assert.notEqual(broken.release, normal);
    await until(async () => (await ask<Indexed>(server.url, admin, "")).release === normal);
    assert.equal((await decide(server.url, admin.key, 1)).outcome, "allow");

    await ask(server.url, admin, "/break-glass", flood);
    await server.stop("SIGKILL");
    await sleep(flood.forMs + 100);
    const again = await serve(t, data);
    const decided = await decide(again.url, admin.key, 1);
    assert.equal(decided.outcome, "allow");
    assert.equal(decided.release, normal);
    const log = await ask<{ via?: string }[]>(again.url, admin, "/log");
    const vias = log.map(({ via }) => via);
    assert.deepEqual(vias, ["revert", "break-glass", "revert", "break-glass", "start"]);
  });
});

describe("going back", () => {
  test("names what the withdrawn rules did, and survives a restart with the old directory", async (t) => {
    const { data } = await make(t);
    const admin = await keyOf(data, "admin");
    const analyst = await keyOf(data, "analyst");
    const server = await serve(t, data);
    const { release: first } = await ask<Indexed>(server.url, admin, "");
    const files = [{ path: "comments.yaml", text: policyText(2) }];
    const { index } = await ask<Indexed>(server.url, analyst, "/proposals", { files });
    for (const step of ["/approvals", "/publications"]) await ask(server.url, admin, step, { of: index });
    const hits = [await decide(server.url, admin.key, 2), await decide(server.url, admin.key, 3)];
    await decide(server.url, admin.key, 0);
    const where = ["--url", server.url, "--api-key", admin.key];
    const rolled = await docket(["policy", "rollback", "--why", "too strict", ...where]);
    assert.equal(rolled.code, 0, rolled.stderr);
    assert.match(
      rolled.stdout,
      new RegExp(
        `part in 2 decisions \\(records ${hits[0]?.index} to ${hits[1]?.index}\\): 2 refused, ` +
          "0 restrictions\\.\n  comments/links: 2\n",
      ),
    );
    const decided = await decide(server.url, admin.key, 2);
    assert.equal(decided.outcome, "allow");
    assert.equal(decided.release, first);
    await server.stop();

    writeFileSync(join(data, "policy", "comments.yaml"), policyText(2));
    const again = await serve(t, data);
    assert.equal((await decide(again.url, admin.key, 2)).release, first, "what was withdrawn stays so");
    await again.stop();
    writeFileSync(join(data, "policy", "comments.yaml"), policyText(4));
    const edited = await serve(t, data);
    assert.equal((await decide(edited.url, admin.key, 3)).outcome, "allow", "an edit is taken, at solo");
    await edited.stop();
    rmSync(join(data, "sites", "main", "views.sqlite"));
    const { code, stdout } = await docket(["policy", "level", "--data", data]);
    assert.equal(code, 0);
    assert.match(stdout, /level\s+solo/);
    assert.ok(!existsSync(join(data, "sites", "main", "views.sqlite")), "reading makes nothing");
  });
});

describe("while a server runs", () => {
  test("the directory is left alone, and the message says whom to ask", async (t) => {
    const { data } = await make(t);
    await serve(t, data);
    const { code, stderr } = await docket(["policy", "rollback", "--data", data]);
    assert.equal(code, 2);
    assert.match(stderr, /ask the server that runs, with --url/);
  });
});

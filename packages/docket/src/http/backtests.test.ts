// SPDX-License-Identifier: Apache-2.0
// Backtests and what rules found without effect, over HTTP on a real site.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { Authenticator } from "../access/authenticator.ts";
import type { BacktestJob, BacktestResult } from "../backtest/jobs-contract.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { HeldRules } from "../patterns/held-rules.ts";
import { disk } from "../stores/files/node-disk.ts";
import { createServer } from "./server.ts";
import { testKeyFeed, withKey } from "./testing/server.ts";

const policy = (links: number): string =>
  `policy: comments
on: [comment]
rules:
  - id: links
    when: signals.linkCount >= ${links}
    then: { outcome: reject }
    reason: { en: Too many links. }
  - id: long
    when: signals.words >= 4
    mode: shadow
    then: { outcome: reject }
    reason: { en: Too long. }
`;

async function serve(t: TestContext): Promise<FastifyInstance> {
  const parent = mkdtempSync(join(tmpdir(), "docket-backtests-"));
  const installation = createInstallation(disk, join(parent, "data"));
  writeFileSync(join(installation.policyDirectory, "comments.yaml"), policy(3));
  const { site, ...desks } = await openInstallation(installation);
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: (change, key, role) => site.sealAccess(change, key, role),
    clock: Date.now,
  });
  const server = createServer({
    ...desks,
    site,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    await desks.close();
    rmSync(parent, { recursive: true });
  });
  return server;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the caller says it is
async function post<T>(
  server: FastifyInstance,
  url: string,
  body: object,
): Promise<{ status: number; json: T }> {
  const headers = { "content-type": "application/json", ...withKey("admin") };
  const answer = await server.inject({ method: "POST", url, headers, payload: JSON.stringify(body) });
  return { status: answer.statusCode, json: answer.json<T>() };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the caller says it is
async function get<T>(server: FastifyInstance, url: string): Promise<{ status: number; json: T }> {
  const answer = await server.inject({ url, headers: withKey("admin") });
  return { status: answer.statusCode, json: answer.json<T>() };
}

async function ended(server: FastifyInstance, id: string): Promise<BacktestResult> {
  for (;;) {
    const { json } = await get<BacktestResult>(server, `/v1/backtests/${id}`);
    if (json.state !== "waiting" && json.state !== "running") return json;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Decides, and waits until all of it is published, which is a moment later. */
async function decide(server: FastifyInstance, texts: readonly string[]): Promise<void> {
  let last = 0;
  for (const [place, text] of texts.entries()) {
    const event = { id: `e${place}`, type: "comment", actor: { id: `actor ${place}` }, content: { text } };
    const { status, json } = await post<{ index: number }>(server, "/v1/decisions", event);
    assert.equal(status, 200);
    last = json.index;
  }
  for (;;) {
    const { body } = await server.inject({ url: "/checkpoint" });
    if (Number(body.split("\n")[1]) > last) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

type Failure = { error: { code: string; message: string } };

test("a backtest runs beside the server, and its report is what the candidate changes", async (t) => {
  const server = await serve(t);
  const links = (count: number): string =>
    Array.from({ length: count }, (_, n) => `https://example.com/${n}`).join(" ");
  await decide(server, ["hello", `two ${links(2)} words`, links(3), "one two three four five"]);

  const files = [{ path: "comments.yaml", text: policy(2) }];
  const begun = await post<BacktestJob>(server, "/v1/backtests", { files, name: "two links" });
  assert.equal(begun.status, 200);
  assert.deepEqual([begun.json.name, begun.json.memory, begun.json.from], ["two links", "cold", 0]);
  const { state, why, changed, report } = await ended(server, begun.json.id);
  assert.deepEqual([state, why, changed], ["done", null, 1]);
  assert.deepEqual(report?.changed, { decisions: 1, stricter: 1, milder: 0, actors: 1 });
  assert.equal(report?.rules.find(({ rule }) => rule === "links")?.after.effective, 2);

  // The release in force again, from a later record on: nothing changes.
  const same = await post<BacktestJob>(server, "/v1/backtests", { release: "in-force", from: 2 });
  assert.equal(same.json.memory, "warm");
  assert.equal((await ended(server, same.json.id)).changed, 0);
  const { json: all } = await get<{ backtests: BacktestJob[] }>(server, "/v1/backtests");
  assert.deepEqual(
    all.backtests.map(({ id }) => id),
    [same.json.id, begun.json.id],
  );
  assert.equal(Object.hasOwn(all.backtests[0] ?? {}, "report"), false);

  // Who read a report is in the log; who looked how far it is, is not.
  const { json: reads } = await get<{ reads: { what: string }[] }>(server, "/v1/reads");
  assert.equal(reads.reads.filter(({ what }) => what === "backtests").length, 1);

  const { json: held } = await get<HeldRules>(server, "/v1/policy/held?days=1");
  assert.equal(held.decisions, 4);
  assert.deepEqual(
    held.rules.map(({ policy: of, rule, mode, events, outcomes }) => [
      of,
      rule,
      mode,
      events,
      outcomes.allow,
    ]),
    [["comments", "long", "shadow", 3, 2]],
  );
});

test("what can't be asked is refused with its reason", async (t) => {
  const server = await serve(t);
  await decide(server, ["hello"]);
  const refused = async (body: object): Promise<string> =>
    (await post<Failure>(server, "/v1/backtests", body)).json.error.code;
  assert.equal(await refused({}), "schema_mismatch");
  assert.equal(await refused({ release: "in-force", of: 1 }), "schema_mismatch");
  assert.equal(
    await refused({ release: "in-force", from: 0, since: "2026-01-01T00:00:00Z" }),
    "schema_mismatch",
  );
  assert.equal(await refused({ release: "in-force", since: "yesterday" }), "schema_mismatch");
  assert.equal(await refused({ release: "in-force", from: 100 }), "usage");
  assert.equal(await refused({ release: "AAAA" }), "not_found");
  assert.equal(await refused({ of: 0 }), "not_found");
  assert.equal(await refused({ files: [{ path: "a.yaml", text: "policy: 7" }] }), "policy_invalid");
  assert.equal(await refused({ files: [{ path: "../a.yaml", text: "" }] }), "schema_mismatch");
  assert.equal((await get<Failure>(server, "/v1/backtests/t_none")).json.error.code, "not_found");
  assert.equal((await get<Failure>(server, "/v1/policy/held?days=0")).json.error.code, "usage");
  assert.equal((await get<Failure>(server, "/v1/policy/held?days=x")).json.error.code, "schema_mismatch");

  // A list that the policy has in a file which isn't there is found out by the thread.
  const text = `${policy(3).replace("rules:", "lists:\n  bad: { kind: term, file: bad.txt }\nrules:")}
  - id: listed
    when: lists.bad.hits(signals.normalised).size() > 0
    then: { outcome: flag }
`;
  const begun = await post<BacktestJob>(server, "/v1/backtests", {
    files: [{ path: "comments.yaml", text }],
  });
  assert.equal(begun.status, 200, JSON.stringify(begun.json));
  const { state, why } = await ended(server, begun.json.id);
  assert.equal(state, "failed");
  assert.match(why ?? "", /bad\.txt/);
  assert.doesNotMatch(why ?? "", / at .*\.ts:/);
  const stopped = await post<BacktestJob>(server, `/v1/backtests/${begun.json.id}/stop`, {});
  assert.equal(stopped.json.state, "failed");
});

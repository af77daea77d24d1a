// SPDX-License-Identifier: Apache-2.0
// Trying events on a real site: what would be decided, why, and that nothing of it stays.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Authenticator } from "../access/authenticator.ts";
import type { Role } from "../access/permissions.ts";
import type { TrialExplanation } from "../explanation/explain-record.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { createServer } from "./server.ts";
import { testEvent, testKeyFeed, withKey } from "./testing/server.ts";

type Trial = {
  decision: { sealed: boolean; outcome: string; rules: string[] };
  actor: string | null;
  explanation?: TrialExplanation;
  error?: { code: string };
};

void test("a trial says what each rule made of the event, and leaves nothing behind", async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "docket-trials-"));
  const { site, ...desks } = await openInstallation(createInstallation(disk, join(parent, "data")));
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: (change, key, role) => site.sealAccess(change, key, role),
    clock: Date.now,
  });
  const common = { clock: Date.now, publicEntries: false, version: "0.0.0-test", processMetrics: false };
  const server = createServer({ ...desks, ...common, site, authenticator });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    await desks.close();
    rmSync(parent, { recursive: true });
  });
  await site.announce();
  const ask = async (url: string, event: object, role: Role): Promise<Trial> => {
    const headers = { "content-type": "application/json", ...withKey(role) };
    return (await server.inject({ method: "POST", url, headers, payload: JSON.stringify(event) })).json();
  };
  const spam = testEvent({
    content: { text: "Free iPhones at http://bit.ly/x http://bit.ly/y http://bit.ly/z" },
  });
  await site.indexed();
  const before = site.status().size;
  const first = await ask("/v1/trials", spam, "analyst");
  assert.equal(first.decision.sealed, false);
  assert.equal(first.actor, null);
  const rules = first.explanation?.rules ?? [];
  assert.ok(rules.length > 2);
  assert.deepEqual(
    rules
      .filter(({ result }) => result === true)
      .map(({ policy, rule }) => `${policy}/${rule}`)
      .sort(),
    first.explanation?.fired
      .concat(first.explanation.held)
      .map(({ policy, rule }) => `${policy}/${rule}`)
      .sort(),
  );
  const idle = rules.filter(({ result }) => result !== true);
  assert.ok(idle.every(({ clauses }) => clauses.some(({ result }) => result !== true)));
  // Nobody's standing was read, nothing was counted or sealed; the account stays unknown.
  assert.equal(site.status().size, before);
  const second = await ask("/v1/trials", spam, "analyst");
  assert.deepEqual(second.explanation?.rules, rules);
  assert.equal(second.actor, null);
  await ask("/v1/decisions", spam, "ingest");
  // Now the account is known: that its standing was read is on record before the answer.
  await site.indexed();
  const size = site.status().size;
  const known = await ask("/v1/trials", { ...spam, id: "e2" }, "analyst");
  assert.match(known.actor ?? "", /^a_/);
  assert.equal(site.status().size, size + 1);
  // An app may try, and is told the outcome alone.
  const app = await ask("/v1/trials", spam, "ingest");
  assert.deepEqual(
    [app.actor, app.explanation, app.decision.outcome],
    [null, undefined, known.decision.outcome],
  );
  assert.equal((await ask("/v1/trials", spam, "reviewer")).error?.code, "forbidden");
});

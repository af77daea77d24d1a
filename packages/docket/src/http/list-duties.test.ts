// SPDX-License-Identifier: Apache-2.0
// Lists at level pair on a real site, over real sockets and a restart: one key proposes an entry, another one
// approves it, and only what is decided after that is hit.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Decision } from "@docket/protocol";
import { createApiKey } from "../access/api-keys.ts";
import { Authenticator } from "../access/authenticator.ts";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import type { ListChanged, ListChangeView } from "../lists/contract.ts";
import { openInstallation } from "../main.ts";
import type { ChangesView, ProposalView, Published } from "../releases/contract.ts";
import { disk } from "../stores/files/node-disk.ts";
import { openSqliteApiKeyFeed } from "../stores/sqlite/access-client.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { openSqliteApiKeys } from "../stores/sqlite/api-keys.ts";
import { createServer } from "./server.ts";
import { testEvent } from "./testing/server.ts";

const hourMs = 3_600_000;
const policy = `policy: lists
on: [comment]
lists:
  bad: { kind: domain }
rules:
  - id: bad-domain
    when: signals.domains.exists(d, d in lists.bad)
    then: { outcome: reject }
    reason: { en: This link is not welcome here. }
`;

type Running = {
  /** Asks with a key; POST if there is a body. Fails unless the answer has this status. */
  ask: <T>(key: string, path: string, body?: object, status?: number) => Promise<T>;
  close: () => Promise<void>;
};

async function serve(t: TestContext, installation: Installation, clock: () => number): Promise<Running> {
  const opened = await openInstallation(installation, { clock });
  const authenticator = await Authenticator.open({
    feed: openSqliteApiKeyFeed(accessPath(installation.data), "main"),
    sealAccess: (change, key, role) => opened.site.sealAccess(change, key, role),
    clock,
  });
  const server = createServer({
    site: opened.site,
    changes: opened.changes,
    lists: opened.lists,
    authenticator,
    clock,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await server.close();
    await authenticator.close();
    await opened.close();
  };
  t.after(() => (closed ??= close()));
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    ask: async (key, path, body, status = 200) => {
      const answer = await fetch(`${url}/v1/${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const json = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(json));
      return json as never;
    },
    close: () => (closed ??= close()),
  };
}

type Site = { installation: Installation; keys: { ana: string; ada: string; bob: string; app: string } };

function site(t: TestContext): Site {
  const parent = mkdtempSync(join(tmpdir(), "docket-list-duties-"));
  // Hooks run in the order in which they were made: the servers are closed by then.
  t.after(() => setImmediate(() => rmSync(parent, { recursive: true, force: true })));
  const installation = createInstallation(disk, join(parent, "data"));
  const { policyDirectory } = installation;
  for (const name of readdirSync(policyDirectory)) rmSync(join(policyDirectory, name), { recursive: true });
  writeFileSync(join(policyDirectory, "lists.yaml"), policy);
  const store = openSqliteApiKeys(accessPath(installation.data), "main");
  const made = (role: string): string => createApiKey(store, { role }, Date.now(), randomBytes).key;
  const keys = { ana: made("analyst"), ada: made("admin"), bob: made("admin"), app: made("ingest") };
  store.close();
  return { installation, keys };
}

function commenter(ask: Running["ask"], key: string): (id: string, host?: string) => Promise<string> {
  return async (id, host = "evil.example") => {
    const content = { text: `look at https://www.${host}/offer` };
    const decision = await ask<Decision>(key, "decisions", testEvent({ id, content }));
    return decision.outcome;
  };
}

async function toPair({ ask }: Running, { ana, ada }: Site["keys"]): Promise<void> {
  await ask(ada, "policy");
  const { index } = await ask<ProposalView>(ana, "policy/proposals", { level: "pair", why: "two now" });
  const view = await ask<ChangesView>(ada, "policy/approvals", { of: index });
  assert.equal(view.level, "pair");
}

void test("an entry that one person proposes hits from the other's approval on", async (t) => {
  const { installation, keys } = site(t);
  let nowMs = Date.now();
  const first = await serve(t, installation, () => nowMs);
  await toPair(first, keys);
  const add = { add: [{ value: "evil.example" }], why: "phishing" };
  const waits = await first.ask<ListChanged>(keys.ana, "lists/bad/changes", add);
  assert.deepEqual([waits.inForce, waits.added, waits.approvalsNeeded], [false, 1, 1]);
  const of = waits.proposal;
  assert.equal(await commenter(first.ask, keys.app)("e1"), "allow");
  const view = await first.ask<ChangesView>(keys.ana, "policy");
  const [proposal] = view.proposals;
  assert.deepEqual(
    [proposal?.index, proposal?.state, proposal?.restrictsMore, proposal?.list?.why, proposal?.list?.added],
    [of, "open", true, "phishing", 1],
  );
  // Neither the proposer, nor a role that may not, nor the proposer's role alone.
  await first.ask(keys.ana, "policy/approvals", { of }, 403);
  await first.close();

  const second = await serve(t, installation, () => nowMs);
  const comment = commenter(second.ask, keys.app);
  assert.equal(await comment("e2"), "allow");
  const approved = await second.ask<ChangesView>(keys.ada, "policy/approvals", { of });
  assert.deepEqual(approved.proposals, []);
  assert.equal(await comment("e3"), "reject");
  assert.equal(await comment("e1"), "allow", "what was decided stays decided");
  const { changes } = await second.ask<{ changes: ListChangeView[] }>(keys.ana, "lists/bad/changes");
  assert.deepEqual([changes[0]?.of, changes[0]?.why, changes[0]?.approvals.length], [of, "phishing", 1]);
  assert.notEqual(changes[0]?.approvals[0]?.by, changes[0]?.by);
  const log = await second.ask<{ kind: string }[]>(keys.ana, "policy/log?limit=4");
  assert.deepEqual(
    log.map(({ kind }) => kind),
    ["release", "list", "approval", "proposal"],
  );
  await second.ask(keys.ada, "policy/approvals", { of }, 409);
  await second.ask(keys.ada, "policy/cancellations", { of }, 409);
  await second.close();
  nowMs += 1000;
  const third = await serve(t, installation, () => nowMs);
  assert.equal(await commenter(third.ask, keys.app)("e4"), "reject");
  await third.close();
});

void test("own proposals, cancelled and stale ones; broken glass over a restart", async (t) => {
  const { installation, keys } = site(t);
  let nowMs = Date.now();
  const first = await serve(t, installation, () => nowMs);
  await toPair(first, keys);
  const { ask } = first;
  const wish = async (key: string, value: string): Promise<number> => {
    const body = { add: [{ value }], why: "spam" };
    return (await ask<ListChanged>(key, "lists/bad/changes", body)).proposal ?? -1;
  };
  const own = await wish(keys.ada, "own.example");
  await ask(keys.ada, "policy/approvals", { of: own }, 403);
  await ask(keys.ana, "policy/cancellations", { of: own });
  await ask(keys.bob, "policy/approvals", { of: own }, 409);
  const comment = commenter(ask, keys.app);
  assert.equal(await comment("o1", "own.example"), "allow");

  const done = await wish(keys.ana, "both.example");
  const glass = { add: [{ value: "both.example" }, { value: "glass.example" }], why: "flood", forMs: hourMs };
  await ask(keys.ana, "lists/bad/break-glass", glass, 403);
  const broken = await ask<ListChanged>(keys.ada, "lists/bad/break-glass", glass);
  assert.deepEqual([broken.inForce, broken.until], [true, new Date(nowMs + hourMs).toISOString()]);
  assert.equal(await comment("g1", "glass.example"), "reject");
  const view = await ask<ChangesView>(keys.ana, "policy");
  assert.deepEqual(
    view.proposals.map(({ index, state }) => [index, state]),
    [[done, "stale"]],
  );
  assert.deepEqual(
    view.listGlasses.map(({ index, list, added }) => [index, list, added]),
    [[broken.index, "bad", 2]],
  );
  await ask(keys.bob, "policy/approvals", { of: done }, 409);
  await ask(keys.ada, "policy/approvals", { of: broken.index }, 403);
  await first.close();

  nowMs += 2 * hourMs;
  const second = await serve(t, installation, () => nowMs);
  assert.equal(await commenter(second.ask, keys.app)("g2", "glass.example"), "allow");
  assert.deepEqual((await second.ask<ChangesView>(keys.ana, "policy")).listGlasses, []);
  const again = await second.ask<ListChanged>(keys.ada, "lists/bad/break-glass", glass);
  const confirmed = await second.ask<ChangesView>(keys.bob, "policy/approvals", { of: again.index });
  assert.deepEqual(confirmed.listGlasses, []);
  await second.close();
  nowMs += 2 * hourMs;
  const third = await serve(t, installation, () => nowMs);
  assert.equal(await commenter(third.ask, keys.app)("g3", "glass.example"), "reject");
  // A proposal that waits, by breaking the glass.
  const late = { add: [{ value: "late.example" }], why: "spam" };
  const { proposal } = await third.ask<ListChanged>(keys.ana, "lists/bad/changes", late);
  const early = { of: proposal, why: "it can't wait", forMs: hourMs };
  const published = await third.ask<Published>(keys.ada, "policy/break-glass", early);
  assert.equal(published.until, new Date(nowMs + hourMs).toISOString());
  assert.equal(await commenter(third.ask, keys.app)("l1", "late.example"), "reject");
  const { listGlasses, proposals } = await third.ask<ChangesView>(keys.ana, "policy");
  assert.deepEqual([listGlasses.map(({ index }) => index), proposals.length], [[published.index], 1]);
  await third.close();
});

// SPDX-License-Identifier: Apache-2.0
// One decision made again over HTTP, on a real site; and what is said where something was changed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { DecisionBody, Facts, RecordHeader } from "@docket/protocol";
import { Authenticator } from "../access/authenticator.ts";
import type { Role } from "../access/permissions.ts";
import { enforcementPolicy, testSite } from "../enforcement/testing/site.ts";
import { releaseShelf } from "../explanation/explain-record.ts";
import { replayRecord } from "../explanation/replay-record.ts";
import type { RecordReplay } from "../explanation/replay-record.ts";
import { readIfThere } from "../stores/files/read-files.ts";
import { createServer } from "./server.ts";
import { testKeyFeed, withKey } from "./testing/server.ts";

void test("a decision is made again, and what was changed since is found", async (t) => {
  const world = await testSite(t, enforcementPolicy);
  const { site, ...desks } = world.opened;
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: async () => undefined,
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
  const get = async (url: string, role: Role): Promise<{ status: number; body: RecordReplay }> => {
    const answer = await server.inject({ url, headers: withKey(role) });
    return { status: answer.statusCode, body: answer.json() };
  };
  const { index = -1 } = await world.decide("spam and more", "u-1");

  const { status, body } = await get(`/v1/decisions/${index}/replay`, "auditor");
  assert.equal(status, 200);
  assert.deepEqual([body.verdict, body.index, body.findings], ["same", index, []]);
  assert.equal(body.checked.length, 3);
  assert.match(body.unchecked[0] ?? "", new RegExp(`--from ${index} --to ${index + 1}$`));
  assert.equal((await get(`/v1/decisions/${index}/replay`, "ingest")).status, 403);
  assert.equal((await get(`/v1/decisions/${index}/replay?at=1`, "auditor")).status, 400);
  assert.equal((await get("/v1/decisions/0/replay", "auditor")).status, 404);
  assert.equal((await get("/v1/decisions/999/replay", "auditor")).status, 404);

  const recorded = await site.recorded(index);
  const record = recorded.record as RecordHeader & DecisionBody;
  const facts = recorded.facts as Facts;
  const shelf = releaseShelf(readIfThere, site.paths);
  const allowed = await replayRecord({ record: { ...record, outcome: "allow" }, facts }, shelf);
  assert.equal(allowed.verdict, "different");
  assert.deepEqual(
    allowed.findings.map(({ what, recorded: said, replayed }) => [what, said, replayed]),
    [["outcome", "allow", "reject"]],
  );

  const kept = join(site.paths.releases, `${record.release}.json`);
  writeFileSync(kept, readFileSync(kept, "utf8").replace("'spam'", "'spum'"));
  const changed = await replayRecord({ record, facts }, releaseShelf(readIfThere, site.paths));
  assert.deepEqual(
    [changed.verdict, changed.findings[0]?.kind, changed.checked],
    ["different", "release", []],
  );
  await server.close();
  await authenticator.close();
});

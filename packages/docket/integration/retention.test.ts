// SPDX-License-Identifier: Apache-2.0
// Retention on a real installation: what is due goes, what a hold keeps stays, and the log verifies.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Decision, Event } from "@docket/protocol";
import { createInstallation, readInstallation } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { docket } from "./testing/docket.ts";

const dayMs = 86_400_000;
const operator = { by: "operator", role: "operator" } as const;
const events = 300;

test("evidence goes by its age, but for what a hold keeps, and every proof holds", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docket-retention-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  createInstallation(disk, data, join(folder, "keys"));
  writeFileSync(join(data, "docket.yaml"), "retention:\n  content: 200d\n");
  let laterMs = 0;
  const clock = (): number => Date.now() + laterMs;
  const opened = await openInstallation(readInstallation(data), { clock });
  t.after(() => opened.close());
  const decided = await Promise.all(Array.from({ length: events }, (_, place) => decide(opened, place)));
  const ofFirstFile = decided.filter(({ index = 0 }) => index < 256);
  const inFirstFile = ofFirstFile.length;
  const ofHeld = ofFirstFile.filter(({ actor }) => actor === decided[3]?.actor).length;
  const held = await opened.holds.place(operator, {
    about: { account: "account-3" },
    ground: "court-order",
    why: "case 1",
  });
  assert.deepEqual((await opened.retention.preview()).rows, [
    { part: "content", days: 200, because: null, before: 0, count: 0, held: 0 },
  ]);
  laterMs = 300 * dayMs;
  const file = join(data, "sites", "main", "parts", "000");
  await opened.site.vacateJournal();
  const before = statSync(file).size;
  const done = await opened.retention.run();
  const [row] = done.rows;
  assert.equal(row?.before, 256);
  assert.deepEqual([row?.held, row?.count], [ofHeld, inFirstFile - ofHeld]);
  assert.equal(done.heldActors, 1);
  assert.ok(statSync(file).size < before);
  await assert.rejects(opened.site.opening(20, "operator", "test"), { code: "evidence_gone" });
  const kept = await opened.site.recorded(6);
  assert.equal(kept.record.kind, "decision");
  assert.ok(kept.facts !== undefined, "facts are kept");
  laterMs = 0;
  const lifted = await opened.holds.lift(operator, held.hold, { ground: "closed", why: "over" });
  assert.ok("done" in lifted);
  laterMs = 300 * dayMs;
  assert.equal((await opened.retention.run()).rows[0]?.count, ofHeld);
  await opened.close();

  const verified = await docket(["verify", data, "--key", join(data, "log.vkey")]);
  assert.equal(verified.code, 0, verified.stdout);
  assert.ok(verified.stdout.includes(`${inFirstFile} were dropped by retention`), verified.stdout);
  const replayed = await docket(["replay", "--data", data, "--evidence"]);
  assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr);
});

function decide(opened: OpenInstallation, place: number): Promise<Decision> {
  const event: Event = {
    id: `e${place}`,
    type: "comment",
    op: "create",
    actor: { id: `account-${place % 10}` },
    content: { id: `c${place}`, text: `comment number ${place} about a song` },
  };
  return opened.site.decide({ event, dryRun: false, by: "operator", source: "file", receivedMs: Date.now() });
}

// SPDX-License-Identifier: Apache-2.0
// Whatever people try, in whatever order, with restarts in between: the log shows only what the levels of
// duties allow, as a reader of the log alone judges, and the state in memory is the one that the log gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { DocketRecord, DutyLevel } from "@docket/protocol";
import { dutyLevels } from "@docket/protocol";
import type { PolicyFile } from "@docket/policy";
import { DocketError } from "../error.ts";
import { at } from "../testing/at.ts";
import { changesView } from "./change-views.ts";
import type { Author } from "./duties.ts";
import { ada, ana, ben, bob, ChangeLog, hourMs, minuteMs, operator } from "./testing/change-log.ts";
import { policyFile } from "./testing/policies.ts";

const policies: PolicyFile[][] = [2, 3, 4].map((least) => [
  policyFile("comments", [{ id: "links", when: `signals.linkCount >= ${least}`, outcome: "reject" }]),
]);
policies.push([policyFile("comments", [{ id: "links", when: "signals.linkCount >= 3", outcome: "hold" }])]);
const people: readonly Author[] = [ana, ben, ada, bob, operator];

type Act = {
  what: "propose" | "standby" | "level" | "approve" | "cancel" | "publish" | "rollback" | "break" | "restart";
  author: number;
  choice: number;
  laterMs: number;
};
const act: fc.Arbitrary<Act> = fc.record({
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constant("propose" as const) },
    { weight: 6, arbitrary: fc.constant("approve" as const) },
    { weight: 5, arbitrary: fc.constant("publish" as const) },
    {
      weight: 6,
      arbitrary: fc.constantFrom("standby", "level", "cancel", "rollback", "break", "restart"),
    },
  ),
  author: fc.nat(people.length - 1),
  choice: fc.nat(1000),
  laterMs: fc.constantFrom(0, 0, 0, 0, 0, minuteMs, 11 * minuteMs, 2 * hourMs, 25 * hourMs),
});

void test("the log shows only what duties allow, and gives the state that is in memory", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...dutyLevels),
      fc.array(act, { minLength: 5, maxLength: 30 }),
      async (level, acts) => {
        const log = await siteAt(level);
        for (const each of acts) {
          await log.pass(each.laterMs);
          await perform(log, each).catch((error: unknown) => {
            assert.ok(error instanceof DocketError, String(error));
            assert.notEqual(error.code, "internal");
            seen.set(error.code, (seen.get(error.code) ?? 0) + 1);
          });
          assert.deepEqual(changesView(log.state(), log.current), log.changes.view());
          assert.equal(log.state().inForce?.release, log.current.id);
        }
        judge(log.records, seen);
      },
    ),
    { numRuns: 80 },
  );
  // What never happened was not tested.
  for (const via of ["publish", "rollback", "break-glass", "revert"]) assert.ok(seen.has(via), via);
  for (const code of ["approval_needed", "change_conflict"]) assert.ok(seen.has(code), code);
  for (const level of ["solo", "pair"]) assert.ok(seen.has(`publish at ${level}`), level);
});

async function siteAt(level: DutyLevel): Promise<ChangeLog> {
  const log = new ChangeLog(at(policies, 1));
  const late: Author = { by: `k_${"z".repeat(16)}`, role: "admin" };
  if (level !== "solo") {
    const { index } = await log.changes.propose({ author: ana, wish: { level } });
    await log.changes.approve({ author: ada, of: index });
  }
  const first = await log.changes.propose({ author: ana, wish: { files: at(policies, 0) } });
  log.append({ kind: "access", by: "operator", change: "created", key: late.by, role: "admin" });
  if (level !== "solo") {
    await assert.rejects(log.changes.approve({ author: late, of: first.index }), /made after the proposal/);
  }
  return log;
}

async function perform(log: ChangeLog, { what, author: person, choice }: Act): Promise<void> {
  const author = at(people, person);
  const files = at(policies, choice % policies.length);
  const proposals = log.records.filter(
    (record) => record.kind === "proposal" || (record.kind === "release" && record.until !== undefined),
  );
  const of = at(proposals, choice % proposals.length).index;
  const { changes } = log;
  switch (what) {
    case "propose":
    case "standby":
      await changes.propose({ author, wish: { files }, standby: what === "standby" });
      return;
    case "level":
      await changes.propose({ author, wish: { level: at(dutyLevels, choice % dutyLevels.length) } });
      return;
    case "approve":
      // Most often what came last.
      await changes.approve({ author, of: choice % 4 === 0 ? of : at(proposals, -1).index });
      return;
    case "cancel":
      await changes.cancel({ author, of });
      return;
    case "publish":
      await changes.publish({ author, of: choice % 4 === 0 ? of : at(proposals, -1).index });
      return;
    case "rollback":
      await changes.rollback({
        author,
        ...(choice % 2 === 0 ? {} : { to: String(choice % log.leaves.length) }),
      });
      return;
    case "break":
      await changes.breakGlass({ author, wish: { files }, forMs: hourMs });
      return;
    case "restart":
      await log.restart(choice % 2 === 0 ? 0 : hourMs);
  }
}

type Seen = { proposer: string; approvers: { by: string; alone: boolean; ms: number }[]; more: boolean };

/** Reads the log as an auditor would, and knows nothing of how it was made. */
function judge(records: readonly DocketRecord[], seen: Map<string, number>): void {
  let level: DutyLevel = "solo";
  const roles = new Map<string, string>([["operator", "operator"]]);
  const proposals = new Map<number, Seen & { level: DutyLevel | undefined; cancelled: boolean }>();
  let provisional: { index: number; untilMs: number; before: string } | undefined;
  for (const record of records) {
    const ms = Date.parse(record.time);
    // Nothing is done under a broken glass when its time is over, but that it reverts, or is replaced by it.
    if (record.kind === "access") roles.set(record.key, record.role);
    if (record.kind === "proposal") {
      const { by: proposer, restrictsMore: more, level: wished } = record;
      proposals.set(record.index, { proposer, approvers: [], more, level: wished, cancelled: false });
    }
    if (record.kind === "cancel") Object.assign(proposals.get(record.of) ?? {}, { cancelled: true });
    if (record.kind === "approval") {
      proposals.get(record.of)?.approvers.push({ by: record.by, alone: record.alone, ms });
      if (provisional?.index === record.of && isConfirmed(records, record.index, record.of, level, roles)) {
        provisional = undefined;
      }
    }
    if (record.kind === "level") {
      const proposal = proposals.get(record.of);
      assert.ok(proposal !== undefined && proposal.level === record.level && !proposal.cancelled);
      const stricter = dutyLevels.indexOf(level) > dutyLevels.indexOf(record.level) ? level : record.level;
      assert.ok(isAllowed(proposal, stricter, roles), `level ${record.index}`);
      level = record.level;
      seen.set(level, 1);
    }
    if (record.kind !== "release") continue;
    seen.set(record.via ?? "", (seen.get(record.via ?? "") ?? 0) + 1);
    if (record.via === "revert") {
      assert.ok(provisional !== undefined && ms >= provisional.untilMs);
      assert.equal(record.release, provisional.before);
    }
    if (record.via === "publish") {
      const proposal = proposals.get(record.of ?? -1);
      assert.ok(proposal !== undefined && !proposal.cancelled);
      assert.ok(isAllowed(proposal, level, roles), `release ${record.index} at ${level}`);
      seen.set(`publish at ${level}`, (seen.get(`publish at ${level}`) ?? 0) + 1);
      const alone = proposal.approvers.every((each) => each.alone);
      if (alone) assert.ok(ms >= Math.max(...proposal.approvers.map((each) => each.ms)) + 10 * minuteMs);
    }
    if (record.via === "break-glass") {
      assert.ok(record.until !== undefined && Date.parse(record.until) <= ms + 24 * hourMs);
    }
    const before = provisional?.before ?? record.previous ?? "";
    const { until } = record;
    provisional =
      until === undefined ? undefined : { index: record.index, untilMs: Date.parse(until), before };
  }
}

function isAllowed(proposal: Seen, level: DutyLevel, roles: ReadonlyMap<string, string>): boolean {
  const { proposer, approvers, more } = proposal;
  if (level === "solo") return approvers.length >= 1;
  const others = new Set(approvers.filter(({ by }) => by !== proposer).map(({ by }) => by));
  const good = [...others].filter((by) => level === "pair" || roles.get(by) !== roles.get(proposer));
  return good.length >= (level === "strict" && more ? 2 : 1);
}

function isConfirmed(
  records: readonly DocketRecord[],
  upTo: number,
  of: number,
  level: DutyLevel,
  roles: ReadonlyMap<string, string>,
): boolean {
  const release = at(records, of);
  const approvers = records
    .slice(0, upTo + 1)
    .filter((record) => record.kind === "approval" && record.of === of)
    .map(({ by }) => ({ by, alone: by === release.by, ms: 0 }));
  const proposal = release.kind === "release" ? release.of : undefined;
  const found = proposal === undefined ? undefined : at(records, proposal);
  const more = found?.kind !== "proposal" || found.restrictsMore;
  return isAllowed({ proposer: release.by, approvers, more }, level, roles);
}

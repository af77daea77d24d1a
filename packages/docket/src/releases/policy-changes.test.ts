// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PolicyFile } from "@docket/policy";
import { DocketError } from "../error.ts";
import { CrashError } from "../testing/memory-disk.ts";
import type { DutyLevel } from "@docket/protocol";
import { releaseOf } from "./release.ts";
import { ada, ana, ben, bob, ChangeLog, hourMs, minuteMs, operator, startMs } from "./testing/change-log.ts";
import { policyFile } from "./testing/policies.ts";

const links = (least: number): PolicyFile[] => [
  policyFile("comments", [{ id: "links", when: `signals.linkCount >= ${least}`, outcome: "reject" }]),
];
const milder: PolicyFile[] = [
  policyFile("comments", [{ id: "links", when: "signals.linkCount >= 3", outcome: "hold" }]),
];
const idOf = (files: readonly PolicyFile[]): string => releaseOf(files).id;

async function refused(act: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof DocketError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

/** A site at a level, in force: links(3). */
async function siteAt(level: DutyLevel): Promise<ChangeLog> {
  const log = new ChangeLog(links(3));
  if (level === "solo") return log;
  const { index } = await log.changes.propose({ author: ana, wish: { level } });
  await log.changes.approve({ author: ada, of: index });
  assert.equal(log.changes.view().level, level);
  return log;
}

describe("solo", () => {
  test("what one person approves alone is marked so, and comes into force after ten minutes", async () => {
    const log = await siteAt("solo");
    const { index, state } = await log.changes.propose({
      author: ada,
      why: "fewer links",
      wish: { files: links(2) },
    });
    assert.equal(state, "open");
    await log.changes.approve({ author: ada, of: index });
    assert.deepEqual(log.last, { kind: "approval", by: ada.by, of: index, alone: true });
    assert.equal(log.changes.view().proposals[0]?.state, "waiting");
    assert.equal(log.changes.view().proposals[0]?.comesAt, "2026-11-23T12:10:00.000Z");
    await refused(
      log.changes.publish({ author: ada, of: index }),
      "change_conflict",
      /approved alone: it comes into force by itself at 2026-11-23T12:10:00\.000Z, unless it is cancelled/,
    );
    await log.pass(10 * minuteMs - 1);
    assert.equal(log.current.id, idOf(links(3)));
    await log.pass(1);
    assert.equal(log.current.id, idOf(links(2)));
    const previous = idOf(links(3));
    assert.deepEqual(log.last, {
      kind: "release",
      by: ada.by,
      release: idOf(links(2)),
      previous,
      via: "publish",
      of: index,
      alone: true,
    });
  });

  test("until then it can be cancelled", async () => {
    const log = await siteAt("solo");
    const { index } = await log.changes.propose({ author: ada, wish: { files: links(2) } });
    await log.changes.approve({ author: ada, of: index });
    await log.pass(9 * minuteMs);
    assert.equal((await log.changes.cancel({ author: bob, of: index })).state, "cancelled");
    assert.deepEqual(log.last, { kind: "cancel", by: bob.by, of: index });
    await log.pass(hourMs);
    assert.equal(log.current.id, idOf(links(3)));
    await log.changes.cancel({ author: ada, of: index });
    assert.equal(log.last.kind, "cancel", "cancelling again seals nothing");
    await refused(
      log.changes.approve({ author: bob, of: index }),
      "change_conflict",
      /was cancelled by record/,
    );
  });

  test("what somebody else approves is published at once", async () => {
    const log = await siteAt("solo");
    const { index } = await log.changes.propose({ author: ana, wish: { files: links(2) } });
    await refused(log.changes.publish({ author: ana, of: index }), "approval_needed", /lacks approval/);
    await log.changes.approve({ author: ada, of: index });
    const published = await log.changes.publish({ author: ana, of: index });
    assert.equal(published.release, idOf(links(2)));
    assert.deepEqual(await log.changes.publish({ author: ana, of: index }), published, "again: the same");
    assert.equal(log.leaves.length, published.index + 1);
  });

  test("ten minutes go on over a restart, and what became due meanwhile is done at the start", async () => {
    for (const later of [0, hourMs]) {
      const log = await siteAt("solo");
      const { index } = await log.changes.propose({ author: ada, wish: { files: links(2) } });
      await log.changes.approve({ author: ada, of: index });
      await log.restart(later);
      if (later === 0) {
        assert.equal(log.current.id, idOf(links(3)));
        await log.pass(10 * minuteMs);
      }
      assert.equal(log.current.id, idOf(links(2)));
    }
  });
});

describe("pair", () => {
  test("another person approves, with a key that was there before", async () => {
    const log = await siteAt("pair");
    const { index } = await log.changes.propose({ author: ada, wish: { files: links(2) } });
    const second = { by: `k_${"n".repeat(16)}`, role: "admin" as const };
    log.append({ kind: "access", by: "operator", change: "created", key: second.by, role: "admin" });
    await refused(
      log.changes.approve({ author: ada, of: index }),
      "approval_needed",
      /you proposed it; at level pair somebody else approves/,
    );
    await refused(
      log.changes.approve({ author: second, of: index }),
      "approval_needed",
      /your key was made after the proposal; at level pair it takes one that was there before/,
    );
    await log.changes.approve({ author: bob, of: index });
    assert.deepEqual(log.last, { kind: "approval", by: bob.by, of: index, alone: false });
    await refused(
      log.changes.approve({ author: bob, of: index }),
      "approval_needed",
      /you have approved it already/,
    );
    await log.pass(hourMs);
    assert.equal(log.current.id, idOf(links(3)), "it is published by somebody, not by itself");
    await log.changes.publish({ author: ada, of: index });
    assert.equal(log.current.id, idOf(links(2)));
    assert.equal((log.last as { alone?: true }).alone, undefined);
  });

  test("what was approved alone at solo counts for nothing any more", async () => {
    const log = await siteAt("solo");
    const { index } = await log.changes.propose({ author: ada, wish: { files: links(2) } });
    await log.changes.approve({ author: ada, of: index });
    const raise = await log.changes.propose({ author: ana, wish: { level: "pair" } });
    await log.changes.approve({ author: ada, of: raise.index });
    await log.pass(hourMs);
    assert.equal(log.current.id, idOf(links(3)));
    await refused(log.changes.publish({ author: ada, of: index }), "approval_needed", /lacks approval/);
    await log.changes.approve({ author: bob, of: index });
    await log.changes.publish({ author: bob, of: index });
    assert.equal(log.current.id, idOf(links(2)));
  });
});

describe("strict", () => {
  test("another role approves, and what restricts more takes two of them", async () => {
    const log = await siteAt("strict");
    const stricter = await log.changes.propose({ author: ana, wish: { files: links(2) } });
    assert.equal(stricter.restrictsMore, true);
    assert.equal(stricter.approvalsNeeded, 2);
    await refused(
      log.changes.approve({ author: ben, of: stricter.index }),
      "approval_needed",
      /has the role analyst too; at level strict another role approves/,
    );
    await log.changes.approve({ author: ada, of: stricter.index });
    await refused(log.changes.publish({ author: ana, of: stricter.index }), "approval_needed", /lacks/);
    await log.changes.approve({ author: bob, of: stricter.index });
    await log.changes.publish({ author: ana, of: stricter.index });
    assert.equal(log.current.id, idOf(links(2)));
  });

  test("one approval is enough for what restricts less", async () => {
    const log = await siteAt("strict");
    const { index, restrictsMore } = await log.changes.propose({ author: ana, wish: { files: milder } });
    assert.equal(restrictsMore, false);
    await log.changes.approve({ author: operator, of: index });
    await log.changes.publish({ author: ana, of: index });
    assert.equal(log.current.id, idOf(milder));
  });
});

describe("a change of level", () => {
  test("goes by the stricter of both, up and down, and is a record", async () => {
    const log = new ChangeLog(links(3));
    const up = await log.changes.propose({ author: ada, wish: { level: "strict" } });
    await refused(log.changes.approve({ author: ada, of: up.index }), "approval_needed", /you proposed it/);
    await refused(log.changes.approve({ author: bob, of: up.index }), "approval_needed", /another role/);
    await log.changes.approve({ author: operator, of: up.index });
    const { index: of } = up;
    assert.deepEqual(log.last, { kind: "level", by: "operator", level: "strict", previous: "solo", of });
    const down = await log.changes.propose({ author: ana, wish: { level: "solo" } });
    await refused(log.changes.approve({ author: ana, of: down.index }), "approval_needed", /you proposed it/);
    await log.changes.approve({ author: ada, of: down.index });
    assert.equal(log.changes.view().level, "solo");
    await refused(
      log.changes.propose({ author: ada, wish: { level: "solo" } }),
      "change_conflict",
      /the level is solo already/,
    );
  });

  test("is made good at the next start if the process died before its record", async () => {
    const log = new ChangeLog(links(3));
    const { index } = await log.changes.propose({ author: ana, wish: { level: "pair" } });
    log.beforeSeal = ({ kind }) => {
      if (kind === "level") throw new CrashError("here");
    };
    await assert.rejects(log.changes.approve({ author: ada, of: index }), CrashError);
    log.beforeSeal = () => undefined;
    await log.restart();
    assert.equal(log.changes.view().level, "pair");
  });
});

describe("a proposal", () => {
  test("is sealed with its manifest, difference, tests, preview and reason", async () => {
    const log = new ChangeLog(links(3));
    log.runTests = () => ({ run: 7, failed: [] });
    const { index, candidate } = await log.changes.propose({
      author: ana,
      why: "too many links",
      wish: { files: links(2) },
    });
    const part = log.parts.get(index);
    assert.equal(part?.why, "too many links");
    assert.equal(part?.manifest, releaseOf(links(2)).manifest);
    assert.match(
      part?.files?.[0]?.diff ?? "",
      /-    when: signals.linkCount >= 3\n\+    when: signals.linkCount >= 2/,
    );
    assert.deepEqual(part?.changes?.[0]?.fields, [
      { field: "when", before: "signals.linkCount >= 3", after: "signals.linkCount >= 2" },
    ]);
    assert.deepEqual(part?.tests, { run: 7, failed: [] });
    assert.deepEqual(part?.preview, { ran: false, why: "nothing is wired that could preview" });
    assert.equal(candidate, idOf(links(2)));
    const shown = await log.changes.change(index);
    assert.deepEqual(shown.change, part);
    assert.equal(shown.proposal?.by, ana.by);
  });

  test("is refused if it has a mistake, a test that fails, or nothing that differs", async () => {
    const log = new ChangeLog(links(3));
    const wrong = [{ path: "a.yaml", text: "policy: a\n" }];
    await refused(
      log.changes.propose({ author: ana, wish: { files: wrong } }),
      "policy_invalid",
      /a\.yaml:1:1: /,
    );
    await refused(
      log.changes.propose({ author: ana, wish: { files: links(3) } }),
      "change_conflict",
      /nothing differs/,
    );
    log.runTests = () => ({
      run: 2,
      failed: [{ policy: "comments", name: "one link", place: "a.yaml:9", why: "it was held" }],
    });
    await refused(
      log.changes.propose({ author: ana, wish: { files: links(2) } }),
      "policy_tests_failed",
      /comments: the test "one link" fails: it was held/,
    );
    assert.equal(log.leaves.length, 5, "nothing was sealed");
  });

  test("goes stale when another release comes into force, and is fresh when that is withdrawn", async () => {
    const log = await siteAt("solo");
    const first = await log.changes.propose({ author: ana, wish: { files: links(2) } });
    const other = await log.changes.propose({ author: ana, wish: { files: links(5) } });
    for (const { index } of [first, other]) await log.changes.approve({ author: ada, of: index });
    await log.changes.publish({ author: ana, of: other.index });
    assert.equal(log.changes.view().proposals[0]?.state, "stale");
    await refused(
      log.changes.publish({ author: ana, of: first.index }),
      "change_conflict",
      /another release came into force since proposal \d+ was made; propose it again/,
    );
    await log.changes.rollback({ author: ada });
    await log.changes.publish({ author: ana, of: first.index });
    assert.equal(log.current.id, idOf(links(2)));
  });

  test("counts when its record is sealed: a crash before that leaves only a kept file", async () => {
    const log = await siteAt("pair");
    const before = log.leaves.length;
    log.disk.onStep = () => {
      throw new CrashError("here");
    };
    await assert.rejects(log.changes.propose({ author: ana, wish: { files: links(2) } }), CrashError);
    await log.restart();
    log.beforeSeal = () => {
      throw new CrashError("here");
    };
    await assert.rejects(log.changes.propose({ author: ana, wish: { files: links(2) } }), CrashError);
    log.beforeSeal = () => undefined;
    await log.restart();
    assert.equal(log.leaves.length, before);
    assert.deepEqual(log.changes.view().proposals, []);
    const { index } = await log.changes.propose({ author: ana, wish: { files: links(2) } });
    await log.changes.approve({ author: ada, of: index });
    log.beforeSeal = () => {
      throw new CrashError("here");
    };
    await assert.rejects(log.changes.publish({ author: ana, of: index }), CrashError);
    log.beforeSeal = () => undefined;
    await log.restart();
    assert.equal(log.current.id, idOf(links(3)));
    await log.changes.publish({ author: ana, of: index });
    await log.restart();
    const { index: published } = await log.changes.publish({ author: ana, of: index });
    assert.equal(published, log.leaves.length - 1, "publishing again after a restart seals nothing");
  });
});

describe("breaking the glass", () => {
  test("reverts by itself, also if nobody was there when its time was over", async () => {
    for (const [level, restart] of [
      ["solo", false],
      ["pair", false],
      ["strict", true],
    ] as const) {
      const log = await siteAt(level);
      const broken = await log.changes.breakGlass({
        author: ada,
        why: "flood",
        wish: { files: links(1) },
        forMs: 2 * hourMs,
      });
      assert.equal(log.current.id, idOf(links(1)));
      assert.deepEqual(log.last, {
        kind: "release",
        by: ada.by,
        release: idOf(links(1)),
        previous: idOf(links(3)),
        via: "break-glass",
        until: "2026-11-23T14:00:00.000Z",
        alone: true,
        parts: "A".repeat(43),
      });
      assert.equal(log.changes.view().revertsAt, "2026-11-23T14:00:00.000Z");
      if (restart) await log.restart(3 * hourMs);
      else {
        await log.restart(hourMs);
        await log.pass(hourMs - 1);
        assert.equal(log.current.id, idOf(links(1)));
        await log.pass(1);
      }
      assert.equal(log.current.id, idOf(links(3)));
      assert.deepEqual(log.last, {
        kind: "release",
        by: ada.by,
        release: idOf(links(3)),
        previous: idOf(links(1)),
        via: "revert",
        of: broken.index,
      });
      assert.equal(log.changes.view().revertsAt, null);
    }
  });

  test("stays if somebody else confirms it, at solo also the same person after ten minutes", async () => {
    const pair = await siteAt("pair");
    const { index } = await pair.changes.breakGlass({ author: ada, wish: { files: links(1) } });
    await refused(pair.changes.approve({ author: ada, of: index }), "approval_needed", /somebody else/);
    await pair.changes.approve({ author: bob, of: index });
    await pair.pass(25 * hourMs);
    assert.equal(pair.current.id, idOf(links(1)));

    const solo = await siteAt("solo");
    const alone = await solo.changes.breakGlass({ author: ada, wish: { files: links(1) } });
    await refused(
      solo.changes.approve({ author: ada, of: alone.index }),
      "approval_needed",
      /may confirm it alone from 2026-11-23T12:10:00\.000Z on/,
    );
    await solo.pass(10 * minuteMs);
    await solo.changes.approve({ author: ada, of: alone.index });
    await solo.pass(25 * hourMs);
    assert.equal(solo.current.id, idOf(links(1)));
  });

  test("is for a day at most, and twice reverts to what was there before the first time", async () => {
    const log = await siteAt("pair");
    await refused(
      log.changes.breakGlass({ author: ada, wish: { files: links(1) }, forMs: 25 * hourMs }),
      "usage",
      /at most 24 h/,
    );
    await log.changes.breakGlass({ author: ada, wish: { files: links(1) } });
    await log.pass(hourMs);
    await log.changes.breakGlass({ author: bob, wish: { files: links(2) } });
    await log.pass(24 * hourMs);
    assert.equal(log.current.id, idOf(links(3)));
    assert.equal(log.nowMs, startMs + 25 * hourMs);
  });

  test("can be ended early by anybody, by going back", async () => {
    const log = await siteAt("strict");
    await log.changes.breakGlass({ author: ada, wish: { files: milder } });
    await log.changes.rollback({ author: ana });
    assert.equal(log.current.id, idOf(links(3)));
    await log.pass(25 * hourMs);
    assert.equal(log.last.kind === "release" && log.last.via, "rollback");
  });

  test("tries again what could not be sealed when it was due", async () => {
    const log = await siteAt("pair");
    await log.changes.breakGlass({ author: ada, wish: { files: links(1) }, forMs: hourMs });
    log.beforeSeal = () => {
      throw new DocketError("sealing_failed", "the disk is full");
    };
    await log.pass(hourMs + 12_000);
    assert.equal(log.faults.length, 3);
    assert.equal(log.current.id, idOf(links(1)));
    log.beforeSeal = () => undefined;
    await log.pass(5000);
    assert.equal(log.current.id, idOf(links(3)));
  });
});

describe("what stands by", () => {
  test("is switched to by one person whatever is in force, for a time, and again later", async () => {
    const log = await siteAt("strict");
    const { index } = await log.changes.propose({ author: ana, wish: { files: links(1) }, standby: true });
    for (const author of [ada, bob]) await log.changes.approve({ author, of: index });
    const change = await log.changes.propose({ author: ana, wish: { files: milder } });
    await log.changes.approve({ author: ada, of: change.index });
    await log.changes.publish({ author: ana, of: change.index });
    const switched = await log.changes.publish({ author: ben, of: index, forMs: hourMs });
    assert.equal(switched.release, idOf(links(1)));
    assert.equal(switched.until, "2026-11-23T13:00:00.000Z");
    await log.pass(hourMs);
    assert.equal(log.current.id, idOf(milder));
    await log.changes.publish({ author: ben, of: index });
    assert.equal(log.current.id, idOf(links(1)));
  });

  test("is stricter, or it need not wait", async () => {
    const log = await siteAt("pair");
    await refused(
      log.changes.propose({ author: ana, wish: { files: milder }, standby: true }),
      "change_conflict",
      /only a stricter release is approved to be switched to/,
    );
  });
});

describe("going back", () => {
  const publishBoth = async (log: ChangeLog): Promise<void> => {
    for (const least of [4, 5]) {
      const { index } = await log.changes.propose({ author: ana, wish: { files: links(least) } });
      for (const author of [ada, bob]) await log.changes.approve({ author, of: index });
      await log.changes.publish({ author: ana, of: index });
    }
  };

  test("at solo goes to any release that was in force, at once", async () => {
    const log = await siteAt("solo");
    await publishBoth(log);
    const withdrawn = await log.changes.rollback({
      author: ada,
      to: idOf(links(3)).slice(0, 8),
      why: "wrong",
    });
    assert.equal(withdrawn.release, idOf(links(3)));
    assert.deepEqual(withdrawn.rules, ["comments/links"]);
    assert.deepEqual(log.last, {
      kind: "release",
      by: ada.by,
      release: idOf(links(3)),
      previous: idOf(links(5)),
      via: "rollback",
      of: withdrawn.withdrew,
      alone: true,
      parts: "A".repeat(43),
    });
    await refused(
      log.changes.rollback({ author: ada, to: idOf(links(3)) }),
      "change_conflict",
      /is in force/,
    );
    await refused(log.changes.rollback({ author: ada, to: "nonsense" }), "not_found", /was ever in force/);
  });

  test("at pair one person goes back by one, and no further", async () => {
    const log = await siteAt("pair");
    await publishBoth(log);
    await refused(
      log.changes.rollback({ author: ada, to: idOf(links(3)) }),
      "approval_needed",
      /at level pair one person alone goes back only by the release that came last; propose it/,
    );
    await log.changes.rollback({ author: ada });
    assert.equal(log.current.id, idOf(links(4)));
    await refused(
      log.changes.rollback({ author: ada, to: idOf(links(3)) }),
      "approval_needed",
      /goes back only by/,
    );
    const { index } = await log.changes.propose({ author: ana, wish: { release: idOf(links(3)) } });
    await log.changes.approve({ author: ada, of: index });
    await log.changes.publish({ author: ana, of: index });
    assert.equal(log.current.id, idOf(links(3)));
  });

  test("at pair one person doesn't go back to a glass that was broken, which nobody agreed to", async () => {
    const log = await siteAt("pair");
    await log.changes.breakGlass({ author: ada, wish: { files: links(1) } });
    const { index } = await log.changes.propose({ author: ana, wish: { files: links(5) } });
    await log.changes.approve({ author: bob, of: index });
    await log.changes.publish({ author: bob, of: index });
    await refused(
      log.changes.rollback({ author: ada, to: idOf(links(1)) }),
      "approval_needed",
      /at level pair one person alone doesn't go back to a broken glass/,
    );
  });

  test("at strict one person goes back only to what restricts no more", async () => {
    const log = await siteAt("strict");
    const { index } = await log.changes.propose({ author: ana, wish: { files: milder } });
    await log.changes.approve({ author: ada, of: index });
    await log.changes.publish({ author: ana, of: index });
    await refused(
      log.changes.rollback({ author: ada }),
      "approval_needed",
      /at level strict one person alone goes back only to a milder release/,
    );
  });
});

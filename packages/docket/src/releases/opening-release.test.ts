// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "node:crypto";
import type { PolicyFile } from "@docket/policy";
import { DocketError } from "../error.ts";
import type { ReleaseListStore, ReleaseModelStore } from "./contract.ts";
import { chooseOpeningRelease } from "./opening-release.ts";
import type { OpeningRelease } from "./opening-release.ts";
import { noLists, noModels, releaseOf } from "./release.ts";
import type { KeptRelease, ReleaseManifest } from "./release.ts";
import { ada, ana, bob, ChangeLog, hourMs } from "./testing/change-log.ts";
import { policyFile } from "./testing/policies.ts";

const links = (least: number): PolicyFile[] => [
  policyFile("comments", [{ id: "links", when: `signals.linkCount >= ${least}`, outcome: "reject" }]),
];
const idOf = (least: number): string => releaseOf(links(least)).id;

const noModelStore: ReleaseModelStore = {
  current: () => noModels,
  at: () => noModels,
  adopted: () => undefined,
};

/** Opens a log again with a directory that holds links(least), or nothing. */
function open(
  log: ChangeLog,
  least: number | undefined,
  takesEdits = true,
  lists: ReleaseListStore = { current: () => noLists, at: () => noLists, adopted: () => undefined },
): OpeningRelease {
  const known = [1, 2, 3, 4, 5].map((each) => releaseOf(links(each)));
  return chooseOpeningRelease({
    state: log.state(),
    directory: () => {
      if (least === undefined) throw new DocketError("usage", "there is no policy");
      return links(least);
    },
    takesEdits,
    kept: (id) => keptOf(known.find((release) => release.id === id) ?? assert.fail(id)),
    lists,
    models: noModelStore,
    nowMs: log.nowMs,
  });
}

function keptOf(release: ReturnType<typeof releaseOf>): KeptRelease {
  const manifest = JSON.parse(release.manifest) as ReleaseManifest;
  return { id: release.id, text: release.manifest, manifest, files: release.files };
}

void test("at solo an edited directory is taken at the start, marked as done alone", () => {
  const log = new ChangeLog(links(3));
  assert.equal(open(log, 3).body, undefined);
  const { release, body, notice } = open(log, 4);
  assert.equal(release.id, idOf(4));
  assert.deepEqual(body, {
    kind: "release",
    by: "operator",
    release: idOf(4),
    previous: idOf(3),
    via: "start",
    alone: true,
  });
  assert.equal(notice, undefined);
});

void test("whoever opens a site to propose a directory doesn't take it by that", () => {
  const log = new ChangeLog(links(3));
  const { release, body, notice } = open(log, 4, false);
  assert.equal(release.id, idOf(3));
  assert.equal(body, undefined);
  assert.equal(notice, undefined);
});

void test("at solo a mistake in the directory stops the start, as it always did", () => {
  assert.throws(
    () => open(new ChangeLog(links(3)), undefined),
    (error) => error instanceof DocketError && error.code === "usage",
  );
});

void test("what was published or withdrawn is not undone by a start with the old directory", async () => {
  const log = new ChangeLog(links(3));
  const { index } = await log.changes.propose({ author: ana, wish: { files: links(4) } });
  await log.changes.approve({ author: ada, of: index });
  await log.changes.publish({ author: ada, of: index });
  const published = open(log, 3);
  assert.equal(published.release.id, idOf(4));
  assert.equal(published.body, undefined);
  assert.match(published.notice ?? "", /differs from the release in force \(record \d+\) and is not taken/);
  assert.equal(open(log, 4).notice, undefined);
  assert.equal(open(log, 5).release.id, idOf(5), "edited again: taken");
  await log.changes.rollback({ author: ada });
  const withdrawn = open(log, 4);
  assert.equal(withdrawn.release.id, idOf(3), "what was withdrawn doesn't come back");
  assert.match(withdrawn.notice ?? "", /is not taken/);
});

void test("at solo an edited file of a list is taken too, unless another release came since", async () => {
  const log = new ChangeLog(links(3));
  const calls: string[] = [];
  const versions = [{ name: "bad", kind: "domain" as const, version: "v2" }];
  const lists: ReleaseListStore = {
    current: () => {
      calls.push("current");
      return { versions, views: new Map() };
    },
    at: () => noLists,
    adopted: () => void calls.push("adopted"),
  };
  const taken = open(log, 3, true, lists);
  assert.deepEqual(calls, ["adopted", "current"], "lists go on from those in force");
  assert.equal(taken.body?.via, "start");
  assert.notEqual(taken.release.id, idOf(3));
  const { index } = await log.changes.propose({ author: ana, wish: { files: links(4) } });
  await log.changes.approve({ author: ada, of: index });
  await log.changes.publish({ author: ada, of: index });
  assert.equal(open(log, 4, true, lists).body, undefined);
});

void test("at solo a directory that was edited back is taken back", () => {
  const log = new ChangeLog(links(3));
  log.append({ kind: "release", by: "operator", release: idOf(4), previous: idOf(3), via: "start" });
  assert.equal(open(log, 3).release.id, idOf(3));
});

void test("above solo the release in force is loaded from its kept files", async () => {
  for (const level of ["pair", "strict"] as const) {
    const log = new ChangeLog(links(3));
    const { index } = await log.changes.propose({ author: ana, wish: { level } });
    await log.changes.approve({ author: ada, of: index });
    const { release, body, notice } = open(log, 4);
    assert.equal(release.id, idOf(3));
    assert.equal(body, undefined);
    assert.match(
      notice ?? "",
      new RegExp(`not taken at level ${level}: propose it with docket policy propose`),
    );
    assert.equal(open(log, undefined).release.id, idOf(3), "it needs no directory");
  }
});

void test("a broken glass whose time is over is reverted before anything is decided", async () => {
  const log = new ChangeLog(links(3));
  const { index } = await log.changes.breakGlass({ author: bob, wish: { files: links(1) }, forMs: hourMs });
  assert.equal(open(log, 3).release.id, idOf(1), "while it lasts");
  log.nowMs += hourMs;
  const { release, body, notice } = open(log, 3);
  assert.equal(release.id, idOf(3));
  assert.deepEqual(body, {
    kind: "release",
    release: idOf(3),
    previous: idOf(1),
    by: bob.by,
    via: "revert",
    of: index,
  });
  assert.match(notice ?? "", /was not confirmed in time/);
});

void test("another version of the language makes another release of the same files", () => {
  const log = new ChangeLog(links(3));
  const old = keptOf(releaseOf(links(3)));
  const manifest = { ...old.manifest, language: "docket-policy/0" };
  const text = JSON.stringify(manifest);
  const id = hash("sha256", text, "base64url");
  log.append({ kind: "release", by: "operator", release: id, previous: null });
  const { release, body } = chooseOpeningRelease({
    state: log.state(),
    directory: () => links(3),
    takesEdits: true,
    kept: () => ({ ...old, id, text, manifest }),
    lists: { current: () => noLists, at: () => noLists, adopted: () => undefined },
    models: noModelStore,
    nowMs: 0,
  });
  assert.equal(release.id, idOf(3));
  assert.equal(body?.via, "start");
  assert.equal(body?.previous, id);
});

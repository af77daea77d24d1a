// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, encodeLeaf, formatTime } from "@docket/protocol";
import type { LabelValue } from "@docket/protocol";
import type { IndexEntry } from "../../views/site-index.ts";
import { repeatWindowMs } from "../../views/site-index.ts";
import { SqliteSiteIndex } from "./site-index.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

test("repeats and actors are found again, also after it was opened anew", (t) => {
  const open = newIndex(t);
  const index = open();
  assert.deepEqual(index.find({ event: bytes("e1"), account: bytes("u1") }), {
    repeat: undefined,
    actor: undefined,
  });
  index.apply([entry(0, { event: "e1", actor: "u1" }), entry(1, {})]);
  const found = { repeat: { index: 0, body: bytes("body e1"), sealedMs: 1000 }, actor: "a_u1" };
  for (const each of [index, open()]) {
    const { repeat, actor } = each.find({ event: bytes("e1"), account: bytes("u1") });
    assert.deepEqual({ ...repeat, body: Buffer.from(repeat?.body ?? []) }, found.repeat);
    assert.equal(actor?.pseudonym, found.actor);
    assert.deepEqual(each.actor("a_u1"), actor);
    assert.equal(each.actor("a_other"), undefined);
    assert.equal(each.state().size, 2);
  }
});

test("applying again changes nothing, and a batch that overlaps gives only what is new", (t) => {
  const index = newIndex(t)();
  const first = [entry(0, { standing: "one" }), entry(1, { standing: "two", release: "r1" })];
  index.apply(first);
  index.apply([entry(2, { standing: "three" })]);
  index.apply(first);
  assert.deepEqual(index.state(), { size: 3, release: "r1", standings: [{ actor: "a_x", state: "three" }] });
  index.apply([entry(2, { standing: "two again" }), entry(3, { standing: "" })]);
  assert.deepEqual(index.state(), { size: 4, release: "r1", standings: [] });
});

test("an actor's first entry stays, whatever is restored from the journal", (t) => {
  const index = newIndex(t)();
  index.apply([entry(0, { actor: "u1" })]);
  index.restoreActors([
    { lookup: bytes("u1"), pseudonym: "a_other", wrappedKey: bytes("other") },
    { lookup: bytes("u2"), pseudonym: "a_u2", wrappedKey: bytes("two") },
  ]);
  index.makeDurable();
  assert.equal(index.find({ event: bytes(""), account: bytes("u1") }).actor?.pseudonym, "a_u1");
  assert.equal(index.find({ event: bytes(""), account: bytes("u2") }).actor?.pseudonym, "a_u2");
});

test("counters are rebuilt from the first record that is recent enough, in any order of times", (t) => {
  const index = newIndex(t)();
  assert.equal(index.firstRecordSince(0), 0);
  assert.equal(index.latestDecidedMs(), 0);
  index.apply([entry(0, { decidedMs: 100 }), entry(1, { decidedMs: 900 })]);
  index.apply([entry(2, { decidedMs: 300 })]);
  index.apply([entry(3, { decidedMs: 500 }), entry(4, {})]);
  assert.equal(index.latestDecidedMs(), 900);
  assert.equal(index.firstRecordSince(0), 0);
  assert.equal(index.firstRecordSince(800), 0);
  assert.equal(index.firstRecordSince(900), 5, "none is later");
});

test("repeats go when the window is over", (t) => {
  const index = newIndex(t)();
  index.apply([entry(0, { event: "old" })]);
  const later = 2000 + repeatWindowMs;
  const many = Array.from({ length: 50_000 }, (_, place) => entry(place + 1, { sealedMs: later }));
  index.apply([...many, entry(50_001, { event: "new", sealedMs: later })]);
  assert.equal(index.find({ event: bytes("old"), account: bytes("") }).repeat, undefined);
  assert.equal(index.find({ event: bytes("new"), account: bytes("") }).repeat?.index, 50_001);
});

test("records that are kept by their kind are found again, in the order of the log", (t) => {
  const open = newIndex(t);
  const index = open();
  const kept = (kind: string, leaf: string): Partial<IndexEntry> => ({ kept: { kind, leaf } });
  index.apply([
    { ...entry(0, {}), ...kept("release", "r0") },
    entry(1, {}),
    { ...entry(2, {}), ...kept("proposal", "p2") },
    { ...entry(3, {}), ...kept("release", "r3") },
  ]);
  for (const each of [index, open()]) {
    assert.deepEqual(each.keptRecords(["release", "proposal"]), ["r0", "p2", "r3"]);
    assert.deepEqual(each.keptRecords(["release"]), ["r0", "r3"]);
    assert.deepEqual(each.keptRecords([]), []);
  }
});

test("of the labels of a decision the last one is in force", (t) => {
  const open = newIndex(t);
  const index = open();
  const label = (at: number, of: number, value: LabelValue): IndexEntry => {
    const header = {
      v: 1,
      index: at,
      prev: "A".repeat(43),
      time: formatTime(0),
      uncertaintyMs: null,
    } as const;
    const said = { by: "operator", role: "operator", of, label: value, source: "moderator" } as const;
    const leaf = encodeLeaf(header, encodeBody({ kind: "label", ...said }));
    return { ...entry(at, {}), kept: { kind: "label", leaf } };
  };
  index.apply([label(5, 4, "spam"), label(6, 2, "unsure"), label(7, 4, "notSpam")]);
  const inForce = (each: SqliteSiteIndex, from: number, limit: number): string[] =>
    each.labels({ from, limit }).map((leaf) => (JSON.parse(leaf) as { label: string }).label);
  for (const each of [index, open()]) {
    assert.deepEqual(inForce(each, 0, 10), ["unsure", "notSpam"]);
    assert.deepEqual(inForce(each, 3, 10), ["notSpam"]);
    assert.deepEqual(inForce(each, 0, 1), ["unsure"]);
    assert.deepEqual(each.keptRecords(["label"]), []);
  }
});

test("views of another version are made again from the log", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-index-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const open = (): SqliteSiteIndex =>
    new SqliteSiteIndex(join(directory, "i"), join(directory, "v"), repeatWindowMs);
  const index = open();
  index.apply([entry(0, { standing: "one", actor: "u1" })]);
  index.close();
  const database = new DatabaseSync(join(directory, "v"));
  database.exec("PRAGMA user_version = 0; DROP TABLE kept");
  database.close();
  const again = open();
  assert.deepEqual(again.state(), { size: 0, release: null, standings: [] });
  assert.deepEqual(again.keptRecords(["release"]), []);
  assert.equal(again.actor("a_u1")?.pseudonym, "a_u1", "the identity map is no view");
  again.close();
});

test("files are their owner's alone", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-index-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const index = new SqliteSiteIndex(join(directory, "i"), join(directory, "v"), repeatWindowMs);
  t.after(() => index.close());
  for (const name of ["i", "v"]) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
});

test("an identity map that another program holds is not called durable", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-index-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const now = { busyMs: 0 };
  const index = new SqliteSiteIndex(join(directory, "i"), join(directory, "v"), repeatWindowMs, now);
  index.restoreActors([{ lookup: bytes("u"), pseudonym: "a_u", wrappedKey: bytes("k") }]);
  const reader = new DatabaseSync(join(directory, "i"));
  reader.exec("BEGIN; SELECT * FROM actors");
  reader.prepare("SELECT count(*) FROM actors").get();
  assert.throws(() => index.makeDurable(), /in use by another program/);
  reader.close();
  index.makeDurable();
  index.close();
});

type Given = {
  event?: string;
  actor?: string;
  standing?: string;
  release?: string;
  decidedMs?: number;
  sealedMs?: number;
};

function entry(index: number, given: Given): IndexEntry {
  const { event, actor, standing, release, decidedMs = 0, sealedMs = 1000 } = given;
  return {
    index,
    decidedMs,
    sealedMs,
    actors:
      actor === undefined
        ? []
        : [{ lookup: bytes(actor), pseudonym: `a_${actor}`, wrappedKey: bytes("key") }],
    event: event === undefined ? undefined : bytes(event),
    body: event === undefined ? undefined : bytes(`body ${event}`),
    standing: standing === undefined ? undefined : { actor: "a_x", state: standing },
    release,
  };
}

function newIndex(t: TestContext): () => SqliteSiteIndex {
  const directory = mkdtempSync(join(tmpdir(), "docket-index-"));
  const opened: SqliteSiteIndex[] = [];
  t.after(() => {
    for (const index of opened) index.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const index = new SqliteSiteIndex(
      join(directory, "identity.sqlite"),
      join(directory, "views.sqlite"),
      repeatWindowMs,
    );
    opened.push(index);
    return index;
  };
}

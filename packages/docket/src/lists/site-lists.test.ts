// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test from "node:test";
import { gzipSync } from "node:zlib";
import type { List, ListDeclaration, ListKind } from "@docket/policy";
import * as fc from "fast-check";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { decodeDelta, encodeBase, encodeDelta, versionOf } from "./format.ts";
import { SiteLists, snapshotEvery } from "./site-lists.ts";
import type { WishedChange } from "./site-lists.ts";
import { openListStore } from "./store.ts";
import type { ListStore } from "./store.ts";

const now = Date.UTC(2026, 10, 23);
const site = { site: "/data/sites/main" };

function hashActor(id: string): string {
  return createHmac("sha256", "key").update(id).digest().subarray(0, 16).toString("base64url");
}

function declared(name: string, kind: ListKind, file?: string): ReadonlyMap<string, ListDeclaration> {
  const brake = { share: 100, least: 20 };
  const place = "policy.yaml:3";
  return new Map([[name, { name, kind, brake, place, ...(file === undefined ? {} : { file }) }]]);
}

function storeOn(disk: MemoryDisk): ListStore {
  return openListStore(disk, site, async (path, bytes) => disk.replaceFile(path, bytes, true));
}

type Place = {
  disk: MemoryDisk;
  store: ListStore;
  files: Map<string, string | Uint8Array>;
  lists: SiteLists;
};

function place(): Place {
  const disk = new MemoryDisk();
  disk.makeDirectory(site.site);
  const store = storeOn(disk);
  const files = new Map<string, string | Uint8Array>();
  return { disk, store, files, lists: new SiteLists({ store, files: reader(files), hashActor }) };
}

function reader(files: ReadonlyMap<string, string | Uint8Array>): (path: string) => Uint8Array | undefined {
  return (path) => {
    const file = files.get(path);
    return typeof file === "string" ? Buffer.from(file) : file;
  };
}

/** What the way of a change does, without a log. */
async function make({ store, lists }: Place, name: string, wished: WishedChange): Promise<string> {
  const proposed = lists.propose(name, wished, now);
  assert.ok(proposed, "nothing would change");
  await store.keep(name, "change", proposed.version, proposed.bytes);
  const version = proposed.apply();
  lists.adopted(lists.withVersion(version).versions);
  await lists.snapshot(name);
  return proposed.version;
}

function values(list: List | undefined): string[] {
  return Array.from(list?.entries() ?? [], ({ value }) => value);
}

function added(...all: string[]): WishedChange {
  return { add: all.map((value) => ({ value })), remove: [] };
}

function removed(...remove: string[]): WishedChange {
  return { add: [], remove };
}

test("a version is the SHA-256 of its change, which names the one before", async () => {
  const at = place();
  const first = at.lists.current(declared("bad", "domain"));
  assert.equal(first.versions[0]?.version, versionOf(Buffer.from("docket-list/v1 domain\n")));
  at.lists.adopted(first.versions);
  const version = await make(at, "bad", {
    add: [{ value: "B.example" }, { value: "a.example", untilMs: Date.UTC(2027, 0, 1) }],
    remove: ["gone.example"],
  });
  const text =
    `docket-list-change/v1 domain\nprevious ${first.versions[0]?.version}\n` +
    "+a.example\t2027-01-01T00:00:00.000Z\n+b.example\n";
  assert.equal(version, versionOf(Buffer.from(text)));
  assert.equal(Buffer.from(at.store.read("bad", "change", version) ?? []).toString(), text);
  assert.equal(at.lists.views.get("bad")?.find("x.a.example", now), "a.example");
  assert.equal(first.views.get("bad")?.find("x.a.example", now), undefined);
});

test("any version can be made again, and one changed byte of a base or change is found", async () => {
  const at = place();
  at.files.set("bad.txt", "one.example\ntwo.example\n");
  at.lists.adopted(at.lists.current(declared("bad", "domain", "bad.txt")).versions);
  const base = at.lists.head("bad").version;
  assert.equal(base, versionOf(encodeBase("domain", [{ value: "one.example" }, { value: "two.example" }])));
  const second = await make(at, "bad", added("three.example"));
  const third = await make(at, "bad", removed("one.example"));
  const again = new SiteLists({ store: at.store, files: reader(at.files), hashActor });
  assert.deepEqual(values(again.listAt("bad", "domain", base)), ["one.example", "two.example"]);
  assert.deepEqual(values(again.listAt("bad", "domain", second)), [
    "one.example",
    "three.example",
    "two.example",
  ]);
  assert.deepEqual(values(again.listAt("bad", "domain", third)), ["three.example", "two.example"]);
  const damaged = {
    code: "directory_damaged",
    message: /^the list bad can't be made in version .*its hash isn't its name$/,
  };
  for (const [kind, version] of [
    ["base", base],
    ["change", second],
    ["change", third],
  ] as const) {
    const whole = Buffer.from(at.store.read("bad", kind, version) ?? []);
    for (let index = 0; index < whole.length; index++) {
      const changed = Buffer.from(whole);
      changed[index] = (changed[index] ?? 0) ^ 1;
      at.disk.replaceFile(at.store.path("bad", kind, version), changed, true);
      assert.throws(() => again.listAt("bad", "domain", third), damaged);
    }
    at.disk.remove(at.store.path("bad", kind, version));
    assert.throws(() => again.listAt("bad", "domain", third), {
      code: "directory_damaged",
      message: /is missing$/,
    });
    at.disk.replaceFile(at.store.path("bad", kind, version), whole, true);
  }
  assert.deepEqual(values(again.listAt("bad", "domain", third)), ["three.example", "two.example"]);
  assert.throws(() => again.at([{ name: "bad", kind: "hash", version: third }]), {
    code: "directory_damaged",
  });
});

test("a file that changed changes its list by what differs; changes by hand stay", async () => {
  const at = place();
  const declaration = declared("bad", "domain", "lists/bad.txt.gz");
  at.files.set("lists/bad.txt.gz", gzipSync("b.example\na.example # twice\nA.example\n"));
  at.lists.adopted(at.lists.current(declaration).versions);
  const first = at.lists.head("bad").version;
  assert.equal(at.lists.current(declaration).versions[0]?.version, first);
  await make(at, "bad", { add: [{ value: "mine.example" }], remove: ["b.example"] });
  const mine = at.lists.head("bad").version;
  assert.equal(at.lists.current(declaration).versions[0]?.version, mine);
  at.files.set("lists/bad.txt.gz", gzipSync("b.example\nc.example\n"));
  const next = at.lists.current(declaration);
  assert.equal(at.lists.head("bad").version, mine);
  at.lists.adopted(next.versions);
  assert.deepEqual(values(at.lists.head("bad").list), ["c.example", "mine.example"]);
  const delta = decodeDelta(
    at.store.read("bad", "change", at.lists.head("bad").version) ?? Buffer.alloc(0),
    "domain",
  );
  assert.deepEqual([delta?.previous, delta?.remove], [mine, ["a.example"]]);
  // The same again after a restart, with what the release names.
  const again = new SiteLists({ store: at.store, files: reader(at.files), hashActor }, next.versions);
  assert.deepEqual(again.current(declaration).versions, next.versions);
  assert.deepEqual(values(again.head("bad").list), ["c.example", "mine.example"]);
});

test("what is wrong with a declared file is said with its place", () => {
  const { lists, files } = place();
  const refused = (kind: ListKind, message: RegExp): void =>
    assert.throws(() => lists.current(declared("bad", kind, "lists/bad.txt")), {
      code: "policy_invalid",
      message,
    });
  refused("domain", /^policy\.yaml:3:1: the file of the list bad, lists\/bad\.txt, is not there$/);
  files.set("lists/bad.txt", "good.example\ntwo words\ncom\n");
  refused(
    "domain",
    /^lists\/bad\.txt:2:1: expected a host name .*\nlists\/bad\.txt:3:1: expected a domain: com is/,
  );
  files.set("lists/bad.txt", Buffer.from([0xff, 0xfe]));
  refused("term", /^lists\/bad\.txt can't be read as a list in UTF-8/);
  refused("actor", /^policy\.yaml:3:1: the list bad is of persons, .*docket list import bad FILE$/);
  files.set("lists/bad.txt", Array.from({ length: 65 }, (_, index) => `a\\d{${index + 1}}z`).join("\n"));
  refused("pattern", /^65 patterns have no literal of three characters/);
});

test("what is wrong with a wish to change a list is said with a pointer", () => {
  const { lists } = place();
  lists.adopted(lists.current(declared("bad", "domain")).versions);
  const refused = (wished: WishedChange, pointer: string, message: RegExp): void =>
    assert.throws(() => lists.propose("bad", wished, now), { code: "schema_mismatch", pointer, message });
  refused(added("ok.example", "no host"), "/add/1/value", /^expected a host name/);
  refused(removed("no host"), "/remove/0", /^expected a host name/);
  refused({ add: [{ value: "a.example", untilMs: now }], remove: [] }, "/add/0/until", /still to come/);
  refused(
    { add: [{ value: "a.example" }], remove: ["A.example"] },
    "/remove/0",
    /put in and taken out in one change/,
  );
  assert.throws(() => lists.propose("bad", added(...Array.from({ length: 100_001 }, () => "a")), now), {
    code: "schema_mismatch",
    message: /^a change has at most 100000 entries/,
  });
  assert.throws(() => lists.propose("worse", added("a.example"), now), {
    code: "not_found",
    message: 'there is no list "worse"; there are: bad',
  });
  assert.equal(lists.propose("bad", removed("a.example"), now), undefined);
});

test("persons are kept as keyed hashes only, and erased by their account id", async () => {
  const at = place();
  at.lists.adopted(at.lists.current(declared("vip", "actor")).versions);
  const version = await make(at, "vip", added("alice", "bob"));
  const kept = Buffer.from(at.store.read("vip", "change", version) ?? []).toString();
  assert.ok(kept.includes(hashActor("alice")) && !kept.includes("alice"));
  assert.equal(at.lists.views.get("vip")?.find("alice", now), hashActor("alice"));
  const erasure = at.lists.proposeErasure("vip", "alice");
  assert.equal(erasure?.removed, 1);
  await make(at, "vip", removed("alice"));
  assert.equal(at.lists.views.get("vip")?.find("alice", now), undefined);
  assert.equal(at.lists.proposeErasure("vip", "alice"), undefined);
});

test("many changes: a snapshot makes loading quick, and a changed one is passed over", async () => {
  const at = place();
  at.lists.adopted(at.lists.current(declared("seen", "hash")).versions);
  for (let index = 0; index < snapshotEvery + 5; index++) {
    await make(at, "seen", { add: [{ value: `h${index}` }], remove: index < 3 ? [] : [`h${index - 3}`] });
  }
  const [snapshot = ""] = at.store.versions("seen", "snapshot");
  const { version } = at.lists.head("seen");
  const expected = values(at.lists.head("seen").list);
  const again = (): SiteLists =>
    new SiteLists({ store: at.store, files: reader(at.files), hashActor }, [
      { name: "seen", kind: "hash", version },
    ]);
  assert.deepEqual(values(again().head("seen").list), expected);
  assert.equal(again().head("seen").depth, 5);
  const path = at.store.path("seen", "snapshot", snapshot);
  const bytes = Buffer.from(at.disk.readFile(path) ?? []);
  bytes[bytes.length - 2] = 0x78;
  at.disk.replaceFile(path, bytes, true);
  assert.deepEqual(values(again().head("seen").list), expected);
  assert.equal(again().head("seen").depth, snapshotEvery + 5);
});

test("a list that goes back to an earlier version goes on from there", async () => {
  const at = place();
  at.lists.adopted(at.lists.current(declared("bad", "hash")).versions);
  const first = await make(at, "bad", added("a"));
  const second = await make(at, "bad", added("b"));
  at.lists.adopted([{ name: "bad", kind: "hash", version: first }]);
  assert.deepEqual(values(at.lists.head("bad").list), ["a"]);
  assert.equal(await make(at, "bad", added("b")), second);
  await make(at, "bad", added("c"));
  assert.deepEqual(values(at.lists.head("bad").list), ["a", "b", "c"]);
});

test("a change comes out of its bytes as it went in", () => {
  const value = fc.string({
    unit: fc.constantFrom("a", "+", "-", " ", "é", "\u{1F600}", "\\"),
    minLength: 1,
    maxLength: 6,
  });
  const entry = fc.record({ value, untilMs: fc.nat(1e12) }, { requiredKeys: ["value"] });
  const hash = fc.constantFrom("A".repeat(43), "b".repeat(43));
  const delta = fc.record(
    {
      kind: fc.constantFrom<ListKind>("term", "hash"),
      previous: hash,
      file: hash,
      base: hash,
      add: fc.uniqueArray(entry, { selector: (each) => each.value, maxLength: 5 }),
      remove: fc.uniqueArray(value, { maxLength: 5 }),
    },
    { requiredKeys: ["kind", "previous", "add", "remove"] },
  );
  fc.assert(
    fc.property(delta, (each) => {
      const read = decodeDelta(encodeDelta(each), each.kind);
      assert.ok(read);
      assert.deepEqual(encodeDelta(read), encodeDelta(each));
      assert.deepEqual(new Set(read.remove), new Set(each.remove));
      assert.deepEqual(read.add.length, each.add.length);
    }),
    { numRuns: 300 },
  );
});

// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../api/request.ts";
import { planLists, readList, testedEntriesMax } from "./test-lists.ts";
import type { DeclaredList, ListInForce, WantedList } from "./test-lists.ts";

const declared = (name: string, rest: Partial<DeclaredList> = {}): DeclaredList => {
  return { name, kind: "domain", file: null, tested: true, ...rest };
};
const inForce = (name: string, rest: Partial<ListInForce> = {}): ListInForce => {
  return { name, kind: "domain", version: "v1", size: 3, ...rest };
};
const wanted: WantedList = { name: "bad", kind: "domain", version: "v1" };

test("lists in force are read, and of the others it is said why they are not", () => {
  const plan = planLists(
    [
      declared("bad"),
      declared("unread", { tested: false }),
      declared("none"),
      declared("staff", { kind: "actor" }),
      declared("nobody", { kind: "actor" }),
      declared("long"),
      declared("new"),
      declared("filed", { file: "lists/filed.txt" }),
      declared("turned", { kind: "term" }),
    ],
    [
      inForce("bad"),
      inForce("unread"),
      inForce("none", { size: 0 }),
      inForce("staff", { kind: "actor" }),
      inForce("nobody", { kind: "actor", size: 0 }),
      inForce("long", { size: testedEntriesMax + 1 }),
      inForce("turned"),
    ],
  );
  assert.deepEqual(plan.read, [wanted]);
  assert.deepEqual(
    plan.empty.map(({ name }) => name),
    ["none", "nobody", "new", "turned"],
  );
  assert.deepEqual(
    plan.left.map(({ name, why }) => `${name}: ${why}`),
    [
      "staff: only the server can tell whose accounts it holds",
      "long: it has more than 20,000 entries",
      "new: it is not in force yet, so it is empty",
      "filed: it is not in force yet; the server reads its file",
      "turned: it is not in force yet, so it is empty",
    ],
  );
  const none = planLists([declared("bad")], "you may not read lists");
  assert.deepEqual(none, { read: [], empty: [], left: [{ name: "bad", why: "you may not read lists" }] });
});

test("entries are read page by page, up to the most", async () => {
  const asked: string[] = [];
  const list = await readList(wanted, (path) => {
    asked.push(path);
    return Promise.resolve(
      path.includes("after")
        ? { entries: [{ value: "b.example", until: "2026-11-23T00:00:00.000Z" }], next: null }
        : { entries: [{ value: "a&b.example", until: null }], next: "a&b.example" },
    );
  });
  const untilMs = Date.UTC(2026, 10, 23);
  const entries = [{ value: "a&b.example" }, { value: "b.example", untilMs }];
  assert.deepEqual(list, { name: "bad", kind: "domain", entries });
  assert.deepEqual(asked, [
    "/v1/lists/bad/entries?limit=10000",
    "/v1/lists/bad/entries?limit=10000&after=a%26b.example",
  ]);
  const page = Array.from({ length: 10_000 }, (_, n) => ({ value: `${n}.example`, until: null }));
  const grown = await readList(wanted, () => Promise.resolve({ entries: page, next: "x" }));
  assert.deepEqual(grown, { name: "bad", why: "it has more than 20,000 entries" });
  const gone = new ApiError(404, { message: "there is no such list" });
  assert.deepEqual(await readList(wanted, () => Promise.reject(gone)), {
    name: "bad",
    why: "it could not be read: there is no such list",
  });
});

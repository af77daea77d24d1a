// SPDX-License-Identifier: Apache-2.0
// The store of people against one in memory: whatever is done to both, they hold and answer the same.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import type { PeopleStore, PersonRow, SessionRow } from "../../access/people-store.ts";
import { MemoryPeople } from "../../access/testing/memory-people.ts";
import { openSqliteAccess } from "./access-client.ts";
import { accessPath } from "./access-file.ts";
import { openSqlitePeople } from "./people.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-people-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const ids = ["p_a", "p_b", "p_c"] as const;
const textOrNull = fc.option(fc.constantFrom("x", "y"), { nil: null });
const person: fc.Arbitrary<PersonRow> = fc.record({
  id: fc.constantFrom(...ids),
  name: fc.constantFrom("ana", "ben", "carl"),
  roles: fc.subarray(["reviewer", "admin"]),
  source: fc.constantFrom("local" as const, "oidc" as const),
  subject: textOrNull,
  password: textOrNull,
  tokenHash: textOrNull,
  tokenUntilMs: fc.option(fc.nat(9), { nil: null }),
  factor: textOrNull,
  pendingFactor: textOrNull,
  usedStep: fc.nat(9),
  createdMs: fc.constant(5),
});
const session: fc.Arbitrary<SessionRow> = fc.record({
  id: fc.constantFrom("s_a", "s_b", "s_c"),
  tokenHash: fc.constantFrom("h", "i"),
  person: fc.constantFrom(...ids),
  method: fc.constant("password"),
  factor: fc.boolean(),
  createdMs: fc.constant(5),
  seenMs: fc.nat(9),
  endsMs: fc.nat(9),
});

type Act = { what: string; run: (store: PeopleStore) => unknown };

function act<Value>(
  what: string,
  value: fc.Arbitrary<Value>,
  run: (store: PeopleStore, value: Value) => unknown,
): fc.Arbitrary<Act> {
  return value.map((given) => ({
    what: `${what} ${JSON.stringify(given)}`,
    run: (store) => run(store, given),
  }));
}

const who = fc.constantFrom(...ids);
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    act("put", person, (store, row) => store.put(row, row.name)),
    act("remove", who, (store, id) => store.remove(id)),
    act("useStep", fc.tuple(who, fc.nat(12)), (store, [id, step]) => store.useStep(id, step)),
    act("codes", fc.tuple(who, fc.subarray(["1", "2", "3"])), (store, [id, codes]) =>
      store.setRecoveryCodes(id, codes),
    ),
    act("useCode", fc.tuple(who, fc.constantFrom("1", "2", "4")), (store, [id, code]) =>
      store.useRecoveryCode(id, code),
    ),
    act("codesLeft", who, (store, id) => store.recoveryCodesLeft(id)),
    act("addSession", session, (store, row) => {
      if (!store.sessions().some(({ id }) => id === row.id)) store.addSession(row);
    }),
    act("touch", fc.tuple(fc.constantFrom("s_a", "s_b"), fc.nat(12)), (store, [id, ms]) =>
      store.touchSession(id, ms),
    ),
    act("endSession", fc.constantFrom("s_a", "s_b"), (store, id) => store.endSession(id)),
    act("wish", who, (store, id) => store.wish({ act: "remove", id })),
    act("dropWish", fc.nat(5), (store, seq) => store.dropWish(seq)),
  ),
  { maxLength: 30 },
);

/** What an act answers; an act that is refused changes nothing, whatever the words. */
function outcome(store: PeopleStore, { run }: Act): unknown {
  try {
    return run(store);
  } catch {
    return "refused";
  }
}

function held(store: PeopleStore): unknown {
  const byId = <Row extends { id: string }>(rows: Row[]): Row[] =>
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  return [byId(store.list()), byId(store.sessions()), store.wishes()];
}

void test("whatever is done, it holds and answers what it promises", (t) => {
  const data = directory(t);
  let site = 0;
  fc.assert(
    fc.property(acts, (done) => {
      site += 1;
      const real = openSqlitePeople(accessPath(data), `site-${site}`);
      const model = new MemoryPeople();
      const firstWish = real.wish({ act: "remove", id: "p_none" }) + 1;
      real.dropWish(firstWish - 1);
      try {
        for (const each of done) {
          if (each.what.startsWith("wish") || each.what.startsWith("dropWish")) continue;
          assert.deepEqual(outcome(real, each), outcome(model, each), each.what);
          assert.deepEqual(held(real), held(model), each.what);
        }
      } finally {
        real.close();
      }
    }),
    { numRuns: 40 },
  );
});

void test("wishes wait in their order until they are forgotten, for whoever opens the file next", (t) => {
  const path = accessPath(directory(t));
  const [writer, reader] = [openSqlitePeople(path, "main"), openSqlitePeople(path, "main")];
  t.after(() => {
    writer.close();
    reader.close();
  });
  const seqs = ["p_a", "p_b"].map((id) => writer.wish({ act: "remove", id }));
  assert.deepEqual(
    reader.wishes().map(({ seq, wish }) => [seq, wish.id]),
    [
      [seqs[0], "p_a"],
      [seqs[1], "p_b"],
    ],
  );
  reader.dropWish(seqs[0] ?? 0);
  assert.deepEqual(
    writer.wishes().map(({ seq }) => seq),
    [seqs[1]],
  );
});

void test("through its thread it is the same, and its file is its owner's alone", async (t) => {
  const data = directory(t);
  const file = openSqliteAccess(accessPath(data), "main");
  const { people } = file;
  const [row] = fc.sample(person, { numRuns: 1, seed: 1 });
  assert.ok(row);
  await people.put(row, "ana");
  assert.deepEqual(await people.list(), [row]);
  assert.equal(await people.useStep(row.id, 20), true);
  assert.equal(await people.useStep(row.id, 20), false);
  await assert.rejects(people.put({ ...row, id: "p_z", subject: null }, "ana"), { code: "internal" });
  await file.close();
  for (const name of readdirSync(data)) assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
  assert.equal(openSqlitePeople(accessPath(data), "main").list().length, 1);
});

void test("what was removed is not left in the file", (t) => {
  const data = directory(t);
  const store = openSqlitePeople(accessPath(data), "main");
  const [row] = fc.sample(person, { numRuns: 1, seed: 1 });
  assert.ok(row);
  store.put({ ...row, name: "margarethe.uniquely-named" }, "margarethe.uniquely-named");
  store.remove(row.id);
  store.close();
  for (const name of readdirSync(data)) {
    assert.ok(!readFileSync(join(data, name)).includes("uniquely-named"), name);
  }
});

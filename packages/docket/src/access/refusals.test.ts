// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyWithoutParts } from "@docket/protocol";
import { refusalRecordsMax, Refusals, windowMs } from "./refusals.ts";

function setUp(): {
  refusals: Refusals;
  sealed: { body: BodyWithoutParts; more: object }[];
  timers: { ms: number; run: () => void }[];
  faults: unknown[];
  state: { fails: boolean };
} {
  const sealed: { body: BodyWithoutParts; more: object }[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  const faults: unknown[] = [];
  const state = { fails: false };
  const refusals = new Refusals({
    seal: async (body, more) => {
      if (state.fails) throw new Error("the disk is full");
      sealed.push({ body, more });
    },
    timer: (ms, run) => {
      timers.push({ ms, run });
      return () => undefined;
    },
    onFault: (error) => void faults.push(error),
  });
  return { refusals, sealed, timers, faults, state };
}

const person = `p_${"a".repeat(16)}`;

void test("the first refusal is sealed at once, the others of a window as one", async () => {
  const { refusals, sealed, timers } = setUp();
  for (const address of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) {
    await refusals.note({ method: "password", person, address });
  }
  const said = { kind: "sign-in", by: "docket", change: "refused", person, method: "password" };
  assert.deepEqual(sealed, [{ body: said, more: { addresses: { "192.0.2.1": 1 } } }]);
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [windowMs],
  );
  await refusals.flush();
  assert.deepEqual(sealed[1], {
    body: { ...said, count: 2 },
    more: { addresses: { "192.0.2.1": 1, "192.0.2.2": 1 } },
  });
  await refusals.flush();
  assert.equal(sealed.length, 2);
});

void test("whatever comes, a window has no more records than is said", async () => {
  const { refusals, sealed } = setUp();
  const methods = ["password", "token", "totp", "oidc", "session", "key"] as const;
  for (let time = 0; time < 5000; time++) {
    const who = time % 3 === 0 ? undefined : `p_${String(time % 997).padStart(16, "x")}`;
    const method = methods[time % methods.length] ?? "key";
    await refusals.note({ method, person: who, address: `192.0.2.${time % 256}`, locked: time % 5 === 0 });
  }
  await refusals.flush();
  assert.ok(sealed.length <= refusalRecordsMax, `${sealed.length} records, at most ${refusalRecordsMax}`);
  const total = sealed.reduce((sum, { body }) => sum + ((body as { count?: number }).count ?? 1), 0);
  assert.equal(total, 5000);
  const addresses = sealed.map(({ more }) => Object.keys((more as { addresses: object }).addresses).length);
  assert.ok(Math.max(...addresses) <= 10);
});

void test("what could not be sealed is counted with what follows", async () => {
  const { refusals, sealed, faults, state } = setUp();
  state.fails = true;
  await refusals.note({ method: "key", address: "192.0.2.1" });
  assert.equal(faults.length, 1);
  state.fails = false;
  await refusals.note({ method: "key", address: "192.0.2.1" });
  await refusals.flush();
  assert.deepEqual(
    sealed.map(({ body }) => (body as { count?: number }).count),
    [2],
  );
});

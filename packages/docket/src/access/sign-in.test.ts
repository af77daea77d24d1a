// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "otpauth";
import type { SignInWish } from "./sign-in.ts";
import { triesHereRate, triesOfNameRate } from "./sign-in.ts";
import { codeAt, stepSeconds } from "./second-factor.ts";
import { AccessWorld, cheapHash, operator } from "./testing/access-world.ts";

const password = "correct horse battery";
const here = { address: "192.0.2.1" };

function codeOf(error: unknown): string {
  return (error as { code: string }).code;
}

async function refusal(world: AccessWorld, wish: SignInWish, address = here.address): Promise<string> {
  return world.access.signIn.signIn(wish, { address }).then(() => "let in", codeOf);
}

void test("a person is added, sets a password, comes in and goes out; each is a record", async () => {
  const world = new AccessWorld();
  const { people, signIn } = world.access;
  const { id, token } = await people.add(operator, { name: "Ana", roles: ["reviewer", "analyst"] });
  assert.equal(await refusal(world, { name: "ana", password: "" }), "sign_in_refused");
  assert.equal(
    await refusal(world, { name: "ana", token: `${token}x`, newPassword: password }),
    "sign_in_refused",
  );
  assert.equal(await refusal(world, { name: "ana", token, newPassword: "short" }), "usage");
  const { signedIn } = await signIn.signIn({ name: "ANA", token, newPassword: password }, here);
  assert.deepEqual(signedIn.caller, {
    id,
    role: "reviewer",
    roles: ["analyst", "reviewer"],
    via: "session",
  });
  // The token counts once.
  await world.pass(600_000);
  assert.equal(await refusal(world, { name: "ana", token, newPassword: password }), "sign_in_refused");
  const begun = await signIn.signIn({ name: "ana", password }, here);
  assert.equal(people.signedIn(begun.token)?.person.id, id);
  await people.signOut(begun.signedIn, false);
  assert.equal(people.signedIn(begun.token), undefined);
  assert.deepEqual(world.records("person"), [
    { kind: "person", by: "operator", change: "added", person: id, roles: ["analyst", "reviewer"] },
    { kind: "person", by: id, change: "secret", person: id, roles: ["analyst", "reviewer"] },
  ]);
  const said = world
    .records("sign-in")
    .map((body) => (body.kind === "sign-in" ? [body.change, body.method] : []));
  assert.deepEqual(said, [
    ["refused", "password"],
    ["refused", "token"],
    ["in", "token"],
    ["refused", "token"],
    ["in", "password"],
    ["out", "password"],
  ]);
  assert.deepEqual(world.sealed[0]?.more, { name: "Ana" });
});

void test("nothing that lets anybody in is in a record or in what is kept in clear", async () => {
  const world = new AccessWorld();
  const { people, signIn } = world.access;
  const { token } = await people.add(operator, { name: "ana", roles: ["admin"] });
  const begun = await signIn.signIn({ name: "ana", token, newPassword: password }, here);
  const { secret } = await signIn.offerFactor(begun.signedIn, undefined, here);
  const kept = JSON.stringify([world.sealed, world.store.list(), world.store.sessions()]);
  for (const each of [token, password, begun.token, secret]) assert.ok(!kept.includes(each.slice(3)), each);
});

void test("an unknown name goes the same way as a wrong password", async () => {
  const world = new AccessWorld();
  await world.person("ana", password, "reviewer");
  const [unknown, wrong] = await Promise.all([
    world.access.signIn.signIn({ name: "nobody", password: "wrong" }, here).catch((error: Error) => error),
    world.access.signIn.signIn({ name: "ana", password: "wrong" }, here).catch((error: Error) => error),
  ]);
  assert.deepEqual(unknown, wrong);
  // The brakes count names that are nobody's as well.
  for (const name of ["ana", "nobody"]) {
    const codes: string[] = [];
    for (let time = 0; time < triesHereRate.burst + 2; time++) {
      codes.push(await refusal(world, { name, password: "wrong" }, "198.51.100.7"));
    }
    assert.deepEqual(codes.slice(0, triesHereRate.burst), Array(triesHereRate.burst).fill("sign_in_refused"));
    assert.deepEqual(codes.slice(triesHereRate.burst), ["too_many_requests", "too_many_requests"]);
  }
});

void test("who guesses from one place locks nobody out who comes from another", async () => {
  const world = new AccessWorld();
  const id = await world.person("ana", password, "reviewer");
  for (let time = 0; time < 20; time++) await refusal(world, { name: "ana", password: "wrong" });
  assert.equal(await refusal(world, { name: "ana", password }), "too_many_requests");
  assert.equal(await refusal(world, { name: "ana", password }, "192.0.2.2"), "let in");
  const locked = world
    .records("sign-in")
    .filter((body) => body.kind === "sign-in" && body.change === "locked");
  assert.deepEqual(locked, [
    { kind: "sign-in", by: "docket", change: "locked", person: id, method: "password" },
  ]);
  // And from everywhere at once, one name has its own limit.
  const codes = new Set<string>();
  for (let time = 0; time < triesOfNameRate.burst + 5; time++) {
    codes.add(await refusal(world, { name: "ana", password: "wrong" }, `198.51.100.${time}`));
  }
  assert.deepEqual(codes, new Set(["sign_in_refused", "too_many_requests"]));
});

async function withFactor(): Promise<{
  world: AccessWorld;
  id: string;
  secret: Uint8Array;
  codes: string[];
}> {
  const world = new AccessWorld();
  const { signIn, people } = world.access;
  const id = await world.person("ana", password, "admin");
  const { signedIn } = await signIn.signIn({ name: "ana", password }, here);
  const offered = await signIn.offerFactor(signedIn, undefined, here);
  assert.match(
    offered.uri,
    /^otpauth:\/\/totp\/docket-test%2Fmain:ana\?issuer=docket-test%2Fmain&secret=[A-Z2-7]{32}&algorithm=SHA1/,
  );
  const secret = Secret.fromBase32(offered.secret).bytes;
  const current = { ...signedIn, person: people.person(id) };
  await assert.rejects(signIn.confirmFactor(current, "000000", here), { code: "sign_in_refused" });
  const { recoveryCodes } = await signIn.confirmFactor(current, await codeAt(secret, world.nowMs), here);
  await world.pass(3_600_000);
  return { world, id, secret, codes: recoveryCodes };
}

void test("with a second factor it takes its code, each once", async () => {
  const { world, secret } = await withFactor();
  const code = await codeAt(secret, world.nowMs);
  assert.equal(await refusal(world, { name: "ana", password }), "factor_needed");
  assert.equal(await refusal(world, { name: "ana", password, code: "12345" }), "sign_in_refused");
  assert.equal(await refusal(world, { name: "ana", password, code }), "let in");
  assert.equal(await refusal(world, { name: "ana", password, code }, "192.0.2.5"), "sign_in_refused");
  // Nor does the code before it count any more.
  const earlier = await codeAt(secret, world.nowMs - stepSeconds * 1000);
  assert.equal(
    await refusal(world, { name: "ana", password, code: earlier }, "192.0.2.6"),
    "sign_in_refused",
  );
  await world.pass(stepSeconds * 1000);
  const later = await codeAt(secret, world.nowMs + stepSeconds * 1000);
  assert.equal(await refusal(world, { name: "ana", password, code: later }, "192.0.2.7"), "let in");
  const far = await codeAt(secret, world.nowMs + 3 * stepSeconds * 1000);
  assert.equal(await refusal(world, { name: "ana", password, code: far }, "192.0.2.8"), "sign_in_refused");
});

void test("two who come with one code at once are not both let in", async () => {
  const { world, secret } = await withFactor();
  const code = await codeAt(secret, world.nowMs);
  const both = await Promise.all([
    refusal(world, { name: "ana", password, code }, "192.0.2.5"),
    refusal(world, { name: "ana", password, code }, "192.0.2.6"),
  ]);
  assert.deepEqual(both.sort(), ["let in", "sign_in_refused"]);
});

void test("a recovery code counts once, and a new password does not go around the factor", async () => {
  const { world, id, codes } = await withFactor();
  const [recoveryCode = ""] = codes;
  assert.equal(codes.length, 10);
  assert.equal(
    await refusal(world, { name: "ana", password, recoveryCode: recoveryCode.toUpperCase() }),
    "let in",
  );
  assert.equal(await refusal(world, { name: "ana", password, recoveryCode }), "sign_in_refused");
  const { token } = await world.access.people.reset(operator, id);
  const wish = { name: "ana", token, newPassword: "another horse battery" };
  assert.equal(await refusal(world, wish, "192.0.2.9"), "factor_needed");
  await world.access.people.dropFactor(operator, id);
  assert.equal(await refusal(world, wish, "192.0.2.9"), "let in");
  assert.equal(await refusal(world, { name: "ana", password }, "192.0.2.10"), "sign_in_refused");
});

void test("where a second factor is demanded, a session without one may only set it up", async () => {
  const world = new AccessWorld({ secondFactor: "admins" });
  const { signIn, people } = world.access;
  await world.person("ana", password, "admin");
  await world.person("ben", password, "reviewer");
  const { signedIn, token } = await signIn.signIn({ name: "ana", password }, here);
  assert.ok(signedIn.factorWanted && signedIn.caller === undefined);
  assert.notEqual((await signIn.signIn({ name: "ben", password }, here)).signedIn.caller, undefined);
  const { secret } = await signIn.offerFactor(signedIn, undefined, here);
  const now = people.signedIn(token);
  assert.ok(now);
  await signIn.confirmFactor(now, await codeAt(Secret.fromBase32(secret).bytes, world.nowMs), here);
  assert.equal(people.signedIn(token)?.caller?.role, "admin");
});

void test("a session ends when it is not used, after its time, and by whoever may end it", async () => {
  const world = new AccessWorld({ idleMs: 600_000, longestMs: 1_800_000 });
  const { people, signIn } = world.access;
  await people.start();
  const id = await world.person("ana", password, "reviewer");
  const { token: idle } = await signIn.signIn({ name: "ana", password }, here);
  await world.pass(599_999);
  assert.ok(people.signedIn(idle));
  await world.pass(599_999);
  assert.ok(people.signedIn(idle));
  await world.pass(600_000);
  assert.equal(people.signedIn(idle), undefined);
  const { token, signedIn } = await signIn.signIn({ name: "ana", password }, here);
  await world.pass(1000);
  assert.deepEqual(
    people.sessions().map((each) => each.id),
    [signedIn.session.id],
  );
  await people.endSession({ by: `p_${"z".repeat(16)}`, role: "admin" }, signedIn.session.id);
  assert.equal(people.signedIn(token), undefined);
  await assert.rejects(people.endSession(operator, signedIn.session.id), { code: "not_found" });
  const ended = world.records("sign-in").filter((body) => body.kind === "sign-in" && body.change === "ended");
  assert.deepEqual(ended, [
    { kind: "sign-in", by: "docket", change: "ended", person: id, method: "password" },
    { kind: "sign-in", by: `p_${"z".repeat(16)}`, change: "ended", person: id, method: "password" },
  ]);
});

void test("a new password ends other sessions, a removed person is nobody, roles count at once", async () => {
  const world = new AccessWorld();
  const { people, signIn } = world.access;
  const id = await world.person("ana", password, "reviewer");
  const first = await signIn.signIn({ name: "ana", password }, here);
  const second = await signIn.signIn({ name: "ana", password }, here);
  const wish = { password, newPassword: "another horse battery" };
  await assert.rejects(signIn.changePassword(second.signedIn, { ...wish, password: "x" }, here), {
    code: "sign_in_refused",
  });
  await signIn.changePassword(second.signedIn, wish, here);
  assert.equal(people.signedIn(first.token), undefined);
  assert.equal(people.signedIn(second.token)?.caller?.role, "reviewer");
  await people.change(operator, id, []);
  assert.equal(people.signedIn(second.token)?.caller, undefined);
  await people.change(operator, id, ["auditor"]);
  assert.equal(people.signedIn(second.token)?.caller?.role, "auditor");
  await people.remove(operator, id);
  assert.equal(people.signedIn(second.token), undefined);
  assert.deepEqual(world.store.list(), []);
  assert.deepEqual(world.store.sessions(), []);
});

void test("what the log does not take in does not take effect", async () => {
  const world = new AccessWorld();
  const { people, signIn } = world.access;
  const id = await world.person("ana", password, "reviewer");
  const { token, signedIn } = await signIn.signIn({ name: "ana", password }, here);
  world.fault = new Error("the disk is full");
  await assert.rejects(people.add(operator, { name: "ben", roles: [] }));
  await assert.rejects(people.change(operator, id, ["admin"]));
  await assert.rejects(people.remove(operator, id));
  await assert.rejects(signIn.signIn({ name: "ana", password }, here));
  assert.deepEqual(
    people.list().map(({ name, roles, sessions }) => [name, roles, sessions]),
    [["ana", ["reviewer"], 1]],
  );
  // Taking away needs no record to count: a session that is ended has ended.
  await assert.rejects(people.signOut(signedIn, false));
  assert.equal(people.signedIn(token), undefined);
});

void test("a hash of less than is asked for is made anew when its password comes", async () => {
  const world = new AccessWorld({}, undefined, cheapHash);
  await world.person("ana", password, "reviewer");
  const stronger = new AccessWorld({}, undefined, { ...cheapHash, passes: 2 });
  for (const person of world.store.list()) stronger.store.put(person, person.name);
  await stronger.access.start();
  assert.equal(await refusal(stronger, { name: "ana", password }), "let in");
  assert.match(stronger.store.list()[0]?.password ?? "", /t=2/);
  assert.equal(await refusal(stronger, { name: "ana", password }), "let in");
});

void test("what the command line wishes is done once, and what can't be is forgotten", async () => {
  const world = new AccessWorld();
  const { people } = world.access;
  const add = {
    act: "add",
    name: "ana",
    roles: ["admin"],
    tokenHash: "h",
    tokenUntilMs: world.nowMs + 1,
  } as const;
  world.store.wish({ ...add, id: `p_${"a".repeat(16)}` });
  world.store.wish({ ...add, id: `p_${"b".repeat(16)}` });
  world.store.wish({ act: "remove", id: `p_${"c".repeat(16)}` });
  await people.start();
  assert.deepEqual(
    people.list().map(({ id }) => id),
    [`p_${"a".repeat(16)}`],
  );
  assert.equal(world.notices.length, 2);
  world.fault = new Error("the disk is full");
  world.store.wish({ act: "change", id: `p_${"a".repeat(16)}`, roles: ["auditor"] });
  await world.pass(1000);
  assert.equal(world.store.wishes().length, 1);
  world.fault = undefined;
  await world.pass(1000);
  assert.deepEqual(world.store.wishes(), []);
  assert.deepEqual(people.list()[0]?.roles, ["auditor"]);
  await people.close();
});

void test("a file from before brings back nobody and no role that the log says were taken away", async () => {
  const world = new AccessWorld();
  const [ana, ben, carl] = [
    await world.person("ana", password, "admin"),
    await world.person("ben", password, "admin"),
    await world.person("carl", password, "reviewer"),
  ];
  const later = new AccessWorld();
  for (const person of world.store.list()) later.store.put(person, person.name);
  later.logged.set(ana, null);
  later.logged.set(ben, ["reviewer"]);
  await later.access.start();
  const people = later.access.people.list().map(({ id, roles }) => [id, roles]);
  assert.deepEqual(people, [
    [ben, ["reviewer"]],
    [carl, ["reviewer"]],
  ]);
  assert.equal(await refusal(later, { name: "ana", password }), "sign_in_refused");
});

// SPDX-License-Identifier: Apache-2.0
// `docket person` and `docket login` on a data directory and at a server.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Secret } from "otpauth";
import { Authenticator } from "../../access/authenticator.ts";
import { codeAt, stepSeconds } from "../../access/second-factor.ts";
import { createServer } from "../../http/server.ts";
import { createInstallation } from "../../installation.ts";
import { openInstallation } from "../../main.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { accessPath } from "../../stores/sqlite/access-file.ts";
import { openSqlitePeople } from "../../stores/sqlite/people.ts";
import { run } from "../main.ts";
import { directoryOf, docket, testTerminal } from "../testing/run-docket.ts";
import type { Ran } from "../testing/run-docket.ts";
import { SecretReader } from "./ask-secret.ts";
import { keepSession, keptSession, sessionFile } from "./session-file.ts";

void test("without a server wishes wait, and are listed", async (t) => {
  const data = join(directoryOf(t), "data");
  createInstallation(disk, data);
  const added = await docket(
    "",
    "person",
    "add",
    "ana",
    "--role",
    "admin",
    "--role",
    "ingest",
    "--data",
    data,
  );
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, /^dt_[\w-]{43}\n$/);
  assert.match(added.err, /A server that holds the log does it when it runs/);
  const again = await docket("", "person", "add", "ANA", "--role", "admin", "--data", data);
  assert.match(again.err, /person_exists/);
  const changed = await docket("", "person", "change", "ana", "--role", "auditor", "--data", data, "--json");
  assert.equal(JSON.parse(changed.out).done, false);
  for (const words of [
    ["remove", "nobody"],
    ["change", "ana", "--role", "root"],
    ["add", "a b", "--role", "admin"],
  ]) {
    assert.notEqual((await docket("", "person", ...words, "--data", data)).code, 0, words.join(" "));
  }
  const listed = await docket("", "person", "list", "--data", data);
  assert.match(listed.out, /ana +ingest, admin +local +no password yet +waits for the server: add, change/);
  const store = openSqlitePeople(accessPath(data), "main");
  assert.deepEqual(
    store.wishes().map(({ wish }) => wish.act),
    ["add", "change"],
  );
  // The token itself is nowhere.
  assert.ok(!JSON.stringify(store.wishes()).includes(added.out.trim().slice(3)));
  store.close();
});

type Served = { url: string; data: string; docket: (input: string, ...words: string[]) => Promise<Ran> };

async function serve(t: TestContext): Promise<Served> {
  const directory = directoryOf(t);
  const data = join(directory, "data");
  const { site, ...desks } = await openInstallation(createInstallation(disk, data));
  const { access } = desks;
  assert.ok(access);
  const authenticator = await Authenticator.open({
    feed: access.keyFeed,
    sealAccess: (...change) => site.sealAccess(...change),
    clock: Date.now,
  });
  await access.start();
  const server = createServer({
    ...desks,
    site,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    await desks.close();
  });
  return {
    url,
    data,
    docket: async (input, ...words) => {
      const { terminal, stdout, stderr } = testTerminal(input);
      const env = { DOCKET_SESSIONS: join(directory, "own", "sessions.json") };
      const code = await run(words, { ...terminal, env, clock: Date.now });
      return { code, out: stdout(), err: stderr() };
    },
  };
}

void test("the first admin is made beside a server, signs in, and works with the session", async (t) => {
  const { url, data, docket: call } = await serve(t);
  const added = await call("", "person", "add", "ana", "--role", "admin", "--data", data);
  assert.match(added.err, /^Added ana \(p_[\w-]{16}\)\.\n/);
  const password = "correct horse battery";
  const login = await call(
    `${password}\n`,
    "login",
    "--url",
    url,
    "--name",
    "ana",
    "--token",
    added.out.trim(),
  );
  assert.match(login.out, /^ana \(p_[\w-]{16}\): admin; until 2/, login.err);
  assert.ok(!(login.out + login.err).includes(password) && !login.out.includes("ds_"));
  const ben = await call("", "person", "add", "ben", "--role", "reviewer", "--url", url, "--json");
  assert.match(ben.out, /"token":"dt_/, ben.err);
  const carl = await call("", "person", "add", "carl", "--role", "admin", "--url", url);
  assert.match(carl.out, /^Request \d+ /, carl.err);
  const listed = await call("", "person", "list", "--url", url);
  assert.match(listed.out, /ana +admin +local +password[^]*ben +reviewer +local +no password yet/);
  assert.match((await call("", "person", "sign-out", "ben", "--url", url)).err, /^Ended the sessions of ben/);
  const wrong = await call("wrong\nanother horse battery\n", "password", "--url", url);
  assert.match(wrong.err, /sign_in_refused/);
  const changed = await call(`${password}\nanother horse battery\n`, "password", "--url", url);
  assert.match(changed.out, /^Changed, as record \d+/, changed.err);
  assert.match((await call("", "logout", "--url", url)).out, /^Signed out, as record/);
  assert.match((await call("", "whoami", "--url", url)).err, /unauthenticated/);
});

void test("a second factor is set up, and then asked for", async (t) => {
  const { url, data, docket: call } = await serve(t);
  const added = await call("", "person", "add", "ana", "--role", "reviewer", "--data", data);
  const password = "correct horse battery";
  await call(password, "login", "--url", url, "--name", "ana", "--token", added.out.trim());
  // The secret is printed before the code is asked for, so the code is typed in then.
  const { terminal, stdout, stderr } = testTerminal();
  const stdin = new PassThrough();
  const sessions = join(data, "..", "own", "sessions.json");
  const running = run(["factor", "--url", url, "--json"], {
    ...terminal,
    stdin,
    env: { DOCKET_SESSIONS: sessions },
  });
  let said = "";
  const state = { ended: false };
  void running.finally(() => (state.ended = true));
  while (!said.includes("The code") && !state.ended) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    said += stderr();
  }
  const secret = Secret.fromBase32(/type in ([A-Z2-7]{32})/.exec(said)?.[1] ?? "").bytes;
  stdin.end(`${await codeAt(secret, Date.now())}\n`);
  assert.equal(await running, 0, stderr());
  assert.equal((JSON.parse(stdout()) as { recoveryCodes: string[] }).recoveryCodes.length, 10);
  const without = await call(`${password}\n`, "login", "--url", url, "--name", "ana");
  assert.match(without.err, /Code: [^]*standard input ended/);
  const next = await codeAt(secret, Date.now() + stepSeconds * 1000);
  const login = await call(`${password}\n${next}\n`, "login", "--url", url, "--name", "ana");
  assert.equal(login.code, 0, login.err);
});

void test("sessions are kept for their user alone, one for each server", (t) => {
  const path = join(directoryOf(t), "deep", "sessions.json");
  const env = { DOCKET_SESSIONS: path };
  const session = { token: "ds_x", name: "ana", endsAt: "2026-11-24T00:00:00.000Z" };
  keepSession(env, "http://127.0.0.1:1/", session);
  keepSession(env, "http://127.0.0.1:2", { ...session, name: "ben" });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(keptSession(env, "http://127.0.0.1:1/v1")?.name, "ana");
  assert.equal(keptSession(env, "http://127.0.0.1:3"), undefined);
  assert.equal(keptSession(env, "nothing"), undefined);
  keepSession(env, "http://127.0.0.1:1", undefined);
  assert.equal(keptSession(env, "http://127.0.0.1:1"), undefined);
  assert.match(readFileSync(path, "utf8"), /"ben"/);
  assert.equal(sessionFile({}), undefined);
  assert.equal(keptSession({}, "http://127.0.0.1:1"), undefined);
  assert.equal(sessionFile({ HOME: "/home/ana" }), "/home/ana/.config/docket/sessions.json");
});

void test("secrets are read line by line, and what was erased is not part of them", async () => {
  const { terminal } = testTerminal("one\r\ntwo");
  const reader = new SecretReader(terminal);
  assert.deepEqual([await reader.ask("A"), await reader.ask("B")], ["one", "two"]);
  await assert.rejects(reader.ask("C"), { code: "usage" });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const typed = new SecretReader({ ...terminal, stdin });
  stdin.write("wrom\u007fng\r");
  assert.equal(await typed.ask("D"), "wrong");
  stdin.write("\u0003");
  await assert.rejects(typed.ask("E"), { code: "usage" });
  typed.close();
});

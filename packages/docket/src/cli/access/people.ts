// SPDX-License-Identifier: Apache-2.0
// `docket person`: the people who may sign in. A server is asked, or wishes are left in the data directory
// for the server that holds the log: it does them within a second, or when it starts, and seals each.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readAccessConfig } from "../../access/config.ts";
import type { PersonToken, PersonView } from "../../access/contract.ts";
import type { PeopleStore, PersonWish } from "../../access/people-store.ts";
import { checkRoles } from "../../access/people.ts";
import { checkName, nameKey } from "../../access/person-name.ts";
import { hashOfToken, newId, newToken } from "../../access/secrets.ts";
import type { RequestDetail } from "../../approvals/contract.ts";
import { readConfiguration } from "../../config/configuration.ts";
import { DocketError } from "../../error.ts";
import { mainSite, readInstallation } from "../../installation.ts";
import { accessPath } from "../../stores/sqlite/access-file.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { openSqlitePeople } from "../../stores/sqlite/people.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { askServer, removeAt } from "../policy/server.ts";
import { requestWaitsText } from "../request/run.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket person` is told. */
export type PersonOptions = {
  act: "add" | "list" | "change" | "remove" | "password" | "drop-factor" | "sign-out";
  /** Their name or id. */
  who?: string | undefined;
  role?: string[] | undefined;
  request?: number | undefined;
  why?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

type Done = { id: string; name: string; token?: string; until?: string; index?: number; done: boolean };
type Listed = Omit<PersonView, "sessions"> & { waits?: string };

/** A server that runs does what is wished within this time. */
const doneWithinMs = 3000;

/** Runs `docket person ACT`. @throws {DocketError} what the server or the store says */
export async function runPerson(options: PersonOptions, terminal: Terminal): Promise<number> {
  if (options.act === "list") return list(options, terminal);
  const done =
    options.url === undefined ? await leaveWish(options, terminal) : await askFor(options, options.url);
  if ("request" in done) {
    const text = options.json === true ? `${JSON.stringify(done)}\n` : requestWaitsText(done.request);
    await write(terminal, text);
    return exitFine;
  }
  if (options.json === true) {
    await write(terminal, `${JSON.stringify(done)}\n`);
    return exitFine;
  }
  const { name, id, token, until } = done;
  const when = done.done ? "" : " A server that holds the log does it when it runs.";
  terminal.stderr.write(`${said[options.act]} ${name} (${id}).${when}\n`);
  if (token === undefined) return exitFine;
  terminal.stderr.write(
    `With this token they set a password, once and until ${until}: docket login --token\n`,
  );
  await write(terminal, `${token}\n`);
  return exitFine;
}

const said: Readonly<Record<PersonOptions["act"], string>> = {
  add: "Added",
  list: "",
  change: "Changed the roles of",
  remove: "Removed",
  password: "Made a token for",
  "drop-factor": "Took the second factor of",
  "sign-out": "Ended the sessions of",
};

async function askFor(options: PersonOptions, url: string): Promise<Done | { request: RequestDetail }> {
  const { act, who = "", role = [], apiKey, request, why } = options;
  const server = { url, apiKey };
  const two = { ...(request === undefined ? {} : { request }), ...(why === undefined ? {} : { why }) };
  if (act === "add") {
    const body = { name: who, roles: role, ...two };
    const made = await askServer<PersonToken | { request: RequestDetail }>(server, "v1/people", body);
    return "request" in made ? made : { ...made, done: true };
  }
  const { people } = await askServer<{ people: PersonView[] }>(server, "v1/people");
  const { id, name } = find(people, who);
  const at = `v1/people/${encodeURIComponent(id)}`;
  const told = { id, name, done: true };
  type Answer = { index: number } | PersonToken | { request: RequestDetail };
  if (act === "remove") return { ...told, ...(await removeAt<{ index: number }>(server, at)) };
  if (act === "sign-out") {
    type Sessions = { sessions: { id: string }[] };
    const { sessions } = await askServer<Sessions>(server, `v1/sessions?person=${encodeURIComponent(id)}`);
    for (const session of sessions) await removeAt(server, `v1/sessions/${encodeURIComponent(session.id)}`);
    return told;
  }
  const path = act === "change" ? at : `${at}/${act}`;
  const answer = await askServer<Answer>(server, path, act === "change" ? { roles: role, ...two } : two);
  return "request" in answer ? answer : { ...told, ...answer };
}

async function leaveWish(options: PersonOptions, { clock }: Terminal): Promise<Done> {
  const { data } = readInstallation(options.data);
  const { tokenMs } = readAccessConfig(readConfiguration(data).section("access"));
  const store = openSqlitePeople(accessPath(data), mainSite);
  try {
    const token = newToken("dt_", randomBytes);
    const tokenUntilMs = clock() + tokenMs;
    const wish = wishOf(options, store, { tokenHash: hashOfToken(token), tokenUntilMs });
    const name = wish.act === "add" ? wish.name : find(known(store), options.who ?? "").name;
    const seq = store.wish(wish);
    const done = isServed(data) && (await isDone(store, seq));
    const shown = "tokenHash" in wish ? { token, until: new Date(tokenUntilMs).toISOString() } : {};
    return { id: wish.id, name, ...shown, done };
  } finally {
    store.close();
  }
}

function wishOf(
  { act, who = "", role = [] }: PersonOptions,
  store: PeopleStore,
  token: { tokenHash: string; tokenUntilMs: number },
): PersonWish {
  if (act === "add") {
    const name = checkName(who);
    if (known(store).some((person) => nameKey(person.name) === nameKey(name))) {
      throw new DocketError("person_exists", `there is somebody of the name ${name} already`);
    }
    return { act, id: newId("p_", randomBytes), name, roles: checkRoles(role), ...token };
  }
  const { id } = find(known(store), who);
  if (act === "change") return { act, id, roles: checkRoles(role) };
  if (act === "password") return { act: "token", id, ...token };
  if (act === "drop-factor") return { act: "dropFactor", id };
  return { act: act === "sign-out" ? "endSessions" : "remove", id };
}

/** The people who are there, and those who will be. */
function known(store: PeopleStore): { id: string; name: string }[] {
  const added = store.wishes().flatMap(({ wish }) => (wish.act === "add" ? [wish] : []));
  return [...store.list(), ...added];
}

function find<Person extends { id: string; name: string }>(people: readonly Person[], who: string): Person {
  const found = people.find(({ id, name }) => id === who || nameKey(name) === nameKey(who));
  if (found === undefined)
    throw new DocketError("not_found", `there is nobody of the name ${JSON.stringify(who)}`);
  return found;
}

/** Whether a process holds the log, and so does what is wished. */
function isServed(data: string): boolean {
  try {
    lockDirectory(join(data, "lock.sqlite"), data).release();
    return false;
  } catch (error) {
    if (error instanceof DocketError && error.code === "directory_locked") return true;
    throw error;
  }
}

async function isDone(store: PeopleStore, seq: number): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    if (!store.wishes().some((each) => each.seq === seq)) return true;
    if (waitedMs >= doneWithinMs) return false;
    await sleep(100);
  }
}

async function list(options: PersonOptions, terminal: Terminal): Promise<number> {
  const people =
    options.url === undefined ? kept(options.data, terminal.clock()) : await listed(options, options.url);
  if (options.json === true) {
    await write(terminal, people.map((person) => `${JSON.stringify(person)}\n`).join(""));
    return exitFine;
  }
  if (people.length === 0) {
    await write(terminal, "There is nobody. Add somebody: docket person add ana --role admin\n");
    return exitFine;
  }
  const rows = people.map((person) => [
    person.id,
    person.name,
    person.roles.join(", ") || "no role",
    person.source,
    person.password ? "password" : person.source === "oidc" ? "" : "no password yet",
    person.factor ? "second factor" : "",
    person.waits ?? "",
  ]);
  await write(terminal, alignColumns([["ID", "NAME", "ROLES", "SOURCE", "PASSWORD", "FACTOR", ""], ...rows]));
  return exitFine;
}

async function listed({ apiKey }: PersonOptions, url: string): Promise<Listed[]> {
  return (await askServer<{ people: PersonView[] }>({ url, apiKey }, "v1/people")).people;
}

function kept(directory: string, nowMs: number): Listed[] {
  const { data } = readInstallation(directory);
  const store = openSqlitePeople(accessPath(data), mainSite);
  try {
    const wishes = store.wishes().map(({ wish }) => wish);
    const people = store.list().map((person): Listed => ({
      id: person.id,
      name: person.name,
      roles: person.roles,
      source: person.source,
      password: person.password !== null,
      factor: person.factor !== null,
      tokenUntil:
        person.tokenUntilMs === null || person.tokenUntilMs <= nowMs
          ? null
          : new Date(person.tokenUntilMs).toISOString(),
      createdAt: new Date(person.createdMs).toISOString(),
    }));
    const coming = wishes.flatMap((wish): Listed[] =>
      wish.act !== "add"
        ? []
        : [
            {
              id: wish.id,
              name: wish.name,
              roles: wish.roles,
              source: "local",
              password: false,
              factor: false,
              tokenUntil: new Date(wish.tokenUntilMs).toISOString(),
              createdAt: new Date(nowMs).toISOString(),
            },
          ],
    );
    return [...people, ...coming].map((person) => {
      const waiting = wishes.filter(({ id }) => id === person.id).map(({ act }) => act);
      return waiting.length === 0
        ? person
        : { ...person, waits: `waits for the server: ${waiting.join(", ")}` };
    });
  } finally {
    store.close();
  }
}

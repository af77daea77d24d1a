// SPDX-License-Identifier: Apache-2.0
// The people of a site and their sessions, in memory; each change is sealed in the log before it takes
// effect. One process writes: what the command line wants done meanwhile waits in the store as wishes.
import { formatTime } from "@docket/protocol";
import type { BodyWithoutParts, PersonChange, SignInChange } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { personCaller } from "./caller.ts";
import type { AccessConfig } from "./config.ts";
import type { AccessAuthor, NewSession, PersonToken, PersonView, SessionView, SignedIn } from "./contract.ts";
import type { Later } from "./later.ts";
import type { PeopleStore, PersonRow, PersonWish, SessionRow } from "./people-store.ts";
import { checkName, nameKey } from "./person-name.ts";
import { isRole, roles } from "./permissions.ts";
import type { Role } from "./permissions.ts";
import { hashOfToken, isSessionToken, newId, newToken } from "./secrets.ts";
import type { RandomBytes } from "./secrets.ts";

/** How often wishes are looked for and sessions that have ended are swept, in ms. */
export const tickMs = 1000;
/** Most people of a site, and sessions of one person; of more sessions the oldest ends. */
export const peopleMax = 10_000;
export const sessionsMax = 20;
/** When a session was last used is kept this coarsely, in ms. */
const seenGranularityMs = 60_000;

/** What people lean on. */
export type PeoplePorts = {
  readonly store: Later<Omit<PeopleStore, "close">>;
  /** What the log said last of people: their roles, or `null` of somebody who was removed. */
  readonly logged: () => Promise<ReadonlyMap<string, readonly string[] | null>>;
  /** Seals a record with what else is said of it, readable with the site's key; resolves when durable. */
  readonly seal: (body: BodyWithoutParts, more: object) => Promise<{ readonly index: number }>;
  readonly config: AccessConfig;
  readonly random: RandomBytes;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told what the operator should know: a sentence. */
  readonly onNotice: (notice: string) => void;
};

/** The people of a site. */
export class People {
  readonly #ports: PeoplePorts;
  readonly #people = new Map<string, PersonRow>();
  readonly #byName = new Map<string, string>();
  readonly #bySubject = new Map<string, string>();
  readonly #sessions = new Map<string, SessionRow>();
  /** Changes, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopTimer: (() => void) | undefined;
  #closed = false;
  #started: Promise<void> | undefined;

  constructor(ports: PeoplePorts) {
    this.#ports = ports;
  }

  /** Reads people and sessions, and does what is wished from now on. */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { store } = this.#ports;
    const logged = await this.#ports.logged();
    for (const person of await store.list()) {
      // The log counts: a file from before brings nobody and no role back that were taken away since.
      const held = logged.get(person.id);
      if (held === null) await store.remove(person.id);
      else if (held !== undefined && held.join() !== person.roles.join())
        await this.#put({ ...person, roles: held });
      else this.#take(person);
    }
    for (const session of await store.sessions()) this.#sessions.set(session.tokenHash, session);
    await this.#tick();
  }

  /** Stops looking for wishes. What is under way is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#turn.catch(() => undefined);
  }

  /** The person with this id. @throws {DocketError} `not_found` */
  person(id: string): PersonRow {
    const person = this.#people.get(id);
    if (person === undefined) throw new DocketError("not_found", `there is no person ${JSON.stringify(id)}`);
    return person;
  }

  /** The person with this name; `undefined` if there is none. */
  named(name: string): PersonRow | undefined {
    return this.#people.get(this.#byName.get(nameKey(name)) ?? "");
  }

  /** The person whom a provider calls so; `undefined` if there is none. */
  withSubject(subject: string): PersonRow | undefined {
    return this.#people.get(this.#bySubject.get(subject) ?? "");
  }

  /** All people, oldest first. */
  list(): PersonView[] {
    const counts = new Map<string, number>();
    for (const { person } of this.#sessions.values()) counts.set(person, (counts.get(person) ?? 0) + 1);
    return [...this.#people.values()].map((person) => this.view(person, counts.get(person.id) ?? 0));
  }

  /** A person as administrators see them. */
  view(person: PersonRow, sessions: number = this.#sessionsOf(person.id).length): PersonView {
    const { id, name, source, tokenUntilMs, createdMs } = person;
    const token =
      tokenUntilMs !== null && tokenUntilMs > this.#ports.clock() ? formatTime(tokenUntilMs) : null;
    return {
      id,
      name,
      roles: person.roles,
      source,
      password: person.password !== null,
      factor: person.factor !== null,
      tokenUntil: token,
      createdAt: formatTime(createdMs),
      sessions,
    };
  }

  /**
   * Adds a person, who sets a password with the token.
   *
   * @throws {DocketError} `usage` for a name or role that is none; `person_exists`
   */
  add(author: AccessAuthor, wish: { name: string; roles: readonly string[] }): Promise<PersonToken> {
    const { random, clock, config } = this.#ports;
    const token = newToken("dt_", random);
    const tokenUntilMs = clock() + config.tokenMs;
    const name = checkName(wish.name);
    const id = newId("p_", random);
    const made = {
      act: "add",
      id,
      name,
      roles: checkRoles(wish.roles),
      tokenHash: hashOfToken(token),
      tokenUntilMs,
    };
    return this.#inTurn(async () => {
      const index = await this.#do(author, made as PersonWish);
      return { id, name, token, until: formatTime(tokenUntilMs), index };
    });
  }

  /** Gives a person other roles; none lets them do nothing. @throws {DocketError} `not_found`, `usage` */
  change(author: AccessAuthor, id: string, wished: readonly string[]): Promise<{ index: number }> {
    return this.#act(author, { act: "change", id, roles: checkRoles(wished) });
  }

  /** Removes a person, and ends their sessions. @throws {DocketError} `not_found` */
  remove(author: AccessAuthor, id: string): Promise<{ index: number }> {
    return this.#act(author, { act: "remove", id });
  }

  /**
   * Gives a person a token with which they set a new password. The old one counts until then.
   *
   * @throws {DocketError} `not_found`; `usage` for somebody who has their password elsewhere
   */
  reset(author: AccessAuthor, id: string): Promise<PersonToken> {
    const { random, clock, config } = this.#ports;
    const token = newToken("dt_", random);
    const tokenUntilMs = clock() + config.tokenMs;
    return this.#inTurn(async () => {
      const { name } = this.person(id);
      const index = await this.#do(author, { act: "token", id, tokenHash: hashOfToken(token), tokenUntilMs });
      return { id, name, token, until: formatTime(tokenUntilMs), index };
    });
  }

  /** Takes a person's second factor away, for one who lost it. @throws {DocketError} `not_found` */
  dropFactor(author: AccessAuthor, id: string): Promise<{ index: number }> {
    return this.#act(author, { act: "dropFactor", id });
  }

  /** Whose session a token is; `undefined` if of none that goes on. */
  signedIn(token: string): SignedIn | undefined {
    if (!isSessionToken(token)) return undefined;
    const session = this.#sessions.get(hashOfToken(token));
    if (session === undefined) return undefined;
    const person = this.#people.get(session.person);
    const nowMs = this.#ports.clock();
    if (person === undefined || this.#hasEnded(session, nowMs)) return undefined;
    this.#touch(session, nowMs);
    return this.#signedIn(session, person);
  }

  /** Sessions, oldest first; of one person, if one is named. */
  sessions(person?: string): SessionView[] {
    const all = person === undefined ? [...this.#sessions.values()] : this.#sessionsOf(person);
    const nowMs = this.#ports.clock();
    return all
      .filter((session) => !this.#hasEnded(session, nowMs))
      .map((session) => this.#sessionView(session));
  }

  /**
   * Begins a session. Sealed before it begins.
   *
   * @throws {DocketError} `sign_in_refused` if the person was changed meanwhile; what sealing throws
   */
  begin(person: PersonRow, proof: { method: string; factor: boolean }): Promise<NewSession> {
    const { random, clock, config, store } = this.#ports;
    const { method, factor } = proof;
    return this.#inTurn(async () => {
      if (this.#people.get(person.id)?.password !== person.password) throw refused();
      await this.#sealSignIn(person.id, "in", person.id, method, {});
      const token = newToken("ds_", random);
      const nowMs = clock();
      const session: SessionRow = {
        id: newId("s_", random),
        tokenHash: hashOfToken(token),
        person: person.id,
        method,
        factor,
        createdMs: nowMs,
        seenMs: nowMs,
        endsMs: nowMs + config.longestMs,
      };
      const [oldest, ...others] = this.#sessionsOf(person.id);
      if (oldest !== undefined && others.length + 1 >= sessionsMax) await this.#drop([oldest]);
      await store.addSession(session);
      this.#sessions.set(session.tokenHash, session);
      return { token, signedIn: this.#signedIn(session, this.person(person.id)) };
    });
  }

  /** Signs somebody out: their session ends, or all of them. Sealed. */
  signOut({ session, person }: SignedIn, all: boolean): Promise<{ index: number }> {
    return this.#inTurn(async () => {
      const ending = all ? this.#sessionsOf(person.id) : [session];
      // It ends whatever becomes of the record.
      await this.#drop(ending);
      return this.#sealSignIn(person.id, "out", person.id, session.method, {}, ending.length);
    });
  }

  /** Ends a session of somebody. @throws {DocketError} `not_found` */
  endSession(author: AccessAuthor, id: string): Promise<{ index: number }> {
    return this.#inTurn(async () => {
      const session = [...this.#sessions.values()].find((each) => each.id === id);
      if (session === undefined) throw new DocketError("not_found", "there is no such session");
      await this.#drop([session]);
      return this.#sealSignIn(author.by, "ended", session.person, session.method, {});
    });
  }

  /**
   * Puts what a person is known by in place, and seals that: a new password ends their other sessions.
   *
   * @param what is other than before
   * @throws {DocketError} `sign_in_refused` if they were changed meanwhile
   */
  replace(
    person: PersonRow,
    change: PersonChange,
    what: Partial<PersonRow>,
    keep?: SessionRow,
  ): Promise<{ index: number }> {
    return this.#inTurn(async () => {
      if (this.#people.get(person.id) !== person) throw refused();
      const sealed = await this.#sealPerson(person.id, change, { ...person, ...what }, { name: person.name });
      await this.#put({ ...person, ...what });
      if (change === "secret") {
        const others = this.#sessionsOf(person.id).filter(({ id }) => id !== keep?.id);
        if (others.length > 0) await this.#end(person.id, others);
      }
      return sealed;
    });
  }

  /** Keeps what is nobody's business but the store's: a hash made anew, a secret that is not confirmed. */
  keep(person: PersonRow, what: Pick<Partial<PersonRow>, "password" | "pendingFactor">): Promise<PersonRow> {
    return this.#inTurn(async () => {
      if (this.#people.get(person.id) !== person) throw refused();
      return this.#put({ ...person, ...what });
    });
  }

  /** Adds a person whom a provider knows, or takes what it says of them now. */
  provided(said: { subject: string; name: string; roles: readonly Role[] }): Promise<PersonRow> {
    const { random, clock } = this.#ports;
    return this.#inTurn(async () => {
      const known = this.withSubject(said.subject);
      const isSame = known?.roles.join() === said.roles.join();
      if (known !== undefined && isSame) return known;
      const name = known?.name ?? this.#freeName(said.name);
      const blank = {
        password: null,
        tokenHash: null,
        tokenUntilMs: null,
        factor: null,
        pendingFactor: null,
        usedStep: 0,
      };
      const fresh = { ...blank, id: newId("p_", random), source: "oidc" as const, createdMs: clock() };
      const person: PersonRow = { ...(known ?? fresh), subject: said.subject, name, roles: said.roles };
      if (known === undefined) this.#checkRoom();
      await this.#sealPerson("docket", known === undefined ? "added" : "changed", person, {
        name,
        source: "oidc",
      });
      return this.#put(person);
    });
  }

  /** Uses a code's time step up. Says whether it was unused. */
  async useStep(person: PersonRow, step: number): Promise<boolean> {
    return this.#ports.store.useStep(person.id, step);
  }

  /** Whether somebody needs a second factor. */
  needsFactor(person: PersonRow): boolean {
    const { secondFactor } = this.#ports.config;
    // A provider asks for as many factors as it likes.
    if (person.source === "oidc" || secondFactor === "nobody") return false;
    return secondFactor === "everybody" || person.roles.includes("admin");
  }

  async #tick(): Promise<void> {
    try {
      for (const { seq, wish } of await this.#ports.store.wishes())
        await this.#inTurn(() => this.#grant(seq, wish));
      await this.#inTurn(() => this.#sweep());
    } catch (error) {
      this.#ports.onNotice(`people could not be brought up to date: ${(error as Error).message}`);
    }
    if (!this.#closed) this.#stopTimer = this.#ports.timer(tickMs, () => void this.#tick());
  }

  async #grant(seq: number, wish: PersonWish): Promise<void> {
    try {
      await this.#do({ by: "operator", role: "operator" }, wish);
    } catch (error) {
      // What can't be done is forgotten; what could not be sealed is tried again.
      if (!(error instanceof DocketError) || !forgotten.has(error.code)) throw error;
      this.#ports.onNotice(`a change of people was not made: ${error.message}`);
    }
    await this.#ports.store.dropWish(seq);
  }

  #act(author: AccessAuthor, wish: PersonWish): Promise<{ index: number }> {
    return this.#inTurn(async () => ({ index: await this.#do(author, wish) }));
  }

  /** Does what was wished, in its turn. @returns the index of the record */
  async #do({ by }: AccessAuthor, wish: PersonWish): Promise<number> {
    if (wish.act === "add") return this.#add(by, wish);
    const person = this.person(wish.id);
    const { name } = person;
    switch (wish.act) {
      case "change": {
        const changed = { ...person, roles: wish.roles };
        const { index } = await this.#sealPerson(by, "changed", changed, { name, before: person.roles });
        await this.#put(changed);
        return index;
      }
      case "remove": {
        const { index } = await this.#sealPerson(by, "removed", { ...person, roles: [] }, { name });
        await this.#ports.store.remove(person.id);
        this.#forget(person);
        return index;
      }
      case "token": {
        if (person.source === "oidc") throw new DocketError("usage", `${name} has their password elsewhere`);
        const { tokenHash, tokenUntilMs } = wish;
        const { index } = await this.#sealPerson(by, "secret", person, { name, what: "token" });
        await this.#put({ ...person, tokenHash, tokenUntilMs });
        return index;
      }
      case "dropFactor": {
        const { index } = await this.#sealPerson(by, "factor", person, { name, what: "removed" });
        await this.#ports.store.setRecoveryCodes(person.id, []);
        await this.#put({ ...person, factor: null, pendingFactor: null });
        return index;
      }
      case "endSessions":
        return (await this.#end(by, this.#sessionsOf(person.id))).index;
    }
  }

  async #add(by: string, wish: PersonWish & { act: "add" }): Promise<number> {
    const { id, name, tokenHash, tokenUntilMs } = wish;
    // A crash after it was done, and before the wish was forgotten.
    if (this.#people.has(id)) throw new DocketError("person_exists", `${name} was added already`);
    if (this.named(name) !== undefined) {
      throw new DocketError("person_exists", `there is somebody of the name ${name} already`);
    }
    this.#checkRoom();
    const person: PersonRow = {
      id,
      name,
      roles: wish.roles,
      source: "local",
      subject: null,
      password: null,
      tokenHash,
      tokenUntilMs,
      factor: null,
      pendingFactor: null,
      usedStep: 0,
      createdMs: this.#ports.clock(),
    };
    const { index } = await this.#sealPerson(by, "added", person, { name });
    await this.#put(person);
    return index;
  }

  #checkRoom(): void {
    if (this.#people.size < peopleMax) return;
    throw new DocketError("usage", `there are ${peopleMax} people already; remove one first`);
  }

  #freeName(wished: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? wished : `${wished}+${number}`;
      if (this.named(name) === undefined) return name;
    }
  }

  /** Sessions that ended by themselves, one record for those of a person. */
  async #sweep(): Promise<void> {
    const nowMs = this.#ports.clock();
    const ended = [...this.#sessions.values()].filter((session) => this.#hasEnded(session, nowMs));
    for (const sessions of Map.groupBy(ended, ({ person }) => person).values())
      await this.#end("docket", sessions);
  }

  async #end(by: string, sessions: readonly SessionRow[]): Promise<{ index: number }> {
    const [first] = sessions;
    if (first === undefined) throw new DocketError("not_found", "there is no session to end");
    await this.#drop(sessions);
    return this.#sealSignIn(by, "ended", first.person, first.method, {}, sessions.length);
  }

  async #drop(sessions: readonly SessionRow[]): Promise<void> {
    for (const { tokenHash, id } of sessions) {
      this.#sessions.delete(tokenHash);
      await this.#ports.store.endSession(id);
    }
  }

  #sealPerson(by: string, change: PersonChange, person: PersonRow, more: object): Promise<{ index: number }> {
    const { id, roles: held } = person;
    return this.#ports.seal({ kind: "person", by, change, person: id, roles: [...held] }, more);
  }

  #sealSignIn(
    by: string,
    change: SignInChange,
    person: string,
    method: string,
    more: object,
    count = 1,
  ): Promise<{ index: number }> {
    const many = count === 1 ? {} : { count };
    return this.#ports.seal({ kind: "sign-in", by, change, person, method, ...many }, more);
  }

  #signedIn(session: SessionRow, person: PersonRow): SignedIn {
    const factorWanted = this.needsFactor(person) && !session.factor;
    const caller = factorWanted ? undefined : personCaller(person.id, person.roles.filter(isRole));
    return { session, person, caller, factorWanted };
  }

  #sessionsOf(person: string): SessionRow[] {
    return [...this.#sessions.values()].filter((session) => session.person === person);
  }

  #sessionView(session: SessionRow): SessionView {
    const { id, person, method, factor, createdMs, seenMs, endsMs } = session;
    const name = this.#people.get(person)?.name ?? "";
    const times = {
      createdAt: formatTime(createdMs),
      seenAt: formatTime(seenMs),
      endsAt: formatTime(endsMs),
    };
    return { id, person, name, method, factor, ...times };
  }

  #hasEnded({ seenMs, endsMs }: SessionRow, nowMs: number): boolean {
    return nowMs >= endsMs || nowMs - seenMs >= this.#ports.config.idleMs;
  }

  #touch(session: SessionRow, nowMs: number): void {
    if (nowMs - session.seenMs < Math.min(seenGranularityMs, this.#ports.config.idleMs / 2)) return;
    session.seenMs = nowMs;
    // Lost with a crash, which makes a session end a minute earlier.
    this.#ports.store.touchSession(session.id, nowMs).catch(() => undefined);
  }

  async #put(person: PersonRow): Promise<PersonRow> {
    await this.#ports.store.put(person, nameKey(person.name));
    this.#take(person);
    return person;
  }

  #take(person: PersonRow): void {
    this.#people.set(person.id, person);
    this.#byName.set(nameKey(person.name), person.id);
    if (person.subject !== null) this.#bySubject.set(person.subject, person.id);
  }

  #forget(person: PersonRow): void {
    this.#people.delete(person.id);
    this.#byName.delete(nameKey(person.name));
    if (person.subject !== null) this.#bySubject.delete(person.subject);
    for (const { tokenHash } of this.#sessionsOf(person.id)) this.#sessions.delete(tokenHash);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

/** Errors of a wish that can't come right by waiting. */
const forgotten: ReadonlySet<string> = new Set(["usage", "not_found", "person_exists"]);

/** Checks the names of roles. @throws {DocketError} `usage` */
export function checkRoles(wished: readonly string[]): Role[] {
  const strange = wished.find((name) => !isRole(name));
  if (strange !== undefined) {
    throw new DocketError("usage", `${JSON.stringify(strange)} is not a role; choose of ${roles.join(", ")}`);
  }
  return roles.filter((role) => wished.includes(role));
}

/** What everybody is told who is refused, whatever was wrong. */
export function refused(): DocketError {
  return new DocketError("sign_in_refused", "the name, the password or the code is wrong");
}

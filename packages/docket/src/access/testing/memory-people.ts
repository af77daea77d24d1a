// SPDX-License-Identifier: Apache-2.0
// People in memory: what the store promises, in the simplest way. Tests hold the real one against it.
import type { Later } from "../later.ts";
import type { PeopleStore, PersonRow, PersonWish, SessionRow, WaitingWish } from "../people-store.ts";

/** People in memory. */
export class MemoryPeople implements PeopleStore {
  readonly #people = new Map<string, { person: PersonRow; nameKey: string }>();
  readonly #codes = new Map<string, Set<string>>();
  readonly #sessions = new Map<string, SessionRow>();
  #wishes: WaitingWish[] = [];
  #seq = 0;

  list(): PersonRow[] {
    return [...this.#people.values()].map(({ person }) => ({ ...person }));
  }

  put(person: PersonRow, nameKey: string): void {
    for (const { person: other, nameKey: key } of this.#people.values()) {
      if (other.id === person.id) continue;
      const isTaken = key === nameKey || (other.subject !== null && other.subject === person.subject);
      if (isTaken) throw new Error("UNIQUE constraint failed");
    }
    const usedStep = Math.max(this.#people.get(person.id)?.person.usedStep ?? 0, person.usedStep);
    this.#people.set(person.id, { person: { ...person, usedStep }, nameKey });
  }

  remove(id: string): void {
    this.#people.delete(id);
    this.#codes.delete(id);
    for (const session of this.#sessions.values())
      if (session.person === id) this.#sessions.delete(session.id);
  }

  useStep(id: string, step: number): boolean {
    const person = this.#people.get(id)?.person;
    if (person === undefined || person.usedStep >= step) return false;
    person.usedStep = step;
    return true;
  }

  setRecoveryCodes(id: string, hashes: readonly string[]): void {
    this.#codes.set(id, new Set(hashes));
  }

  useRecoveryCode(id: string, hash: string): boolean {
    return this.#codes.get(id)?.delete(hash) === true;
  }

  recoveryCodesLeft(id: string): number {
    return this.#codes.get(id)?.size ?? 0;
  }

  sessions(): SessionRow[] {
    return [...this.#sessions.values()].map((session) => ({ ...session }));
  }

  addSession(session: SessionRow): void {
    this.#sessions.set(session.id, { ...session });
  }

  touchSession(id: string, seenMs: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.seenMs = Math.max(session.seenMs, seenMs);
  }

  endSession(id: string): void {
    this.#sessions.delete(id);
  }

  wish(wish: PersonWish): number {
    this.#seq += 1;
    this.#wishes.push({ seq: this.#seq, wish });
    return this.#seq;
  }

  wishes(): WaitingWish[] {
    return [...this.#wishes];
  }

  dropWish(seq: number): void {
    this.#wishes = this.#wishes.filter((each) => each.seq !== seq);
  }

  close(): void {}
}

/** The same, as another thread would give it. */
export function peopleLater(store: PeopleStore): Later<Omit<PeopleStore, "close">> {
  return {
    list: async () => store.list(),
    put: async (...args) => store.put(...args),
    remove: async (...args) => store.remove(...args),
    useStep: async (...args) => store.useStep(...args),
    setRecoveryCodes: async (...args) => store.setRecoveryCodes(...args),
    useRecoveryCode: async (...args) => store.useRecoveryCode(...args),
    recoveryCodesLeft: async (...args) => store.recoveryCodesLeft(...args),
    sessions: async () => store.sessions(),
    addSession: async (...args) => store.addSession(...args),
    touchSession: async (...args) => store.touchSession(...args),
    endSession: async (...args) => store.endSession(...args),
    wish: async (...args) => store.wish(...args),
    wishes: async () => store.wishes(),
    dropWish: async (...args) => store.dropWish(...args),
  };
}

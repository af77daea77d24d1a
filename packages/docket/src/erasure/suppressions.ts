// SPDX-License-Identifier: Apache-2.0
// Suppression: what is left of an erased actor whose restriction was in force. Erasing must not be a way out
// of a ban, so a keyed hash of the account is kept with each restriction's end and ground, and nothing else;
// it names no pseudonym, so nobody can tell by it which records were theirs. If the account comes back it is
// a new actor, and gets these restrictions in the turn of its first event (`intake/carry-over.ts`); then the
// entry goes.
//
//   KEYS/main/suppressions   a first line `docket-suppressions/v1`, then a line of JSON for each account
import { hash } from "node:crypto";
import { parseTime } from "@docket/protocol";
import type { RecordedRestriction } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { KeyFolderFiles } from "./tombstones.ts";

/** Name of the file, in the folder of a site's keys. */
export const suppressionsFile = "suppressions";
const format = "docket-suppressions/v1";
const accountLength = 43;

type WithoutId<Restriction> = Restriction extends unknown ? Omit<Restriction, "id"> : never;
/** A restriction that lives on: with its end, but for a ban, and why it was imposed, as a code. */
export type Suppressed = WithoutId<RecordedRestriction> & { readonly ground: string };

/** The suppression entries of a site. */
export class Suppressions {
  readonly #files: KeyFolderFiles;
  readonly #clock: () => number;
  /** By keyed hash of the account, base64url. */
  readonly #entries: Map<string, readonly Suppressed[]>;
  /** Written and not in force yet: their actor is not detached. */
  readonly #waiting = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    files: KeyFolderFiles,
    clock: () => number,
    entries: Map<string, readonly Suppressed[]>,
  ) {
    this.#files = files;
    this.#clock = clock;
    this.#entries = entries;
  }

  /** Reads them. @throws {DocketError} `directory_damaged` if the file is none */
  static async open(files: KeyFolderFiles, clock: () => number): Promise<Suppressions> {
    const bytes = await files.read(suppressionsFile);
    const entries = bytes === undefined ? new Map() : parse(Buffer.from(bytes).toString("utf8"));
    return new Suppressions(files, clock, entries);
  }

  /** Accounts that have one. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Writes down what lives on of an account. It counts from {@link begin} on, which is for the turn in which
   * its actor is detached. Durable when it resolves.
   */
  async keep(lookup: Uint8Array, restrictions: readonly Suppressed[]): Promise<void> {
    const account = keyOf(lookup);
    const known = this.#entries.get(account);
    if (JSON.stringify(known ?? []) === JSON.stringify(restrictions)) return;
    if (restrictions.length === 0) this.#entries.delete(account);
    else this.#entries.set(account, restrictions);
    this.#waiting.add(account);
    try {
      await this.#write();
    } catch (error) {
      // What isn't durable must be written again, should it be kept again.
      if (known === undefined) this.#entries.delete(account);
      else this.#entries.set(account, known);
      throw error;
    }
  }

  /** What was kept for an account counts from now on. */
  begin(lookup: Uint8Array): void {
    this.#waiting.delete(keyOf(lookup));
  }

  /** What lives on of an account and is not over; none if there is nothing. */
  of(lookup: Uint8Array): readonly Suppressed[] {
    // Nearly always: then nothing is made for the question.
    if (this.#entries.size === 0) return [];
    const account = keyOf(lookup);
    const found = this.#waiting.has(account) ? undefined : this.#entries.get(account);
    return found === undefined ? [] : inForce(found, this.#clock());
  }

  /** The new actor of the account has them: the entry goes. Gives what puts it back if that was void. */
  take(lookup: Uint8Array): { readonly undo: () => void; readonly settle: () => Promise<void> } {
    const account = keyOf(lookup);
    const found = this.#entries.get(account);
    this.#entries.delete(account);
    return {
      undo: () => {
        if (found !== undefined && !this.#entries.has(account)) this.#entries.set(account, found);
      },
      settle: () => this.#write(),
    };
  }

  // One after the other, and each writes what there is when its turn comes.
  #write(): Promise<void> {
    const written = this.#writing.then(() => {
      const now = this.#clock();
      const left = [...this.#entries].filter(([, each]) => inForce(each, now).length > 0);
      // In the order of the hashes: nothing says when each came.
      const lines = left
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([account, restrictions]) => JSON.stringify({ account, restrictions }));
      const text = `${[format, ...lines].join("\n")}\n`;
      return this.#files.replace(suppressionsFile, Buffer.from(text));
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }
}

function inForce(restrictions: readonly Suppressed[], atMs: number): readonly Suppressed[] {
  return restrictions.filter((each) => !("until" in each) || (parseTime(each.until) ?? 0) > atMs);
}

// A hash of the look-up's key, so that this file alone can't be held against the identity map.
function keyOf(lookup: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from("docket-suppression/v1\n"), lookup]), "base64url");
}

function parse(text: string): Map<string, readonly Suppressed[]> {
  const [first, ...lines] = text.split("\n");
  if (first !== format || lines.pop() !== "") throw damagedAt(1);
  return new Map(
    lines.map((line, place) => {
      const entry = readLine(line);
      if (entry === undefined) throw damagedAt(place + 2);
      return [entry.account, entry.restrictions] as const;
    }),
  );
}

type Entry = { account: string; restrictions: Suppressed[] };

function readLine(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    const isAccount = typeof entry.account === "string" && entry.account.length === accountLength;
    return isAccount && entry.restrictions.every(isSuppressed) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isSuppressed(value: Suppressed): boolean {
  return typeof value.ground === "string" && (value.kind === "ban" || parseTime(value.until) !== undefined);
}

// Going on without them would lift restrictions.
function damagedAt(line: number): DocketError {
  const message = `line ${line} of the file ${suppressionsFile} in the keys directory is damaged`;
  return new DocketError("directory_damaged", `${message}; put it back from a copy of the keys`);
}

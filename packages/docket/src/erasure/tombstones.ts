// SPDX-License-Identifier: Apache-2.0
// Tombstones: which actors were erased. They lie with the keys, outside of what backups of the data hold, and
// are replayed at every opening before anything is served: so whoever was erased stays erased when an older
// copy is put back.
//
//   KEYS/main/tombstones   a first line `docket-tombstones/v1`, then a line each: pseudonym, when, ground
import { codePattern, isPseudonym, parseTime } from "@docket/protocol";
import { DocketError } from "../error.ts";

/** Name of the file, in the folder of a site's keys. */
export const tombstonesFile = "tombstones";
const format = "docket-tombstones/v1";

/** An actor who was erased. */
export type Tombstone = {
  /** Their pseudonym in the log. */
  readonly pseudonym: string;
  /** When it was written, RFC 3339. */
  readonly at: string;
  /** Why, as a code. */
  readonly ground: string;
};

/** Reads a file of the keys' folder, and puts one in place durably; `undefined` if there is none. */
export type KeyFolderFiles = {
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
  readonly replace: (name: string, bytes: Uint8Array) => Promise<void>;
};

/** The tombstones of a site. */
export class Tombstones {
  readonly #files: KeyFolderFiles;
  #all: ReadonlyMap<string, Tombstone>;

  private constructor(files: KeyFolderFiles, all: readonly Tombstone[]) {
    this.#files = files;
    this.#all = byPseudonym(all);
  }

  /** Reads them. @throws {DocketError} `directory_damaged` if the file is none */
  static async open(files: KeyFolderFiles): Promise<Tombstones> {
    const bytes = await files.read(tombstonesFile);
    return new Tombstones(files, bytes === undefined ? [] : parseTombstones(Buffer.from(bytes).toString()));
  }

  /** Whether an actor was erased. */
  has(pseudonym: string): boolean {
    return this.#all.has(pseudonym);
  }

  /** All of them, oldest first. */
  get all(): readonly Tombstone[] {
    return [...this.#all.values()];
  }

  /** Adds those that are not there. Durable when it resolves. */
  async add(tombstones: readonly Tombstone[]): Promise<void> {
    const fresh = tombstones.filter(({ pseudonym }) => !this.#all.has(pseudonym));
    if (fresh.length === 0) return;
    const all = [...this.all, ...fresh];
    await this.#files.replace(tombstonesFile, Buffer.from(encodeTombstones(all)));
    this.#all = byPseudonym(all);
  }
}

/** The file's text. */
export function encodeTombstones(tombstones: readonly Tombstone[]): string {
  const lines = tombstones.map(({ pseudonym, at, ground }) => `${pseudonym} ${at} ${ground}`);
  return `${[format, ...lines].join("\n")}\n`;
}

/** Reads the file's text. @throws {DocketError} `directory_damaged` with the line that is none */
export function parseTombstones(text: string): Tombstone[] {
  const [first, ...lines] = text.split("\n");
  if (first !== format || lines.pop() !== "")
    throw damagedAt(1, `it does not begin with ${format}, or is cut`);
  return lines.map((line, place) => {
    const [pseudonym = "", at = "", ground = "", more] = line.split(" ");
    const isOne = isPseudonym(pseudonym) && parseTime(at) !== undefined && groundPattern.test(ground);
    if (!isOne || more !== undefined) throw damagedAt(place + 2, "it is no pseudonym, time and ground");
    return { pseudonym, at, ground };
  });
}

const groundPattern = new RegExp(codePattern);

function byPseudonym(all: readonly Tombstone[]): ReadonlyMap<string, Tombstone> {
  return new Map(all.map((each) => [each.pseudonym, each]));
}

// Going on without them could bring back whom they stand for.
function damagedAt(line: number, why: string): DocketError {
  const message = `line ${line} of the file ${tombstonesFile} in the keys directory is damaged: ${why}`;
  return new DocketError("directory_damaged", `${message}; put it back from a copy of the keys`);
}

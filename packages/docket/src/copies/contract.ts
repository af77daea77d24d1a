// SPDX-License-Identifier: Apache-2.0
// What a copy of a log takes, and what it proves before it takes it.

/**
 * Records on their way to a copy: the frames of `count` records from `firstIndex` on, as the journal has
 * them, and a checkpoint of the log that covers them. Where it covers more, `proof` is the consistency proof
 * (RFC 6962 section 2.1.2) from their end to it, so that nothing is ever stored that the log did not sign.
 */
export type Push = {
  firstIndex: number;
  count: number;
  payload: Uint8Array;
  checkpoint: Uint8Array;
  proof: readonly Uint8Array[];
};

/** What a copy holds. */
export type CopyState = {
  origin: string;
  /** Records that are durable at the copy and proven. */
  size: number;
  /** The root of these, base64. */
  root: string;
  /** Of these, how many are in files; kept checkpoints are taken up to this size. */
  published: number;
  /** Whether an identity map was ever put there; without one its journal has all actors that it knows. */
  identity: boolean;
};

/** What a copy is begun with: whose log it is. `keys` is the text of its keys.json. */
export type CopyBeginning = { origin: string; keys: string };

/** A small file that lies beside the log, by its path in the data directory, and SHA-256 of it, base64url. */
export type FileHashes = Readonly<Record<string, string>>;

/** What copies are kept in. Calls come one after the other. */
export interface CopyTarget {
  /** What it holds; `undefined` where no copy was begun. */
  state(): Promise<CopyState | undefined>;
  /** Begins a copy in an empty place. */
  begin(beginning: CopyBeginning): Promise<void>;
  /**
   * Takes records. When it resolves, they are durable there.
   *
   * @returns how many it holds now
   * @throws {DocketError} `replica_forked` if they do not go on from what it holds, or its log's keys did not
   *   sign them; `replica_refused` for what is malformed; `sealing_failed` if there is no room
   */
  push(push: Push): Promise<number>;
  /** The files beside the log that it has. */
  files(): Promise<FileHashes>;
  /**
   * Puts a file in place, durably.
   *
   * @param from where it lies here
   * @param size of identity.sqlite: all actors of so many first records are in it
   */
  putFile(path: string, from: string, hash: string, size?: number): Promise<void>;
  /** Removes files that are not there any more. */
  removeFiles(paths: readonly string[]): Promise<void>;
  /** Sizes of its parts' files, by path in the data directory; of those that all records are whole of. */
  partsFiles(): Promise<Readonly<Record<string, number>>>;
  /**
   * Lets go of its journal, as far as what it holds is in files and in identity.sqlite: wrapped keys of
   * actors stand in it.
   *
   * @returns whether nothing is left in it
   */
  vacate(): Promise<boolean>;
  /** Makes durable what is not; the copy may be closed or copied afterwards. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** The site of a data directory that is copied. */
export const copiedSite = "main";

const name = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}";
const site = `sites/${copiedSite}` as const;
const filePatterns: readonly RegExp[] = [
  /^(docket\.json|docket\.yaml|log\.vkey|witnesses\.policy|access\.sqlite)$/,
  new RegExp(`^policy(/${name}){1,8}$`),
  new RegExp(`^${site}/(site\\.json|succeeds\\.json|checkpoint\\.cosigned|identity\\.sqlite)$`),
  new RegExp(`^${site}/checkpoints/\\d{1,16}$`),
  new RegExp(`^${site}/(releases|models|webhooks)/${name}$`),
  new RegExp(`^${site}/lists(/${name}){1,4}$`),
  new RegExp(`^${site}/parts(/x\\d{3}){0,4}/\\d{3}$`),
];

/** Whether a copy takes a file of this path. */
export function isCopiedFile(path: string): boolean {
  return path.length <= 512 && filePatterns.some((pattern) => pattern.test(path));
}

/** Path of the identity map in a data directory. */
export const identityFile = "sites/main/identity.sqlite";
/** Path of the API keys, hashed. */
export const accessFile = "access.sqlite";
/** One of the databases that are copied, by its path. */
export type CopiedDatabase = typeof identityFile | typeof accessFile;

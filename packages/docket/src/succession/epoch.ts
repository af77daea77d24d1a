// SPDX-License-Identifier: Apache-2.0
// Each opening of a log has a number, its epoch. It stands in the data directory and in the keys directory,
// and both remember which files they are: a copy, a restored backup and a log that was promoted elsewhere do
// not fit together with the keys directory any more, and sign nothing.
//
//   DIR/sites/main/epoch.json   {"v":1,"epoch":8,"previous":7}
//   KEYS/main/epoch             {"v":1,"origin":"…","epoch":8,"published":1832,"places":{…}}
//
// `places` are inode and time of birth of both directories and both files. A file is told from its copy by
// them even if it was put back under the same name; moving a directory within a file system changes neither.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DocketError } from "../error.ts";
import type { HeldState } from "../log/held-state.ts";
import { readNewest } from "../log/newest-state.ts";
import type { NewestCheckpoint, PrimacyStart } from "../log/newest-state.ts";

/** Where a log's epoch is written down. */
export type EpochPlaces = {
  origin: string;
  /** The directory of the site's log. */
  site: string;
  /** The directory of the site's keys. */
  keys: string;
};

/** What the two directories say of each other. */
export type EpochState =
  /** Neither knows of an opening: a new log, or one made before openings were counted. */
  | { kind: "first" }
  /** The data directory is the one that was opened last. */
  | { kind: "bound"; epoch: number; newest: NewestCheckpoint | undefined; byInode: boolean }
  /** It may be another one. `keysIntact`: the keys directory is no copy, so what it knows is the newest. */
  | {
      kind: "unproven";
      epoch: number;
      reason: string;
      newest: NewestCheckpoint | undefined;
      keysIntact: boolean;
    };

/** Reads what both directories say. Changes nothing. */
export function readEpoch(places: EpochPlaces): EpochState {
  const { epochPath, newestPath, sitePath } = pathsOf(places);
  const site = readSiteEpoch(sitePath);
  const keys = readKeysEpoch(epochPath, places.origin);
  const found = readNewest(newestPath);
  if (site === undefined && keys === undefined && found === "none") return { kind: "first" };
  const newest = typeof found === "string" ? undefined : found;
  const epoch = Math.max(site?.epoch ?? 0, keys?.epoch ?? 0);
  const keysFault = keysFaultOf(places, keys, found);
  const unproven = (reason: string): EpochState => {
    return { kind: "unproven", epoch, reason, newest, keysIntact: keysFault === undefined };
  };
  if (keysFault !== undefined) return unproven(keysFault);
  if (keys === undefined) throw new Error("a keys directory without an epoch is at fault");
  if (site === undefined) {
    return unproven(
      `the keys directory knows of ${keys.epoch} openings and the data directory of none: ` +
        "a backup from before was restored, or epoch.json was removed",
    );
  }
  // After a crash between the two writings the data directory is one ahead, after two crashes two.
  const ahead = site.epoch > keys.epoch && site.previous === keys.epoch;
  if (site.epoch !== keys.epoch && !ahead) {
    return unproven(
      `the data directory was opened last as epoch ${site.epoch}, but the keys directory is at epoch ` +
        `${keys.epoch}: a backup was restored, or another copy was promoted`,
    );
  }
  if (keys.places !== null) {
    const fileMoved = !ahead && identityOf(sitePath) !== keys.places.siteFile;
    if (fileMoved || identityOf(places.site) !== keys.places.site) {
      return unproven("the data directory is not the one that was opened last: it is a copy, or a backup");
    }
  }
  return { kind: "bound", epoch, newest, byInode: keys.places !== null };
}

/**
 * Raises the epoch, durably: from here on nobody who opened the log before may sign. What it promises is not
 * checked here.
 *
 * @param byInode false where inode numbers don't last (some network and container file systems): then copies
 *   are told by epoch and size alone
 */
export function raiseEpoch(places: EpochPlaces, byInode: boolean): PrimacyStart {
  const { epochPath, newestPath, sitePath } = pathsOf(places);
  const previous = readKeysEpoch(epochPath, places.origin)?.epoch ?? 0;
  const epoch = Math.max(previous, readSiteEpoch(sitePath)?.epoch ?? 0) + 1;
  const found = readNewest(newestPath);
  const published = typeof found === "string" ? 0 : found.checkpoint.size;
  // A crash after this line: the data directory is one ahead, which the next opening accepts.
  const siteFile = replaceDurably(sitePath, () => ({ v: 1, epoch, previous }));
  replaceDurably(epochPath, (keysFile) => {
    const identities = {
      site: identityOf(places.site),
      siteFile,
      keys: identityOf(places.keys),
      keysFile,
    };
    return { v: 1, origin: places.origin, epoch, published, places: byInode ? identities : null };
  });
  return { epochPath, newestPath, epoch };
}

/**
 * Lets nobody sign who has the log open now, and binds no directory in their place: for a log that is to be
 * closed.
 */
export function fenceAll(places: EpochPlaces): void {
  const { epochPath, sitePath } = pathsOf(places);
  const keys = readKeysEpoch(epochPath, places.origin);
  if (keys === undefined) return;
  const epoch = Math.max(keys.epoch, readSiteEpoch(sitePath)?.epoch ?? 0) + 2;
  replaceDurably(epochPath, (keysFile) => {
    const identities = keys.places && { ...keys.places, keysFile };
    return { v: 1, origin: places.origin, epoch, published: keys.published, places: identities };
  });
}

/**
 * Proves that a log is the one that was opened last and holds what was published last. Changes nothing.
 *
 * @throws {DocketError} `log_unproven` if it may be a copy or a backup; `log_behind` if it lacks what was
 *   published, or has another root
 */
export function proveNewest(places: EpochPlaces, held: HeldState): EpochState & { kind: "first" | "bound" } {
  const state = readEpoch(places);
  const newest = state.kind === "first" ? undefined : state.newest;
  const reason = newest && contradiction(held, newest);
  if (reason !== undefined) {
    throw behind(`a checkpoint of size ${newest?.checkpoint.size} was published, and ${reason}`);
  }
  if (state.kind === "unproven") throw unproven(state.reason, places);
  return state;
}

/**
 * Lets a log be opened: proves that it is the newest, and raises the epoch.
 *
 * @throws {DocketError} as {@link proveNewest}
 */
export function claimEpoch(places: EpochPlaces, held: HeldState): PrimacyStart {
  const state = proveNewest(places, held);
  return raiseEpoch(places, state.kind === "first" || state.byInode);
}

/** Why a log does not hold a checkpoint of its own; `undefined` if it does. */
export function contradiction(
  held: HeldState,
  { checkpoint }: Pick<NewestCheckpoint, "checkpoint">,
): string | undefined {
  const root = held.rootAt(checkpoint.size);
  if (root === undefined) return `this directory holds ${held.size()} entries`;
  return Buffer.from(root).equals(checkpoint.root)
    ? undefined
    : `this directory has another root at that size: the log was forked`;
}

/** The error for a log that lacks what was signed. */
export function behind(what: string): DocketError {
  return new DocketError("log_behind", `${what}; it may never sign again as this log`);
}

/** The error for a log that may be a copy. */
export function unproven(reason: string, places: EpochPlaces): DocketError {
  return new DocketError(
    "log_unproven",
    `${places.origin} signs nothing until it has proved that it holds its newest signed state: ${reason}`,
  );
}

type SiteEpoch = { epoch: number; previous: number };
type KeysEpoch = {
  epoch: number;
  published: number;
  places: null | { site: string; siteFile: string; keys: string; keysFile: string };
};

function pathsOf(places: EpochPlaces): { epochPath: string; newestPath: string; sitePath: string } {
  return {
    epochPath: join(places.keys, "epoch"),
    newestPath: join(places.keys, "newest"),
    sitePath: join(places.site, "epoch.json"),
  };
}

// Whether the keys directory can be trusted to know the newest state: all of it is there, and it is no copy.
function keysFaultOf(
  places: EpochPlaces,
  keys: KeysEpoch | undefined,
  found: ReturnType<typeof readNewest>,
): string | undefined {
  const { epochPath, newestPath } = pathsOf(places);
  if (keys === undefined) return `${epochPath} is missing: nobody knows what this log signed last`;
  if (found === "unreadable") return `${newestPath} is damaged: nobody knows what this log published last`;
  if (keys.published > (found === "none" ? 0 : found.checkpoint.size)) {
    return `${newestPath} is missing or older than it was: nobody knows what this log published last`;
  }
  if (keys.places === null) return undefined;
  if (identityOf(places.keys) !== keys.places.keys || identityOf(epochPath) !== keys.places.keysFile) {
    return "the keys directory is a copy, or a backup, so it may not know what this log published last";
  }
  return undefined;
}

function readSiteEpoch(path: string): SiteEpoch | undefined {
  return readJson(path) as SiteEpoch | undefined;
}

function readKeysEpoch(path: string, origin: string): KeysEpoch | undefined {
  const content = readJson(path);
  if (content === undefined) return undefined;
  if (content["origin"] !== origin) {
    throw new DocketError("usage", `${path} is that of the log ${String(content["origin"])}`);
  }
  return content as KeysEpoch;
}

function readJson(path: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const content = JSON.parse(text) as Record<string, unknown>;
    if (content["v"] === 1 && Number.isSafeInteger(content["epoch"])) return content;
  } catch {
    // Below.
  }
  throw new DocketError("directory_damaged", `${path} holds no epoch; it was written by something else`);
}

function identityOf(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino}.${birthtimeNs}`;
}

// The file is new each time, and its content may say which file it is.
function replaceDurably(path: string, contentOf: (identity: string) => object): string {
  try {
    return replace(path, contentOf);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EROFS" && code !== "EPERM") throw error;
    throw new DocketError(
      "usage",
      `${path} cannot be written (${code}): a log writes down there what it signed, to know its copies`,
      { cause: error },
    );
  }
}

function replace(path: string, contentOf: (identity: string) => object): string {
  const temporary = `${path}.tmp`;
  const handle = openSync(temporary, "w", 0o600);
  let identity: string;
  try {
    const { ino, birthtimeNs } = fstatSync(handle, { bigint: true });
    identity = `${ino}.${birthtimeNs}`;
    writeSync(handle, `${JSON.stringify(contentOf(identity))}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  return identity;
}

// SPDX-License-Identifier: Apache-2.0
// The folder of a site's secret keys: reads and writes its files, as they are or protected. A protected file
// is sealed under the folder's guard, 32 bytes that a passphrase, a KMS or an HSM gives out at the start
// (key-providers/): so one answer of that service opens all files, and what is written later needs none.
// The format of both forms is in docs/formats/keys.md.
import { createSecretKey, hash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { nonceBytes } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { firstOpened, newestKey } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";
import { decrypt, encrypt } from "./seal.ts";
import type { RandomBytes } from "./seal.ts";

/** Where a site's secrets lie, and what opens them if they are protected. Plain: it may cross to a thread. */
export type KeyFolder = { readonly path: string; readonly guard?: KeyRing | undefined };

/** First line of a protected file. */
export const protectedFormat = "docket-protected/v1";
const doomedSuffix = ".old";
const temporarySuffix = ".tmp";
/** Bytes of the id of a key. */
export const keyIdBytes = 4;

/** Names a key without saying anything of it: the first bytes of a hash. */
export function keyId(key: Uint8Array): Buffer {
  const input = Buffer.concat([Buffer.from("docket-key-id/v1\n"), key]);
  return hash("sha256", input, "buffer").subarray(0, keyIdBytes);
}

/** Whether there is such a file. */
export function hasSecret(folder: KeyFolder, name: string): boolean {
  return existsSync(join(folder.path, name));
}

/** Whether a file of the folder is protected; `undefined` if it is not there. */
export function isProtected(folder: KeyFolder, name: string): boolean | undefined {
  if (!hasSecret(folder, name)) return undefined;
  return readText(join(folder.path, name)).startsWith(`${protectedFormat}\n`);
}

/**
 * Reads a secret.
 *
 * @throws {DocketError} `usage` if the file is missing; `keys_locked` if it is protected and the guard is not
 *   there, or another. The message never holds a key
 */
export function readSecret(folder: KeyFolder, name: string): string {
  return openSecretText(folder, name, readText(join(folder.path, name)));
}

/**
 * What the text of a file says.
 *
 * @throws {DocketError} `keys_locked` as {@link readSecret}
 */
export function openSecretText({ path: folder, guard }: KeyFolder, name: string, text: string): string {
  if (!text.startsWith(`${protectedFormat}\n`)) return text;
  const path = join(folder, name);
  if (guard === undefined) {
    throw new DocketError("keys_locked", `${path} is protected, and what opens it was not asked for`);
  }
  const bytes = Buffer.from(text.slice(protectedFormat.length + 1).trim(), "base64");
  const [nonce, sealed] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes)];
  const opened = firstOpened(guard, (key) => decrypt(createSecretKey(key), nonce, sealed, contextOf(name)));
  if (opened === undefined) {
    throw new DocketError(
      "keys_locked",
      `${path} does not open: it was protected by another guard, or changed`,
    );
  }
  return opened.toString("utf8");
}

/** What a secret is written as: sealed, if the folder has a guard. */
export function secretText({ guard }: KeyFolder, name: string, text: string, random: RandomBytes): string {
  if (guard === undefined) return text;
  const nonce = random(nonceBytes);
  const key = createSecretKey(newestKey(guard));
  const sealed = encrypt(key, nonce, Buffer.from(text, "utf8"), contextOf(name));
  return `${protectedFormat}\n${Buffer.concat([nonce, sealed]).toString("base64")}\n`;
}

/**
 * Writes a secret in a new file, readable by its owner only, and syncs it; its name is for the caller to
 * sync.
 */
export function writeSecret(folder: KeyFolder, name: string, text: string, random: RandomBytes): void {
  const path = join(folder.path, name);
  writeFileSync(path, secretText(folder, name, text, random), { flag: "wx", mode: 0o600, flush: true });
}

/**
 * Puts another secret in the place of one, durably, and destroys the old: overwritten where it lay, before
 * its name goes. How far that reaches, with journals, snapshots and SSDs, is in docs/operations/keys.md.
 */
export function replaceSecret(folder: KeyFolder, name: string, text: string, random: RandomBytes): void {
  const path = join(folder.path, name);
  settleReplaced(folder, name);
  rmSync(`${path}${temporarySuffix}`, { force: true });
  const content = secretText(folder, name, text, random);
  writeFileSync(`${path}${temporarySuffix}`, content, { flag: "wx", mode: 0o600, flush: true });
  // A second name for the old content. A crash from here to the rename: both names are of one file, and
  // settleReplaced only takes the second away.
  if (existsSync(path)) linkSync(path, `${path}${doomedSuffix}`);
  renameSync(`${path}${temporarySuffix}`, path);
  syncDirectory(dirname(path));
  // A crash from here on: the old content is overwritten by the next settleReplaced.
  settleReplaced(folder, name);
}

/** Brings a replacement to its end that a crash interrupted. */
export function settleReplaced(folder: KeyFolder, name: string): void {
  const path = join(folder.path, name);
  const doomed = `${path}${doomedSuffix}`;
  if (!existsSync(doomed)) return;
  if (!isSameFile(path, doomed)) overwrite(doomed);
  unlinkSync(doomed);
  syncDirectory(dirname(path));
}

/** Syncs the names in a directory. */
export function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

// Files can't be taken for one another.
function contextOf(name: string): Buffer {
  return Buffer.from(`${protectedFormat}\n${basename(name)}\n`, "utf8");
}

function isSameFile(path: string, other: string): boolean {
  if (!existsSync(path)) return false;
  const [one, two] = [statSync(path, { bigint: true }), statSync(other, { bigint: true })];
  return one.ino === two.ino && one.dev === two.dev;
}

function overwrite(path: string): void {
  const handle = openSync(path, "r+");
  try {
    writeSync(handle, Buffer.alloc(statSync(path).size), 0, undefined, 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read the key file ${path}: ${code}`, { cause: error });
  }
}

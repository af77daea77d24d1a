// SPDX-License-Identifier: Apache-2.0
// How a keys directory is protected: KEYS/main/protection.json has the guards, wrapped, newest first. There
// is one; two while what protects the keys is changed; without the file the keys are plain. The format is in
// docs/formats/keys.md.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DocketError } from "../error.ts";
import { readSecret, replaceSecret, settleReplaced, syncDirectory } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { keyBytes, keyRing, newestKey } from "../evidence/key-ring.ts";
import type { RandomBytes } from "../evidence/seal.ts";
import { providerNames } from "./contract.ts";
import type { KeyProvider, ProviderName } from "./contract.ts";

/** The file that says how keys are protected, in the folder of a site's keys. */
export const protectionFile = "protection.json";

/** A guard as it is kept. */
export type WrappedGuard = {
  readonly provider: ProviderName;
  /** Since when it protects, ISO 8601. */
  readonly since: string;
  readonly wrapped: Uint8Array;
};

/** What protects a folder's keys, newest first; none if they are plain. */
export function readProtection(path: string): readonly WrappedGuard[] {
  const file = join(path, protectionFile);
  if (!existsSync(file)) return [];
  const guards = guardsIn(readFileSync(file, "utf8"));
  if (guards === undefined) throw new DocketError("usage", `${file} is not a file of how keys are protected`);
  return guards;
}

/**
 * Opens a folder of keys: asks whatever protects them for the guard.
 *
 * @param providerOf the provider of a name, as it is configured
 * @throws {DocketError} `keys_locked`, `key_service_unavailable`; `configuration_invalid` if the section
 *   `keys` says nothing of the provider
 */
export async function unlockFolder(
  path: string,
  providerOf: (name: ProviderName) => KeyProvider,
): Promise<KeyFolder> {
  const guards = readProtection(path);
  if (guards.length === 0) return { path };
  const opened: Uint8Array[] = [];
  let fault: unknown;
  for (const { provider, wrapped } of guards) {
    try {
      opened.push(checkedGuard(await providerOf(provider).unwrap(wrapped), provider));
    } catch (error) {
      // While it is changed there are two: what only the other opens says so when it is read.
      fault ??= error;
    }
  }
  if (opened.length === 0) throw fault;
  return { path, guard: keyRing(opened) };
}

/**
 * Protects a folder's keys by another provider, or by the same one under a new guard. From the first step on
 * the new provider is asked at every start; a crash in between leaves files under either, which both open.
 *
 * @param folder as it is opened now
 * @param nowMs ms since 1970
 * @returns the folder as it is opened from now on
 * @throws {DocketError} what the provider throws: nothing was changed then
 */
export async function protectFolder(
  folder: KeyFolder,
  provider: KeyProvider,
  nowMs: number,
  random: RandomBytes,
): Promise<KeyFolder> {
  const guard = Uint8Array.from(random(keyBytes));
  const wrapped = await provider.wrap(guard);
  // What can't be unwrapped would lock the keys away for good.
  if (!Buffer.from(await provider.unwrap(wrapped)).equals(guard)) {
    throw new DocketError("keys_locked", `${provider.name} gives back something else than it was given`);
  }
  const since = new Date(nowMs).toISOString();
  const before = readProtection(folder.path);
  writeProtection(folder.path, [{ provider: provider.name, since, wrapped }, ...before], random);
  const both = { path: folder.path, guard: keyRing([guard, ...guardsOf(folder)]) };
  return settleProtection(both, random);
}

/** Takes the protection off: the keys are plain files from then on. */
export function exposeFolder(folder: KeyFolder, random: RandomBytes): KeyFolder {
  const plain = { path: folder.path };
  for (const name of secretNames(folder.path)) {
    const text = readSecret(folder, name);
    replaceSecret(plain, name, text, random);
  }
  // A crash before this line: some files are plain, and the others open as before.
  rmSync(join(folder.path, protectionFile), { force: true });
  syncDirectory(folder.path);
  return plain;
}

/**
 * Seals under the newest guard what is not, and forgets the other guards: ends a change that was interrupted,
 * and takes in files that somebody put there.
 *
 * @returns the folder with its newest guard alone
 */
export function settleProtection(folder: KeyFolder, random: RandomBytes): KeyFolder {
  for (const name of secretNames(folder.path)) settleReplaced(folder, name);
  if (folder.guard === undefined) return folder;
  const settled = { path: folder.path, guard: keyRing([Uint8Array.from(newestKey(folder.guard))]) };
  for (const name of secretNames(folder.path)) {
    if (isSealedBy(settled, name)) continue;
    replaceSecret(settled, name, readSecret(folder, name), random);
  }
  const guards = readProtection(folder.path);
  if (guards.length > 1) writeProtection(folder.path, guards.slice(0, 1), random);
  return settled;
}

/** The files of a folder that are secret: keys, those of a change of keys, and secrets of webhooks. */
export function secretNames(path: string): string[] {
  const inside = (folder: string, ending: string): string[] =>
    existsSync(join(path, folder))
      ? readdirSync(join(path, folder), { withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
          .map((entry) => join(folder, entry.name))
      : [];
  return [...inside("", ".key"), ...inside("next", ".key"), ...inside("webhooks", ".json")].sort();
}

// What only another guard opens, and what is plain, is sealed anew.
function isSealedBy(settled: KeyFolder, name: string): boolean {
  const text = readFileSync(join(settled.path, name), "utf8");
  if (!text.startsWith("docket-protected/")) return false;
  try {
    readSecret(settled, name);
    return true;
  } catch (error) {
    if (error instanceof DocketError && error.code === "keys_locked") return false;
    throw error;
  }
}

function guardsOf({ guard }: KeyFolder): Uint8Array[] {
  return guard === undefined ? [] : [Uint8Array.from(newestKey(guard))];
}

function writeProtection(path: string, guards: readonly WrappedGuard[], random: RandomBytes): void {
  const content = guards.map(({ provider, since, wrapped }) => ({
    provider,
    since,
    wrapped: Buffer.from(wrapped).toString("base64"),
  }));
  // Without a guard of its own: it is what opens the others.
  replaceSecret({ path }, protectionFile, `${JSON.stringify({ v: 1, guards: content }, null, 2)}\n`, random);
}

function guardsIn(text: string): WrappedGuard[] | undefined {
  try {
    const { v, guards } = JSON.parse(text) as { v: unknown; guards: Record<string, unknown>[] };
    const read = guards.map(({ provider, since, wrapped }) => ({
      provider: provider as ProviderName,
      since: String(since),
      wrapped: Buffer.from(String(wrapped), "base64"),
    }));
    const isWhole = read.every((each) => providerNames.includes(each.provider) && each.wrapped.length > 0);
    return v === 1 && read.length > 0 && isWhole ? read : undefined;
  } catch {
    return undefined;
  }
}

function checkedGuard(guard: Uint8Array, provider: string): Uint8Array {
  if (guard.length === keyBytes) return Uint8Array.from(guard);
  throw new DocketError("keys_locked", `what ${provider} gave is no guard of ${keyBytes} bytes`);
}

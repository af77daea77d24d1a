// SPDX-License-Identifier: Apache-2.0
// What is being changed, written down before it begins and taken away when its record is sealed: so that a
// change that a crash interrupted is brought to its end, and told of, by the next opening. It is in
// KEYS/main/rotation.json, and nothing in it is secret.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceSecret, syncDirectory } from "../evidence/key-folder.ts";
import type { RandomBytes } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { RotatableKey } from "./contract.ts";

const file = "rotation.json";

/** A change that was begun. */
export type RotationIntent = {
  readonly key: RotatableKey;
  readonly by: string;
  readonly role: Author["role"];
  /** The id of the key in use when it began. */
  readonly before: string;
};

/** Writes down, durably, that a change begins. */
export function writeIntent(path: string, intent: RotationIntent, random: RandomBytes): void {
  replaceSecret({ path }, file, `${JSON.stringify({ v: 1, ...intent })}\n`, random);
}

/** The change that was begun and is not done, if any. */
export function readIntent(path: string): RotationIntent | undefined {
  const place = join(path, file);
  if (!existsSync(place)) return undefined;
  // Made by this program alone and never by half; if somebody edited it, what it says is only told.
  return JSON.parse(readFileSync(place, "utf8")) as RotationIntent;
}

/** The change is done. */
export function removeIntent(path: string): void {
  rmSync(join(path, file), { force: true });
  syncDirectory(path);
}

// SPDX-License-Identifier: Apache-2.0
// The file of the keys of evidence, KEYS/main/evidence.key: which there are, newest first, and since when.
// Its format, and the first version's, which is still read, is in docs/formats/keys.md.
import { DocketError } from "../error.ts";
import { readSecret, replaceSecret, writeSecret } from "./key-folder.ts";
import type { KeyFolder } from "./key-folder.ts";
import { keyBytes } from "./key-ring.ts";
import type { RandomBytes } from "./seal.ts";

/** The file of the keys of evidence, in the folder of its site's keys. */
export const evidenceKeyFile = "evidence.key";
const firstFormat = "docket-keys/v1";
const fileFormat = "docket-keys/v2";
const names = ["key-encryption", "site", "hashing"] as const;

/** A key, and when it was made, ISO 8601, where that is known. */
export type DatedKey = { readonly key: Uint8Array; readonly since: string | undefined };
/** The keys of evidence, each newest first. */
export type EvidenceKeys = {
  readonly keyEncryption: readonly DatedKey[];
  readonly site: readonly DatedKey[];
  readonly hashing: DatedKey;
};

/** Makes the keys of evidence, in a file that is not there yet. */
export function createEvidenceKeys(folder: KeyFolder, random: RandomBytes): void {
  const lines = names.map((name) => `${name} ${random(keyBytes).toString("base64")}`);
  writeSecret(folder, evidenceKeyFile, `${[firstFormat, ...lines].join("\n")}\n`, random);
}

/**
 * Reads the keys of evidence.
 *
 * @throws {DocketError} `usage` if the file is missing or malformed, `keys_locked` if it does not open; the
 *   message never holds a key
 */
export function readEvidenceKeys(folder: KeyFolder): EvidenceKeys {
  const [format, ...lines] = readSecret(folder, evidenceKeyFile).trim().split("\n");
  const read = (name: string): DatedKey[] => {
    const own = lines.map((line) => line.split(" ")).filter(([first]) => first === name);
    const keys = own.map((words) => datedKey(format, words));
    const whole = keys.filter((key) => key !== undefined);
    if (whole.length === 0 || whole.length < own.length) {
      const path = `${folder.path}/${evidenceKeyFile}`;
      throw new DocketError(
        "usage",
        `${path} is not a file of ${fileFormat}: its line "${name}" is missing or wrong`,
      );
    }
    return whole;
  };
  const [hashing] = read("hashing");
  return { keyEncryption: read("key-encryption"), site: read("site"), hashing: hashing as DatedKey };
}

/** Puts these keys in the file, durably; a key that is not among them any more is destroyed. */
export function writeEvidenceKeys(folder: KeyFolder, keys: EvidenceKeys, random: RandomBytes): void {
  const lines = (name: string, dated: readonly DatedKey[]): string[] =>
    dated.map(({ key, since }) => `${name} ${since ?? "-"} ${Buffer.from(key).toString("base64")}`);
  const all = [
    fileFormat,
    ...lines("key-encryption", keys.keyEncryption),
    ...lines("site", keys.site),
    ...lines("hashing", [keys.hashing]),
  ];
  replaceSecret(folder, evidenceKeyFile, `${all.join("\n")}\n`, random);
}

function datedKey(format: string | undefined, words: readonly string[]): DatedKey | undefined {
  const [since, text] = format === firstFormat ? ["-", words[1]] : [words[1], words[2]];
  const bytes = Buffer.from(text ?? "", "base64");
  if ((format !== firstFormat && format !== fileFormat) || bytes.length !== keyBytes) return undefined;
  return { key: Uint8Array.from(bytes), since: since === "-" ? undefined : since };
}

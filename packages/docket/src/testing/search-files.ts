// SPDX-License-Identifier: Apache-2.0
// Searches files for what must not be in them: texts in whatever form they may stand there, keys that some
// other key still unwraps, parts that some key still opens. For tests of erasure and of a stolen disk.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sealedRowBytes, wrappedKeyBytes, openRow } from "../evidence/key-store.ts";
import type { KeyStoreKeys } from "../evidence/key-store.ts";
import type { KeyRing } from "../evidence/key-ring.ts";
import { unwrapKey } from "../evidence/keys.ts";
import { openPart } from "../evidence/seal.ts";
import { partNames } from "@docket/protocol";

/** A file as it lies on the disk. */
export type FoundFile = { readonly path: string; readonly bytes: Buffer };
/** Something that was found: what, in which form, in which file, at which byte. */
export type Finding = { readonly path: string; readonly at: number; readonly what: string };

/** All files below some directories. */
export function filesBelow(...directories: readonly string[]): FoundFile[] {
  return directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, bytes: readFileSync(path) };
      }),
  );
}

/** Where bytes stand: as they are, in hex, in base64 (wherever in it they begin) and base64url. */
export function findBytes(files: readonly FoundFile[], name: string, bytes: Uint8Array): Finding[] {
  const forms: [string, Buffer][] = [
    ["bytes", Buffer.from(bytes)],
    ["hex", Buffer.from(Buffer.from(bytes).toString("hex"))],
    ["HEX", Buffer.from(Buffer.from(bytes).toString("hex").toUpperCase())],
  ];
  for (const shift of [0, 1, 2]) {
    // The characters that neighbours have no part in.
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    for (const encoding of ["base64", "base64url"] as const) {
      const text = padded.toString(encoding).replaceAll("=", "");
      const own = text.slice(shift === 0 ? 0 : 2 + shift - 1, Math.floor((padded.length * 4) / 3));
      forms.push([encoding, Buffer.from(own)]);
    }
  }
  return files.flatMap((file) =>
    forms.flatMap(([form, wanted]) => {
      const at = file.bytes.indexOf(wanted);
      return at === -1 ? [] : [{ path: file.path, at, what: `${name} as ${form}` }];
    }),
  );
}

/** Where texts stand: in UTF-8 and UTF-16, escaped as JSON does, and in the forms of {@link findBytes}. */
export function findTexts(files: readonly FoundFile[], texts: readonly string[]): Finding[] {
  return texts.flatMap((text) => {
    const escaped = JSON.stringify(text).slice(1, -1);
    return [
      ...findBytes(files, text, Buffer.from(text, "utf8")),
      ...findBytes(files, text, Buffer.from(text, "utf16le")),
      ...(escaped === text ? [] : findBytes(files, text, Buffer.from(escaped, "utf8"))),
    ];
  });
}

/** The keys that somebody has who took everything there is. */
export type KeysAtHand = { readonly keyEncryption: KeyRing; readonly keyStore: KeyStoreKeys | undefined };

/**
 * Where a key of an actor lies that the keys at hand unwrap: every stretch of bytes of a wrapped key's length
 * is tried, also where no format puts one.
 */
export function findWrappedKeys(
  files: readonly FoundFile[],
  pseudonym: string,
  { keyEncryption, keyStore }: KeysAtHand,
): (Finding & { readonly key: Buffer })[] {
  const found: (Finding & { readonly key: Buffer })[] = [];
  const take = (path: string, at: number, wrapped: Uint8Array, what: string): void => {
    const key = unwrapKey(keyEncryption, pseudonym, wrapped);
    if (key !== undefined) found.push({ path, at, what, key });
  };
  const tryAt = (path: string, bytes: Buffer, at: number): void => {
    take(path, at, bytes.subarray(at, at + wrappedKeyBytes), "a wrapped key");
    if (bytes[at] !== 1 || at + sealedRowBytes > bytes.length) return;
    const row = opened(keyStore, pseudonym, bytes.subarray(at, at + sealedRowBytes));
    if (row !== undefined) take(path, at, row, "a sealed row");
  };
  for (const { path, bytes } of files) {
    let dull = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (isDull(bytes.readUInt8(at))) dull++;
      if (at >= wrappedKeyBytes && isDull(bytes.readUInt8(at - wrappedKeyBytes))) dull--;
      // Texts, and room that is made ahead: what is random hardly ever has so many of such bytes.
      if (at + 1 < wrappedKeyBytes || dull > dullMax) continue;
      tryAt(path, bytes, at + 1 - wrappedKeyBytes);
    }
  }
  return found;
}

/**
 * Which parts some key opens: every sealed part in the parts files is tried with each key.
 *
 * @param sealed parts as the log's files hold them
 */
export function openableParts(
  sealed: readonly { readonly index: number; readonly bytes: Uint8Array }[],
  keys: readonly Uint8Array[],
  origin: string,
): { index: number; name: string; plaintext: string }[] {
  return sealed.flatMap(({ index, bytes }) =>
    keys.flatMap((key) =>
      partNames.flatMap((name) => {
        const part = openPart(bytes, name, key, origin);
        return part === undefined ? [] : [{ index, name, plaintext: part.plaintext.toString("utf8") }];
      }),
    ),
  );
}

/** Bytes of texts, and zeros. Of 60 random bytes 22 are such; more than 48, of one stretch in 10^11. */
function isDull(byte: number): boolean {
  return byte === 0 || (byte >= 0x20 && byte < 0x7f);
}

const dullMax = 48;

function opened(keys: KeyStoreKeys | undefined, pseudonym: string, row: Uint8Array): Uint8Array | undefined {
  try {
    const found = openRow(keys, pseudonym, row);
    return found === "otherKey" || found.length !== wrappedKeyBytes ? undefined : found;
  } catch {
    return undefined;
  }
}

// SPDX-License-Identifier: Apache-2.0
// The address and the shown name in a field of a mail. Not all of RFC 5322: what is needed to compare them.

/** Longest value that is read, in UTF-16 code units. */
const valueLengthMax = 4_096;

/** The first address of a field in lower case: what stands in angle brackets, else what looks like one. */
export function mailAddress(value: string): string | undefined {
  const text = value.slice(0, valueLengthMax);
  const unquoted = text.replace(/"(?:[^"\\]|\\.)*"/g, "");
  const bracketed = unquoted
    .match(/<[^<>]*>/g)
    ?.find((each) => each.includes("@"))
    ?.slice(1, -1);
  return simpleAddress(bracketed ?? text);
}

/** The name that is shown for an address: what stands before the angle brackets, encoded words decoded. */
export function decodedName(value: string): string {
  const text = value.slice(0, valueLengthMax);
  const bracket = text.lastIndexOf("<");
  const name = bracket < 0 ? "" : text.slice(0, bracket);
  return name.replace(encodedWord, (_, encoding: string, written: string) =>
    encoding === "q" || encoding === "Q" ? decodeQ(written) : decodeB(written),
  );
}

function simpleAddress(text: string): string | undefined {
  const at = text.indexOf("@");
  if (at <= 0) return undefined;
  const local = /[^\s<>()[\]"',;:]{1,128}$/.exec(text.slice(Math.max(0, at - 128), at))?.[0];
  const host = /^[^\s<>()"',;:@]{1,255}/.exec(text.slice(at + 1))?.[0]?.replace(/\.+$/, "");
  if (local === undefined || host === undefined || !host.includes(".")) return undefined;
  return `${local}@${host}`.toLowerCase();
}

const encodedWord = /=\?[^?\s]{1,64}\?([BbQq])\?([^?]*)\?=/g;

// Addresses are ASCII in every charset of mail, so the bytes are read as they are.
function decodeQ(written: string): string {
  return written
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decodeB(written: string): string {
  try {
    return atob(written.replace(/[^A-Za-z0-9+/]/g, ""));
  } catch {
    return "";
  }
}

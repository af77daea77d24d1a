// SPDX-License-Identifier: Apache-2.0
// Opaque entries: 300 bytes of text, since conventional logging holds text, each another one.

/** Bytes of an entry. */
export const entryBytes = 300;
const numberChars = 12;
const filler = "a line of a log that somebody will want to have back just as it was, whatever happens; ";

/** A source of entries. */
export function entrySource(): () => Buffer {
  const text = filler.repeat(Math.ceil(entryBytes / filler.length)).slice(0, entryBytes - numberChars);
  const template = Buffer.from(text, "latin1");
  let count = 0;
  return () => {
    const entry = Buffer.allocUnsafe(entryBytes);
    entry.write(String(count++).padStart(numberChars, "0"), 0, "latin1");
    entry.set(template, numberChars);
    return entry;
  };
}

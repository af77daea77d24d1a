// SPDX-License-Identifier: Apache-2.0
// Splits a stream of bytes into lines. A line ends with LF or CRLF; the last one may end with the stream.

/** A line: its number, counted from 1 with blank lines, and its bytes, or how many there were if too many. */
export type Line = { number: number; bytes: Uint8Array } | { number: number; tooLong: number };

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Yields the lines that are not blank (nothing, or only spaces and tabs).
 *
 * @param lineBytesMax a longer line is passed over, and yielded as `tooLong`
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      const line = finish();
      if (line !== undefined) yield line;
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  const last = finish();
  if (last !== undefined) yield last;

  function keep(piece: Uint8Array): void {
    length += piece.length;
    // One byte more than the limit, for the CR of a CRLF; after that, only the length is still counted.
    if (length > lineBytesMax + 1) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  }

  function finish(): Line | undefined {
    const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    const whole = length;
    const line = { number: number++ };
    pieces = [];
    length = 0;
    if (bytes.length < whole) return { ...line, tooLong: whole };
    const text = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
    if (text.length > lineBytesMax) return { ...line, tooLong: text.length };
    return text.every((byte) => byte === 0x20 || byte === 0x09) ? undefined : { ...line, bytes: text };
  }
}

// SPDX-License-Identifier: Apache-2.0
// The order of entries, of hits, and of what a list's version is the hash of: by code point, which is also
// the order of their bytes in UTF-8, so that any language sorts them alike.

/** Negative, 0 or positive as `left` comes before, is the same as, or comes after `right`. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const one = left.charCodeAt(index);
    const other = right.charCodeAt(index);
    if (one === other) continue;
    // UTF-16 puts what lies beyond U+FFFF, as surrogates, before U+E000 to U+FFFF.
    return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Sorts texts in that order. What comparison the engine has built in is much faster, and does for most. */
export function sortTexts(texts: readonly string[]): string[] {
  const native = texts.every((text) => !/[\ud800-\uffff]/.test(text));
  return native ? texts.toSorted() : texts.toSorted(compareText);
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

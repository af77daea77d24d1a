// SPDX-License-Identifier: Apache-2.0
// Writes tables as text: the forms are described at the head of unicode-tables.ts.
import type { Range } from "./database.ts";

/** What a code point is replaced by, and the mark that tells the kinds of replacement apart. */
export type Mapping = { from: number; to: readonly number[]; mark: "=" | ":" };

/** A run shorter than this is written as single mappings, which are then no longer than the run would be. */
const runMin = 2;

export function declaration(name: string, doc: string, value: string): string[] {
  return [`/** ${doc} */`, `export const ${name}: string =`, `  "${value}";`, ""];
}

export function ranges(found: readonly Range[]): string {
  const joined: [number, number][] = [];
  for (const [first, last] of found.toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && before[1] + 1 === first) before[1] = last;
    else joined.push([first, last]);
  }
  let end = 0;
  return joined
    .map(([first, last]) => {
      const entry = `${base36(first - end)},${base36(last - first + 1)}`;
      end = last + 1;
      return entry;
    })
    .join(",");
}

/** `gap,length,value` for each run of code points with one value. */
export function valuedRanges(found: readonly (readonly [point: number, value: number])[]): string {
  const runs: { first: number; last: number; value: number }[] = [];
  for (const [point, value] of found) {
    const before = runs.at(-1);
    if (before !== undefined && before.value === value && before.last + 1 === point) before.last = point;
    else runs.push({ first: point, last: point, value });
  }
  let end = 0;
  return runs
    .map(({ first, last, value }) => {
      const entry = `${base36(first - end)},${base36(last - first + 1)},${base36(value)}`;
      end = last + 1;
      return entry;
    })
    .join(",");
}

export function mappings(found: readonly Mapping[]): string {
  let written = "";
  let end = 0;
  for (let index = 0; index < found.length;) {
    const first = found[index];
    if (first === undefined) break;
    const gap = base36(first.from - end);
    const [count, stride] = longestRun(found, index);
    if (count < runMin) {
      written += `${gap}${first.mark}${first.to.map(base36).join(",")};`;
      end = first.from + 1;
      index += 1;
      continue;
    }
    const shift = base36((first.to[0] ?? 0) - first.from);
    const kind = stride === 1 ? "+" : "/";
    written += first.to.length === 0 ? `${gap}*${base36(count)};` : `${gap}${kind}${base36(count)},${shift};`;
    end = first.from + (count - 1) * stride + 1;
    index += count;
  }
  return written;
}

function longestRun(found: readonly Mapping[], index: number): [count: number, stride: 1 | 2] {
  const dense = runLength(found, index, 1);
  const sparse = found[index]?.to.length === 0 ? 1 : runLength(found, index, 2);
  return sparse > dense ? [sparse, 2] : [dense, 1];
}

function runLength(found: readonly Mapping[], index: number, stride: 1 | 2): number {
  const first = found[index];
  if (first === undefined || first.to.length > 1 || first.mark !== "=") return 1;
  let count = 1;
  for (;;) {
    const next = found[index + count];
    if (next?.from !== first.from + count * stride || next.to.length !== first.to.length) return count;
    if (next.to.length === 1 && next.to[0] !== (first.to[0] ?? 0) + count * stride) return count;
    count += 1;
  }
}

export function base36(value: number): string {
  return value.toString(36);
}

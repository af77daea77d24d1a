// SPDX-License-Identifier: Apache-2.0
// Reads the files of the Unicode character database.

/** A closed range of code points. */
export type Range = readonly [first: number, last: number];
/** One line of a database file: its code points and the fields after them. */
export type Line = { first: number; last: number; fields: readonly string[] };

/** The version that all files are of. */
export function oneVersion(files: readonly string[]): string {
  const versions = new Set(files.map((file) => /^# \w+-(\d+\.\d+\.\d+)\.txt/.exec(file)?.[1]));
  const [version] = versions;
  if (versions.size !== 1 || version === undefined) {
    throw new Error(`the files of the Unicode character database disagree: ${[...versions].join(", ")}`);
  }
  return version;
}

export function* lines(file: string): Generator<Line> {
  for (const raw of file.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "") continue;
    const [points = "", ...fields] = line.split(";").map((field) => field.trim());
    const [first = "", last = first] = points.split("..");
    yield { first: Number.parseInt(first, 16), last: Number.parseInt(last, 16), fields };
  }
}

export function propertyRanges(file: string, property: string): Range[] {
  const found: Range[] = [];
  for (const { first, last, fields } of lines(file)) if (fields[0] === property) found.push([first, last]);
  return found;
}

export function codePoints(file: string, property: string): number[] {
  return propertyRanges(file, property).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

/** The lines of UnicodeData.txt, its `<…, First>` and `<…, Last>` pairs joined to one line. */
export function unicodeData(file: string): Line[] {
  const found: Line[] = [];
  let opened: number | undefined;
  for (const line of lines(file)) {
    const name = line.fields[0] ?? "";
    if (name.endsWith(", First>")) opened = line.first;
    else if (name.endsWith(", Last>")) found.push({ ...line, first: opened ?? line.first });
    else found.push(line);
  }
  return found;
}

export function points(field: string): number[] {
  return field === "" ? [] : field.split(" ").map((point) => Number.parseInt(point, 16));
}

// SPDX-License-Identifier: Apache-2.0
// Which texts of a file train a model, and which test it: a table of ids, as corpora are published with.
import { DocketError } from "../error.ts";

/** A training and a test on what it didn't see. */
export type Fold = {
  readonly name: string;
  readonly trains: (id: string) => boolean;
  readonly tests: (id: string) => boolean;
};

/** Most folds: each is a training. */
export const foldsMax = 100;

/**
 * Reads a split: lines of an id, a tab, and a fold. Folds `train` and `test` make one test; of others, each
 * is tested by a model that was trained on the rest.
 *
 * @param name of the file, for messages
 * @throws {DocketError} `usage`
 */
export function readSplit(text: string, name: string): { folds: readonly Fold[]; ids: ReadonlySet<string> } {
  const foldOf = new Map<string, string>();
  for (const [place, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const [id = "", fold = "", ...more] = line.split("\t");
    if (place === 0 && id === "id") continue;
    const where = `${name}:${place + 1}`;
    if (id === "" || fold === "" || more.length > 0) {
      throw new DocketError("usage", `${where}: a line is an id, a tab, and its fold`);
    }
    if ((foldOf.get(id) ?? fold) !== fold) {
      throw new DocketError("usage", `${where}: ${id} is in two folds, ${foldOf.get(id)} and ${fold}`);
    }
    foldOf.set(id, fold);
  }
  const names = [...new Set(foldOf.values())].sort();
  return { folds: foldsOf(names, foldOf, name), ids: new Set(foldOf.keys()) };
}

function foldsOf(names: readonly string[], foldOf: ReadonlyMap<string, string>, file: string): Fold[] {
  if (names.includes("train") || names.includes("test")) {
    if (names.join() !== "test,train") {
      throw new DocketError("usage", `${file}: folds are train and test, or others; it has ${names.join()}`);
    }
    return [
      {
        name: "test",
        trains: (id) => foldOf.get(id) === "train",
        tests: (id) => foldOf.get(id) === "test",
      },
    ];
  }
  if (names.length < 2) {
    throw new DocketError("usage", `${file}: a split has two folds at least, this one ${names.length}`);
  }
  if (names.length > foldsMax) {
    throw new DocketError(
      "usage",
      `${file}: a split has ${foldsMax} folds at most, this one ${names.length}`,
    );
  }
  return names.map((name) => ({
    name,
    trains: (id) => foldOf.has(id) && foldOf.get(id) !== name,
    tests: (id) => foldOf.get(id) === name,
  }));
}

// SPDX-License-Identifier: Apache-2.0
// The worst mistakes of each row, to be read: outside the repository, since some corpora may not be
// republished.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Judged, RowFigures } from "./measure-row.ts";

const shownCount = 20;
const shownCharacters = 700;

/** The hams that score highest, and the spams that score lowest; copies of one text once. */
export function worstMistakes({ judged }: Pick<RowFigures, "judged">): {
  flagged: Judged[];
  missed: Judged[];
} {
  const ordered = [...judged].sort((left, right) => right.answer.computed - left.answer.computed);
  const worst = (list: readonly Judged[]): Judged[] =>
    [...new Map(list.map((each) => [each.item.copy, each])).values()].slice(0, shownCount);
  return {
    flagged: worst(ordered.filter(({ item }) => !item.spam)),
    missed: worst(ordered.toReversed().filter(({ item }) => item.spam)),
  };
}

/** Writes a file for each row into a folder outside the repository. */
export function writeFailures(figures: readonly RowFigures[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const row of figures) {
    const { flagged, missed } = worstMistakes(row);
    const text = [
      `# ${row.row.title}`,
      "## Hams with the highest scores",
      ...flagged.map(show),
      "## Spams with the lowest scores",
      ...missed.map(show),
    ];
    writeFileSync(join(folder, `${row.row.name}.md`), `${text.join("\n\n")}\n`);
  }
}

function show({ item, answer }: Judged): string {
  const text = (item.raw ?? `${item.title ?? ""} | ${item.text}`).slice(0, shownCharacters);
  const { computed, known, scored } = answer;
  const group = item.group === undefined ? "" : `, ${item.group}`;
  return `### ${item.id}${group}: ${computed}${scored ? "" : " (no score)"}, known ${known}\n${text}`;
}

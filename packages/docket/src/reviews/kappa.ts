// SPDX-License-Identifier: Apache-2.0
// Cohen's kappa: how far two people agree beyond what chance alone would give (Cohen 1960), with the interval
// of its large-sample standard error (Fleiss, Cohen and Everitt 1969).
import { normalQuantile, confidence } from "./intervals.ts";

/** How far two sides agree. `kappa` is 1 for full agreement, 0 for that of chance, below 0 for less. */
export type Agreement = {
  /** Cases that both looked at. */
  readonly cases: number;
  /** The share that they agree on, 0 to 1. */
  readonly observed: number;
  /** The share that they would agree on by chance. */
  readonly byChance: number;
  /** `null` where both used one and the same category throughout: then chance agrees always. */
  readonly kappa: number | null;
  /** The interval of kappa at 95 %; `null` where kappa is, and for fewer than two cases. */
  readonly low: number | null;
  readonly high: number | null;
};

/**
 * The agreement of a table.
 *
 * @param table square; row i, column j: cases that the first put in category i and the second in j
 * @throws {RangeError} if it isn't square or holds something negative
 */
export function cohenKappa(table: readonly (readonly number[])[]): Agreement {
  const size = table.length;
  for (const row of table) {
    if (row.length !== size || row.some((count) => count < 0)) {
      throw new RangeError("a table of agreement is square, of counts");
    }
  }
  const at = (row: number, column: number): number => table[row]?.[column] ?? 0;
  const places = Array.from({ length: size }, (_, place) => place);
  const cases = table.flat().reduce((sum, count) => sum + count, 0);
  if (cases === 0) return { cases, observed: 0, byChance: 0, kappa: null, low: null, high: null };
  const rows = places.map((row) => places.reduce((sum, column) => sum + at(row, column), 0) / cases);
  const columns = places.map((column) => places.reduce((sum, row) => sum + at(row, column), 0) / cases);
  const shareOf = (shares: readonly number[], place: number): number => shares[place] ?? 0;
  const observed = places.reduce((sum, place) => sum + at(place, place), 0) / cases;
  const byChance = places.reduce((sum, place) => sum + shareOf(rows, place) * shareOf(columns, place), 0);
  // Compared as counts would be: rounding must not make a division by almost nothing of it.
  if (1 - byChance < 1e-12) return { cases, observed, byChance, kappa: null, low: null, high: null };
  const kappa = (observed - byChance) / (1 - byChance);
  if (cases < 2) return { cases, observed, byChance, kappa, low: null, high: null };
  // Fleiss, Cohen and Everitt (1969), equation 13.
  let variance = -((kappa - byChance * (1 - kappa)) ** 2);
  for (const row of places) {
    for (const column of places) {
      const share = at(row, column) / cases;
      // Row i's marginal of the second side and column j's of the first cross over.
      const weight = (shareOf(columns, row) + shareOf(rows, column)) * (1 - kappa);
      variance += share * (row === column ? 1 - weight : weight) ** 2;
    }
  }
  const error = Math.sqrt(Math.max(0, variance) / cases) / (1 - byChance);
  const half = normalQuantile(1 - (1 - confidence) / 2) * error;
  return {
    cases,
    observed,
    byChance,
    kappa,
    low: Math.max(-1, kappa - half),
    high: Math.min(1, kappa + half),
  };
}

// SPDX-License-Identifier: Apache-2.0

/** A reported content, as `GET /v1/reports` lists it. */
export type Reported = {
  readonly of: number;
  readonly actor: string;
  readonly reports: number;
  readonly reporters: number;
  readonly trusted: number;
  readonly weightPerMille: number;
  readonly categories: Readonly<Record<string, number>>;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly first: number;
  readonly found: { readonly finding: string; readonly record: number } | null;
};

/** The weightiest first; of equals, the oldest. */
export function sortedByWeight(contents: readonly Reported[]): Reported[] {
  return contents.toSorted(
    (one, other) => other.weightPerMille - one.weightPerMille || one.first - other.first,
  );
}

// SPDX-License-Identifier: Apache-2.0
// Where accounts and what they share stand in a picture: two columns, each thing beside those that have it,
// so that few lines cross.

/** Who shares what with whom, as `/v1/shared` says it. */
export type Sharing = {
  readonly decisions: number;
  readonly actors: readonly {
    readonly actor: string;
    readonly decisions: number;
    readonly outcomes: Readonly<Record<string, number>>;
  }[];
  readonly shared: readonly SharedThing[];
  readonly edges: readonly { readonly actor: string; readonly shared: string; readonly count: number }[];
  readonly left: { readonly actors: number; readonly shared: number };
};
/** Something that accounts share. */
export type SharedThing = {
  readonly id: string;
  readonly kind: "campaign" | "text" | "value";
  readonly key: string;
  readonly field: string | null;
  readonly actors: number;
};

/** A line between two rows, with a weight from 0 to 1. */
export type Tie = {
  readonly actor: string;
  readonly shared: string;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
};
/** What stands in which row, from 0 on. */
export type Layout = {
  readonly actors: readonly string[];
  readonly shared: readonly string[];
  readonly ties: readonly Tie[];
  readonly rows: number;
};

/** How often the columns are put in order by each other. */
const rounds = 4;

/** Lays a picture out. */
export function layOut({ actors, shared, edges }: Sharing): Layout {
  let left = actors.map(({ actor }) => actor);
  let right = shared.map(({ id }) => id);
  for (let round = 0; round < rounds; round++) {
    left = byNeighbours(
      left,
      right,
      edges.map(({ actor, shared: id }) => [actor, id] as const),
    );
    right = byNeighbours(
      right,
      left,
      edges.map(({ actor, shared: id }) => [id, actor] as const),
    );
  }
  const most = Math.max(1, ...edges.map(({ count }) => count));
  const rows = Math.max(left.length, right.length);
  const ties = edges.map(({ actor, shared: id, count }) => ({
    actor,
    shared: id,
    count,
    from: rowOf(left, actor, rows),
    to: rowOf(right, id, rows),
    weight: count / most,
  }));
  return { actors: left, shared: right, ties, rows };
}

/** The row of something in its column: a shorter one is spread over the height of the longer. */
export function rowOf(column: readonly string[], name: string, rows: number): number {
  return ((column.indexOf(name) + 0.5) / Math.max(1, column.length)) * rows;
}

// Each stands at the middle of what it is tied to; what ties to nothing keeps its place.
function byNeighbours(
  column: readonly string[],
  other: readonly string[],
  ties: readonly (readonly [string, string])[],
): string[] {
  const place = new Map(other.map((name, at) => [name, (at + 0.5) / other.length]));
  const middle = (name: string, at: number): number => {
    const near = ties.filter(([one]) => one === name).map(([, two]) => place.get(two) ?? 0);
    return near.length === 0
      ? (at + 0.5) / column.length
      : near.reduce((sum, each) => sum + each, 0) / near.length;
  };
  return column
    .map((name, at) => ({ name, at, middle: middle(name, at) }))
    .sort((a, b) => a.middle - b.middle || a.at - b.at)
    .map(({ name }) => name);
}

/** What a shared thing is called. */
export function thingText({ kind, field }: SharedThing): string {
  if (kind === "campaign") return "near copies";
  if (kind === "text") return "one text";
  return field ?? "a counted value";
}

/** The beginning of a pseudonym or hash, enough to tell it from others. */
export function shortName(name: string): string {
  return name.length <= 12 ? name : `${name.slice(0, 10)}…`;
}

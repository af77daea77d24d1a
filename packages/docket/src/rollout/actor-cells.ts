// SPDX-License-Identifier: Apache-2.0
// How many different actors there were since some cell of time. Cells are numbered in the order in which they
// come; an actor counts in the newest in which it was seen, so the actors since a cell are the sum over it
// and those after it, whatever cell that is.

/** Takes a change back. Changes are taken back in the reverse of their order. */
export type Undo = () => void;

/** Nothing to take back. */
export const nothing: Undo = () => undefined;

/** Actors by the newest cell in which each was seen. */
export class ActorCells {
  readonly #newest: Map<string, number>;
  readonly #counts = new Map<number, number>();

  constructor(newest: readonly (readonly [actor: string, cell: number])[] = []) {
    this.#newest = new Map(newest);
    for (const cell of this.#newest.values()) shift(this.#counts, cell, 1);
  }

  /** Actors that are remembered. */
  get size(): number {
    return this.#newest.size;
  }

  /** Notes an actor in a cell, which is none of those before its newest. */
  add(actor: string, cell: number): Undo {
    const before = this.#newest.get(actor);
    if (before === cell) return nothing;
    this.#move(actor, before, cell);
    return () => this.#move(actor, cell, before);
  }

  /** How many actors were seen in this cell or after it. */
  since(cell: number): number {
    let actors = 0;
    for (const [each, count] of this.#counts) if (each >= cell) actors += count;
    return actors;
  }

  /** Whether the actor was seen in this cell or after it. */
  has(actor: string, cell: number): boolean {
    const newest = this.#newest.get(actor);
    return newest !== undefined && newest >= cell;
  }

  /** Forgets the actors for which `kept` is false. */
  keep(kept: (actor: string, cell: number) => boolean): Undo {
    const gone: [string, number][] = [];
    for (const [actor, cell] of this.#newest) if (!kept(actor, cell)) gone.push([actor, cell]);
    if (gone.length === 0) return nothing;
    for (const [actor, cell] of gone) this.#move(actor, cell, undefined);
    return () => {
      for (const [actor, cell] of gone) this.#move(actor, undefined, cell);
    };
  }

  /** What is remembered, in the order of the actors' names. */
  entries(): [actor: string, cell: number][] {
    return [...this.#newest].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #move(actor: string, from: number | undefined, to: number | undefined): void {
    if (from !== undefined) shift(this.#counts, from, -1);
    if (to === undefined) {
      this.#newest.delete(actor);
      return;
    }
    shift(this.#counts, to, 1);
    this.#newest.set(actor, to);
  }
}

/** Adds to a count; a count of nothing isn't kept. */
export function shift(counts: Map<number, number>, cell: number, by: number): void {
  const count = (counts.get(cell) ?? 0) + by;
  if (count === 0) counts.delete(cell);
  else counts.set(cell, count);
}

/** Takes several changes back, newest first. */
export function together(undos: readonly Undo[]): Undo {
  const real = undos.filter((undo) => undo !== nothing);
  if (real.length <= 1) return real[0] ?? nothing;
  return () => {
    for (const undo of real.toReversed()) undo();
  };
}

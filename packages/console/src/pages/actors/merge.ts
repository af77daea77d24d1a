// SPDX-License-Identifier: Apache-2.0
// Pages of the list of actors as one list.

/** An actor as the server lists it. */
export type ListedActor = {
  readonly actor: string;
  /** The newest record by which it was found. */
  readonly last: {
    readonly index: number;
    readonly at: string;
    readonly kind: string;
    readonly says: string;
    readonly outcome?: string;
  };
  readonly records: number;
  readonly strikes: number;
  readonly restrictions: readonly { readonly id: string; readonly kind: string }[];
  readonly links: number;
};

/** A later page may name an actor again by older records: these are counted with the newer ones. */
export function mergeActors(pages: readonly (readonly ListedActor[])[]): ListedActor[] {
  const merged = new Map<string, ListedActor>();
  for (const each of pages.flat()) {
    const known = merged.get(each.actor);
    const records = (known?.records ?? 0) + each.records;
    merged.set(each.actor, { ...(known ?? each), records });
  }
  return [...merged.values()];
}

// SPDX-License-Identifier: Apache-2.0
// What enforcement remembers of its own records: which actors are linked, and where restrictions come from.
// Made of the log alone: at open of the records that the views keep, later of what the site tells.
import type { DocketRecord, LinkRelation } from "@docket/protocol";
import type { Link, RestrictionInForce } from "./contract.ts";

/** The kinds of record that enforcement's state is made of. */
export const enforcementKinds: readonly string[] = ["verdict", "measure", "lapse", "link"];

/** Where a restriction comes from. */
export type Imposed = NonNullable<RestrictionInForce["imposed"]>;

type LinkRecord = Extract<DocketRecord, { kind: "link" }>;
type LinkKept = Omit<Link, "actor"> & { readonly relation: LinkRelation };

/** Lapses that are remembered, so that none is told twice after a start. */
const lapsesRememberedMax = 100_000;

/** The state of enforcement. */
export class CaseState {
  /** By actor, those that it is linked to directly. */
  readonly #links = new Map<string, Map<string, LinkKept>>();
  readonly #imposed = new Map<string, Imposed>();
  readonly #lapsed = new Set<string>();
  /** What each restricted subject that is no actor is: the measure that named it last. */
  readonly #subjectMeasures = new Map<string, number>();

  /** Takes in a record of {@link enforcementKinds}; others change nothing. */
  take(record: DocketRecord): void {
    if (record.kind === "link") this.#takeLink(record);
    else if (record.kind === "lapse") {
      for (const id of record.ended) this.#end(id, true);
    } else if (record.kind === "verdict" || record.kind === "measure") {
      const { index, kind, by, time: at, reason } = record;
      for (const id of record.ended) this.#end(id, false);
      for (const { id } of record.restrictions) this.#imposed.set(id, { index, kind, by, at, reason });
      if (record.kind === "measure" && record.subjectKind !== "actor" && record.restrictions.length > 0) {
        this.#subjectMeasures.set(record.subject, index);
      }
    }
  }

  /** Remembers what a decision imposed. */
  imposed(id: string, by: Imposed): void {
    this.#imposed.set(id, by);
  }

  /** Where a restriction comes from, as far as it is known. */
  originOf(id: string): Imposed | undefined {
    return this.#imposed.get(id);
  }

  /** Whether it was told that the time of a restriction is over. */
  hasLapsed(id: string): boolean {
    return this.#lapsed.has(id);
  }

  /** The measure that says what a subject is, which is no actor. */
  measureOf(subject: string): number | undefined {
    return this.#subjectMeasures.get(subject);
  }

  /** The direct links of an actor. */
  linksOf(actor: string): Link[] {
    return [...(this.#links.get(actor) ?? [])].map(([other, link]) => ({ ...link, actor: other }));
  }

  /** All actors that an actor is linked to, in one or more steps. */
  linkedTo(actor: string): string[] {
    const found = new Set([actor]);
    for (const each of found) for (const other of this.#links.get(each)?.keys() ?? []) found.add(other);
    found.delete(actor);
    return [...found];
  }

  #takeLink({ index, by, time: at, change, actors, relation, reason }: LinkRecord): void {
    for (const actor of actors) {
      const links = this.#links.get(actor) ?? new Map<string, LinkKept>();
      this.#links.set(actor, links);
      for (const other of actors) {
        if (other === actor) continue;
        if (change === "linked") links.set(other, { relation, index, by, at, reason });
        else if (links.get(other)?.relation === relation) links.delete(other);
      }
      if (links.size === 0) this.#links.delete(actor);
    }
  }

  #end(id: string, byTime: boolean): void {
    this.#imposed.delete(id);
    if (!byTime) return;
    this.#lapsed.add(id);
    if (this.#lapsed.size <= lapsesRememberedMax) return;
    const [oldest] = this.#lapsed;
    this.#lapsed.delete(oldest as string);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Actors that somebody may want to look at: those of whom something was not simply allowed, or on whom a
// measure was laid, the newest first.
import { outcomes } from "@docket/protocol";
import type { StandingNow } from "../enforcement/contract.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { caseOf, caseEntry, decisionEntry } from "./timeline.ts";
import type { ActorsPage, ActorsQuery, ListedActor, TimelineEntry } from "./contract.ts";

/** Records that are read at a time, and how often at most: what one question may cost. */
const recordsPerLook = 250;
const looksMax = 8;

/** Whoever was simply allowed is nobody to look at. */
const notAllowed = outcomes.filter((outcome) => outcome !== "allow");

/** What the list is read from. */
export type ActorsSource = Pick<SiteIndex, "decisions" | "keptPage">;
type About = { readonly actor: string; readonly entry: TimelineEntry };
type Counted = { readonly actor: string; readonly last: TimelineEntry; records: number };

/**
 * A page of actors. Of each it says the newest record that names it, how many of those that were read do,
 * and how it stands. A later page may name an actor again, whose older records it came upon.
 */
export async function actorsOf(
  source: ActorsSource,
  standingOf: (actor: string) => StandingNow,
  { before, restricted, limit }: ActorsQuery,
): Promise<ActorsPage> {
  const seen = new Map<string, Counted>();
  const listed: (Counted & { readonly standing: StandingNow })[] = [];
  let next: number | null = before ?? Number.MAX_SAFE_INTEGER;
  for (let look = 0; look < looksMax && next !== null && listed.length < limit; look++) {
    const { found, from } = await recordsBefore(source, next);
    next = from;
    for (const { actor, entry } of found) {
      const known = seen.get(actor);
      if (known !== undefined) {
        known.records += 1;
        continue;
      }
      // Whoever comes now is the first of the next page.
      if (listed.length === limit) {
        next = entry.index + 1;
        break;
      }
      const counted = { actor, last: entry, records: 1 };
      seen.set(actor, counted);
      const standing = standingOf(actor);
      if (restricted && standing.restrictions.length === 0) continue;
      listed.push(Object.assign(counted, { standing }));
    }
  }
  return { actors: listed.map(listedActor), next };
}

/** Records before one, and from which on these are all; `null` where no older ones are. */
async function recordsBefore(
  source: ActorsSource,
  before: number,
): Promise<{ found: About[]; from: number | null }> {
  const limit = recordsPerLook;
  const [rows, leaves] = await Promise.all([
    source.decisions({ outcomes: notAllowed, before, order: "descending", limit }),
    source.keptPage({ kind: "measure", from: before - 1, newestFirst: true, limit }),
  ]);
  const measures = leaves.map(caseOf);
  const decided = rows.map((row) => ({ actor: row.actor, entry: decisionEntry(row) }));
  const measured = measures.flatMap((record) => {
    const isOnActor = record.kind === "measure" && record.subjectKind === "actor";
    return isOnActor ? [{ actor: record.subject, entry: caseEntry(record) }] : [];
  });
  // Of what there is more, older records were left out: so are those of the other that are as old.
  const cuts = [rows, measures].flatMap((some) => (some.length < limit ? [] : [some.at(-1)?.index ?? 0]));
  const from = cuts.length === 0 ? null : Math.max(...cuts);
  const found = [...decided, ...measured]
    .filter(({ entry }) => entry.index >= (from ?? 0))
    .sort((a, b) => b.entry.index - a.entry.index);
  return { found, from };
}

function listedActor({ actor, last, records, standing }: Counted & { standing: StandingNow }): ListedActor {
  const { strikes, restrictions, links } = standing;
  return {
    actor,
    last,
    records,
    strikes: strikes.reduce((sum, { count }) => sum + count, 0),
    restrictions,
    links: links.length,
  };
}

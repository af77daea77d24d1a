// SPDX-License-Identifier: Apache-2.0
// What surrounds a case: whose it is, what they are allowed now, and what happened about it.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Time } from "../../parts/time.tsx";
import type { ChainEntry, Standing } from "../decision/answers.ts";
import { chainLink, chainWords } from "../decision/chain-words.ts";

/** An actor's strikes and restrictions, in force now. */
export function StandingCard({
  standing,
  title = "The account now",
}: {
  readonly standing: Standing;
  readonly title?: string;
}): ReactElement {
  const { actor, strikes, restrictions, links } = standing;
  return (
    <Card title={title}>
      <p>
        <Link href={`/actors/${encodeURIComponent(actor)}`}>
          <code>{actor.slice(0, 10)}…</code>
        </Link>{" "}
        {strikeText(strikes.reduce((sum, { count }) => sum + count, 0))}
        {links.length > 0 && `, linked to ${links.length}`}
      </p>
      {restrictions.length === 0 ? (
        <p className="quiet">No restriction is in force.</p>
      ) : (
        <ul className="case-list">
          {restrictions.map((restriction) => (
            <li key={restriction.id}>
              <Badge kind="bad">{restriction.kind}</Badge> <Ending restriction={restriction} />
              {restriction.imposed !== undefined && (
                <>
                  , by{" "}
                  <Link href={`/log/${restriction.imposed.index}`}>record {restriction.imposed.index}</Link>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** "no strikes", "1 strike". */
export function strikeText(strikes: number): string {
  if (strikes === 0) return "no strikes";
  return strikes === 1 ? "1 strike" : `${strikes} strikes`;
}

/** When a restriction ends. */
export function Ending({ restriction }: { readonly restriction: object }): ReactElement {
  const { until } = restriction as { readonly until?: string | null };
  if (until === undefined || until === null) return <>without an end</>;
  return (
    <>
      ends <Time at={until} />
    </>
  );
}

/** What happened about a case, in the order of the log. */
export function ChainCard({ chain }: { readonly chain: readonly ChainEntry[] }): ReactElement {
  return (
    <Card title="What happened since">
      {chain.length === 0 ? (
        <p className="quiet">Nothing yet.</p>
      ) : (
        <ol className="case-list">
          {chain.map((entry) => (
            <li key={entry.index}>
              <Link href={chainLink(entry)}>{entry.index}</Link> {chainWords(entry)}{" "}
              <span className="quiet">
                <Time at={entry.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

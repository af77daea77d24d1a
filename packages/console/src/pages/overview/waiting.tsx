// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Time } from "../../parts/time.tsx";
import type { Deadline, Overview } from "./answers.ts";
import { totalOf } from "../../parts/outcome-buckets.ts";
import { countText } from "./change-text.ts";

/** What else may wait, by the names of the answer: what it is called, and where to go. */
const others: readonly (readonly [name: string, says: string, href: string])[] = [
  ["reports", "reported contents that nobody has looked at", "/reports"],
  ["requests", "requests that take a second person", "/approvals"],
  ["brakes", "brakes that took power from a rule", "/policy"],
  ["overdueOrders", "orders that the app has not confirmed in time", "/developer"],
  ["deadMessages", "webhook messages that were given up", "/developer"],
];

/** What waits for people, and until when. */
export function Waiting({ overview }: { readonly overview: Overview }): ReactElement {
  const { queue, disputes, waiting } = overview;
  const more = others.filter(([name]) => (waiting[name] ?? 0) > 0);
  const open = queue === undefined ? 0 : totalOf(queue.open);
  const nothing = open === 0 && (disputes?.open ?? 0) === 0 && more.length === 0;
  return (
    <Card title="Waiting for people">
      <ul className="overview-waiting">
        {queue !== undefined && (
          <li>
            <Link href="/queue">
              {countText(open)} {open === 1 ? "case" : "cases"} in the queue
            </Link>
            <Deadlines deadlines={queue.next} base="/queue" what="Hold of" />
          </li>
        )}
        {disputes !== undefined && (
          <li>
            <Link href="/disputes">
              {countText(disputes.open)} open {disputes.open === 1 ? "dispute" : "disputes"}
            </Link>
            {disputes.overdue > 0 && <Badge kind="bad">{`${disputes.overdue} overdue`}</Badge>}
            <Deadlines deadlines={disputes.next} base="/disputes" what="Dispute" />
          </li>
        )}
        {more.map(([name, says, href]) => (
          <li key={name}>
            <Link href={href}>
              {countText(waiting[name] ?? 0)} {says}
            </Link>
          </li>
        ))}
      </ul>
      {nothing && <p className="overview-more">Nothing waits: well done.</p>}
    </Card>
  );
}

type DeadlinesProps = {
  readonly deadlines: readonly Deadline[];
  readonly base: string;
  readonly what: string;
};

function Deadlines({ deadlines, base, what }: DeadlinesProps): ReactElement | null {
  if (deadlines.length === 0) return null;
  return (
    <ul className="overview-deadlines">
      {deadlines.map(({ index, until, overdue }) => (
        <li key={index}>
          <Link href={`${base}/${index}`}>
            {what} {index}
          </Link>{" "}
          {overdue ? <Badge kind="bad">overdue</Badge> : "due"} <Time at={until} />
        </li>
      ))}
    </ul>
  );
}

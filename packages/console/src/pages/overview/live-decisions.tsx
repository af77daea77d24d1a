// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { shortName } from "../../parts/sharing-layout.ts";
import { Time } from "../../parts/time.tsx";
import type { LiveDecision } from "./answers.ts";
import { rateOf } from "./live-list.ts";
import type { Live } from "./live-list.ts";

/** Most decisions that are shown at once. */
const shownMax = 9;
/** Rates and ages are looked at again this often, in ms. */
const tickMs = 1000;

type Props = {
  readonly live: Live;
  readonly open: boolean;
  readonly fault: Error | undefined;
  readonly paused: boolean;
  readonly onPause: () => void;
};

/** Decisions as they are sealed. */
export function LiveDecisions({ live, open, fault, paused, onPause }: Props): ReactElement {
  const nowMs = useNow();
  const rate = rateOf(live, nowMs);
  const state = open ? "live" : "connecting";
  const actions = (
    <>
      <span className="overview-rate">
        <i className={open && !paused ? "overview-pulse" : "overview-pulse overview-pulse-off"} />
        {paused ? "paused" : state}
        {rate > 0 && ` · ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`}
      </span>
      <Button onClick={onPause} keys="p" aria-pressed={paused}>
        {paused ? "Go on" : "Pause"}
      </Button>
    </>
  );
  return (
    <Card title="Decisions as they come" actions={actions}>
      {fault !== undefined && <ErrorNote error={fault} />}
      {live.decisions.length === 0 ? (
        <Empty title="Nothing was decided yet.">
          Send an event to <code>POST /v1/decisions</code>, and it appears here at once; or{" "}
          <Link href="/try">try one</Link> without any effect.
        </Empty>
      ) : (
        <ol className="overview-live">
          {live.decisions.slice(0, shownMax).map((decision) => (
            <Row key={decision.index} decision={decision} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Row({ decision }: { readonly decision: LiveDecision }): ReactElement {
  const { index, at, outcome, type, actor, fired, refusedBy } = decision;
  return (
    <li>
      <Link href={`/decisions/${index}`} className="overview-live-index">
        {index}
      </Link>
      <span>
        <OutcomeBadge outcome={outcome} />
      </span>
      <span className="overview-live-why">
        {type}
        {refusedBy === null ? "" : ` · under a restriction`}
        {fired.length > 0 && ` · ${fired.slice(0, 3).map(ruleName).join(", ")}`}
        {fired.length > 3 && ` and ${fired.length - 3} more`}
      </span>
      <Link
        href={`/actors/${encodeURIComponent(actor)}`}
        className="overview-live-actor"
        title={`Account ${actor}`}
      >
        {shortName(actor)}
      </Link>
      <span className="overview-live-time">
        <Time at={at} />
      </span>
    </li>
  );
}

// The rule alone: its policy stands on the decision's page.
function ruleName(rule: string): string {
  return rule.slice(rule.indexOf("/") + 1);
}

function useNow(): number {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

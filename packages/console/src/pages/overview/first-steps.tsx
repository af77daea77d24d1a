// SPDX-License-Identifier: Apache-2.0
// What to do with a new site, and how far it is: read from the log, not from what was clicked.
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Time } from "../../parts/time.tsx";
import type { FirstSteps as Steps } from "./answers.ts";

const hiddenName = "docket-first-steps";

const event = {
  id: "1",
  type: "comment",
  actor: { id: "alice" },
  content: { text: "Free iPhones at http://bit.ly/x" },
};

/** The first steps, until all are done or somebody puts them away. */
export function FirstSteps({ steps }: { readonly steps: Steps }): ReactElement | null {
  const [hidden, setHidden] = useState(() => localStorage.getItem(hiddenName) === "1");
  const { sent, looked, shadowed, enforced } = steps;
  const each = [sent, looked, shadowed, enforced];
  const done = each.filter(Boolean).length;
  const next = each.indexOf(false);
  if (hidden || done === 4) return null;
  const hide = (): void => {
    localStorage.setItem(hiddenName, "1");
    setHidden(true);
  };
  const command =
    `curl -sS ${location.origin}/v1/decisions -H "Authorization: Bearer $KEY" ` +
    `-H 'Content-Type: application/json' -d '${JSON.stringify(event)}'`;
  const actions = (
    <>
      <Badge kind="accent">{done} of 4 done</Badge>
      <Button kind="plain" onClick={hide}>
        Put away
      </Button>
    </>
  );
  return (
    <Card title="First steps" actions={actions}>
      <ol className="overview-steps">
        <Step done={sent} next={next === 0} title="Send an event">
          Docket decides about each thing that somebody posts. Put an API key of role ingest into{" "}
          <code>KEY</code>:
          <span className="overview-command">
            <code>{command}</code>
            <CopyButton text={command} what="Copy the command" />
          </span>
        </Step>
        <Step done={looked} next={next === 1} title="See the decision">
          What was decided, why, and the proof that it can&rsquo;t be changed afterwards, verified in this
          browser.{" "}
          {steps.firstDecision !== null && (
            <Link href={`/decisions/${steps.firstDecision}`}>Open the first decision</Link>
          )}
        </Step>
        <Step done={shadowed} next={next === 2} title="Run rules of your own in shadow for a day">
          A rule with <code>mode: shadow</code> is evaluated and recorded, and has no effect.{" "}
          {steps.shadowRules > 0 && steps.releaseSince !== null && (
            <>
              {steps.shadowRules} are in shadow, in force since <Time at={steps.releaseSince} />.{" "}
            </>
          )}
          <Link href="/policy">See the policy</Link>
        </Step>
        <Step done={enforced} next={next === 3} title="Enforce them">
          When what they would have done is what you want, take <code>mode: shadow</code> out, backtest it,
          and publish. <Link href="/policy">Change the policy</Link>
        </Step>
      </ol>
    </Card>
  );
}

type StepProps = {
  readonly done: boolean;
  /** Whether it is the first that is not done: the others can be opened. */
  readonly next: boolean;
  readonly title: string;
  readonly children: ReactNode;
};

function Step({ done, next, title, children }: StepProps): ReactElement {
  if (done) {
    return (
      <li className="overview-step-done">
        <strong>{title}</strong> <Badge kind="good">done</Badge>
      </li>
    );
  }
  return (
    <li>
      <details open={next}>
        <summary>
          <strong>{title}</strong>
        </summary>
        <div>{children}</div>
      </details>
    </li>
  );
}

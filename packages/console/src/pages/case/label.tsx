// SPDX-License-Identifier: Apache-2.0
// Labels of a decision that nothing is asked about: what models learn from, and backtests are judged by.
import { useState } from "react";
import type { ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import type { Finding } from "./answers.ts";
import { findingWords, usualReason } from "./case-words.ts";

const findings: readonly Finding[] = ["spam", "notSpam", "unsure"];

type Props = {
  readonly of: number;
  /** The label in force. */
  readonly label: string | undefined;
};

/** Buttons that label a decision. */
export function LabelCard({ of, label }: Props): ReactElement {
  const [given, setGiven] = useState(label);
  const act = useAct(
    async (finding: Finding) => {
      await post("/v1/labels", {
        index: of,
        label: finding,
        source: "moderator",
        reason: usualReason[finding],
      });
      setGiven(finding);
    },
    { refresh: ["/v1/labels", `/v1/queue/${of}`] },
  );
  return (
    <Card title="Label">
      <div className="case-findings" role="group" aria-label="Label">
        {findings.map((finding) => (
          <Button
            key={finding}
            aria-pressed={given === finding}
            busy={act.isPending}
            {...(given === finding ? { kind: "primary" as const } : {})}
            onClick={() => act.mutate(finding)}
          >
            {findingWords[finding]}
          </Button>
        ))}
      </div>
      {act.error !== null && <ErrorNote error={act.error} />}
      <p className="quiet">
        A label changes no decision: models learn from it, and backtests are judged by it.
      </p>
    </Card>
  );
}

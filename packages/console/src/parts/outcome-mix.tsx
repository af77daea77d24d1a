// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Badge } from "./badge.tsx";
import type { BadgeKind } from "./badge.tsx";
import { outcomesStacked } from "./outcome-buckets.ts";
import type { OutcomeCounts } from "./outcome-buckets.ts";

const kinds: Readonly<Record<string, BadgeKind>> = {
  reject: "bad",
  hold: "open",
  delay: "open",
  allow: "good",
};

/** How many decisions there are of each outcome, the strictest first. */
export function OutcomeMix({ outcomes }: { readonly outcomes: OutcomeCounts }): ReactElement {
  return (
    <span className="outcome-mix">
      {outcomesStacked
        .filter((outcome) => (outcomes[outcome] ?? 0) > 0)
        .map((outcome) => (
          <Badge key={outcome} kind={kinds[outcome] ?? "plain"}>
            {`${outcomes[outcome]} ${outcome}`}
          </Badge>
        ))}
    </span>
  );
}

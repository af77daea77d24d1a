// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";

/** What something is, by name. */
export type Figure = { readonly label: string; readonly value: ReactNode; readonly hint?: string };

/** Names and values, beside each other where there is room. `large` for the few that a page is about. */
export function Figures({
  figures,
  large = false,
}: {
  readonly figures: readonly Figure[];
  readonly large?: boolean;
}): ReactElement {
  return (
    <dl className={large ? "figures figures-large" : "figures"}>
      {figures.map(({ label, value, hint }) => (
        <div key={label} title={hint}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";

/** How a badge is meant. */
export type BadgeKind = "good" | "bad" | "open" | "plain" | "accent";

/** A word that says what state something is in; never by its colour alone. */
export function Badge({
  kind = "plain",
  children,
}: {
  readonly kind?: BadgeKind;
  readonly children: ReactNode;
}): ReactElement {
  return <span className={`badge badge-${kind}`}>{children}</span>;
}

const outcomeKinds: Readonly<Record<string, BadgeKind>> = {
  allow: "good",
  flag: "open",
  challenge: "open",
  delay: "open",
  hold: "open",
  reject: "bad",
};

/** The outcome of a decision. */
export function OutcomeBadge({ outcome }: { readonly outcome: string }): ReactElement {
  return <Badge kind={outcomeKinds[outcome] ?? "plain"}>{outcome}</Badge>;
}

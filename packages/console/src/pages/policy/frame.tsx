// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { PageFrame } from "../../parts/page-frame.tsx";
import { useCaller } from "../../session/session.tsx";

type Props = {
  readonly title: string;
  readonly lead: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

const places = [
  ["/policy", "In force"],
  ["/policy/edit", "Files"],
  ["/policy/history", "History"],
  ["/policy/held", "Without effect"],
  ["/policy/exemptions", "Exemptions"],
  ["/policy/uses", "Lists and models"],
] as const;

/** A page about the policy, with the way to the others. */
export function PolicyFrame({ title, lead, actions, children }: Props): ReactElement {
  const caller = useCaller();
  const [place] = useLocation();
  const shown = caller.may("proposePolicy")
    ? [...places.slice(0, 3), ["/policy/backtests", "Backtests"] as const, ...places.slice(3)]
    : places;
  const isAt = (path: string): boolean =>
    place === path || (path !== "/policy" && place.startsWith(`${path}/`));
  return (
    <PageFrame title={title} lead={lead} actions={actions}>
      <nav className="policy-places" aria-label="About the policy">
        {shown.map(([path, name]) => (
          <Link key={path} href={path} aria-current={isAt(path) ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      {children}
    </PageFrame>
  );
}

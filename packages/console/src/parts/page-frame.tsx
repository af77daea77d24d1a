// SPDX-License-Identifier: Apache-2.0
import { useEffect } from "react";
import type { ReactElement, ReactNode } from "react";

type Props = {
  readonly title: string;
  /** What the page is for, in a sentence. */
  readonly lead?: ReactNode;
  /** Buttons and links for the page as a whole. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

/** A page: its heading, what it is for, and what can be done there. */
export function PageFrame({ title, lead, actions, children }: Props): ReactElement {
  useEffect(() => {
    document.title = `${title} · Docket`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className="page-lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

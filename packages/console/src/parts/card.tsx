// SPDX-License-Identifier: Apache-2.0
import { useId } from "react";
import type { ReactElement, ReactNode } from "react";

type Props = { readonly title: string; readonly actions?: ReactNode; readonly children: ReactNode };

/** A part of a page, with its heading. */
export function Card({ title, actions, children }: Props): ReactElement {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

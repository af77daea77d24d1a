// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";

/** How a note is meant. */
export type NoteKind = "good" | "bad" | "open" | "plain";

type Props = { readonly kind: NoteKind; readonly title?: ReactNode; readonly children?: ReactNode };

/** Something to know: that a thing is well, that it failed, or that it waits for somebody. */
export function Note({ kind, title, children }: Props): ReactElement {
  return (
    <div className={`note note-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {title !== undefined && <strong>{title}</strong>}
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

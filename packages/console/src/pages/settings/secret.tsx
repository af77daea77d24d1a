// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Note } from "../../parts/note.tsx";

/** A secret that is shown this once. */
export function Secret({ title, text }: { readonly title: string; readonly text: string }): ReactElement {
  return (
    <Note kind="open" title={title}>
      <p>It is shown this once, and kept nowhere.</p>
      <code className="settings-secret">{text}</code> <CopyButton text={text} />
    </Note>
  );
}

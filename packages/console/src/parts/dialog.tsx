// SPDX-License-Identifier: Apache-2.0
// A dialog of the browser's own: it keeps the focus, closes at Escape and gives the focus back, and needs no
// style that the page's policy would forbid.
import { useEffect, useId, useRef } from "react";
import type { ReactElement, ReactNode } from "react";
import { Button } from "./button.tsx";

type Props = {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  /** Wide enough for tables and texts. */
  readonly wide?: boolean;
  readonly children: ReactNode;
};

/** Something that is dealt with before the page goes on. Its content is there only while it is open. */
export function Dialog({ title, open, onClose, wide = false, children }: Props): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open && dialog.current?.open === false) dialog.current.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
    >
      {open && (
        <>
          <header className="dialog-head">
            <h2 id={id}>{title}</h2>
            <Button kind="plain" onClick={onClose} aria-label="Close">
              ✕
            </Button>
          </header>
          {children}
        </>
      )}
    </dialog>
  );
}

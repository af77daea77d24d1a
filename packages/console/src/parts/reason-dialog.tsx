// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { FormEvent, ReactElement, ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorNote } from "./error-note.tsx";
import { TextField } from "./field.tsx";

type Props = {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  /** What the button says. */
  readonly does: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly error?: Error | null;
  /** What else is to be known or chosen before. */
  readonly children?: ReactNode;
  readonly label?: string;
  readonly onReason: (reason: string) => void;
};

/** Longest reason that records take, in characters. */
const reasonLengthMax = 512;

/** Asks why before something is done that is recorded with its reason. */
export function ReasonDialog(props: Props): ReactElement {
  const { title, open, onClose, does, danger, busy, error, children, onReason } = props;
  const [reason, setReason] = useState("");
  const send = (event: FormEvent): void => {
    event.preventDefault();
    onReason(reason.trim());
  };
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <form onSubmit={send}>
        {children}
        <TextField
          label={props.label ?? "Why? It is recorded with your name."}
          value={reason}
          onChange={setReason}
          maxLength={reasonLengthMax}
          lines={3}
          required
        />
        {error !== undefined && error !== null && <ErrorNote error={error} />}
        <div className="actions">
          <Button
            kind={danger === true ? "danger" : "primary"}
            type="submit"
            busy={busy ?? false}
            disabled={reason.trim() === ""}
          >
            {does}
          </Button>
          <Button onClick={onClose}>Leave it</Button>
        </div>
      </form>
    </Dialog>
  );
}

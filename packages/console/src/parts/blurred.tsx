// SPDX-License-Identifier: Apache-2.0
// What somebody wrote, which isn't shown until it is asked for: neither to whoever asks nor to those behind
// them. What isn't shown isn't in the page.
import type { ReactElement, ReactNode } from "react";
import { Button } from "./button.tsx";
import "./blurred.css";

type Props = {
  /** What is behind it, as the button says: "Show the comment". */
  readonly does: string;
  readonly keys?: string;
  readonly shown: boolean;
  readonly busy?: boolean;
  readonly onShow: () => void;
  /** What it means to ask. */
  readonly hint: string;
  readonly children: ReactNode;
};

/** Lines that can't be read, and a button in front of them; its children once it is pressed. */
export function Blurred({ does, keys, shown, busy, onShow, hint, children }: Props): ReactElement {
  if (shown) return <>{children}</>;
  return (
    <div className="blurred">
      <div className="blurred-lines" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <div className="blurred-front">
        <Button onClick={onShow} busy={busy ?? false} {...(keys === undefined ? {} : { keys })}>
          {does}
        </Button>
        <p>{hint}</p>
      </div>
    </div>
  );
}

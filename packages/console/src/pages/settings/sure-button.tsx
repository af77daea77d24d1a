// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { Button } from "../../parts/button.tsx";

type Props = { readonly does: string; readonly busy: boolean; readonly onSure: () => void };

/** Does what can't be undone once it was pressed twice: the first time it asks. */
export function SureButton({ does, busy, onSure }: Props): ReactElement {
  const [asked, setAsked] = useState(false);
  return (
    <Button
      kind="danger"
      busy={busy}
      onClick={() => (asked ? onSure() : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {asked ? `Sure? ${does}` : does}
    </Button>
  );
}

// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Button } from "./button.tsx";

type Props = { readonly shown: boolean; readonly busy?: boolean; readonly onMore: () => void };

/** Asks for what follows. */
export function More({ shown, busy = false, onMore }: Props): ReactElement | null {
  if (!shown) return null;
  return (
    <p className="more">
      <Button onClick={onMore} busy={busy}>
        Show more
      </Button>
    </p>
  );
}

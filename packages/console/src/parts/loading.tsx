// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";

/** Shown while something is on its way; only after a moment, so that what is quick doesn't flicker. */
export function Loading({ what = "Loading" }: { readonly what?: string }): ReactElement {
  return (
    <p className="loading" role="status">
      {what}…
    </p>
  );
}

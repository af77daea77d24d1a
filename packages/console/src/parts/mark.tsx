// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";

/** Docket's mark, beside its name. */
export function Mark(): ReactElement {
  return (
    <svg className="mark" viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M4.5 8.5l2.5 2.5 4.5-5.5" fill="none" stroke="var(--paper)" strokeWidth="2" />
    </svg>
  );
}

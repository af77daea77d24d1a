// SPDX-License-Identifier: Apache-2.0
import type { ButtonHTMLAttributes, ReactElement } from "react";

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> & {
  /** The one that a page is for is `primary`; what can't be undone is `danger`. */
  readonly kind?: "primary" | "danger" | "plain";
  /** What it began is under way: it can't be pressed again. */
  readonly busy?: boolean;
  /** The key that does the same, shown beside it. */
  readonly keys?: string;
};

/** Does something; what leads to another page is a link. */
export function Button({
  kind,
  busy = false,
  keys,
  children,
  type = "button",
  ...rest
}: Props): ReactElement {
  return (
    <button
      {...rest}
      type={type}
      className={kind === undefined ? "button" : `button button-${kind}`}
      disabled={rest.disabled === true || busy}
      aria-busy={busy}
    >
      {children}
      {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  );
}

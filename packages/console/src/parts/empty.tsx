// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";

type Props = { readonly title: string; readonly children?: ReactNode };

/** Where nothing is to show yet: says so, and what to do next. */
export function Empty({ title, children }: Props): ReactElement {
  return (
    <div className="empty">
      <p>{title}</p>
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { CopyButton } from "./copy-button.tsx";

/** A value as JSON, as a machine would read it. */
export function JsonView({
  value,
  label,
}: {
  readonly value: unknown;
  readonly label: string;
}): ReactElement {
  const text = JSON.stringify(value, null, 2);
  return (
    <div className="json">
      <CopyButton text={text} />
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
    </div>
  );
}

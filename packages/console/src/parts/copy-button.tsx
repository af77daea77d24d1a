// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { Button } from "./button.tsx";

const doneMs = 1_500;

/** Copies a text. */
export function CopyButton({
  text,
  what = "Copy",
}: {
  readonly text: string;
  readonly what?: string;
}): ReactElement {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), doneMs);
  };
  return (
    <Button kind="plain" onClick={() => void copy()}>
      {done ? "Copied" : what}
    </Button>
  );
}

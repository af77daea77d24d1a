// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { agoText, exactText } from "./time-text.ts";

type Props = {
  /** RFC 3339, or ms since 1970. */
  readonly at: string | number;
  /** Say the time itself instead of how long ago. */
  readonly exact?: boolean;
};

/** A time: how long ago or how soon, and exactly (UTC) at its title. */
export function Time({ at, exact = false }: Props): ReactElement {
  const ms = typeof at === "number" ? at : Date.parse(at);
  const full = exactText(ms);
  return (
    <time dateTime={new Date(ms).toISOString()} title={full}>
      {exact ? full : agoText(ms, Date.now())}
    </time>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Badge } from "./badge.tsx";
import { leftOf } from "./left-text.ts";
import { exactText } from "./time-text.ts";

type Props = {
  /** RFC 3339. */
  readonly until: string;
  /** What ends then, for its title. */
  readonly what: string;
};

const kinds = { over: "bad", soon: "open", later: "plain" } as const;
const tickMs = 1_000;

/** How long is left until something ends; it counts down. */
export function Countdown({ until, what }: Props): ReactElement {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  const untilMs = Date.parse(until);
  const { text, state } = leftOf(untilMs, nowMs);
  return (
    <time dateTime={until} title={`${what}: ${exactText(untilMs)}`}>
      <Badge kind={kinds[state]}>{text}</Badge>
    </time>
  );
}

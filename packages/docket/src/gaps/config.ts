// SPDX-License-Identifier: Apache-2.0
// The section `failing` of the configuration: what an event is answered while nothing can be sealed.
import type { ConfigNode } from "../config/node.ts";

/** The interfaces through which events come. */
export const surfaces = ["decisions", "batch", "mail"] as const;
/** An interface through which events come. */
export type Surface = (typeof surfaces)[number];
/** Refuse the event, or let it pass unsealed and seal it afterwards. */
export type Failing = "closed" | "open";

/** What each interface does. */
export type FailingConfig = Readonly<Record<Surface, Failing>> & {
  /** Where events are kept that passed, until they are sealed; beside the log if left out. */
  readonly aside: string | undefined;
};

/** What holds where nothing is said. */
export const failingDefaults: FailingConfig = {
  decisions: "closed",
  batch: "closed",
  mail: "closed",
  aside: undefined,
};

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readFailingConfig(node: ConfigNode | undefined): FailingConfig {
  if (node === undefined) return failingDefaults;
  const { decisions, batch, mail, aside } = node.map([...surfaces, "aside"]);
  const word = (each: ConfigNode | undefined): Failing => each?.oneOf(["closed", "open"]) ?? "closed";
  return {
    decisions: word(decisions),
    batch: word(batch),
    mail: word(mail),
    aside: aside?.text({ pattern: /\/.*/, what: "the absolute path of a directory" }),
  };
}

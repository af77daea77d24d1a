// SPDX-License-Identifier: Apache-2.0
// Makes the clock of an installation from its configuration.
import { readClockConfig } from "./config.ts";
import type { ConfigNode } from "../config/node.ts";
import { SiteClock } from "./site-clock.ts";
import { sourcesOf } from "./sources.ts";
import type { SourcePorts } from "./sources.ts";

/** An opening waits no longer for the first check, in ms; until then records say nothing of their times. */
export const firstCheckWithinMs = 1500;

/**
 * The clock, not yet started.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function makeClock(
  section: ConfigNode | undefined,
  ports: SourcePorts,
  timer: (ms: number, run: () => void) => () => void,
): SiteClock {
  const config = readClockConfig(section);
  return new SiteClock(config, { clocks: ports.clocks, sources: sourcesOf(config.sources, ports), timer });
}

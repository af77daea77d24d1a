// SPDX-License-Identifier: Apache-2.0
// The section `retention` of docket.yaml: how long evidence is kept, by its kind. What is left out is kept
// for good, and without the section everything is.
import type { ConfigNode } from "../config/node.ts";
import type { RetainedPart, RetentionConfig } from "./retention-contract.ts";
import { retainedParts } from "./retention-contract.ts";

const dayMs = 86_400_000;
/** Shortest and longest time that evidence may be kept, in ms. */
const ageMsMin: number = dayMs;
const ageMsMax: number = 36_500 * dayMs;
/**
 * Facts are needed for as long as a strike can count, a year, and for what is rebuilt from them: they are
 * kept at least so long, in ms.
 */
export const factsAgeMsMin: number = 400 * dayMs;
/** How often it is looked for what is due, if nothing else is said, in ms. */
export const retentionEveryMsDefault: number = dayMs;
const everyMsMin = 60_000;
const everyMsMax: number = 30 * dayMs;

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`; also for facts that would go while replay is promised, or
 *   without a word on how long it is
 */
export function readRetentionConfig(section: ConfigNode | undefined): RetentionConfig {
  const values = section?.map([...retainedParts, "replayFor", "every"]) ?? {};
  const ages = new Map<RetainedPart, number>();
  for (const part of retainedParts) {
    const leastMs = part === "facts" ? factsAgeMsMin : ageMsMin;
    const ageMs = values[part]?.durationMs({ leastMs, mostMs: ageMsMax });
    if (ageMs !== undefined) ages.set(part, ageMs);
  }
  const replayForMs = values.replayFor?.durationMs({ leastMs: ageMsMin, mostMs: ageMsMax });
  const factsMs = ages.get("facts");
  if (factsMs !== undefined && replayForMs === undefined) {
    values.facts?.fail("would end the replay of decisions; say with replayFor how long replay is promised");
  }
  if (factsMs !== undefined && factsMs < (replayForMs ?? 0)) {
    values.facts?.fail("is shorter than replayFor: decisions can't be replayed without their facts");
  }
  const everyMs = values.every?.durationMs({ leastMs: everyMsMin, mostMs: everyMsMax });
  return { ages, replayForMs, everyMs: everyMs ?? retentionEveryMsDefault };
}

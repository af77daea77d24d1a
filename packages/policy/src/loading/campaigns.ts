// SPDX-License-Identifier: Apache-2.0
// Campaigns: `campaigns: { over: 24h }`. There is one window for all policies of a set, and the events of all
// policies that declare it are taken in.
import { isScalar, isSeq } from "yaml";
import type { Campaigns, Counter } from "../types.ts";
import { windowBuckets } from "./counters.ts";
import { readInteger, readMapping, readOptional, report } from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { readTime, showTime } from "./times.ts";

/** The window where none is declared, and the shortest and longest one, in milliseconds. */
export const campaignsOverMs = 86_400_000;
export const campaignsOverMsMin = 600_000;
export const campaignsOverMsMax: number = 30 * 86_400_000;

/** What conditions may read of an event's campaign, as `campaign.NAME`. */
export const campaignParts: readonly string[] = ["id", "size", "actors"];
/** What to do about a campaign that is read and not declared. */
export const campaignsHint = "declare them: campaigns: { over: 24h }";

/** The version of how campaigns are found: others are others. */
const campaignsVersion = "campaigns-1";

type Declaring = { readonly source: Source; readonly mapping: Mapping };

/** The campaigns of a set of policies; `undefined` if none declares them. Mistakes are reported. */
export function readCampaigns(files: readonly Declaring[]): Campaigns | undefined {
  const declaring = files.filter(({ mapping }) => mapping.entries.has("campaigns"));
  let overMs: number | undefined;
  for (const { source, mapping } of declaring) {
    const value = mapping.entries.get("campaigns")?.value as Located;
    const own = readOver(source, value);
    if (overMs !== undefined && own !== overMs) {
      const message = `campaigns are over ${showTime(overMs)} in another policy`;
      report(source, "conflict", value.offset, message, "declare the same window in all policies");
    }
    overMs ??= own;
  }
  if (overMs === undefined) return undefined;
  const on = new Set(declaring.flatMap(({ mapping }) => textsOf(mapping.entries.get("on")?.value)));
  return campaignsOf(overMs, [...on].sort());
}

/** What is counted where campaigns are found. */
export function campaignsOf(overMs: number, on: readonly string[]): Campaigns {
  const id = `${campaignsVersion} over ${overMs} on ${on.join(", ")}`;
  const counter = (words: string, own: Pick<Counter, "kind" | "of">): Counter => ({
    id: `${words} by campaign.id over ${overMs} on ${on.join(", ")} of ${id}`,
    ...own,
    by: ["campaign.id"],
    on,
    overMs,
    bucketMs: overMs / windowBuckets,
  });
  return {
    index: { id, kind: "campaigns", by: [], on, overMs, bucketMs: overMs / windowBuckets },
    size: counter("count events", { kind: "count" }),
    actors: counter("count distinct actor.id", { kind: "distinct", of: "actor.id" }),
  };
}

/** What a test gives of an event's campaign. */
export function readGivenCampaign(
  source: Source,
  value: Located,
  campaigns: Campaigns | undefined,
): { size: number; actors: number } | undefined {
  if (campaigns === undefined) {
    return report(source, "unknown-name", value.offset, "campaigns are not declared", campaignsHint);
  }
  const mapping = readMapping(source, value, "campaign", { known: ["size", "actors"] });
  if (mapping === undefined) return undefined;
  const count = (key: string): number =>
    readOptional(mapping, key, (each) =>
      readInteger(source, each, `campaign.${key}`, 0, Number.MAX_SAFE_INTEGER),
    ) ?? 0;
  return { size: count("size"), actors: count("actors") };
}

function readOver(source: Source, value: Located): number {
  const mapping = readMapping(source, value, "campaigns", { known: ["over"] });
  const read =
    mapping &&
    readOptional(mapping, "over", (each) =>
      readTime(source, each, "over", campaignsOverMsMin, campaignsOverMsMax),
    );
  if (read === undefined || read % windowBuckets === 0) return read ?? campaignsOverMs;
  const message = `a sixtieth of ${read / 1_000}s is no whole number of milliseconds`;
  report(source, "bad-window", value.offset, message, "use a multiple of 3s");
  return campaignsOverMs;
}

/** The types that a policy is about, as far as they can be read: mistakes are reported elsewhere. */
function textsOf(value: Located | undefined): string[] {
  const node = value?.node;
  const items = isSeq(node) ? node.items : [node];
  return items.flatMap((item) => (isScalar(item) && typeof item.value === "string" ? [item.value] : []));
}

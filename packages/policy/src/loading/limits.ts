// SPDX-License-Identifier: Apache-2.0
// Limits: `NAME: { rate, burst, by, where }`.
import type { Limit } from "../types.ts";
import { ofCampaigns, oneList, readBy, readWhere } from "./counted.ts";
import type { Counting, LoadedWhere } from "./counted.ts";
import { readEntries, readInteger, readMapping, readOptional, report } from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";
import { rateCountMax, readRate } from "./times.ts";

/** Most limits of a policy. */
export const limitsMax = 50;

/** A limit with the name that a policy gives it, and where the name stands. */
export type NamedLimit = {
  readonly name: string;
  readonly offset: number;
  readonly limit: Limit;
  readonly where: LoadedWhere | undefined;
};

/** The limits of a policy. Those with mistakes are reported, and are then known by name only. */
export function readLimits(
  source: Source,
  value: Located,
  counting: Counting,
): { readonly limits: readonly NamedLimit[]; readonly names: readonly string[] } {
  const entries = readEntries(source, value, "limits")?.entries ?? new Map<string, Entry>();
  if (entries.size > limitsMax)
    report(source, "too-large", value.offset, `a policy has at most ${limitsMax} limits`);
  const limits: NamedLimit[] = [];
  for (const entry of entries.values()) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(entry.key)) {
      report(
        source,
        "bad-id",
        entry.keyOffset,
        `"${entry.key}" can't name a limit`,
        "use letters, digits and _",
      );
    }
    const limit = readLimit(source, entry, counting);
    if (limit !== undefined) limits.push({ name: entry.key, offset: entry.keyOffset, ...limit });
  }
  return { limits, names: [...entries.keys()] };
}

function readLimit(
  source: Source,
  entry: Entry,
  counting: Counting,
): Pick<NamedLimit, "limit" | "where"> | undefined {
  const mapping = readMapping(source, entry.value, `limit ${entry.key}`, {
    known: ["rate", "burst", "by", "where"],
    required: ["rate", "by"],
  });
  if (mapping === undefined) return undefined;
  const rate = readOptional(mapping, "rate", (each) => readRate(source, each));
  const burst =
    readOptional(mapping, "burst", (each) => readInteger(source, each, "burst", 1, rateCountMax)) ?? 1;
  const by = readOptional(mapping, "by", (each) => readBy(source, each, counting));
  const where = readOptional(mapping, "where", (each) => readWhere(source, each, counting, "limit"));
  if (rate === undefined || by === undefined) return undefined;
  if (mapping.entries.has("where") && where === undefined) return undefined;
  if (!oneList(source, mapping, by, counting)) return undefined;
  const { count, perMs } = rate;
  const { on } = counting;
  const id =
    `limit ${count} per ${perMs} burst ${burst} by ${by.join(", ")} on ${on.join(", ")}` +
    (where === undefined ? "" : ` where ${where.canonical}`) +
    ofCampaigns(by, counting);
  return {
    limit: { id, by, on, count, perMs, burst, ...(where && { where: where.when }) },
    where,
  };
}

// SPDX-License-Identifier: Apache-2.0
// Measures: what rules and the steps of a ladder put on an actor: `warn`, `throttle`, `limit`, `suspend`,
// `ban`.
import type { AbilityLimit, Measures, Throttle } from "../types.ts";
import { readInteger, readList, readMapping, readOptional, readText, readTrue, report } from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { rateCountMax, readRate, readTime } from "./times.ts";

/** Longest restriction, in milliseconds: ten years. */
export const restrictionMsMax: number = 3_650 * 86_400_000;
/** Most abilities that one limit takes away. */
export const abilitiesMax = 8;

/** The keys of measures. */
export const measureKeys = ["warn", "throttle", "limit", "suspend", "ban"] as const;

/** The measures among the keys of a mapping. */
export function readMeasures(source: Source, mapping: Mapping): Measures {
  const warn = readOptional(mapping, "warn", (each) => readTrue(source, each, "warn"));
  const throttle = readOptional(mapping, "throttle", (each) => readThrottle(source, each));
  const limit = readOptional(mapping, "limit", (each) => readAbilityLimit(source, each));
  const suspendMs = readOptional(mapping, "suspend", (each) =>
    readTime(source, each, "suspend", 1_000, restrictionMsMax),
  );
  const ban = readOptional(mapping, "ban", (each) => readTrue(source, each, "ban"));
  const suspend = mapping.entries.get("suspend");
  if (suspend !== undefined && mapping.entries.has("ban")) {
    const hint = "leave one of them out";
    report(
      source,
      "conflict",
      suspend.keyOffset,
      "a ban has no end, so a suspension adds nothing to it",
      hint,
    );
  }
  return {
    ...(warn && { warn }),
    ...(throttle && { throttle }),
    ...(limit && { limit }),
    ...(suspendMs !== undefined && { suspendMs }),
    ...(ban && { ban }),
  };
}

/** Whether measures restrict an actor; a warning alone doesn't. */
export function restricts({ throttle, limit, suspendMs, ban }: Measures): boolean {
  return throttle !== undefined || limit !== undefined || suspendMs !== undefined || ban === true;
}

function readThrottle(source: Source, value: Located): Throttle | undefined {
  const keys = { known: ["rate", "burst", "for"], required: ["rate", "for"] };
  const mapping = readMapping(source, value, "throttle", keys);
  if (mapping === undefined) return undefined;
  const rate = readOptional(mapping, "rate", (each) => readRate(source, each));
  const burst =
    readOptional(mapping, "burst", (each) => readInteger(source, each, "burst", 1, rateCountMax)) ?? 1;
  const forMs = readOptional(mapping, "for", (each) =>
    readTime(source, each, "for", 1_000, restrictionMsMax),
  );
  return rate === undefined || forMs === undefined ? undefined : { ...rate, burst, forMs };
}

function readAbilityLimit(source: Source, value: Located): AbilityLimit | undefined {
  const keys = { known: ["abilities", "for"], required: ["abilities", "for"] };
  const mapping = readMapping(source, value, "limit", keys);
  if (mapping === undefined) return undefined;
  const abilities = readOptional(mapping, "abilities", (each) => readAbilities(source, each));
  const forMs = readOptional(mapping, "for", (each) =>
    readTime(source, each, "for", 1_000, restrictionMsMax),
  );
  return abilities === undefined || forMs === undefined ? undefined : { abilities, forMs };
}

/** Names that the app and `standing.limited` know, sorted. */
function readAbilities(source: Source, value: Located): readonly string[] | undefined {
  const items = readList(source, value, "abilities", abilitiesMax);
  if (items === undefined) return undefined;
  if (items.length === 0) {
    return report(source, "bad-value", value.offset, "abilities names at least one", "such as links");
  }
  const abilities: string[] = [];
  for (const item of items) {
    const ability = readText(source, item, "an ability");
    if (ability === undefined) continue;
    if (!/^[a-z][a-zA-Z0-9-]{0,31}$/.test(ability)) {
      const hint = "begin with a small letter, and use letters, digits and -, at most 32 of them";
      report(source, "bad-id", item.offset, `"${ability}" can't name an ability`, hint);
    } else if (abilities.includes(ability)) {
      report(source, "conflict", item.offset, `"${ability}" stands in abilities twice`);
    } else {
      abilities.push(ability);
    }
  }
  return abilities.length === items.length ? abilities.sort() : undefined;
}

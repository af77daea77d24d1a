// SPDX-License-Identifier: Apache-2.0
// `docket rule`: decides a dispute.
import type { RulingEffect, RulingWish } from "../../disputes/contract.ts";
import type { RestrictionWish } from "../../enforcement/contract.ts";
import { DocketError } from "../../error.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { operator, withDisputes } from "./desk.ts";
import type { DisputeWhere } from "./desk.ts";
import { toldOf } from "./run.ts";
import { effectText } from "./text.ts";

/** What `docket rule` is told. */
export type RuleOptions = DisputeWhere & {
  index: number;
  ruling: RulingWish["ruling"];
  reason: string;
  told: string[];
  note?: string | undefined;
  verdict?: NonNullable<RulingWish["modify"]>["verdict"];
  end?: string[] | undefined;
  restrict?: string[] | undefined;
  preview?: true | undefined;
  json?: true | undefined;
};

/**
 * Runs `docket rule`.
 *
 * @throws {DocketError} `usage`; what disputes refuse
 */
export async function runRule(options: RuleOptions, terminal: Terminal): Promise<number> {
  const { index, preview, json } = options;
  const wish = wishOf(options);
  const done: RulingEffect & { index?: number } = await withDisputes(options, terminal, (disputes) => {
    return preview === true
      ? disputes.previewRuling(operator, index, wish)
      : disputes.rule(operator, index, wish);
  });
  await write(terminal, json === true ? `${JSON.stringify(done)}\n` : effectText(done));
  return exitFine;
}

/**
 * A restriction in words: `ban`, `warn 7d`, `suspend 1d`, `limit links 7d`, `throttle 1/m 30m`.
 *
 * @throws {DocketError} `usage`
 */
export function restrictionOf(words: string): RestrictionWish {
  const [kind, ...rest] = words.trim().split(/\s+/);
  const forMs = durationMs(rest.at(-1));
  const [what] = rest;
  if (kind === "ban" && rest.length === 0) return { kind };
  if (forMs !== undefined && what !== undefined) {
    if ((kind === "warn" || kind === "suspend") && rest.length === 1) return { kind, forMs };
    if (kind === "limit" && rest.length === 2) return { kind, ability: what, forMs };
    if (kind === "throttle" && rest.length === 2) return { kind, rate: what, forMs };
  }
  throw new DocketError(
    "usage",
    `${JSON.stringify(words)} is no restriction such as "suspend 1d", "limit links 7d" or "throttle 1/m 30m"`,
  );
}

function wishOf({ ruling, reason, told, note, verdict, end, restrict }: RuleOptions): RulingWish {
  const modify = {
    ...(verdict === undefined ? {} : { verdict }),
    ...(end === undefined ? {} : { ends: end }),
    ...(restrict === undefined ? {} : { restrictions: restrict.map(restrictionOf) }),
  };
  return {
    ruling,
    reason,
    told: toldOf(told),
    ...(note === undefined ? {} : { note }),
    ...(Object.keys(modify).length === 0 ? {} : { modify }),
  };
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text = ""): number | undefined {
  const [, count, unit = ""] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (units[unit] ?? 0);
}

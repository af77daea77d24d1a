// SPDX-License-Identifier: Apache-2.0
// `docket verdict`, `restrict`, `lift` and `link`.
import type { LinkRelation, RecordedRestriction, Verdict } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type {
  Collateral,
  MeasureDone,
  MeasureWish,
  RestrictionWish,
  SubjectWish,
  VerdictEffect,
  VerdictPreview,
} from "../../enforcement/contract.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { openEnforcementDesk } from "./desk.ts";
import type { EnforcementCommandDesk, EnforcementWhere } from "./desk.ts";

/** Most lines of each list that a preview prints. */
const linesMax = 10;

/** What every act is told. */
export type SaidOptions = EnforcementWhere & {
  reason?: string | undefined;
  note?: string | undefined;
  tell?: Record<string, string> | undefined;
  json?: true | undefined;
};
/** Whom or what an act is on. */
export type SubjectOptions = {
  account?: string | undefined;
  network?: string | undefined;
  device?: string | undefined;
  emailHost?: string | undefined;
  domain?: string | undefined;
  fingerprint?: string | undefined;
};
/** What `docket verdict` is told. */
export type VerdictOptions = SaidOptions & {
  of: number;
  verdict: Verdict;
  wrong?: true | undefined;
  right?: true | undefined;
  preview?: true | undefined;
};
/** What `docket restrict` is told. */
export type RestrictOptions = SaidOptions &
  SubjectOptions & {
    warn?: true | undefined;
    throttle?: string | undefined;
    burst?: number | undefined;
    limit?: string[] | undefined;
    suspend?: true | undefined;
    ban?: true | undefined;
    for?: number | undefined;
    until?: string | undefined;
    step?: string | true | undefined;
    of?: number[] | undefined;
    preview?: true | undefined;
    yes?: true | undefined;
  };
/** What `docket lift` is told. */
export type LiftOptions = SaidOptions &
  SubjectOptions & { restriction?: string[] | undefined; all?: true | undefined };
/** What `docket link` is told. */
export type LinkOptions = SaidOptions & {
  accounts: string[];
  relation: LinkRelation;
  of?: number[] | undefined;
  cover?: number | undefined;
  unlink?: true | undefined;
};

/**
 * Runs `docket verdict`.
 *
 * @throws {DocketError} `act_refused`, `act_conflict`, `not_found`; what the server answers
 */
export async function runVerdict(options: VerdictOptions, terminal: Terminal): Promise<number> {
  const { of, verdict, wrong, right, preview } = options;
  const wish = {
    of,
    verdict,
    cause: "manual" as const,
    ...said(options),
    ...(wrong === true && { compensate: true }),
    ...(right === true && { confirm: true }),
  };
  return withDesk(options, terminal, async (desk) => {
    if (preview === true) {
      const seen = await desk.previewVerdict(wish);
      return print(options, terminal, seen, `Would be so:\n${effectText(seen)}${touchedText(seen)}`);
    }
    const done = await desk.verdict(wish);
    return print(options, terminal, done, `Sealed as record ${done.index}.\n${effectText(done)}`);
  });
}

/**
 * Runs `docket restrict`.
 *
 * @returns 1 if something that is no account would be restricted and nobody said yes
 * @throws {DocketError} as {@link runVerdict}; `usage` if it isn't said whom, or what to do
 */
export async function runRestrict(options: RestrictOptions, terminal: Terminal): Promise<number> {
  const { of = [], step, preview, yes } = options;
  const subject = subjectOf(options);
  const [decision] = of;
  // What is missing is said before anything is opened.
  if (step !== undefined && decision === undefined) {
    throw new DocketError("usage", "name the decision with --of INDEX");
  }
  const restrictions = step === undefined ? restrictionsOf(options) : [];
  return withDesk(options, terminal, async (desk) => {
    if (step !== undefined && decision !== undefined) {
      const named = step === true ? {} : { step };
      const wish = { of: decision, ...named, ...said(options) };
      return printMeasure(options, terminal, await desk.takeSteps(wish));
    }
    const wish: MeasureWish = { subject, restrictions, of, ...said(options) };
    const isActor = subject.kind === "actor";
    if (preview !== true && (isActor || yes === true)) {
      return printMeasure(options, terminal, await desk.measure(wish));
    }
    const seen = await desk.previewMeasure(wish);
    const text = `Would be imposed:\n${restrictionText(seen.restrictions)}${collateralText(seen.collateral)}`;
    await print(options, terminal, seen, text);
    if (preview === true) return exitFine;
    terminal.stderr.write("Nothing was sealed. If that is whom you mean, say it again with --yes.\n");
    return exitWrong;
  });
}

/** Runs `docket lift`. @throws {DocketError} as {@link runRestrict} */
export async function runLift(options: LiftOptions, terminal: Terminal): Promise<number> {
  const { restriction = [], all } = options;
  const subject = subjectOf(options);
  if (all !== true && restriction.length === 0) {
    throw new DocketError("usage", "name restrictions with --restriction, or say --all");
  }
  return withDesk(options, terminal, async (desk) => {
    const ends = all === true ? await desk.inForce(subject) : restriction;
    if (ends.length === 0) throw new DocketError("act_conflict", "nothing is in force");
    return printMeasure(options, terminal, await desk.measure({ subject, ends, ...said(options) }));
  });
}

/** Runs `docket link`. @throws {DocketError} as {@link runRestrict} */
export async function runLink(options: LinkOptions, terminal: Terminal): Promise<number> {
  const { accounts, relation, of = [], cover, unlink } = options;
  const { reason, note } = said(options);
  const wish = {
    actors: accounts.map(accountWish),
    relation,
    of,
    reason,
    ...(note === undefined ? {} : { note }),
    ...(cover === undefined ? {} : { coverForMs: cover }),
  };
  return withDesk(options, terminal, async (desk) => {
    const done = unlink === true ? await desk.unlink(wish) : await desk.link(wish);
    const word = unlink === true ? "Unlinked" : "Linked";
    const covered = done.measures.map(
      ({ subject, index, restrictions }) =>
        `Record ${index} on ${subject}:\n${restrictionText(restrictions)}`,
    );
    const text = `${word} ${done.actors.join(", ")}, as record ${done.index}.\n${covered.join("")}`;
    return print(options, terminal, done, text);
  });
}

async function withDesk(
  where: EnforcementWhere,
  terminal: Terminal,
  run: (desk: EnforcementCommandDesk) => Promise<number>,
): Promise<number> {
  const desk = await openEnforcementDesk(where, terminal);
  try {
    return await run(desk);
  } finally {
    await desk.close();
  }
}

// A missing reason is refused by enforcement, which says which reasons there are.
function said({ reason = "", note, tell }: SaidOptions): {
  reason: string;
  note?: string;
  told?: Record<string, string>;
} {
  return {
    reason,
    ...(note === undefined ? {} : { note }),
    ...(tell === undefined ? {} : { told: tell }),
  };
}

function accountWish(account: string): SubjectWish {
  return /^a_[A-Za-z0-9_-]{22}$/.test(account)
    ? { kind: "actor", actor: account }
    : { kind: "actor", id: account };
}

function subjectOf(options: SubjectOptions): SubjectWish {
  const { account } = options;
  const kinds = ["network", "device", "emailHost", "domain", "fingerprint"] as const;
  const others = kinds.flatMap((kind) => {
    const value = options[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
  const [other] = others;
  if (account !== undefined && other === undefined) return accountWish(account);
  if (account === undefined && other !== undefined && others.length === 1) return other;
  throw new DocketError("usage", "name one account, or one network, device, e-mail host, domain or text");
}

function restrictionsOf(options: RestrictOptions): RestrictionWish[] {
  const { warn, throttle, burst, limit = [], suspend, ban, until, for: forMs } = options;
  const end = { ...(until === undefined ? {} : { until }), ...(forMs === undefined ? {} : { forMs }) };
  const wished: RestrictionWish[] = [
    ...(warn === true ? [{ kind: "warn" as const, ...end }] : []),
    ...(throttle === undefined
      ? []
      : [{ kind: "throttle" as const, rate: throttle, ...(burst === undefined ? {} : { burst }), ...end }]),
    ...limit.map((ability) => ({ kind: "limit" as const, ability, ...end })),
    ...(suspend === true ? [{ kind: "suspend" as const, ...end }] : []),
    ...(ban === true ? [{ kind: "ban" as const }] : []),
  ];
  if (wished.length > 0) return wished;
  throw new DocketError("usage", "say how: --warn, --throttle, --limit, --suspend, --ban or --step");
}

async function printMeasure(options: SaidOptions, terminal: Terminal, done: MeasureDone): Promise<number> {
  const { index, subject, restrictions, ended } = done;
  const over = ended.map((id) => `  ended ${id}\n`).join("");
  const text = `Sealed as record ${index}, on ${subject}.\n${restrictionText(restrictions)}${over}`;
  return print(options, terminal, done, text);
}

async function print(
  { json }: SaidOptions,
  terminal: Terminal,
  value: object,
  text: string,
): Promise<number> {
  await write(terminal, json === true ? `${JSON.stringify(value)}\n` : text);
  return exitFine;
}

function effectText({ outcome, strikes, voided, restrictions, ended, proposed }: VerdictEffect): string {
  const lines = [
    `  in force: ${outcome}`,
    ...strikes.map(({ policy, rule, count, at }) => `  strike given: ${policy}/${rule} (${count}), of ${at}`),
    ...voided.map(({ policy, rule, count, at }) => `  strike void: ${policy}/${rule} (${count}), of ${at}`),
    ...ended.map((id) => `  ended ${id}`),
    ...proposed.map((name) => `  ${name} waits for a person`),
  ];
  return `${lines.join("\n")}\n${restrictionText(restrictions)}`;
}

function touchedText({ consequences, like, more }: VerdictPreview): string {
  const refused = consequences.map(({ index, decidedAt }) => `  record ${index} of ${decidedAt}\n`);
  const others = like.map(
    ({ index, outcome, because }) => `  record ${index}: ${outcome} (same ${because})\n`,
  );
  return (
    listText("Refused because of what came of it", refused, more.consequences) +
    listText("Like cases", others, more.like)
  );
}

function listText(title: string, lines: readonly string[], more: boolean): string {
  if (lines.length === 0) return "";
  const left = lines.length - linesMax;
  const rest = left > 0 ? `  … and ${left} more\n` : more ? "  … and more\n" : "";
  return `${title}:\n${lines.slice(0, linesMax).join("")}${rest}`;
}

function restrictionText(restrictions: readonly RecordedRestriction[]): string {
  return restrictions
    .map((each) => {
      const what =
        each.kind === "throttle"
          ? `throttle ${each.rate}`
          : each.kind === "limit"
            ? `limit ${each.ability}`
            : each.kind;
      return `  ${what}${each.kind === "ban" ? "" : ` until ${each.until}`} (${each.id})\n`;
    })
    .join("");
}

function collateralText(collateral: Collateral): string {
  const { looked, from, unknown, events, actors, allowed, actorsNeverRefused } = collateral;
  const gone = unknown === 0 ? "" : `, of ${unknown} the evidence is gone`;
  return (
    `Of the latest ${looked} events (from record ${from} on${gone}):\n` +
    `  ${events} events of ${actors} accounts would be hit; ${allowed} of them were allowed,\n` +
    `  and of ${actorsNeverRefused} accounts none was refused\n`
  );
}

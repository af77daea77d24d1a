// SPDX-License-Identifier: Apache-2.0
// A ruling as it is filled in, and as it is sent; and what one comes to, in sentences.
import type { BadgeKind } from "../../parts/badge.tsx";
import type { RulingEffect } from "./answers.ts";

/** How a dispute can be decided. */
export type Ruling = "upheld" | "overturned" | "modified";

/** What each ruling means, for whoever chooses. */
export const rulingWords: Readonly<Record<Ruling, { title: string; means: string; reason: string }>> = {
  upheld: { title: "Uphold", means: "The decision was right. Nothing changes.", reason: "reviewed" },
  overturned: {
    title: "Overturn",
    means: "The decision was wrong. It is undone with all that followed from it.",
    reason: "mistaken",
  },
  modified: { title: "Modify", means: "It was right in part. You say what changes.", reason: "user-error" },
};

/** How states of disputes are meant. */
export const phaseKinds: Readonly<Record<string, BadgeKind>> = {
  open: "open",
  upheld: "plain",
  overturned: "good",
  modified: "accent",
  withdrawn: "plain",
};

/** A milder restriction in the place of another. */
export type Milder = { readonly kind: "warn" | "throttle" | "suspend"; readonly days: number };

/** A ruling as it is filled in. */
export type RulingDraft = {
  readonly ruling: Ruling;
  readonly reason: string;
  /** By language; empty ones are left out. */
  readonly told: Readonly<Record<string, string>>;
  readonly note: string;
  /** With `modified`: what becomes of the content, or nothing; restrictions that end; one in their place. */
  readonly verdict: string;
  readonly ends: readonly string[];
  readonly milder: Milder | undefined;
};

const dayMs = 86_400_000;
/** The rate of a throttle in the place of something stronger. */
export const milderRate = "1/m";

/** What is sent. @param isPreview what is told need not be written yet */
export function rulingWish(draft: RulingDraft, isPreview: boolean): object {
  const { ruling, reason, note, verdict, ends, milder } = draft;
  const told = Object.fromEntries(
    Object.entries(draft.told)
      .map(([language, text]) => [language, text.trim()] as const)
      .filter(([, text]) => text !== ""),
  );
  const isTold = Object.keys(told).length > 0;
  const restrictions = milder === undefined ? [] : [restrictionOf(milder)];
  const modify = {
    ...(verdict === "" ? {} : { verdict }),
    ...(ends.length === 0 ? {} : { ends }),
    ...(restrictions.length === 0 ? {} : { restrictions }),
  };
  return {
    ruling,
    reason,
    told: isTold || !isPreview ? told : { en: "Preview" },
    ...(note.trim() === "" ? {} : { note: note.trim() }),
    ...(ruling === "modified" ? { modify } : {}),
  };
}

function restrictionOf({ kind, days }: Milder): object {
  const forMs = days * dayMs;
  return kind === "throttle" ? { kind, rate: milderRate, forMs } : { kind, forMs };
}

/** What is missing before it can be sent; `undefined` if nothing is. */
export function missingIn({ ruling, told, verdict, ends, milder }: RulingDraft): string | undefined {
  if (ruling === "modified" && verdict === "" && ends.length === 0 && milder === undefined) {
    return "Say what changes: the content, a restriction, or both.";
  }
  const isTold = Object.values(told).some((text) => text.trim() !== "");
  return isTold ? undefined : "Write to the user why: it is told to them.";
}

/** What a ruling changed, or would, in sentences. */
export function effectLines(effect: RulingEffect): string[] {
  const { verdict, measure, consequences = [], like = [] } = effect;
  const ended = [...(verdict?.ended ?? []), ...(measure?.ended ?? [])].length;
  const begun = [...(verdict?.restrictions ?? []), ...(measure?.restrictions ?? [])];
  const strikes = (verdict?.voided ?? []).reduce((sum, { count }) => sum + count, 0);
  const lines = [
    verdict !== undefined && verdict.verdict !== "keep"
      ? `Content: ${verdict.verdict}, then ${verdict.outcome} is in force.`
      : "",
    strikes > 0 ? `${counted(strikes, "strike")} void.` : "",
    ended > 0
      ? `${counted(ended, "restriction")} end.`.replace("1 restriction end.", "1 restriction ends.")
      : "",
    begun.length > 0 ? `Begins: ${begun.map(({ kind }) => kind).join(", ")}.` : "",
    consequences.length > 0
      ? `${counted(consequences.length, "event")} had been refused because of it; they are not decided again.`
      : "",
    like.length > 0
      ? `${counted(like.length, "like decision")} to be looked at: in the queue, not reversed by itself.`
      : "",
  ].filter((line) => line !== "");
  return lines.length === 0 ? ["Nothing changes."] : lines;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

// SPDX-License-Identifier: Apache-2.0
// What a model learns from the labels of a site's own decisions, and what it must not: nobody may teach it by
// posting the same thing many times, or by being many times labelled; and a fifth of the texts is never
// learned from, so that a new version can be held against the one in force.
import { createHash } from "node:crypto";
import { modelTextOf, normaliseText } from "@docket/policy";
import type { ModelText } from "@docket/policy";
import type { Event, LabelSource, LabelValue } from "@docket/protocol";

/** Most examples that one account gives of each label: its newest. */
export const examplesPerActorMax = 20;
/** Most examples with the same text. */
export const examplesPerTextMax = 5;
/** Whose labels are learned from unless somebody says otherwise: anyone may report what they like. */
export const trustedSources: readonly LabelSource[] = ["moderator", "honeypot", "import"];

/** Of 256 texts, so many are held out. */
const heldOutOf256 = 51;

/** A labelled decision, as far as it matters here. */
export type LabelledDecision = {
  /** `of` is the index of the decision's record. */
  readonly label: { readonly of: number; readonly label: LabelValue; readonly source: LabelSource };
  /** The account's pseudonym. */
  readonly actor: string;
  /** Absent where its evidence is gone. */
  readonly event: Event | undefined;
};

/** A labelled text of the site. */
export type SiteExample = {
  readonly text: ModelText;
  readonly spam: boolean;
  readonly notes: {
    readonly id: string;
    readonly actor: string;
    readonly language: string | undefined;
  };
};

/** What the labels of a site came to. */
export type SiteExamples = {
  /** To learn from, in the order of the log. */
  readonly learned: readonly SiteExample[];
  /** To hold a new version against the one in force. */
  readonly heldOut: readonly SiteExample[];
  readonly leftOut: {
    /** Labels that say that nobody knows. */
    readonly unsure: number;
    /** Labels of those whose labels are not learned from. */
    readonly untrusted: number;
    /** Decisions whose text is erased, or that had none. */
    readonly textless: number;
    /** Examples over the limits for one account and one text. */
    readonly overLimit: number;
  };
};

/** Takes labelled decisions in the order of the log, and gives what may be learned from them. */
export async function siteExamples(
  decisions: AsyncIterable<LabelledDecision> | Iterable<LabelledDecision>,
  sources: readonly LabelSource[] = trustedSources,
): Promise<SiteExamples> {
  const leftOut = { unsure: 0, untrusted: 0, textless: 0, overLimit: 0 };
  const all: SiteExample[] = [];
  for await (const { label, actor, event } of decisions) {
    const text = modelTextOf(event?.content);
    if (label.label === "unsure") leftOut.unsure++;
    else if (!sources.includes(label.source)) leftOut.untrusted++;
    else if (event === undefined || (text.text === undefined && text.title === undefined)) leftOut.textless++;
    else {
      const notes = { id: String(label.of), actor, language: event.content?.language };
      all.push({ text, spam: label.label === "spam", notes });
    }
  }
  const kept = withinLimits(all);
  leftOut.overLimit = all.length - kept.length;
  return {
    learned: kept.filter(({ text }) => !isHeldOut(text)),
    heldOut: kept.filter(({ text }) => isHeldOut(text)),
    leftOut,
  };
}

/** Whether a text is one of those that are never learned from: equal texts all are, or none is. */
export function isHeldOut(text: ModelText): boolean {
  return (
    (createHash("sha256")
      .update(`held out\n${spelling(text)}`)
      .digest()[0] as number) < heldOutOf256
  );
}

// The newest of each account and text are kept, in the order of the log.
function withinLimits(all: readonly SiteExample[]): SiteExample[] {
  const byActor = new Map<string, number>();
  const byText = new Map<string, number>();
  const take = (counts: Map<string, number>, key: string, most: number): boolean => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= most;
  };
  const kept = all.toReversed().filter(({ text, spam, notes: { actor } }) => {
    const isFew = take(byText, `${spam} ${spelling(text)}`, examplesPerTextMax);
    return isFew && take(byActor, `${spam} ${actor}`, examplesPerActorMax);
  });
  return kept.reverse();
}

function spelling({ title = "", text = "" }: ModelText): string {
  return normaliseText(`${title}\n${text}`);
}

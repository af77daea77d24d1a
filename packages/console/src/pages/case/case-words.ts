// SPDX-License-Identifier: Apache-2.0
// A case in words: why it is here, what a finding comes to, and what of its content could go into a list.
import type { Event } from "@docket/protocol";
import type { Finding, Following, OpenTask, QueueItem, Reviewed } from "./answers.ts";

const taskWords: Readonly<Record<string, string>> = {
  flag: "flagged",
  hold: "held",
  ladder: "step of a ladder",
  report: "reported",
  sample: "drawn by chance",
  quality: "looked at again",
};

/** Why a case is in the queue, in a word or two. */
export function taskText({ task, blind }: OpenTask): string {
  return blind ? "second review" : (taskWords[task] ?? task);
}

/** What a finding is called. */
export const findingWords: Readonly<Record<Finding, string>> = {
  spam: "Spam",
  notSpam: "Not spam",
  unsure: "Can't tell",
};

/** The reason that is given with a finding if no other is chosen. */
export const usualReason: Readonly<Record<Finding, string>> = {
  spam: "spam",
  notSpam: "mistaken",
  unsure: "other",
};

const verdictWords: Readonly<Record<string, string>> = {
  remove: "The content is removed",
  release: "The content is released",
  restore: "The content is restored",
  keep: "The content stays as it is",
};

/** What a finding comes to for content and actor; of a step of a ladder, whether it is taken. */
export function followsText(
  finding: Finding,
  task: OpenTask | undefined,
  follows: Readonly<Record<"spam" | "notSpam", Following | null>> | null,
): string {
  if (task?.blind === true) return "Nothing changes: it says how far reviewers agree.";
  if (task?.task === "ladder") {
    if (finding === "spam") return "The step of the ladder is taken.";
    return finding === "notSpam" ? "The step of the ladder is declined." : "Another person looks at it.";
  }
  if (finding === "unsure") return "Nothing changes, and the case waits for another person.";
  const follow = follows?.[finding] ?? null;
  if (follow === null) return "Nothing changes but the label.";
  const content = verdictWords[follow.verdict] ?? follow.verdict;
  if (follow.confirm) return `${content}, and the strikes that were announced count.`;
  if (follow.compensate) return `${content}, and what the decision did to the account is taken back.`;
  return `${content}.`;
}

/** What was done, in a sentence. */
export function doneText({ of, finding, index, verdict, measure }: Reviewed): string {
  const came =
    verdict !== null
      ? `${verdict.outcome} is in force`
      : measure !== null
        ? "the step was taken"
        : "nothing else changed";
  return `Case ${of}: ${findingWords[finding].toLowerCase()}, as record ${index}; ${came}.`;
}

/** The case after this one for the same person: one that nobody else has claimed. */
export function caseAfter(
  cases: readonly QueueItem[],
  of: number,
  by: string,
  passed: ReadonlySet<number>,
): number | undefined {
  const isFree = ({ of: other, claim }: QueueItem): boolean =>
    other !== of && !passed.has(other) && (claim === null || claim.by === by);
  const at = cases.findIndex((each) => each.of === of);
  return (cases.slice(at + 1).find(isFree) ?? cases.find(isFree))?.of;
}

const suggestedMax = 5;

/** Values of an event that a list of this kind could hold, the likeliest first. */
export function suggestedValues(kind: string, { actor, content }: Event): string[] {
  const text = [content?.title, content?.text, content?.url].filter(Boolean).join("\n");
  const links = [...text.matchAll(/\b(?:https?:\/\/|www\.)[^\s<>"')\]]+/gi)].map(([link]) =>
    link.replace(/[.,;:!?]+$/, ""),
  );
  const found: Readonly<Record<string, readonly (string | undefined)[]>> = {
    domain: links.map(hostOf),
    network: [actor.ip],
    emailHost: [actor.email?.slice(actor.email.indexOf("@") + 1)],
    actor: [actor.id],
    term: [content?.text?.trim().split(/\s+/).slice(0, 3).join(" ")],
  };
  const values = (found[kind] ?? []).filter((value) => value !== undefined && value !== "");
  return [...new Set(values as readonly string[])].slice(0, suggestedMax);
}

function hostOf(link: string): string | undefined {
  try {
    return new URL(link.includes("://") ? link : `https://${link}`).hostname.replace(/^www\./, "");
  } catch {
    return undefined;
  }
}

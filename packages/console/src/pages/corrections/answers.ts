// SPDX-License-Identifier: Apache-2.0
// What the server answers of corrections of many decisions, and the wishes for them.

/** How a batch stands. */
export type Batch = {
  readonly index: number;
  readonly batch: "revert" | "sweep" | "bulk";
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  readonly status: "pending" | "running" | "stopped" | "done";
  readonly count: number;
  readonly made: number;
  readonly passed: number;
  readonly approvedBy: string | null;
  readonly endedAt: string | null;
  readonly of: number | null;
  readonly revertedBy: readonly number[];
  readonly secondsLeft: number | null;
  readonly fault: string | null;
};

/** A batch, and which decisions it is about. */
export type BatchDetail = Batch & {
  readonly selection: string;
  readonly note: string | null;
  readonly indexes: readonly number[];
};

/** What a batch would do. */
export type BatchPreview = {
  readonly selection: string;
  readonly looked: number;
  readonly count: number;
  readonly more: boolean;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly actors: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly strikesVoid: number;
  readonly strikesGiven: number;
  readonly restrictionsEnding: number;
  readonly restrictionsBeginning: number;
  readonly effectsOf: number;
  readonly examples: readonly {
    readonly of: number;
    readonly actor: string;
    readonly decidedAt: string;
    readonly outcome: string;
    readonly verdict: string | null;
    readonly fired: readonly string[];
  }[];
  readonly cap: number;
  readonly alone: number;
  readonly needsSecondPerson: boolean;
  readonly notes: readonly string[];
};

/** What a person chose in the form. */
export type Choice = {
  readonly batch: "revert" | "sweep";
  /** By what decisions are chosen; a name of the wish. */
  readonly by: "rule" | "release" | "of" | "campaign" | "actor" | "fingerprint";
  readonly value: string;
  /** Days, `2026-11-20`; empty for no bound. */
  readonly from: string;
  readonly to: string;
  readonly reviewed: boolean;
  readonly reason: string;
  readonly note: string;
};

/** A form that nobody has touched. */
export const noChoice: Choice = {
  batch: "revert",
  by: "rule",
  value: "",
  from: "",
  to: "",
  reviewed: false,
  reason: "",
  note: "",
};

/** By what decisions can be chosen, by what is done. */
export const selections: Readonly<
  Record<Choice["batch"], readonly { by: Choice["by"]; title: string; hint: string }[]>
> = {
  revert: [
    { by: "rule", title: "A rule", hint: "comments/links: what it decided is taken back." },
    { by: "release", title: "A release", hint: "The beginning of its id: what was decided under it." },
    { by: "of", title: "An earlier correction", hint: "The number of its record: its verdicts." },
  ],
  sweep: [
    { by: "rule", title: "A rule in force", hint: "What it would refuse now, among what was let pass." },
    { by: "campaign", title: "A campaign", hint: "c_…: all that belongs to it." },
    { by: "actor", title: "An actor", hint: "a_…: what they posted." },
    { by: "fingerprint", title: "A text", hint: "The keyed hash of its fingerprint." },
  ],
};

/** The wish of a form, as the server takes it. */
export function wishOf(choice: Choice, preview: boolean): Record<string, unknown> {
  const { batch, by, value, from, to, reviewed, reason, note } = choice;
  return {
    batch,
    [by]: by === "of" ? Number(value) : value.trim(),
    ...(from === "" ? {} : { from: `${from}T00:00:00Z` }),
    // The day itself counts, too.
    ...(to === "" ? {} : { to: new Date(Date.parse(`${to}T00:00:00Z`) + dayMs).toISOString() }),
    ...(reviewed ? { reviewed } : {}),
    reason: reason.trim(),
    ...(note.trim() === "" ? {} : { note: note.trim() }),
    ...(preview ? { preview } : {}),
  };
}

const dayMs = 86_400_000;

/** What is wrong with a form, by the name of its field. */
export function wrongIn({ by, value, reason }: Choice): { value?: string; reason?: string } {
  const wrong: { value?: string; reason?: string } = {};
  if (by === "of" && value !== "" && !/^\d{1,15}$/.test(value)) wrong.value = "It is the number of a record.";
  if (reason !== "" && !/^[a-z][a-z0-9-]{0,63}$/.test(reason.trim())) {
    wrong.reason = "It is a code: small letters, digits and hyphens.";
  }
  return wrong;
}

const leftOutWords: Readonly<Record<string, string>> = {
  unchanged: "nothing would change",
  reviewed: "a person has spoken since",
  otherRule: "another rule had the same effect",
  restricted: "a restriction refused it, not the rule",
  overtaken: "another verdict came since",
  irreversible: "it can't be put back as it was",
  closed: "nothing is asked of you in that case",
};

/** Why decisions are left out, each with how many. */
export function leftOutText(leftOut: Readonly<Record<string, number>>): string {
  const parts = Object.entries(leftOut).filter(([, count]) => count > 0);
  return parts.map(([why, count]) => `${count} because ${leftOutWords[why] ?? why}`).join(", ");
}

/** What a batch does, in words. */
export function batchTitle({ batch, of }: Pick<Batch, "batch" | "of">): string {
  if (batch === "sweep") return "Sweep of the past";
  if (batch === "bulk") return "Many cases decided at once";
  return of === null ? "Decisions taken back" : `Correction ${of} taken back`;
}

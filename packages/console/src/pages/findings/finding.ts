// SPDX-License-Identifier: Apache-2.0
// What `/v1/findings` says, and how it is asked.

/** What was found, with the records that show it. */
export type Finding = {
  readonly kind: string;
  readonly subject: string;
  readonly says: string;
  readonly from: string;
  readonly to: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly records: readonly number[];
  readonly recordCount: number;
};
/** Findings of a time, and what could not be judged. */
export type Findings = {
  readonly from: string;
  readonly to: string;
  readonly findings: readonly Finding[];
  readonly limits: readonly string[];
};

/** Kinds of findings, with what each is of. */
export const kinds: readonly { readonly kind: string; readonly title: string; readonly about: string }[] = [
  { kind: "offender", title: "Repeat offenders", about: "accounts that go on although they were refused" },
  {
    kind: "campaign",
    title: "Campaigns",
    about: "near copies, or texts that lead to one place, by many accounts",
  },
  { kind: "copies", title: "Copies", about: "one text by many accounts" },
  { kind: "burst", title: "Bursts", about: "a rule, network or other value far above its usual level" },
  {
    kind: "reports",
    title: "Floods of reports",
    about: "far more reports on, or by, one account than usual",
  },
  { kind: "rule", title: "Doubtful rules", about: "rules that reviewers contradict" },
  { kind: "language", title: "Languages", about: "languages that are refused more than others" },
  { kind: "accountAge", title: "Ages of accounts", about: "ages that are refused more than others" },
  { kind: "pair", title: "Uneven pairs", about: "one text, decided differently under one release" },
];

const times: Readonly<Record<string, number | undefined>> = { day: 1, week: undefined, month: 30 };
const dayMs = 86_400_000;

/** The API's path for an address: the kinds that are wished, and a time. */
export function findingsPath(search: URLSearchParams, nowMs: number = Date.now()): string {
  const query = new URLSearchParams();
  const wished = (search.get("kind") ?? "")
    .split(",")
    .filter((kind) => kinds.some((each) => each.kind === kind));
  if (wished.length > 0) query.set("kind", wished.join(","));
  const days = times[search.get("time") ?? "week"];
  if (days !== undefined) {
    query.set("from", new Date(Math.floor((nowMs - days * dayMs) / 3_600_000) * 3_600_000).toISOString());
  }
  return query.size === 0 ? "/v1/findings" : `/v1/findings?${query.toString()}`;
}

/** Where a finding's subject has a page of its own. */
export function subjectPath({ kind, subject }: Finding): string | undefined {
  if (/^a_[A-Za-z0-9_-]{22}$/.test(subject)) return `/actors/${encodeURIComponent(subject)}`;
  if (kind === "campaign") return `/campaigns/${encodeURIComponent(subject)}`;
  return kind === "rule" ? `/decisions?rule=${encodeURIComponent(subject)}` : undefined;
}

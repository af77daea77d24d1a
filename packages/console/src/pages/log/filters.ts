// SPDX-License-Identifier: Apache-2.0
// What the list of records is narrowed by, as it stands in the page's address and in the question to the
// server.

/** What is asked for; an empty text is not asked. */
export type RecordFilters = {
  /** The id of a group of {@link kindGroups}, or one kind. */
  readonly kind: string;
  readonly by: string;
  readonly of: string;
  readonly subject: string;
  /** A day, `2026-11-23`: its records and earlier ones. */
  readonly until: string;
};

/** Nothing is asked for. */
export const noFilters: RecordFilters = { kind: "", by: "", of: "", subject: "", until: "" };
const names = ["kind", "by", "of", "subject", "until"] as const;

/** Kinds of records that belong together, as people look for them. */
export const kindGroups: readonly { id: string; title: string; kinds: readonly string[] }[] = [
  { id: "decisions", title: "Decisions", kinds: ["decision"] },
  {
    id: "after",
    title: "Verdicts, measures, links",
    kinds: ["verdict", "measure", "lapse", "link", "applied"],
  },
  {
    id: "review",
    title: "Reviews, reports, labels",
    kinds: ["review", "report", "label", "quiet", "digest"],
  },
  { id: "dispute", title: "Disputes", kinds: ["dispute", "message", "ruling", "token-revoked"] },
  {
    id: "policy",
    title: "Policy, lists, brakes",
    kinds: ["release", "proposal", "approval", "cancel", "level", "list", "brake", "confirm"],
  },
  { id: "corrections", title: "Corrections", kinds: ["batch", "batch-step"] },
  { id: "access", title: "Who read and took out what", kinds: ["read", "opening", "export"] },
  { id: "people", title: "People, keys, sign-ins", kinds: ["access", "person", "sign-in"] },
  { id: "second", title: "Second person", kinds: ["request", "request-step"] },
  { id: "erasure", title: "Erasure and holds", kinds: ["erasure", "legal-hold", "retention"] },
  {
    id: "custody",
    title: "The log itself",
    kinds: ["created", "key-change", "promoted", "start", "stop", "gap", "replica", "drill", "key-rotation"],
  },
  {
    id: "time",
    title: "Clock and outside stamps",
    kinds: ["clock", "clock-correction", "heartbeat", "anchor"],
  },
  { id: "settings", title: "Settings and webhooks", kinds: ["settings", "configuration", "webhook"] },
];

/** The filters that an address has after its question mark. */
export function filtersIn(search: string): RecordFilters {
  const given = new URLSearchParams(search);
  const read = (name: string): string => given.get(name) ?? "";
  return {
    kind: read("kind"),
    by: read("by"),
    of: read("of"),
    subject: read("subject"),
    until: read("until"),
  };
}

/** The same as an address has them, without the question mark. */
export function addressOf(filters: RecordFilters): string {
  const given = names.flatMap((name) => (filters[name] === "" ? [] : [[name, filters[name]]]));
  return new URLSearchParams(given).toString();
}

/**
 * The question to the server.
 *
 * @param before records before this one, for the next page
 */
export function recordsPath(filters: RecordFilters, limit: number, before?: number): string {
  const query = new URLSearchParams();
  const group = kindGroups.find(({ id }) => id === filters.kind);
  if (filters.kind !== "") query.set("kind", group?.kinds.join(",") ?? filters.kind);
  for (const name of ["by", "of", "subject"] as const) {
    const value = filters[name].trim();
    if (value !== "") query.set(name, value);
  }
  if (filters.until !== "") query.set("until", `${filters.until}T23:59:59.999Z`);
  if (before !== undefined) query.set("before", String(before));
  query.set("limit", String(limit));
  return `/v1/records?${query.toString()}`;
}

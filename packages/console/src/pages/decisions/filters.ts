// SPDX-License-Identifier: Apache-2.0
// What decisions are looked for by, as it stands in the page's address: the names of GET /v1/decisions.

/** All that decisions can be found by. */
export const filterNames = [
  "text",
  "outcome",
  "actor",
  "rule",
  "type",
  "list",
  "label",
  "campaign",
  "domain",
  "from",
  "to",
  "op",
  "language",
  "release",
] as const;
/** One of them. */
export type FilterName = (typeof filterNames)[number];
/** What is asked; what isn't is left out. */
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

/** The outcomes of a decision, the mildest first. */
export const outcomes = ["allow", "flag", "challenge", "delay", "hold", "reject"] as const;

/** What an address asks for; anything else in it is left aside. */
export function readFilters(search: URLSearchParams): Filters {
  const filters: Partial<Record<FilterName, string>> = {};
  for (const name of filterNames) {
    const value = search.get(name)?.trim();
    if (value !== undefined && value !== "") filters[name] = value;
  }
  return filters;
}

/** The address of these, and what the server is asked: names in one order, so that the same is the same. */
export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of filterNames) {
    const value = filters[name]?.trim();
    if (value !== undefined && value !== "") search.set(name, value);
  }
  return search;
}

/** The same with one filter changed, or taken away. */
export function withFilter(filters: Filters, name: FilterName, value: string): Filters {
  const { [name]: _, ...others } = filters;
  return value === "" ? others : { ...others, [name]: value };
}

/** Turns an outcome on or off. */
export function toggleOutcome(filters: Filters, outcome: string): Filters {
  const asked = new Set((filters.outcome ?? "").split(",").filter((each) => each !== ""));
  if (!asked.delete(outcome)) asked.add(outcome);
  return withFilter(filters, "outcome", outcomes.filter((each) => asked.has(each)).join(","));
}

/** Whether what was posted is searched, which is recorded. */
export function isAboutTexts({ text, domain }: Filters): boolean {
  return text !== undefined || domain !== undefined;
}

/** A time of the address (RFC 3339) as an input of date and time shows it, in UTC, and back. */
export function toInput(time: string | undefined): string {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString().slice(0, 16);
}

/** The time that an input of date and time holds, taken for UTC; empty for none. */
export function fromInput(value: string): string {
  const ms = Date.parse(`${value}Z`);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString().replace(".000Z", "Z");
}

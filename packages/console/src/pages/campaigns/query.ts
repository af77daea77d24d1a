// SPDX-License-Identifier: Apache-2.0
// What the page's address asks for.

/** How far back it is looked, before the last decision. */
export const timesOf = [
  { value: "day", title: "1 day" },
  { value: "week", title: "7 days" },
  { value: "month", title: "30 days" },
  { value: "all", title: "All of it" },
] as const;
/** By how many accounts a campaign is, at least. */
export const countsOf = [
  { value: "2", title: "2 accounts" },
  { value: "5", title: "5 accounts" },
  { value: "20", title: "20 accounts" },
  { value: "100", title: "100 accounts" },
] as const;

const dayMs = 86_400_000;
const daysOf: Readonly<Record<string, number>> = { day: 1, month: 30 };

/** The API's path for an address; the server's own default is 7 days before the last decision. */
export function campaignsPath(search: URLSearchParams, nowMs: number = Date.now()): string {
  const query = new URLSearchParams();
  const time = search.get("time");
  const days = daysOf[time ?? ""];
  if (time === "all") query.set("from", new Date(0).toISOString());
  // To the hour, so that the answer is the same for a while.
  else if (days !== undefined)
    query.set("from", new Date(Math.floor((nowMs - days * dayMs) / 3_600_000) * 3_600_000).toISOString());
  for (const name of ["actors", "limit"]) {
    const value = search.get(name);
    if (value !== null && /^\d+$/.test(value)) query.set(name, value);
  }
  return query.size === 0 ? "/v1/campaigns" : `/v1/campaigns?${query.toString()}`;
}

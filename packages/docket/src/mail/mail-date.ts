// SPDX-License-Identifier: Apache-2.0
// The dates of mail (RFC 5322 section 3.3, with the obsolete forms of section 4.3). Not `Date.parse`: it
// takes a date without a zone for one of the machine's own zone.

/** @returns milliseconds since 1970, or undefined for what is no date or lies before 1970 or after 9999 */
export function parseMailDate(written: string): number | undefined {
  const match = pattern.exec(written.slice(0, 256));
  if (match === null) return undefined;
  const [, dayText, monthName, yearText, hour, minute, second = "0", zone = ""] = match;
  const month = months.indexOf((monthName as string).toLowerCase());
  const shortYear = Number(yearText);
  const year = shortYear < 50 ? shortYear + 2000 : shortYear < 1000 ? shortYear + 1900 : shortYear;
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const time = Date.UTC(
    year,
    month,
    Number(dayText),
    Number(hour),
    Number(minute),
    Math.min(59, Number(second)),
  );
  if (new Date(time).getUTCDate() !== Number(dayText)) return undefined;
  const utc = time - zoneMinutes(zone) * 60_000;
  return utc >= 0 && utc <= timeMax ? utc : undefined;
}

const day = /(\d{1,2})[\s-]{1,4}([A-Za-z]{3})[a-z]{0,6}\.?[\s-]{1,4}(\d{4}|\d{2})/;
const hours = /(\d{1,2}):(\d{2})(?::(\d{2}))?/;
const zones = /([+-]\d{4}|[A-Za-z]{1,4})?/;
const pattern = new RegExp(`${day.source}\\s{1,4}${hours.source}\\s{0,4}${zones.source}`);
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const timeMax = Date.UTC(9999, 11, 31);
/** Minutes to add to UTC; zones of other names count as UTC (RFC 5322 section 4.3). */
const namedZones: ReadonlyMap<string, number> = new Map([
  ["EST", -300],
  ["EDT", -240],
  ["CST", -360],
  ["CDT", -300],
  ["MST", -420],
  ["MDT", -360],
  ["PST", -480],
  ["PDT", -420],
]);

function zoneMinutes(zone: string): number {
  const numeric = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  if (numeric === null) return namedZones.get(zone.toUpperCase()) ?? 0;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  return numeric[1] === "-" ? -minutes : minutes;
}

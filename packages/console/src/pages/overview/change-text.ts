// SPDX-License-Identifier: Apache-2.0

/** How a number stands to the one of the period before: "+20%", "as before", "none before". */
export function changeText(now: number, before: number): string {
  if (before === 0) return now === 0 ? "as before" : "none before";
  const percent = Math.round(((now - before) / before) * 100);
  if (percent === 0) return "as before";
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent)}%`;
}

/** A share as people read it: "3.2%". */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (part / whole) * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** A number with its thousands apart. */
export function countText(count: number): string {
  return count.toLocaleString("en-GB");
}

// SPDX-License-Identifier: Apache-2.0
// Plots of reports, as SVG that needs no script. Colours are classes, which the page's style gives.
import { escaped } from "./printable.ts";

/** How wide a plot is, in its own units. */
export const plotWidth = 760;

/** A plot. @param title what it shows, for those who don't see it */
export function plot(title: string, height: number, parts: readonly string[]): string {
  const box = `0 0 ${plotWidth} ${Math.ceil(height)}`;
  return `<svg viewBox="${box}" role="img" aria-label="${escaped(title)}">${parts.join("\n")}</svg>`;
}

/** Parts that say what they are when pointed at. */
export function titled(title: string, inner: string): string {
  return `<g><title>${escaped(title)}</title>${inner}</g>`;
}

/** A rectangle, half a unit wide at least; none without height. */
export function rectangle(x: number, y: number, wide: number, high: number, name: string): string {
  const place = `x="${rounded(x)}" y="${rounded(y)}" width="${rounded(Math.max(0.5, wide))}"`;
  return high <= 0 || wide < 0 ? "" : `<rect ${place} height="${rounded(high)}" class="${name}"/>`;
}

/** A text. */
export function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

/** A number with two decimals at most. */
export function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

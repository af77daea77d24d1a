// SPDX-License-Identifier: Apache-2.0
// A report as a page that stands by itself: no script, nothing from elsewhere, light and dark.
import { hash } from "node:crypto";
import { escaped } from "./printable.ts";

/** The cells of a row; the first one names it. */
export type TableRow = readonly string[];

/** A page. @param parts `style` adds to the style that all pages have; `sections` are HTML */
export function page(parts: {
  title: string;
  head: readonly string[];
  sections: readonly string[];
  style: string;
}): string {
  const { title, head, sections, style } = parts;
  const styles = commonStyle + style;
  const source = `'sha256-${hash("sha256", styles, "base64")}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}">
<title>${escaped(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<pre>${head.map(escaped).join("\n")}</pre>
${sections.join("\n")}
</main>
</body>
</html>
`;
}

/** A section. @param inner HTML */
export function section(title: string, inner: string): string {
  return `<section>\n<h2>${escaped(title)}</h2>\n${inner}\n</section>`;
}

/** What is shown once somebody asks for it. @param inner HTML */
export function folded(title: string, inner: string): string {
  return `<details><summary>${escaped(title)}</summary>${inner}</details>`;
}

/** A paragraph of text. */
export function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>\n`;
}

const numeric = /^[\d,.%() to-]+$/;

/** A table. */
export function table(caption: string, head: TableRow, rows: readonly TableRow[]): string {
  const cell = (text: string, place: number): string => {
    const inner = escaped(text);
    if (place === 0) return `<th scope="row">${inner}</th>`;
    return numeric.test(text) ? `<td class="n">${inner}</td>` : `<td>${inner}</td>`;
  };
  const heads = head.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  const said = escaped(caption);
  const inner = `<caption>${said}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody>`;
  // Wide tables scroll by themselves, for whoever uses the keyboard too.
  const region = `<div class="wide" tabindex="0" role="region" aria-label="${said}">`;
  return `${region}<table>${inner}</table></div>\n`;
}

const commonStyle = `
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #ffffff; --faint: #d9dce1; --quiet: #5b626d;
  --before: #8a94a6; --after: #1f6feb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --faint: #343a43;
  --quiet: #a3abb8; --before: #7d8798; --after: #6aa5ff; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
pre { overflow-x: auto; color: var(--quiet); }
.wide { overflow-x: auto; margin: .75rem 0; } table { border-collapse: collapse; font-size: .87rem; }
caption { text-align: left; color: var(--quiet); padding: .25rem 0; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--faint); text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--quiet); }
.grid { stroke: var(--faint); } .cell { fill: var(--after); stroke: var(--faint); stroke-width: .5; }
.before { fill: var(--before); background: var(--before); }
.after { fill: var(--after); background: var(--after); }
.legend { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; color: var(--quiet); }
.key { display: inline-block; width: .8em; height: .8em; margin-right: .35em; }
details { margin: .5rem 0; }
`;

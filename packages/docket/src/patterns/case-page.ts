// SPDX-License-Identifier: Apache-2.0
// A case file as a page: to read and to print. Everything in it is text to the browser; what is to be checked
// is embedded as data.
import { parseReceipt } from "@docket/protocol";
import { caseSlot, embedCaseFile } from "@docket/verify";
import type { CaseContent } from "@docket/verify";
import { folded, page, paragraph, section, table } from "../page.ts";
import { escaped } from "../printable.ts";

/** The page of a content, with an empty place for the data. */
export function casePage(content: CaseContent): string {
  const { origin, made, by, role, reason, actor, figures, more, entries, decisions, receipts } = content;
  const title = actor === null ? `Case file of ${entries.length} records` : `Case file of ${actor}`;
  const head = [`log    ${origin}`, `made   ${made} by ${by} (${role})`, `why    ${reason}`];
  const sections = [
    paragraph(
      `${entries.length} records${more ? "; there are more, which it leaves out" : ""}. Check it offline: ` +
        "docket verify FILE --key VKEY, with the log's verifier key from a source that you trust.",
    ),
    figures === null
      ? ""
      : section("Figures", table("What the account's decisions came to", ["what", ""], figures)),
    section(
      "Timeline",
      table(
        "Times are UTC; of decisions, when they were decided",
        ["record", "when", "kind", "what"],
        entries.map(({ index, at, kind, says }) => [String(index), at, kind, says]),
      ),
    ),
    section(
      "Decisions in plain words",
      decisions
        .map(({ index, words }) =>
          folded(`Record ${index}`, `<pre class="words">${escapedLines(words)}</pre>`),
        )
        .join("\n"),
    ),
    section("Evidence", evidence(receipts)),
    section(
      "Receipts",
      paragraph(
        "The receipt of each record, to be checked one by one, too: docket verify RECEIPT --key VKEY.",
      ) +
        receipts
          .map((text, place) => folded(`Record ${entries[place]?.index}`, `<pre>${escaped(text)}</pre>`))
          .join("\n"),
    ),
    caseSlot,
  ];
  return page({ title, head, sections, style });
}

/** The page with the case file in its place. */
export function withCaseFile(empty: string, json: string): string {
  return embedCaseFile(empty, json);
}

function evidence(receipts: readonly string[]): string {
  const opened = receipts.flatMap((text) => {
    const { leaf, opening = [] } = parseReceipt(`${text}\n`);
    const { index } = JSON.parse(leaf) as { index: number };
    return opening.map(({ name, plaintext }) => {
      const title = `Record ${index}: ${name}`;
      return folded(title, `<pre class="words">${escapedLines(plaintext)}</pre>`);
    });
  });
  return opened.length === 0 ? paragraph("None is included.") : opened.join("\n");
}

function escapedLines(text: string): string {
  return text.split("\n").map(escaped).join("\n");
}

const style = `
pre.words { white-space: pre-wrap; overflow-wrap: anywhere; color: var(--ink); }
td { overflow-wrap: anywhere; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; } details { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; } main { max-width: none; } }
`;

// SPDX-License-Identifier: Apache-2.0
// An export of everything about one actor as a page, for the person it is about.
import { folded, page, paragraph, section, table } from "../page.ts";
import { escaped } from "../printable.ts";
import type { SubjectExport, SubjectRecord } from "./subject-export.ts";

/** The page. @param exported all pages of the export as one */
export function subjectPage(exported: SubjectExport): string {
  const { actor, account, log, exported: at, standing, records, withheld } = exported;
  const head = [
    `account  ${account ?? "-"}`,
    `actor    ${actor}`,
    `log      ${log.origin}`,
    `made     ${at}`,
  ];
  const intro = [
    `${records.length} records are about this account. In the log it stands under the pseudonym ` +
      `${actor}; what it wrote is sealed under a key of its own.`,
    withheld === 0 ? "" : `${withheld} more are kept back until a time, by an order.`,
    "Each record has a receipt in the folder receipts: docket verify receipts/INDEX.json --key log.vkey " +
      "shows that it stands in the log as it is here, and opens what belongs to it.",
  ].filter((text) => text !== "");
  return page({
    title: `What is known of ${account ?? actor}`,
    head,
    sections: [
      intro.map(paragraph).join(""),
      section("Standing", standingOf(standing)),
      section("Records", records.map(recordOf).join("\n")),
    ],
    style: "\n.words { white-space: pre-wrap; color: var(--ink); }\n",
  });
}

function standingOf({ strikes, restrictions, links }: SubjectExport["standing"]): string {
  const rows = [
    ...strikes.map(({ policy, rule, count, at }) => ["strike", `${policy}/${rule}, ${count}`, at]),
    ...restrictions.map((each) => [each.kind, "until" in each ? `until ${each.until}` : "for good", each.id]),
    ...links.map(({ relation, actor, at }) => ["linked", `${relation} as ${actor}`, at]),
  ];
  if (rows.length === 0) return paragraph("No strikes, no restrictions.");
  return table("What counts now", ["what", "", ""], rows);
}

function recordOf(record: SubjectRecord): string {
  const { index, at, kind, evidence, gone, explanation } = record;
  const words =
    explanation === null
      ? []
      : [
          explanation.outcomeWords,
          ...explanation.reasons.map(({ text }) => text),
          ...explanation.disclosed.map((each) => JSON.stringify(each)),
          ...explanation.restrictions.map((each) => each.words),
          explanation.next ?? "",
          explanation.object,
        ];
  const parts = Object.entries(evidence).map(
    ([name, value]) => `${titles[name] ?? name}\n${JSON.stringify(value, null, 2)}`,
  );
  const said = [
    ...words.filter((text) => text !== ""),
    ...parts,
    ...gone.map((name) => `${titles[name] ?? name}: it is gone.`),
    `The record\n${JSON.stringify(record.record, null, 2)}`,
  ];
  const inner = said.map((text) => `<pre class="words">${escapedLines(text)}</pre>`).join("\n");
  return folded(`${at}  ${kind}, record ${index}`, inner);
}

function escapedLines(text: string): string {
  return text.split("\n").map(escaped).join("\n");
}

const titles: Readonly<Record<string, string>> = {
  content: "What was sent",
  personalFacts: "What was read of it",
  disclosed: "What the account is told",
};

// SPDX-License-Identifier: Apache-2.0
// Erasures and holds in words.
import type { ErasurePreview, ErasureView, HoldView } from "../../erasure/contract.ts";

/** What an erasure would take. */
export function previewText(preview: ErasurePreview): string {
  const { actor, decisions, lastDecided, openDisputes, disputableUntil, holds, suppressed, lists } = preview;
  const lines = [
    `${actor}: ${decisions} decisions${lastDecided === null ? "" : `, the last of ${lastDecided}`}.`,
    ...holds.map((hold) => `BLOCKED by legal hold ${hold}: docket hold lift ${hold}`),
    ...openDisputes.map(
      (dispute) => `BLOCKED by dispute ${dispute}, which is open: rule on it, or --despite-dispute`,
    ),
    ...(disputableUntil === null
      ? []
      : [`They may object until ${disputableUntil}; erased, they can't show any more what it was about.`]),
    ...suppressed.map((each) => {
      const until = "until" in each ? `until ${each.until}` : "for good";
      return `Lives on under a keyed hash: ${each.kind} ${until} (${each.ground}).`;
    }),
    ...(lists.length === 0 ? [] : [`Taken out of lists: ${lists.join(", ")}.`]),
    "Goes:",
    ...preview.goes.map((each) => `  ${each}`),
    "Stays:",
    ...preview.stays.map((each) => `  ${each}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** An erasure, after it was ordered. */
export function erasureText({ erasure, actor, state, suppressed, done }: ErasureView): string {
  if (state === "ordered" || done === null) {
    return (
      `Ordered as record ${erasure}, and not complete yet: ${actor}. ` +
      "It is tried again, at the latest at the next start.\n"
    );
  }
  const kept =
    suppressed === 0 ? "" : ` ${suppressed} restrictions in force live on under a keyed hash of the account.`;
  return (
    `Erased: ${actor}, ordered as record ${erasure}, done as record ${done.index}. ` +
    `Its tombstone lies with the keys, outside of the data's backups.${kept}\n`
  );
}

/** A hold. */
export function holdText({ hold, actor, ground, by, placed, lifted }: HoldView): string {
  const over = lifted === null ? "" : `; lifted at ${lifted.at} by ${lifted.by}, record ${lifted.index}`;
  return `${hold}  ${actor ?? "everybody"}  ${ground}, placed at ${placed} by ${by}${over}\n`;
}

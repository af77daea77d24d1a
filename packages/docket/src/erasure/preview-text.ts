// SPDX-License-Identifier: Apache-2.0
// What an erasure takes away and what it leaves, in words: for the preview, and docs/operations/erasure.md.

/** What is destroyed. */
export const goes: readonly string[] = [
  "the way from the account's id to the pseudonym",
  "the actor's key, and with it the texts, account id, addresses and reasons of every record about them",
  "what they wrote in disputes and reports",
  "their strikes and standing, messages to webhooks that wait, and their place on lists of actors",
  "segments of the journal that hold their key, and the key under which the file of keys was sealed",
];

/** What is left. @param suppressed restrictions in force */
export function stays(suppressed: number): string[] {
  const kept =
    suppressed === 0
      ? []
      : [`${suppressed} restrictions in force, under a keyed hash of the account, until they end`];
  return [
    "the records, under a pseudonym that leads to nobody: what was decided, when, by which rules",
    "facts that are not personal: counts, keyed hashes, results of clauses",
    "what others wrote, which is theirs, and notes of the people who run the site",
    "receipts and openings that were given out: they verify and open for whoever holds them",
    ...kept,
  ];
}

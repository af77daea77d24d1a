// SPDX-License-Identifier: Apache-2.0
// A labelled text as training takes it.
import type { ModelText } from "@docket/policy";
import type { Example } from "@docket/policy/training";
import type { RowNotes } from "./row.ts";

/**
 * The example that a labelled text is. What a file calls its group is left out: it may give the label away,
 * and says nothing of which texts belong together.
 */
export function exampleOf(labelled: {
  readonly text: ModelText;
  readonly spam: boolean;
  readonly notes: Pick<RowNotes, "actor">;
}): Example {
  const { text, spam, notes } = labelled;
  return { ...text, spam, ...(notes.actor !== undefined && { actor: notes.actor }) };
}

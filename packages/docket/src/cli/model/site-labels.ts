// SPDX-License-Identifier: Apache-2.0
// The labelled decisions of a data directory, as commands about models read them.
import { readInstallation } from "../../installation.ts";
import { noteRead } from "../note-read.ts";
import { labelledDecisions } from "../label/labelled-decisions.ts";
import { siteExamples } from "../../models/learning.ts";
import type { SiteExamples } from "../../models/learning.ts";
import type { Progress } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

/** Reads the labels in force of a data directory, and says what is not learned from. */
export async function readSiteExamples(
  data: string,
  { terminal, progress }: { terminal: Terminal; progress: Progress },
): Promise<SiteExamples> {
  progress.step(`Reading the labels of ${data}`);
  try {
    const installation = readInstallation(data);
    const decisions = labelledDecisions(installation, (done, total) => progress.update(done, total));
    const examples = await siteExamples(decisions);
    const count = examples.learned.length + examples.heldOut.length;
    if (count > 0) noteRead(installation, { what: "labelledTexts", count }, terminal.clock());
    progress.end();
    terminal.stderr.write(leftOutText(examples));
    return examples;
  } finally {
    progress.end();
  }
}

function leftOutText({ heldOut, leftOut }: SiteExamples): string {
  const { unsure, untrusted, textless, overLimit } = leftOut;
  const said: (readonly [number, string])[] = [
    [heldOut.length, "labelled texts are held out, for `docket model publish`"],
    [unsure, 'labels say "unsure"'],
    [untrusted, "labels come from users, and are not learned from"],
    [textless, "labelled decisions have no text, or it is erased"],
    [overLimit, "labelled texts are over the limits for one account or one text"],
  ];
  return said.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}.\n`])).join("");
}

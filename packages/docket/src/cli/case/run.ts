// SPDX-License-Identifier: Apache-2.0
// `docket case`: makes a case file.
import { writeFile } from "node:fs/promises";
import { DocketError } from "../../error.ts";
import type { CaseFileMade, CaseWish } from "../../patterns/case-file.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket case` is told. */
export type CaseOptions = {
  subject: readonly string[];
  reason: string;
  output?: string | undefined;
  evidence?: true | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/**
 * Runs `docket case`.
 *
 * @throws {DocketError} `usage`, `not_found`
 */
export async function runCase(options: CaseOptions, terminal: Terminal): Promise<number> {
  const made = await makeCase(options, terminal);
  const text = options.json === true ? made.json : made.html;
  if (options.output === undefined) await write(terminal, text);
  else await writeFile(options.output, text, { mode: 0o600 });
  const { records, index } = made;
  terminal.stderr.write(`A case file of ${records} records; that it was made is record ${index}.\n`);
  return exitFine;
}

async function makeCase(options: CaseOptions, terminal: Terminal): Promise<CaseFileMade> {
  const { url, apiKey, data } = options;
  const wish = wishOf(options);
  if (url !== undefined) return askServer<CaseFileMade>({ url, apiKey }, "v1/cases", wish);
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    return await opened.patterns.caseFile({ by: "operator", role: "operator" }, wish);
  } finally {
    await opened.close();
  }
}

function wishOf({ subject, reason, evidence }: CaseOptions): CaseWish {
  const withEvidence = evidence === true ? { withEvidence: true } : {};
  if (subject.every((each) => /^\d{1,16}$/.test(each))) {
    return { records: subject.map(Number), reason, ...withEvidence };
  }
  const [actor, ...others] = subject;
  if (actor === undefined || others.length > 0) {
    throw new DocketError("usage", "name one account, or indexes of records");
  }
  return { actor, reason, ...withEvidence };
}

// SPDX-License-Identifier: Apache-2.0
// `docket subject export`: everything about one actor as files in a new directory.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeReceipt } from "@docket/protocol";
import type { SubjectExport, SubjectQuery } from "../../erasure/subject-export.ts";
import { subjectRecordsMax } from "../../erasure/subject-export.ts";
import { subjectPage } from "../../erasure/subject-page.ts";
import { DocketError } from "../../error.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { aboutOf } from "./run.ts";
import type { Where } from "./run.ts";

/** What `docket subject export` is told. */
export type SubjectOptions = Where & {
  account: string;
  output: string;
  reason: string;
  language: "en" | "de";
};

const operator = { by: "operator", role: "operator" } as const;

/**
 * Runs `docket subject export`.
 *
 * @throws {DocketError} `not_found`; `usage` if the directory is there already; what a server answers
 */
export async function runSubjectExport(options: SubjectOptions, terminal: Terminal): Promise<number> {
  const { output, json } = options;
  // Nothing is read that there would be no place for.
  await mkdir(output, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new DocketError("usage", `${output} can't be made (${error.code}): name a new directory`);
  });
  const exported = await allPages(options, terminal);
  await mkdir(join(output, "receipts"), { mode: 0o700 });
  const keep = (name: string, text: string): Promise<void> =>
    writeFile(join(output, name), text, { mode: 0o600, flag: "wx" });
  for (const { index, receipt } of exported.records) {
    await keep(join("receipts", `${index}.json`), encodeReceipt(receipt));
  }
  await keep("export.json", `${JSON.stringify(exported, null, 2)}\n`);
  await keep("log.vkey", `${exported.log.keys.join("\n")}\n`);
  await keep("index.html", subjectPage(exported));
  const { actor, records, withheld } = exported;
  const said = { actor, records: records.length, withheld, directory: output };
  const where = `${output}: open ${join(output, "index.html")}`;
  const text = `Exported ${records.length} records about ${actor} to ${where}.\n`;
  await write(terminal, json === true ? `${JSON.stringify(said)}\n` : text);
  return exitFine;
}

async function allPages(options: SubjectOptions, terminal: Terminal): Promise<SubjectExport> {
  const { url, apiKey, data, reason, account, language } = options;
  if (url !== undefined) {
    const server = { url, apiKey, reason };
    return gather((after) => {
      const query = new URLSearchParams({ language, limit: String(subjectRecordsMax) });
      if (after !== undefined) query.set("after", String(after));
      return askServer(server, `v1/subjects/${encodeURIComponent(account)}/export?${query.toString()}`);
    });
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const about = aboutOf(account);
    const exported = await gather((after) => {
      const query: SubjectQuery = { about, language, after, limit: subjectRecordsMax };
      return opened.subjects.export(query);
    });
    const { actor: subject, records } = exported;
    const count = Math.max(1, records.length);
    // On record before anything is written.
    await opened.readings.note(operator, { what: "subjectExport", subject, count, reason });
    return exported;
  } finally {
    await opened.close();
  }
}

/** All pages as one. */
async function gather(page: (after: number | undefined) => Promise<SubjectExport>): Promise<SubjectExport> {
  const first = await page(undefined);
  let { next } = first;
  while (next !== null) {
    const more: SubjectExport = await page(next);
    first.records.push(...more.records);
    first.withheld += more.withheld;
    next = more.next;
  }
  return { ...first, next: null };
}

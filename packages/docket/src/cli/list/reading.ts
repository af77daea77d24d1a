// SPDX-License-Identifier: Apache-2.0
// `docket list ls`, `show`, `log`, `check` and `export`.
import type { Readable } from "node:stream";
import { formatListLine } from "@docket/policy";
import type { ListSummary } from "../../lists/contract.ts";
import type { EntryView, ListChangeView } from "../../lists/contract.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { openListDesk } from "./desk.ts";
import type { ListCommandDesk, ListWhere } from "./desk.ts";

/** Entries that `export` asks for at once. */
const pageEntries = 10_000;
/** Longest text that is read from standard input to be looked up, in bytes. */
const inputBytesMax = 1_048_576;

type Printed = ListWhere & { json?: true | undefined };

/** Prints the lists. */
export async function runListLs(options: Printed, terminal: Terminal): Promise<number> {
  const lists = await withDesk(options, terminal, (desk) => desk.all());
  if (options.json === true) await write(terminal, `${JSON.stringify(lists)}\n`);
  else if (lists.length === 0) {
    await write(terminal, "No policy in force declares a list. Declare one under lists: in a policy.\n");
  } else {
    const rows = lists.map(({ name, kind, size, fromFile, version }) => {
      return [name, kind, String(size), fromFile ? "file" : "", version];
    });
    await write(
      terminal,
      alignColumns([["NAME", "KIND", "ENTRIES", "FROM", "VERSION"], ...rows], new Set([2])),
    );
  }
  return exitFine;
}

/** Prints a list and entries of it. */
export async function runListShow(
  options: Printed & { name: string; q?: string | undefined; after?: string | undefined; limit: number },
  terminal: Terminal,
): Promise<number> {
  const { name, q, after, limit } = options;
  const shown = await withDesk(options, terminal, async (desk) => {
    const summary = await desk.summary(name);
    const entries: EntryView[] = [];
    let from = after;
    // A page may hold fewer than asked for, where few entries hold the text.
    do {
      const page = await desk.entries(name, { after: from, q, limit: limit - entries.length });
      entries.push(...page.entries);
      from = page.next ?? undefined;
    } while (from !== undefined && entries.length < limit);
    return { summary, entries, next: from ?? null };
  });
  if (options.json === true) await write(terminal, `${JSON.stringify(shown)}\n`);
  else await write(terminal, summaryText(shown.summary) + entriesText(shown.entries, shown.next));
  return exitFine;
}

/** Prints the changes of a list. */
export async function runListLog(
  options: Printed & { name: string; limit: number; before?: number | undefined },
  terminal: Terminal,
): Promise<number> {
  const { name, limit, before } = options;
  const changes = await withDesk(options, terminal, (desk) => desk.log(name, limit, before));
  if (options.json === true) {
    await write(terminal, changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  } else if (changes.length === 0) {
    terminal.stderr.write(
      `Nobody changed ${name} by hand${before === undefined ? "" : ` before record ${before}`}.\n`,
    );
  } else await write(terminal, changes.map(changeText).join("\n"));
  return exitFine;
}

/** Says which lists a value hits. */
export async function runListCheck(
  options: Printed & { value: string; list?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const value = options.value === "-" ? await readText(terminal.stdin) : options.value;
  const hits = await withDesk(options, terminal, (desk) => desk.check(value, options.list));
  if (options.json === true) await write(terminal, `${JSON.stringify(hits)}\n`);
  else if (hits.length === 0) terminal.stderr.write("No list has it.\n");
  else {
    const rows = hits.flatMap(({ list, kind, entries }) =>
      entries.map((entry) => [list, kind, plain(entry)]),
    );
    await write(terminal, alignColumns(rows));
  }
  return hits.length === 0 ? exitWrong : exitFine;
}

/** Prints all entries, as a file that can be imported. */
export async function runListExport(
  options: ListWhere & { name: string },
  terminal: Terminal,
): Promise<number> {
  const { name } = options;
  await withDesk(options, terminal, async (desk) => {
    const { kind, version, size } = await desk.summary(name);
    await write(terminal, `# ${name}: ${size} entries of kind ${kind}, version ${version}\n`);
    let after: string | undefined;
    do {
      const { entries, next } = await desk.entries(name, { after, limit: pageEntries });
      const lines = entries.map(({ value, until }) => {
        const entry = until === null ? { value } : { value, untilMs: Date.parse(until) };
        return `${formatListLine(kind, entry)}\n`;
      });
      await write(terminal, lines.join(""));
      after = next ?? undefined;
    } while (after !== undefined && !terminal.outputGone.aborted);
  });
  return exitFine;
}

/** Opens the lists, uses them, and closes them again. */
export async function withDesk<T>(
  where: ListWhere,
  terminal: Terminal,
  use: (desk: ListCommandDesk) => Promise<T>,
): Promise<T> {
  const desk = await openListDesk(where, terminal);
  try {
    return await use(desk);
  } finally {
    await desk.close();
  }
}

function summaryText({ name, kind, version, size, fromFile, memoryBytes }: ListSummary): string {
  const rows = [
    ["kind", kind],
    ["entries", `${size}, in ${Math.ceil(memoryBytes / 1024)} KiB of memory`],
    ["from", fromFile ? "a file of the policy directory, and changes" : "changes"],
    ["version", version],
  ];
  return `List ${name}\n${alignColumns(rows.map((row) => ["", ...row]))}`;
}

function entriesText(entries: readonly EntryView[], next: string | null): string {
  if (entries.length === 0) return "";
  const rows = entries.map(({ value, until }) => ["", plain(value), until === null ? "" : `until ${until}`]);
  const more = next === null ? "" : `More: --after ${JSON.stringify(entries.at(-1)?.value)}\n`;
  return `\n${alignColumns(rows)}${more}`;
}

const glassStands = {
  open: "it reverts then unless it is approved",
  confirmed: "it stays",
  reverted: "reverted",
};

function changeText(change: ListChangeView): string {
  const { index, at, by, why, added, removed, add, remove, glass } = change;
  const more = (all: number, shown: number): string => (all > shown ? `  and ${all - shown} more\n` : "");
  const lines = [
    `Record ${index}, ${at}, by ${by}: ${plain(why ?? "(why is gone)")}\n`,
    ...change.approvals.map((approval) => {
      const who = `${approval.by}${approval.alone ? " alone" : ""}`;
      return `  approved by ${who}, ${approval.at} (record ${approval.index})\n`;
    }),
    glass === null ? "" : `  for a time, until ${change.until}: ${glassStands[glass]}\n`,
    ...add.map(({ value, until }) => `  + ${plain(value)}${until === null ? "" : ` until ${until}`}\n`),
    more(added, add.length),
    ...remove.map((value) => `  - ${plain(value)}\n`),
    more(removed, remove.length),
  ];
  return lines.join("");
}

/** What somebody wrote, without what would move the cursor of whoever reads it. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ");
}

async function readText(input: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of input) {
    pieces.push(Buffer.from(piece as Uint8Array));
    bytes += (piece as Uint8Array).length;
    if (bytes > inputBytesMax) break;
  }
  return Buffer.concat(pieces).toString("utf8").trim();
}

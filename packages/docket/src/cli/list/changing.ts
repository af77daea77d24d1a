// SPDX-License-Identifier: Apache-2.0
// `docket list add`, `remove` and `import`.
import { readFileSync } from "node:fs";
import { formatListProblem, readListFile } from "@docket/policy";
import type { ListEntry, ListKind } from "@docket/policy";
import { DocketError } from "../../error.ts";
import type { ListChanged, ListChangePreview, ListSummary } from "../../lists/contract.ts";
import { listText } from "../../lists/files.ts";
import type { WishedChange } from "../../lists/site-lists.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import type { ListCommandDesk, ListWhere } from "./desk.ts";
import { withDesk } from "./reading.ts";

/** Most entries, and about the most characters, of one change: a longer file takes several. */
const changeEntries = 50_000;
const changeLength = 2_000_000;
/** Entries that are asked for at once. */
const pageEntries = 10_000;
/** Most mistakes of a file that are printed. */
const problemsShownMax = 50;

type Changing = ListWhere & {
  name: string;
  /** Needed, but with `preview`. */
  why?: string | undefined;
  /** Only say what the change would have done. */
  preview?: true | undefined;
  json?: true | undefined;
  breakGlass?: true | undefined;
  /** With `breakGlass`: for how long, in ms. */
  for?: number | undefined;
};

/** Puts entries in. */
export async function runListAdd(
  options: Changing & { entries: readonly string[]; until?: number | undefined },
  terminal: Terminal,
): Promise<number> {
  const { entries, until: untilMs } = options;
  const add = entries.map((value) => (untilMs === undefined ? { value } : { value, untilMs }));
  return change(options, { add, remove: [] }, terminal);
}

/** Takes entries out. */
export async function runListRemove(
  options: Changing & { entries: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  return change(options, { add: [], remove: options.entries }, terminal);
}

/** Puts the entries of a file in. */
export async function runListImport(
  options: Changing & { why: string; file: string; until?: number | undefined; replace?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const { name, file, why, replace, json } = options;
  const glass = glassOf(options);
  // Before a directory is opened, or a server asked.
  const text = listText(file === "-" ? await readInput(terminal) : readInputFile(file), file);
  const made = await withDesk(options, terminal, async (desk) => {
    const { kind } = await desk.summary(name);
    const add = entriesOf(kind, text, file, options.until);
    const remove = replace === true ? await surplus(desk, name, kind, add) : [];
    const changes: ListChanged[] = [];
    for (const wished of pieces(add, remove)) changes.push(await desk.change(name, wished, why, glass));
    return { changes, summary: await desk.summary(name), entries: add.length };
  });
  if (json === true) await write(terminal, `${JSON.stringify(made)}\n`);
  else await write(terminal, importText(made, file));
  return exitFine;
}

async function change(options: Changing, wished: WishedChange, terminal: Terminal): Promise<number> {
  const { name, why, json } = options;
  if (options.preview === true) return preview(options, wished, terminal);
  if (why === undefined) throw new DocketError("usage", "say why, with --why: it is sealed with the change");
  const glass = glassOf(options);
  const changed = await withDesk(options, terminal, (desk) => desk.change(name, wished, why, glass));
  if (json === true) await write(terminal, `${JSON.stringify(changed)}\n`);
  else await write(terminal, changedText(changed, wished));
  return exitFine;
}

async function preview(options: Changing, wished: WishedChange, terminal: Terminal): Promise<number> {
  const { name, json } = options;
  const previewed = await withDesk(options, terminal, (desk) => desk.preview(name, wished));
  await write(terminal, json === true ? `${JSON.stringify(previewed)}\n` : previewText(previewed));
  return exitFine;
}

function previewText({ list, added, removed, restrictsMore, preview: found }: ListChangePreview): string {
  if (found === null) return `${list} is so already: nothing would change.\n`;
  const lines = [`${list} would have ${added} more and ${removed} fewer entries. Nothing was changed.`];
  if (restrictsMore) lines.push("It may restrict somebody who is not restricted now.");
  if (!found.ran) return `${lines.join("\n")}\nThe last week was not decided again: ${found.why}.\n`;
  const { from, to, events, outcomes, rules, notes } = found;
  lines.push(`${events} events from ${from} to ${to} would be decided so:`);
  for (const [outcome, count] of Object.entries(outcomes.after)) {
    const before = outcomes.before[outcome] ?? 0;
    if (before !== count) lines.push(`  ${outcome}  ${before}, then ${count}`);
  }
  for (const { rule, before, after } of rules) {
    if (before !== after) lines.push(`  ${rule}  ${before} hits, then ${after}`);
  }
  const isSame = rules.every(({ before, after }) => before === after);
  if (isSame) lines.push("  no rule would have hit otherwise");
  lines.push(...notes);
  return `${lines.join("\n")}\n`;
}

function glassOf({ breakGlass, for: forMs }: Changing): { forMs?: number | undefined } | undefined {
  if (breakGlass === true) return { forMs };
  if (forMs === undefined) return undefined;
  throw new DocketError("usage", "--for belongs to --break-glass: how long the change stays unless approved");
}

function changedText(changed: ListChanged, { add, remove }: WishedChange): string {
  const { list, added, removed, index, release, inForce } = changed;
  if (index === null) {
    const how = add.length > 0 && remove.length === 0 ? "has it" : "is so";
    return `Nothing changed: ${list} ${how} already.\n`;
  }
  const what = inForce
    ? `${added} added, ${removed} removed; record ${index}, release ${release}`
    : `proposed, not in force: ${added} to add, ${removed} to remove`;
  return `${list}: ${what}\n${waitText([changed])}`;
}

/** What is to be done about changes that wait, or revert by themselves. */
function waitText(changes: readonly ListChanged[]): string {
  return changes
    .map(({ index, inForce, until, approvalsNeeded }) => {
      const approve = `docket policy approve ${index}`;
      const who = `${approvalsNeeded} ${approvalsNeeded === 1 ? "approval" : "approvals"} by others`;
      if (until !== null) return `It reverts by itself at ${until}, unless it is approved: ${approve}\n`;
      return inForce ? "" : `Next: ${approve} (${who})\n`;
    })
    .join("");
}

function importText(
  { changes, summary, entries }: { changes: readonly ListChanged[]; summary: ListSummary; entries: number },
  file: string,
): string {
  const made = changes.filter(({ index }) => index !== null);
  const waits = made.some(({ inForce }) => !inForce);
  const added = made.reduce((sum, each) => sum + each.added, 0);
  const removed = made.reduce((sum, each) => sum + each.removed, 0);
  const records = made.map(({ index }) => index).join(", ");
  const done = waits
    ? `proposed, not in force: ${added} to add, ${removed} to remove`
    : `${added} added, ${removed} removed`;
  const how = made.length === 0 ? "nothing to change" : `${done}; record ${records}`;
  const now = `${summary.name} has ${summary.size} entries now.\n`;
  return `${entries} entries in ${file}: ${how}\n${now}${waitText(made)}`;
}

function entriesOf(
  kind: ListKind,
  text: string,
  file: string,
  untilMs: number | undefined,
): readonly ListEntry[] {
  const { entries, problems } = readListFile(kind, text, file);
  if (problems.length > 0) {
    const shown = problems.slice(0, problemsShownMax).map(formatListProblem);
    if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
    throw new DocketError("policy_invalid", `nothing was changed:\n${shown.join("\n")}`);
  }
  if (untilMs === undefined) return entries;
  return entries.map((entry) => (entry.untilMs === undefined ? { ...entry, untilMs } : entry));
}

/** What the list has and the file does not. */
async function surplus(
  desk: ListCommandDesk,
  name: string,
  kind: ListKind,
  wanted: readonly ListEntry[],
): Promise<string[]> {
  if (kind === "actor") {
    const message = `${name} holds keyed hashes of account ids: what a file lacks can't be told`;
    throw new DocketError("usage", message);
  }
  const kept = new Set(wanted.map(({ value }) => value));
  const remove: string[] = [];
  let after: string | undefined;
  do {
    const { entries, next } = await desk.entries(name, { after, limit: pageEntries });
    for (const { value } of entries) if (!kept.has(value)) remove.push(value);
    after = next ?? undefined;
  } while (after !== undefined);
  return remove;
}

/** Changes that are each within the limits; entries that come again are in one of them only. */
function* pieces(add: readonly ListEntry[], remove: readonly string[]): Generator<WishedChange> {
  const latest = new Map<string, ListEntry>();
  for (const entry of add) {
    const before = latest.get(entry.value);
    const endsEarlier = before !== undefined && (before.untilMs ?? Infinity) >= (entry.untilMs ?? Infinity);
    if (!endsEarlier) latest.set(entry.value, entry);
  }
  let piece: { add: ListEntry[]; remove: string[]; length: number } = { add: [], remove: [], length: 0 };
  const all: readonly (ListEntry | string)[] = [...remove, ...latest.values()];
  for (const each of all) {
    const length = (typeof each === "string" ? each : each.value).length + 64;
    if (piece.add.length + piece.remove.length >= changeEntries || piece.length + length > changeLength) {
      yield piece;
      piece = { add: [], remove: [], length: 0 };
    }
    if (typeof each === "string") piece.remove.push(each);
    else piece.add.push(each);
    piece.length += length;
  }
  if (piece.add.length + piece.remove.length > 0) yield piece;
}

function readInputFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new DocketError("usage", `cannot read ${file}: ${code}`, { cause: error });
  }
}

async function readInput({ stdin }: Terminal): Promise<Uint8Array> {
  const read: Buffer[] = [];
  for await (const piece of stdin) read.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(read);
}

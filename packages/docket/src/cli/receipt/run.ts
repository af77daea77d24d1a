// SPDX-License-Identifier: Apache-2.0
// Fetches the receipt of a record, and refreshes one that somebody holds.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { encodeReceipt, parseLeaf, parseReceipt, receiptBytesMax } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import { parseCheckpoint, parseNote, parseProof } from "@docket/tlog";
import { anchoredReceiptFormat, encodeAnchoredReceipt } from "@docket/verify";
import type { AnchoredReceipt } from "@docket/verify";
import { DocketError } from "../../error.ts";
import { readInstallation } from "../../installation.ts";
import { proveRecord, refreshReceipt } from "../../publication/refresh.ts";
import type { CheckpointChoice } from "../../publication/refresh.ts";
import { intervalOf } from "../anchor/run.ts";
import { exitFine } from "../failure.ts";
import { openReadPublication } from "../log-publication.ts";
import { openPublished } from "../published.ts";
import { ask } from "../reading.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Fetches the receipt of a record. */
export async function runReceipt(
  options: Where & {
    index: number;
    checkpoint?: CheckpointChoice | undefined;
    anchored?: true | undefined;
    output?: string | undefined;
  },
  terminal: Terminal,
): Promise<number> {
  const { output, anchored } = options;
  const text =
    anchored === true
      ? encodeAnchoredReceipt(await fetchAnchored(options, terminal))
      : encodeReceipt(await fetchReceipt(options, terminal));
  if (output === undefined) await write(terminal, text);
  else writeFile(output, text);
  return exitFine;
}

/** Puts a refreshed receipt in the place of the one that is held. Nothing is changed if that fails. */
export async function runReceiptRefresh(
  options: Where & { file: string; checkpoint: CheckpointChoice; output?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const { file, output = file } = options;
  const held = parseReceipt(readFile(file));
  const { index } = parseLeaf(held.leaf);
  const refreshed = refreshReceipt(held, await fetchReceipt({ ...options, index }, terminal));
  replaceFile(output, encodeReceipt(refreshed));
  const { checkpoint } = parseProof(refreshed.proof);
  const { text, signatures } = parseNote(checkpoint);
  const { origin, size } = parseCheckpoint(text);
  const others = signatures.filter(({ name }) => name !== origin).map(({ name }) => name);
  const signed = others.length === 0 ? "not cosigned" : `cosigned by ${[...new Set(others)].join(", ")}`;
  await write(
    terminal,
    `${output}: record ${index}, proved to the checkpoint of ${size} records, ${signed}\n`,
  );
  return exitFine;
}

// The record is proved to the very checkpoint that was stamped, and so is the stamped record before it.
async function fetchAnchored(
  options: Where & { index: number },
  terminal: Terminal,
): Promise<AnchoredReceipt> {
  const { index } = options;
  const { notBefore, notAfter } = await intervalOf(options, index);
  if (notAfter === null) {
    throw new DocketError("not_found", `no outside time-stamp covers record ${index} yet; docket anchor now`);
  }
  const anchor = parseLeaf((await fetchReceipt({ ...options, index: notAfter.anchor }, terminal)).leaf);
  if (anchor.kind !== "anchor") throw new DocketError("internal", `record ${notAfter.anchor} is no anchor`);
  const { size: checkpoint, source, name, stampedAt, accuracyMs, stamp, request } = anchor;
  const over = { index: anchor.index, source, name, stampedAt, accuracyMs, stamp, request };
  const receipt = await fetchReceipt({ ...options, checkpoint }, terminal);
  const under =
    notBefore === null
      ? null
      : await fetchReceipt({ ...options, index: notBefore.anchor, checkpoint }, terminal);
  return { format: anchoredReceiptFormat, receipt, over, under };
}

async function fetchReceipt(
  options: Where & { index: number; checkpoint?: CheckpointChoice | undefined },
  { clock }: Terminal,
): Promise<Receipt> {
  const { data, url, apiKey, index, checkpoint } = options;
  if (url !== undefined) {
    const query = checkpoint === undefined ? "" : `?checkpoint=${checkpoint}`;
    // What a server sent is checked in form only; whether it is true says `docket verify`.
    return parseReceipt(await ask(url, `v1/receipts/${index}${query}`, apiKey));
  }
  const receipt = await (await openPublished(data)).receipt(index);
  if (checkpoint === undefined) return receipt;
  const { checkpoints, tree } = openReadPublication(readInstallation(data), clock);
  return { ...receipt, proof: await proveRecord(checkpoints, tree, index, checkpoint) };
}

function readFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw unusable("read", path, error);
  }
  if (bytes.length > receiptBytesMax) {
    throw new DocketError("receipt_invalid", `${path} is longer than a receipt may be`);
  }
  return bytes.toString("utf8");
}

function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unusable("write", path, error);
  }
}

// The old receipt may be the only one that its holder has: it goes when the new one is on the disk.
function replaceFile(path: string, text: string): void {
  try {
    writeFileSync(`${path}.tmp`, text, { flush: true });
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    throw unusable("write", path, error);
  }
}

function unusable(what: string, path: string, error: unknown): DocketError {
  const { code } = error as NodeJS.ErrnoException;
  return new DocketError("usage", `cannot ${what} ${path}: ${code}`, { cause: error });
}

// SPDX-License-Identifier: Apache-2.0
// The texts that a command is given: files of lines, and mails as files or in directories.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ModelKind, ModelText } from "@docket/policy";
import { ProtocolError } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { mailText } from "../../models/mail-text.ts";
import { labelOf, readRow, rowBytesMax, withoutMark } from "../../models/row.ts";
import type { RowNotes } from "../../models/row.ts";
import type { Line } from "../../http/lines.ts";
import { openInput } from "../decide/input.ts";
import type { Progress } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

/** Most mails that are looked for below directories. */
const mailsMax = 1_000_000;
/** The first mistakes are said one by one; of the others only how many there are. */
const faultsSaidMax = 5;

/** Where a command's texts are. */
export type TextInputs = {
  /** Files of lines, `-` for standard input. */
  in?: readonly string[] | undefined;
  /** Mails that are spam: files, or directories of them. */
  spam?: readonly string[] | undefined;
  /** Mails that are not. */
  ham?: readonly string[] | undefined;
};

/** A text that is labelled. */
export type LabelledText = { readonly text: ModelText; readonly spam: boolean; readonly notes: RowNotes };

/** What was read, and what was not. */
export type ReadTexts = {
  readonly texts: readonly LabelledText[];
  /** Lines that are no texts, or have no label that is understood. */
  readonly faults: number;
  /** Texts whose label says that nobody knows. */
  readonly unsure: number;
};

/**
 * Reads all labelled texts. Lines at fault are said on standard error, and left out.
 *
 * @param given what a text without a label is taken to be; `undefined` to take such a line for a fault
 * @throws {DocketError} `usage` if nothing is named, or a file can't be read
 */
export async function readLabelled(
  inputs: TextInputs,
  kind: ModelKind,
  tools: { terminal: Terminal; progress: Progress },
  given?: boolean,
): Promise<ReadTexts> {
  const { in: files = [], spam = [], ham = [] } = inputs;
  if (!namesTexts(inputs)) {
    throw new DocketError("usage", "name texts: --in FILE, or mails with --spam and --ham");
  }
  const reading = new LabelledReading(kind, tools, given);
  for (const file of files) await reading.addLines(file);
  reading.addMails(spam, true);
  reading.addMails(ham, false);
  return reading.end();
}

/** Whether anything is named at all. */
export function namesTexts({ in: files = [], spam = [], ham = [] }: TextInputs): boolean {
  return files.length + spam.length + ham.length > 0;
}

/** The files of mails at a path, in order of their names: itself, or all below it. */
export function mailFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const below = readdirSync(path, { recursive: true, withFileTypes: true });
    const files = below
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (files.length <= mailsMax) return files;
    throw new DocketError("usage", `${path} has ${files.length} files, the limit is ${mailsMax}`);
  } catch (error) {
    if (error instanceof DocketError) throw error;
    throw unreadable(path, error);
  }
}

/** Reads a mail's file. */
export function readMailFile(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size <= rowBytesMax) return readFileSync(file);
    throw new DocketError("usage", `${file} has ${size} bytes, the limit is ${rowBytesMax}`);
  } catch (error) {
    if (error instanceof DocketError) throw error;
    throw unreadable(file, error);
  }
}

/**
 * The bytes of a line that was read.
 *
 * @throws {ProtocolError} `body_too_large`
 */
export function lineBytes(line: Line): Uint8Array {
  if ("tooLong" in line) {
    const message = `the line has ${line.tooLong} bytes, the limit is ${rowBytesMax}; shorten its text`;
    throw new ProtocolError("body_too_large", message, { limit: rowBytesMax });
  }
  return line.number === 1 ? withoutMark(line.bytes) : line.bytes;
}

class LabelledReading {
  readonly #kind: ModelKind;
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #given: boolean | undefined;
  readonly #texts: LabelledText[] = [];
  #faults = 0;
  #unsure = 0;

  constructor(
    kind: ModelKind,
    { terminal, progress }: { terminal: Terminal; progress: Progress },
    given: boolean | undefined,
  ) {
    this.#kind = kind;
    this.#terminal = terminal;
    this.#progress = progress;
    this.#given = given;
  }

  async addLines(file: string): Promise<void> {
    if (/\.(eml|mbox)$/i.test(file)) {
      throw new DocketError("usage", `${file} is a mail, which has no label; name it with --spam or --ham`);
    }
    const name = file === "-" ? "standard input" : file;
    const input = openInput(file, this.#terminal.stdin, rowBytesMax);
    this.#progress.step(`Reading ${name}`);
    const before = this.#texts.length;
    try {
      for await (const line of input.lines) {
        this.#addLine(line, name);
        const read = this.#texts.length - before;
        const share = input.share();
        this.#progress.update(
          read,
          share === undefined || share === 0 ? undefined : Math.round(read / share),
        );
      }
    } finally {
      input.close();
    }
  }

  addMails(paths: readonly string[], spam: boolean): void {
    for (const path of paths) {
      const files = mailFiles(path);
      this.#progress.step(`Reading ${path}`);
      for (const [place, file] of files.entries()) {
        const text = mailText(readMailFile(file), this.#kind);
        const notes = { id: file, actor: undefined, language: undefined };
        this.#texts.push({ text, spam, notes });
        this.#progress.update(place + 1, files.length);
      }
    }
  }

  end(): ReadTexts {
    const { stderr } = this.#terminal;
    this.#progress.end();
    if (this.#faults > faultsSaidMax) stderr.write(`${this.#faults} lines in all were left out.\n`);
    if (this.#unsure > 0) stderr.write(`${this.#unsure} texts labelled "unsure" were left out.\n`);
    return { texts: this.#texts, faults: this.#faults, unsure: this.#unsure };
  }

  #addLine(line: Line, name: string): void {
    try {
      const row = readRow(lineBytes(line), this.#kind);
      const unlabelled = row.label === undefined || row.label === null;
      const spam = unlabelled && this.#given !== undefined ? this.#given : labelOf(row);
      if (spam === undefined) this.#unsure++;
      else this.#texts.push({ text: row.text, spam, notes: row.notes });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#faults++;
      if (this.#faults > faultsSaidMax) return;
      const { code, message } = error;
      this.#terminal.stderr.write(`${name}:${line.number}: left out: ${message} (${code})\n`);
    }
  }
}

function unreadable(path: string, error: unknown): DocketError {
  const { code } = error as NodeJS.ErrnoException;
  return new DocketError("usage", `cannot read ${path}: ${code}`, { cause: error });
}

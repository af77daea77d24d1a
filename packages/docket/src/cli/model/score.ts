// SPDX-License-Identifier: Apache-2.0
// `docket model score`: each line with its score, in the order in which they come. Lines go through one by
// one, so that a file of any size takes no more memory than its longest line.
import { setImmediate } from "node:timers/promises";
import { scoreText } from "@docket/policy";
import type { Model } from "@docket/policy";
import { ProtocolError } from "@docket/protocol";
import type { Line } from "../../http/lines.ts";
import { withFields } from "../../models/json-splice.ts";
import { mailText } from "../../models/mail-text.ts";
import { readModelFile } from "../../models/model-file.ts";
import { readRow, rowBytesMax } from "../../models/row.ts";
import { lineError, openInput } from "../decide/input.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { showProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { lineBytes, mailFiles, readMailFile } from "./inputs.ts";

/** Lines are written in pieces of about so many characters. */
const outputChars = 65_536;
const lineFeed = Buffer.from("\n");

/** Options of `docket model score`. */
export type ScoreOptions = { model: string; files: readonly string[]; mail?: readonly string[] | undefined };

/** What `score` adds to a line. */
type ScoreFields = { score: number; known: number; missing?: true };

/** Scores lines, and mails. */
export async function runModelScore(options: ScoreOptions, terminal: Terminal): Promise<number> {
  const { model } = readModelFile(options.model);
  const mails = (options.mail ?? []).flatMap((path) => mailFiles(path));
  const files = options.files.length === 0 && mails.length === 0 ? ["-"] : options.files;
  const scoring = new Scoring(model, terminal);
  try {
    for (const file of files) await scoring.lines(file);
    await scoring.mails(mails);
  } finally {
    await scoring.end();
  }
  return scoring.faults > 0 ? exitWrong : exitFine;
}

/** What a model says of a text, as fields. */
export function scoreFields(model: Model, text: Parameters<typeof scoreText>[1]): ScoreFields {
  const { score, known, computed } = scoreText(model, text);
  return { score: computed, known, ...(score === undefined && { missing: true }) };
}

class Scoring {
  readonly #model: Model;
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  #pieces: Uint8Array[] = [];
  #length = 0;
  faults = 0;

  constructor(model: Model, terminal: Terminal) {
    this.#model = model;
    this.#terminal = terminal;
    this.#progress = showProgress(terminal);
  }

  async lines(file: string): Promise<void> {
    const input = openInput(file, this.#terminal.stdin, rowBytesMax);
    this.#progress.step(`Scoring ${file === "-" ? "standard input" : file}`);
    let done = 0;
    try {
      for (;;) {
        const coming = input.lines.next();
        // Whoever sends one line and waits for its score gets it, though the buffer isn't full.
        if (this.#length > 0 && !(await isReady(coming))) await this.#flush();
        const { done: ended, value: line } = await coming;
        if (ended === true || this.#terminal.outputGone.aborted) return;
        await this.#put(this.#scored(line));
        const share = input.share();
        done++;
        this.#progress.update(
          done,
          share === undefined || share === 0 ? undefined : Math.round(done / share),
        );
      }
    } finally {
      input.close();
    }
  }

  async mails(files: readonly string[]): Promise<void> {
    this.#progress.step("Scoring mails");
    for (const [place, file] of files.entries()) {
      const text = mailText(readMailFile(file), this.#model.kind);
      await this.#put(Buffer.from(JSON.stringify({ file, ...scoreFields(this.#model, text) })));
      this.#progress.update(place + 1, files.length);
    }
  }

  async end(): Promise<void> {
    this.#progress.end();
    await this.#flush();
    if (this.faults === 0) return;
    const what = this.faults === 1 ? "1 line has" : `${this.faults} lines have`;
    this.#terminal.stderr.write(`${what} an error instead of a score.\n`);
  }

  #scored(line: Line): Uint8Array {
    try {
      const bytes = lineBytes(line);
      const { text } = readRow(bytes, this.#model.kind);
      return withFields(bytes, scoreFields(this.#model, text));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.faults++;
      return Buffer.from(JSON.stringify({ line: line.number, error: lineError(error) }));
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes, lineFeed);
    this.#length += bytes.length + 1;
    if (this.#length >= outputChars) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    await write(this.#terminal, bytes);
  }
}

/** Whether a promise is settled once everything that waits has had its turn. */
async function isReady(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, setImmediate(false)]);
}

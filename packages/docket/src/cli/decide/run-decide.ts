// SPDX-License-Identifier: Apache-2.0
// `docket decide`: a file's way through policy and log, without a server.
//
//   lines -> events (Docket's form, or mapped) -> order -> decided, many at once -> answers -> summary
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { Line } from "../../http/lines.ts";
import { createInstallation, readInstallation } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import type { MailActor } from "../../mail/mail-event.ts";
import type { OpenInstallation } from "../../main.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { exitFine, exitWrong, reportFailure } from "../failure.ts";
import { openWithProgress } from "../open-with-progress.ts";
import { showProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { openPublished } from "../published.ts";
import { describeInstallation } from "../set-up.ts";
import { onFirstSignal } from "../signals.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { detectForm, formOf, sampledLinesMax } from "./forms.ts";
import type { Form } from "./forms.ts";
import { openAnyInput, openInput, readItem } from "./input.ts";
import type { FileItem, Input } from "./input.ts";
import { fileOrder, TimeSorter } from "./order.ts";
import type { OrderedItem } from "./order.ts";
import { summarise, summaryText } from "./summary.ts";
import type { Summary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { decideInOrder, untilAborted } from "./window.ts";
import type { Answer } from "./window.ts";

/** The options of `docket decide`. */
export type DecideOptions = {
  /** Path of the file of events, `-` for standard input. */
  file: string;
  data: string;
  policy?: string | undefined;
  keys?: string | undefined;
  dnsServer?: string[] | undefined;
  order: "time" | "file";
  map?: string | undefined;
  /** Of mail: whether the sender of the envelope or of From is taken for the actor. */
  actorFrom: MailActor;
  receipts?: boolean | undefined;
  quiet?: boolean | undefined;
  summaryJson?: string | undefined;
};

/** The exit code of a run that SIGINT or SIGTERM ended: 128 and the signal's number, as shells have it. */
const exitInterrupted = { SIGINT: 130, SIGTERM: 143 } as const;
/** Answers are written in pieces of about so many characters. */
const outputChars = 65_536;

/** Decides a file of events. */
export async function runDecide(options: DecideOptions, terminal: Terminal): Promise<number> {
  const form = options.map === undefined ? undefined : formOf(options.map);
  const open = form === undefined ? openAnyInput : openInput;
  const input = open(options.file, terminal.stdin);
  const stop = new AbortController();
  let interrupted: number | undefined;
  const forget = onFirstSignal(terminal, (signal) => {
    interrupted = exitInterrupted[signal];
    terminal.stderr.write(`docket: ${signal}: finishing what is under way (again to end at once)\n`);
    stop.abort();
  });
  // Nobody reads the decisions any more: what is sealed is sealed, and the rest can be decided by another
  // run.
  terminal.outputGone.addEventListener("abort", () => stop.abort());
  stop.signal.addEventListener("abort", () => input.close());
  try {
    const file = await look(input, form, options.actorFrom, stop.signal);
    if (file === undefined) return interrupted ?? exitWrong;
    announceForm(file.form, terminal);
    const installation = installationFor(options, terminal);
    const run = new Run(options, file, installation, terminal, stop.signal);
    const { summary, failure } = await run.decide();
    terminal.stderr.write(summaryText(summary));
    if (options.summaryJson !== undefined) writeSummary(options.summaryJson, summary);
    if (failure !== undefined) {
      reportFailure(failure, terminal);
      return exitWrong;
    }
    if (interrupted !== undefined) return interrupted;
    return summary.errors > 0 || !summary.complete ? exitWrong : exitFine;
  } finally {
    forget();
    input.close();
  }
}

/** A file whose form is known. */
type KnownFile = { input: Input; form: Form; lines: AsyncIterable<Line> };

/** Finds out the form of a file; `undefined` if it was stopped while it waited for the first line. */
async function look(
  input: Input,
  given: Form | undefined,
  actorFrom: MailActor,
  stop: AbortSignal,
): Promise<KnownFile | undefined> {
  const sample: Line[] = [];
  if (given !== undefined) return { input, form: given, lines: input.lines };
  const lines = input.lines[Symbol.asyncIterator]();
  let ended = false;
  // With standard input the first line may be all there is for a while.
  const wanted = input.share() === undefined ? 1 : sampledLinesMax;
  while (sample.length < wanted && !ended && !stop.aborted) {
    const next = await lines.next().catch((error: unknown) => {
      // Who stops also closes the input, which is no fault of the file's.
      if (stop.aborted) return { done: true as const };
      throw error;
    });
    if (next.done === true) ended = true;
    else sample.push(next.value);
  }
  if (stop.aborted) return undefined;
  const form: Form =
    input.isMail?.() === true
      ? { kind: "mail", actorFrom }
      : detectForm(
          sample.flatMap((line) => ("bytes" in line ? [line.bytes] : [])),
          actorFrom,
        );
  return {
    input,
    form,
    lines: (async function* () {
      yield* sample;
      if (!ended) yield* { [Symbol.asyncIterator]: () => lines };
    })(),
  };
}

function announceForm(form: Form, { stderr }: Terminal): void {
  if (form.kind === "docket") return;
  if (form.kind !== "mapped") {
    const sender = form.actorFrom === "from" ? "From" : "Return-Path, or From";
    stderr.write(`Reading mails; the address in ${sender} is taken for the account of each.\n`);
    return;
  }
  const { name, note } = form.mapping;
  const known =
    name === "as mapped" ? "Reading the lines as --map says" : `Reading the lines as the set ${name}`;
  stderr.write(`${known}${note === undefined ? "" : `: ${note}`}.\n`);
}

function installationFor({ data, keys, policy }: DecideOptions, { stderr }: Terminal): Installation {
  if (!existsSync(data) || readdirSync(data).length === 0) {
    const made = createInstallation(disk, data, keys);
    stderr.write(`${describeInstallation(made)}\n`);
  }
  return readInstallation(data, { keys, policy });
}

function writeSummary(path: string, summary: Summary): void {
  try {
    writeFileSync(path, `${JSON.stringify(summary)}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot write the summary to ${path}: ${code}`, { cause: error });
  }
}

/** One run over one file. */
class Run {
  readonly #options: DecideOptions;
  readonly #file: KnownFile;
  readonly #installation: Installation;
  readonly #terminal: Terminal;
  readonly #stop: AbortSignal;
  readonly #progress: Progress;
  #output = "";
  #derivedIds = 0;

  constructor(
    options: DecideOptions,
    file: KnownFile,
    installation: Installation,
    terminal: Terminal,
    stop: AbortSignal,
  ) {
    this.#options = options;
    this.#file = file;
    this.#installation = installation;
    this.#terminal = terminal;
    this.#stop = stop;
    this.#progress = showProgress(terminal);
  }

  async decide(): Promise<{ summary: Summary; failure: Error | undefined }> {
    const opened = await openWithProgress(this.#installation, this.#terminal, {
      dnsServers: this.#options.dnsServer,
    });
    // What a file's events come to mustn't depend on how fast counters were warmed.
    if (opened.site.status().rulesWarming > 0) this.#progress.step("Warming counters");
    await opened.site.warmed();
    const tally = new Tally(opened.site.release.policies);
    const { nowMs } = this.#terminal;
    const sizeBefore = opened.site.status().size;
    const beganMs = nowMs();
    let failure: Error | undefined;
    try {
      failure = await this.#decideAll(opened, tally);
    } catch (error) {
      failure = error as Error;
    }
    const ms = nowMs() - beganMs;
    this.#progress.step("Publishing");
    await opened.close();
    const { size } = await openPublished(this.#installation.data);
    const factsRead = await this.#readFacts(tally);
    this.#progress.end();
    if (this.#derivedIds > 0) {
      const count = this.#derivedIds.toLocaleString("en");
      this.#terminal.stderr.write(`${count} events had no id; theirs are made of line number and content.\n`);
    }
    const { form } = this.#file;
    const summary = summarise(tally, {
      form: form.kind === "mapped" ? form.mapping.name : form.kind,
      order: this.#options.order,
      complete: failure === undefined && !this.#stop.aborted,
      recordsSealed: size - sizeBefore,
      size,
      release: opened.site.release.id,
      ms,
      factsRead,
    });
    return { summary, failure };
  }

  async #decideAll(opened: OpenInstallation, tally: Tally): Promise<Error | undefined> {
    if (this.#options.order === "file") {
      return this.#decideItems(opened, tally, fileOrder(this.#items(), this.#startMs()), () =>
        this.#total(tally.lines),
      );
    }
    const sorter = new TimeSorter(this.#terminal.temporaryDirectory);
    try {
      this.#progress.step("Sorting by time");
      for await (const item of untilAborted(this.#items(), this.#stop)) {
        sorter.add(item);
        this.#progress.update(sorter.count, this.#total(sorter.count));
      }
      if (this.#stop.aborted) return undefined;
      return await this.#decideItems(opened, tally, sorter.sorted(this.#startMs()), () => sorter.count);
    } finally {
      sorter.close();
    }
  }

  async #decideItems(
    { site }: OpenInstallation,
    tally: Tally,
    items: AsyncIterable<OrderedItem> | Iterable<OrderedItem>,
    total: () => number | undefined,
  ): Promise<Error | undefined> {
    this.#progress.step("Deciding");
    const fault = await decideInOrder(items, {
      decide: (request) => site.decide(request),
      receipts: this.#options.receipts === true,
      stop: this.#stop,
      wait: (ms) => sleep(ms),
      onAnswer: async (answer, more) => {
        tally.add(answer);
        this.#progress.update(tally.lines, total());
        if (this.#options.quiet !== true) this.#output += answerLine(answer, this.#options.receipts === true);
        if (more && this.#output.length < outputChars) return;
        const text = this.#output;
        this.#output = "";
        await write(this.#terminal, text);
      },
    });
    if (fault === undefined) return undefined;
    const { code, message } = fault.error;
    return new DocketError(code, `stopped at line ${fault.line}: ${message}; run it again to go on`, {
      cause: fault.error,
    });
  }

  async *#items(): AsyncGenerator<FileItem> {
    const { lines, form } = this.#file;
    for await (const line of lines) {
      const item = readItem(line, form);
      if ("idDerived" in item && item.idDerived) this.#derivedIds++;
      yield item;
    }
  }

  // How many lines there will be, by the share of the file that so many took.
  #total(lines: number): number | undefined {
    const share = this.#file.input.share();
    return share === undefined || share === 0 ? undefined : Math.max(lines, Math.round(lines / share));
  }

  #startMs(): number {
    return this.#terminal.clock();
  }

  async #readFacts(tally: Tally): Promise<boolean> {
    this.#progress.step("Counting what fired");
    try {
      const log = await openPublished(this.#installation.data);
      const total = tally.records.size;
      let done = 0;
      for (const index of tally.records) {
        const { facts } = await log.record(index);
        if (facts !== undefined) tally.addFacts(facts);
        this.#progress.update(++done, total);
      }
      return true;
    } catch (error) {
      // The decisions stand; only the counts by rule are not known.
      if (error instanceof DocketError || error instanceof ProtocolError) return false;
      throw error;
    }
  }
}

/** The line of an answer. */
function answerLine(answer: Answer, receipts: boolean): string {
  if ("error" in answer) return `${JSON.stringify(answer)}\n`;
  const { line, event, decision } = answer;
  const { index, outcome, rules, restrictions, actor, decidedAt, repeat, receipt } = decision;
  const short = { line, id: event.id, index, outcome, rules, restrictions, actor, decidedAt, repeat };
  return `${JSON.stringify(receipts ? { ...short, receipt } : short)}\n`;
}

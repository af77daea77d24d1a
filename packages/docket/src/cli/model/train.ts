// SPDX-License-Identifier: Apache-2.0
// `docket model train`.
import type { ModelKind } from "@docket/policy";
import { trainModel } from "@docket/policy/training";
import type { TrainProgress } from "@docket/policy/training";
import { DocketError } from "../../error.ts";
import { exampleOf } from "../../models/example.ts";
import { modelId } from "../../models/model-file.ts";
import { replaceDurably } from "../../stores/files/replace-durably.ts";
import { exitFine } from "../failure.ts";
import { showProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { namesTexts, readLabelled } from "./inputs.ts";
import type { LabelledText, ReadTexts, TextInputs } from "./inputs.ts";
import { readSiteExamples } from "./site-labels.ts";

/** Options of `docket model train`. */
export type TrainOptions = TextInputs & {
  kind: ModelKind;
  out: string;
  /** A data directory, whose labels are learned from. */
  data?: string | undefined;
  json?: true | undefined;
};

/** Trains a model and writes it. */
export async function runModelTrain(options: TrainOptions, terminal: Terminal): Promise<number> {
  const { kind, out, json } = options;
  const progress = showProgress(terminal);
  const { texts, faults, unsure } = await readTexts(options, { terminal, progress });
  const beganMs = terminal.nowMs();
  const bytes = train(kind, texts, progress);
  const ms = Math.round(terminal.nowMs() - beganMs);
  await writeModel(out, bytes);
  const id = modelId(bytes);
  const { spams, hams } = classes(texts);
  const said = {
    kind,
    model: id,
    file: out,
    bytes: bytes.length,
    spam: spams,
    ham: hams,
    faults,
    unsure,
    ms,
  };
  if (json === true) await write(terminal, `${JSON.stringify(said)}\n`);
  else {
    const examples = `${grouped(spams)} spam and ${grouped(hams)} ham`;
    await write(
      terminal,
      `${out}: a model of kind ${kind}, ${grouped(bytes.length)} bytes, trained on ${examples} ` +
        `in ${(ms / 1000).toFixed(1)} s\nmodel ${id}\n`,
    );
  }
  return exitFine;
}

async function readTexts(
  options: TrainOptions,
  tools: { terminal: Terminal; progress: Progress },
): Promise<ReadTexts> {
  const { kind, data } = options;
  if (data === undefined) return readLabelled(options, kind, tools);
  const { learned } = await readSiteExamples(data, tools);
  if (!namesTexts(options)) return { texts: learned, faults: 0, unsure: 0 };
  const read = await readLabelled(options, kind, tools);
  return { ...read, texts: [...read.texts, ...learned] };
}

/**
 * Trains a model.
 *
 * @param step what this is called while it goes on
 * @throws {DocketError} `examples_invalid` if one of the two classes has no text
 */
export function train(
  kind: ModelKind,
  texts: readonly LabelledText[],
  progress: Progress,
  step: string = "Training",
): Uint8Array {
  checkClasses(texts);
  let shown: TrainProgress["stage"] | undefined;
  const onProgress = ({ stage, done, total }: TrainProgress): void => {
    if (stage !== shown) progress.step(`${step}: ${stage}`);
    shown = stage;
    progress.update(done, total);
  };
  try {
    return trainModel(kind, texts.map(exampleOf), { onProgress }).bytes;
  } finally {
    progress.end();
  }
}

/** How many texts there are of each class. */
export function classes(texts: readonly { spam: boolean }[]): { spams: number; hams: number } {
  const spams = texts.reduce((count, { spam }) => count + Number(spam), 0);
  return { spams, hams: texts.length - spams };
}

async function writeModel(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replaceDurably(path, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot write ${path}: ${code}`, { cause: error });
  }
}

function checkClasses(texts: readonly LabelledText[]): void {
  const { spams, hams } = classes(texts);
  if (spams > 0 && hams > 0) return;
  const said =
    texts.length === 0 ? "there is no labelled text" : `no text is ${spams === 0 ? "spam" : "ham"}`;
  throw new DocketError("examples_invalid", `${said}; a model is trained on both spam and ham`);
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}

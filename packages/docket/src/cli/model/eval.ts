// SPDX-License-Identifier: Apache-2.0
// `docket model eval`: how good a model is on labelled texts, or how good one of a kind would be: trained on
// a part of them and tested on the rest.
import { readFileSync, writeFileSync } from "node:fs";
import { scoreText } from "@docket/policy";
import type { Model, ModelKind, ModelScore } from "@docket/policy";
import { DocketError } from "../../error.ts";
import { evaluateScores } from "../../models/evaluate.ts";
import type { ScoredText } from "../../models/evaluate.ts";
import { evaluationPage } from "../../models/evaluation-page.ts";
import { evaluationText } from "../../models/evaluation-text.ts";
import type { EvaluationReport } from "../../models/evaluation-text.ts";
import { identifyLanguage } from "../../intake/language.ts";
import { readModel, readModelFile } from "../../models/model-file.ts";
import { scriptOf } from "../../models/script-of.ts";
import { readSplit } from "../../models/split.ts";
import type { Fold } from "../../models/split.ts";
import { exitFine } from "../failure.ts";
import { showProgress } from "../progress.ts";
import type { Progress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { readLabelled } from "./inputs.ts";
import type { LabelledText, TextInputs } from "./inputs.ts";
import { train } from "./train.ts";

/** Options of `docket model eval`. */
export type EvalOptions = TextInputs & {
  model?: string | undefined;
  kind?: ModelKind | undefined;
  split?: string | undefined;
  cut: number;
  html?: string | undefined;
  json?: true | undefined;
};

/** Evaluates a model, or a kind of model. */
export async function runModelEval(options: EvalOptions, terminal: Terminal): Promise<number> {
  const { html, json } = options;
  const progress = showProgress(terminal);
  const report = await evaluate(options, { terminal, progress });
  if (html !== undefined) writePage(html, evaluationPage(report));
  await write(terminal, json === true ? `${JSON.stringify(report)}\n` : evaluationText(report));
  const { spam, ham } = report.scores;
  if (spam === 0 || ham === 0) {
    terminal.stderr.write("One of the two classes has no text: figures that compare them say nothing.\n");
  }
  return exitFine;
}

type Tools = { terminal: Terminal; progress: Progress };

async function evaluate(options: EvalOptions, tools: Tools): Promise<EvaluationReport> {
  const { model, kind, split } = options;
  if (model !== undefined) {
    if (kind !== undefined || split !== undefined) {
      throw new DocketError("usage", "--model tests a model as it is; leave out --kind and --split");
    }
    return evaluateModel(model, options, tools);
  }
  if (kind === undefined || split === undefined) {
    throw new DocketError("usage", "name a model with --model, or what to train with --kind and --split");
  }
  return evaluateSplit(kind, split, options, tools);
}

async function evaluateModel(file: string, options: EvalOptions, tools: Tools): Promise<EvaluationReport> {
  const { model, id } = readModelFile(file);
  const { texts, faults, unsure } = await readLabelled(options, model.kind, tools);
  if (texts.length === 0) throw new DocketError("examples_invalid", "there is no labelled text to test");
  const run = new Run(tools);
  const scored = run.score(model, texts, "");
  return {
    kind: model.kind,
    model: id,
    split: null,
    leftOut: { faults, unsure, notInSplit: 0 },
    speed: run.speed(),
    scores: evaluateScores(scored, options.cut),
  };
}

async function evaluateSplit(
  kind: ModelKind,
  split: string,
  options: EvalOptions,
  tools: Tools,
): Promise<EvaluationReport> {
  const { folds, ids } = readSplit(readSplitFile(split), split);
  const { texts, faults, unsure } = await readLabelled(options, kind, tools);
  const known = texts.filter(({ notes: { id } }) => id !== undefined && ids.has(id));
  if (known.length === 0) {
    throw new DocketError("examples_invalid", `no text has an id that ${split} names`);
  }
  const run = new Run(tools);
  const scored = folds.flatMap((fold) => run.fold(kind, known, fold));
  return {
    kind,
    model: null,
    split: { file: split, folds: folds.length },
    leftOut: { faults, unsure, notInSplit: texts.length - known.length },
    speed: run.speed(),
    scores: evaluateScores(scored, options.cut),
  };
}

/** Trains and scores, and takes the time of each. */
class Run {
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  #trained = { texts: 0, ms: 0 };
  #scored = { texts: 0, ms: 0 };

  constructor({ terminal, progress }: Tools) {
    this.#terminal = terminal;
    this.#progress = progress;
  }

  fold(kind: ModelKind, texts: readonly LabelledText[], { name, trains, tests }: Fold): ScoredText[] {
    const learned = texts.filter(({ notes: { id } }) => trains(id as string));
    const tested = texts.filter(({ notes: { id } }) => tests(id as string));
    if (tested.length === 0) return [];
    const beganMs = this.#terminal.nowMs();
    const bytes = train(kind, learned, this.#progress, `Training for fold ${name}`);
    this.#trained.ms += this.#terminal.nowMs() - beganMs;
    this.#trained.texts += learned.length;
    return this.score(readModel(bytes, `the model of fold ${name}`), tested, name);
  }

  score(model: Model, texts: readonly LabelledText[], fold: string): ScoredText[] {
    this.#progress.step(fold === "" ? "Scoring" : `Scoring fold ${fold}`);
    const beganMs = this.#terminal.nowMs();
    const scores = texts.map(({ text }, place) => {
      if (place % 256 === 0) this.#progress.update(place, texts.length);
      return scoreText(model, text);
    });
    this.#scored.ms += this.#terminal.nowMs() - beganMs;
    this.#scored.texts += texts.length;
    this.#progress.end();
    return texts.map(({ text, spam, notes }, place) => {
      const { score, computed } = scores[place] as ModelScore;
      const words = `${text.title ?? ""} ${text.text ?? ""}`;
      return {
        score: computed,
        spam,
        missing: score === undefined,
        language: notes.language ?? identifyLanguage(words) ?? "not told",
        script: scriptOf(words),
        fold,
      };
    });
  }

  speed(): EvaluationReport["speed"] {
    const rate = ({ texts, ms }: { texts: number; ms: number }): number | null =>
      texts === 0 ? null : Math.round((texts * 1000) / Math.max(ms, 1));
    return { trainedPerSecond: rate(this.#trained), scoredPerSecond: rate(this.#scored) };
  }
}

function readSplitFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read ${file}: ${code}`, { cause: error });
  }
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot write the report to ${file}: ${code}`, { cause: error });
  }
}

// SPDX-License-Identifier: Apache-2.0
// `docket model calibrate`: the cut that flags at most a given share of the operator's own ham.
import { scoreText } from "@docket/policy";
import { DocketError } from "../../error.ts";
import { cutForHam } from "../../models/calibrate.ts";
import type { HamCut } from "../../models/calibrate.ts";
import { grouped, hamsForAClaim, percent } from "../../models/evaluation-text.ts";
import { readModelFile } from "../../models/model-file.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { readLabelled } from "./inputs.ts";

/** Options of `docket model calibrate`. */
export type CalibrateOptions = {
  model: string;
  in?: readonly string[] | undefined;
  ham?: readonly string[] | undefined;
  /** Share of ham that may be flagged, 0 to 1. */
  fpr: number;
  /** The name by which a policy reads the model. */
  name: string;
  json?: true | undefined;
};

/** Finds a cut. */
export async function runModelCalibrate(options: CalibrateOptions, terminal: Terminal): Promise<number> {
  const { model, id } = readModelFile(options.model);
  const progress = showProgress(terminal);
  // A text without a label is ham: that is what the operator says who names it.
  const { texts } = await readLabelled(options, model.kind, { terminal, progress }, false);
  const hams = texts.filter(({ spam }) => !spam);
  if (hams.length === 0) throw new DocketError("examples_invalid", "there is no ham to set a cut by");
  const spams = texts.length - hams.length;
  if (spams > 0) terminal.stderr.write(`${grouped(spams)} texts labelled spam were left out.\n`);
  progress.step("Scoring");
  const scores = hams.map(({ text }, place) => {
    progress.update(place, hams.length);
    return scoreText(model, text).score;
  });
  progress.end();
  const found = cutForHam(scores, options.fpr);
  if (options.json === true) {
    const said = { model: id, fpr: options.fpr, ...found, cut: found.cut ?? null };
    await write(terminal, `${JSON.stringify(said)}\n`);
  } else await write(terminal, cutText(found, options));
  return found.cut === undefined ? exitWrong : exitFine;
}

function cutText(found: HamCut, { fpr, name }: CalibrateOptions): string {
  const { cut, hams, allowed, flagged, upper } = found;
  if (cut === undefined) {
    const why = "the model is sure of more of them";
    return `No cut flags at most ${rateText(fpr)} of ${grouped(hams)} hams: ${why}.\n`;
  }
  const few =
    allowed < hamsForAClaim
      ? `With ${grouped(hams)} hams that rate allows ${allowed} flagged: bring ` +
        `${grouped(Math.ceil(hamsForAClaim / Math.max(fpr, 1e-6)))} for a cut to rely on.\n`
      : "";
  const bound = `the true share is below ${percent(upper, 3)} with 95%`;
  return (
    `cut ${cut}: flags ${grouped(flagged)} of ${grouped(hams)} hams ` +
    `(${percent(flagged / hams, 3)}; ${bound})\n${few}\n` +
    `In the policy:\n\n` +
    `  - id: ${name}-score\n    when: models.${name}.score >= ${cut}\n    then: { outcome: flag }\n`
  );
}

function rateText(fpr: number): string {
  return `${Number((fpr * 100).toPrecision(6))}%`;
}

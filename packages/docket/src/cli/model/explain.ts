// SPDX-License-Identifier: Apache-2.0
// `docket model explain`: what a model says of one text, and which of its features weigh most.
import { explainScore, scoreText } from "@docket/policy";
import type { ModelText } from "@docket/policy";
import { DocketError } from "../../error.ts";
import { mailText } from "../../models/mail-text.ts";
import { readModelFile } from "../../models/model-file.ts";
import { rowBytesMax } from "../../models/row.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { printable } from "../../printable.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { readMailFile } from "./inputs.ts";
import { grouped } from "../../models/evaluation-text.ts";

/** Options of `docket model explain`. */
export type ExplainOptions = {
  model: string;
  /** The text; `undefined` or `-` reads standard input. */
  text?: string | undefined;
  title?: string | undefined;
  /** A mail's file instead of a text. */
  mail?: string | undefined;
  top: number;
  json?: true | undefined;
};

/** Explains a text's score. */
export async function runModelExplain(options: ExplainOptions, terminal: Terminal): Promise<number> {
  const { model, id } = readModelFile(options.model);
  const text = await textOf(options, model.kind, terminal);
  const { score, known, computed } = scoreText(model, text);
  const features = explainScore(model, text, options.top);
  if (options.json === true) {
    const said = {
      model: id,
      kind: model.kind,
      score: computed,
      known,
      missing: score === undefined,
      features,
    };
    await write(terminal, `${JSON.stringify(said)}\n`);
    return exitFine;
  }
  const percent = (computed / 10_000).toFixed(2);
  const verdict =
    score === undefined
      ? `too little of the text is known: a policy doesn't see the score ${grouped(computed)}`
      : `score ${grouped(computed)}: spam with a probability of ${percent}%`;
  const seen = `${(known / 10).toFixed(1)}% of its features were seen in training`;
  await write(terminal, `${verdict}\n${seen}\n\n${featuresText(features)}`);
  return exitFine;
}

/** Features and what each adds, a line each; contributions are in log-odds. */
export function featuresText(features: readonly { feature: string; contribution: number }[]): string {
  if (features.length === 0) return "No feature of it weighs anything.\n";
  const rows = features.map(({ feature, contribution }) => {
    const amount = (contribution / 1_000_000).toFixed(3);
    return [contribution > 0 ? `+${amount}` : amount, contribution > 0 ? "spam" : "ham", printable(feature)];
  });
  return alignColumns([["ADDS", "TO", "FEATURE"], ...rows], new Set([0]));
}

async function textOf(
  { text, title, mail }: ExplainOptions,
  kind: Parameters<typeof mailText>[1],
  terminal: Terminal,
): Promise<ModelText> {
  if (mail !== undefined) {
    if (text !== undefined || title !== undefined) {
      throw new DocketError("usage", "--mail names the text; leave out TEXT and --title");
    }
    return mailText(readMailFile(mail), kind);
  }
  const said = text === undefined || text === "-" ? await readInput(terminal) : text;
  return title === undefined ? { text: said } : { title, text: said };
}

async function readInput({ stdin }: Terminal): Promise<string> {
  const read: Buffer[] = [];
  let length = 0;
  for await (const piece of stdin) {
    const bytes = Buffer.from(piece as Uint8Array);
    length += bytes.length;
    if (length > rowBytesMax) {
      throw new DocketError("usage", `standard input has over ${rowBytesMax} bytes, which no text has`);
    }
    read.push(bytes);
  }
  return Buffer.concat(read).toString("utf8");
}

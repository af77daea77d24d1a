// SPDX-License-Identifier: Apache-2.0
// `docket model`: its words, options and examples.
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import type { CalibrateOptions } from "./calibrate.ts";
import type { EvalOptions } from "./eval.ts";
import type { ExplainOptions } from "./explain.ts";
import type { DeskOptions } from "../policy/desk.ts";
import type { PublishOptions } from "./publish.ts";
import type { TrainOptions } from "./train.ts";

type Give = (code: number) => void;

/** Options that the commands have in common with others. */
export type ModelParts = { data: () => Option; url: () => Option; apiKey: () => Option };

/** As in @docket/policy, which is loaded by the commands that need it only. */
const kinds = ["comment", "message", "email"];
const scoreMax = 1_000_000;
/** From this score on a text counts as spam in an evaluation, unless another cut is given. */
const cutDefault = 500_000;
const topDefault = 12;
const topMax = 1_000;

const textsHelp = `
A file of texts has a JSON object on each line (plain or gzip) with "label" ("spam" or "ham"; also "notSpam",
1 or 0, true or false; "unsure" is left out) and "text", optionally "subject", or a whole mail in
"raw_latin1", one character for each byte.
--spam and --ham name mails as files (.eml), or directories of them.`;

/** Adds `docket model` and what is below it. `give` is told the exit code of the command that ran. */
export function addModel(program: Command, parts: ModelParts, terminal: Terminal, give: Give): void {
  const model = program
    .command("model")
    .description("Train, test and use models that score texts.")
    .addHelpText(
      "after",
      examples(
        "docket model train --kind comment --in labelled.ndjson --out spam.model",
        "docket model score --model spam.model < comments.ndjson",
      ),
    );
  addTrain(model, terminal, give);
  addScore(model, terminal, give);
  addEval(model, terminal, give);
  addExplain(model, terminal, give);
  addCalibrate(model, terminal, give);
  addShow(model, terminal, give);
  addList(model, parts, terminal, give);
  addPublish(model, parts, terminal, give);
}

function addTrain(model: Command, terminal: Terminal, give: Give): void {
  labelled(model.command("train").description("Train a model on labelled texts, and write it to a file."))
    .addOption(kindOption().makeOptionMandatory())
    .option("--data <directory>", "learn from the labels in force of this data directory (docket label)")
    .requiredOption("--out <file>", "where the model is written")
    .option("--json", "print what came of it as JSON")
    .addHelpText("after", textsHelp)
    .addHelpText(
      "after",
      examples(
        "docket model train --kind comment --in labelled.ndjson --out spam.model",
        "docket model train --kind email --in corpus.ndjson.gz --spam junk/ --ham inbox/ --out mail.model",
        "docket model train --kind comment --data ./docket-data --in base.ndjson --out next.model",
      ),
    )
    .action(async (options: TrainOptions) => {
      const { runModelTrain } = await import("./train.ts");
      give(await runModelTrain(options, terminal));
    });
}

function addScore(model: Command, terminal: Terminal, give: Give): void {
  model
    .command("score")
    .description(
      'Add a score to each text: "score" from 0 (ham) to 1000000 (spam), and "known", how many of a\n' +
        'thousand of its features the training saw. "missing":true where that is so little that a policy\n' +
        "sees no score.",
    )
    .argument("[files...]", "texts as lines of JSON, plain or gzip; - or nothing reads standard input")
    .addOption(modelOption())
    .option("--mail <paths...>", "mails: files, or directories of them; a line of JSON is made for each")
    .addHelpText(
      "after",
      examples(
        "docket model score --model spam.model < comments.ndjson > scored.ndjson",
        "docket model score --model mail.model --mail inbox/",
      ),
    )
    .action(async (files: string[], options: { model: string; mail?: string[] }) => {
      const { runModelScore } = await import("./score.ts");
      give(await runModelScore({ ...options, files }, terminal));
    });
}

function addEval(model: Command, terminal: Terminal, give: Give): void {
  labelled(
    model
      .command("eval")
      .description(
        "Say how good a model is on labelled texts; or, with --kind and --split, how good one trained on\n" +
          "a part of them is on the rest: accuracy, F1, spam caught at few false positives, 1-AUC,\n" +
          "calibration, speed.",
      ),
  )
    .option("--model <file>", "the model to test")
    .addOption(kindOption())
    .option("--split <file>", "a table of id, tab, fold: train and test, or folds that are each tested once")
    .addOption(
      new Option("--cut <score>", "a text counts as spam from this score on")
        .argParser(scoreOf)
        .default(cutDefault),
    )
    .option("--html <file>", "write a report with the ROC curve and the calibration as plots")
    .option("--json", "print the report as JSON")
    .addHelpText("after", textsHelp)
    .addHelpText(
      "after",
      examples(
        "docket model eval --model spam.model --in held-out.ndjson --html report.html",
        "docket model eval --kind message --in sms.ndjson --split sms.5fold.tsv",
      ),
    )
    .action(async (options: EvalOptions) => {
      const { runModelEval } = await import("./eval.ts");
      give(await runModelEval(options, terminal));
    });
}

function addExplain(model: Command, terminal: Terminal, give: Give): void {
  model
    .command("explain")
    .description("Say what a model thinks of a text, and which of its features weigh most.")
    .argument("[text]", "the text; - or nothing reads standard input")
    .addOption(modelOption())
    .option("--title <text>", "its title or subject")
    .option("--mail <file>", "a mail (.eml) instead of a text")
    .addOption(
      new Option("--top <count>", "how many features")
        .argParser((text: string) => wholeNumber(text, 1, topMax))
        .default(topDefault),
    )
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples('docket model explain --model spam.model "Check out my channel, free gift cards"'),
    )
    .action(async (text: string | undefined, options: Omit<ExplainOptions, "text">) => {
      const { runModelExplain } = await import("./explain.ts");
      give(await runModelExplain({ ...options, text }, terminal));
    });
}

function addCalibrate(model: Command, terminal: Terminal, give: Give): void {
  model
    .command("calibrate")
    .description(
      "Find the score from which on at most a given share of your own ham is flagged, and print the rule.",
    )
    .addOption(modelOption())
    .option("--in <files...>", "texts as lines of JSON; without a label they are ham, spam is left out")
    .option("--ham <paths...>", "mails that are ham: files, or directories of them")
    .addOption(
      new Option("--fpr <share>", "share of ham that may be flagged: 0.1% or 0.001")
        .argParser(shareOf)
        .makeOptionMandatory(),
    )
    .option("--name <name>", "the name by which the policy reads the model", "spam")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples("docket model calibrate --model spam.model --fpr 0.1% --in last-month.ndjson"),
    )
    .action(async (options: CalibrateOptions) => {
      const { runModelCalibrate } = await import("./calibrate.ts");
      give(await runModelCalibrate(options, terminal));
    });
}

function addShow(model: Command, terminal: Terminal, give: Give): void {
  model
    .command("show")
    .description("Print what a model's file is: its hash, kind, and what it was trained on.")
    .argument("<model>", "the model's file")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("docket model show spam.model"))
    .action(async (file: string, options: { json?: true }) => {
      const { runModelShow } = await import("./show.ts");
      give(await runModelShow({ model: file, ...options }, terminal));
    });
}

function addList(model: Command, parts: ModelParts, terminal: Terminal, give: Give): void {
  located(
    model.command("list").description("Print the models in force, and those that come with Docket."),
    parts,
  )
    .option("--json", "print them as JSON")
    .addHelpText("after", examples("docket model list --data ./docket-data"))
    .action(async (options: DeskOptions & { json?: true }) => {
      const { runModelList } = await import("./list.ts");
      give(await runModelList(options, terminal));
    });
}

function addPublish(model: Command, parts: ModelParts, terminal: Terminal, give: Give): void {
  located(
    model
      .command("publish")
      .description(
        "Propose another model for a name that policies in force read. It is held against the one in\n" +
          "force on texts that neither learned from, and refused if it does worse.",
      ),
    parts,
  )
    .argument("<name>", "the model's name in the policy, such as spam")
    .argument("[file]", "the new model")
    .option("--general", "the general model that comes with this version of Docket, instead of a file")
    .option(
      "--in <files...>",
      "labelled texts that neither learned from (default: held-out labels of --data)",
    )
    .option("--spam <paths...>", "mails that are spam: files, or directories of them")
    .option("--ham <paths...>", "mails that are not")
    .option("--why <text>", "why; sealed with the proposal")
    .option("--force", "propose it though it does worse, or too few texts can tell; sealed with the proposal")
    .option("--json", "print the proposal as JSON")
    .addHelpText(
      "after",
      examples(
        "docket model publish spam spam.model --in held-out.ndjson --why 'trained on November'",
        "docket model publish spam --general --force --why 'back to what came with Docket'",
      ),
    )
    .action(
      async (name: string, file: string | undefined, options: Omit<PublishOptions, "name" | "file">) => {
        const { runModelPublish } = await import("./publish.ts");
        give(await runModelPublish({ ...options, name, file }, terminal));
      },
    );
}

function located(command: Command, { data, url, apiKey }: ModelParts): Command {
  return command.addOption(data().conflicts("url")).addOption(url()).addOption(apiKey());
}

function labelled(command: Command): Command {
  return command
    .option("--in <files...>", "labelled texts as lines of JSON, plain or gzip; - reads standard input")
    .option("--spam <paths...>", "mails that are spam: files, or directories of them")
    .option("--ham <paths...>", "mails that are not");
}

function modelOption(): Option {
  return new Option("--model <file>", "the model").makeOptionMandatory();
}

function kindOption(): Option {
  return new Option("--kind <kind>", "what the texts are: comment, message (chat, SMS) or email").choices(
    kinds,
  );
}

function scoreOf(text: string): number {
  return wholeNumber(text, 0, scoreMax);
}

function wholeNumber(text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d{1,16}$/.test(text) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
}

function shareOf(text: string): number {
  const [, digits, percent] = /^(\d{1,3}(?:\.\d{1,9})?)(%?)$/.exec(text) ?? [];
  const share = Number(digits) / (percent === "%" ? 100 : 1);
  if (digits !== undefined && share < 1) return share;
  throw new InvalidArgumentError("A share is written 0.1% or 0.001, and is less than the whole.");
}

function examples(...lines: string[]): string {
  const title = lines.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

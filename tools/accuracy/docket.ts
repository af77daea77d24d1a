// SPDX-License-Identifier: Apache-2.0
// Our models, trained and asked as `docket model train` and `docket model score` do.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Model, type ModelText, loadModel, scoreText } from "@docket/policy";
import { type Example, trainModel, trainingConfiguration } from "@docket/policy/training";
import { readMail } from "../../packages/docket/src/mail/read-mail.ts";
import { shippedCut } from "../../packages/docket/src/models/general.ts";
import type { Fold, Item, Kind } from "./corpora.ts";

/** The score that `docket model eval` takes for spam. */
export const evenCut = 500_000;
/** The score from which shipped policies flag. */
export const policyCut: number = shippedCut;

/** What a model says of a text: its rank always, a score only where it knows enough. */
export interface Answer {
  /** 0 to 1,000,000. */
  readonly computed: number;
  readonly scored: boolean;
  readonly known: number;
  /** Log-odds before calibration. */
  readonly margin: number;
}

const policySources = fileURLToPath(new URL("../../packages/policy/src/", import.meta.url));
/** Margins are log-odds in so many parts. */
const marginUnit = 65_536;

/** What a model reads of an item: of a raw mail what `readMail` finds, else the text and its title. */
export function modelText(item: Item): ModelText {
  if (item.raw !== undefined) {
    const { title, text, headers, parts } = readMail(Buffer.from(item.raw, "latin1"));
    return {
      ...(title !== undefined && { title }),
      ...(text !== undefined && { text }),
      ...(headers !== undefined && { headers }),
      ...(parts !== undefined && { parts }),
    };
  }
  return { text: item.text, ...(item.title !== undefined && { title: item.title }) };
}

/** Trains a model with the defaults of its kind. */
export function train(kind: Kind, items: readonly Item[]): Model {
  return loadModel(trainBytes(kind, items));
}

function trainBytes(kind: Kind, items: readonly Item[]): Uint8Array {
  const examples = items.map((item): Example => ({ ...modelText(item), spam: item.spam }));
  return trainModel(kind, examples).bytes;
}

/** Asks a model about a text. */
export function ask(model: Model, text: ModelText): Answer {
  const { computed, score, known, margin } = scoreText(model, text);
  return { computed, scored: score !== undefined, known, margin: margin / marginUnit };
}

/** The hash of the one frozen configuration of a kind: features, and every number that training goes by. */
export function configurationHash(kind: Kind): string {
  return createHash("sha256")
    .update(JSON.stringify(trainingConfiguration(kind)))
    .digest("hex")
    .slice(0, 16);
}

/**
 * The hash of all that a kind's models depend on besides the texts: the sources of features, training and
 * scoring, and of the texts' reading. What is printed with a table, and part of the key of kept answers.
 */
export function sourcesHash(kind: Kind): string {
  const hash = createHash("sha256").update(`${kind}\n`);
  const folders = kind === "email" ? ["model", "text", "../../docket/src/mail"] : ["model", "text"];
  for (const folder of folders) {
    const names = globSync("**/*.ts", { cwd: join(policySources, folder) }).sort();
    for (const name of names.filter((each) => !each.endsWith(".test.ts") && !each.startsWith("metrics"))) {
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(policySources, folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Trains on a fold and asks about its test part, or reads what it said the last time with the same sources.
 *
 * @param folder where answers and models are kept
 */
export function answersOf(kind: Kind, fold: Fold, folder: string): Answer[] {
  const taught = createHash("sha256").update(`${sourcesHash(kind)}\n`);
  for (const item of fold.train) taught.update(`${item.spam} ${keyOf(item)}`);
  const modelKey = taught.digest("hex").slice(0, 24);
  const asked = createHash("sha256").update(`${modelKey}\n`);
  for (const item of fold.test) asked.update(keyOf(item));
  const answers = kept(join(folder, `docket-${asked.digest("hex").slice(0, 24)}.json`), () => {
    const bytes = kept(join(folder, `docket-${modelKey}.model`), () => trainBytes(kind, fold.train));
    const model = loadModel(bytes);
    return Buffer.from(JSON.stringify(fold.test.map((item) => ask(model, modelText(item)))));
  });
  return JSON.parse(Buffer.from(answers).toString("utf8")) as Answer[];
}

function keyOf({ title, text, raw }: Item): string {
  return `${title} ${text} ${raw}\n`;
}

/** The bytes of a file, made if it isn't there yet. */
function kept(path: string, make: () => Uint8Array): Uint8Array {
  if (existsSync(path)) return readFileSync(path);
  const bytes = make();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
  return bytes;
}

// SPDX-License-Identifier: Apache-2.0
// `docket model publish`: another model for a name, proposed once it has shown that it does no worse than the
// one in force on texts that neither learned from.
import { DocketError } from "../../error.ts";
import type { ModelInForce } from "../../models/contract.ts";
import { generalModel } from "../../models/general.ts";
import { compareModels, perCent } from "../../models/hold-out.ts";
import type { HeldOut } from "../../models/hold-out.ts";
import { modelId, readModel, readModelFile } from "../../models/model-file.ts";
import type { ModelFile } from "../../models/model-file.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { proposalLine } from "../policy/change-text.ts";
import { openDesk } from "../policy/desk.ts";
import type { Desk, DeskOptions } from "../policy/desk.ts";
import { showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { namesTexts, readLabelled } from "./inputs.ts";
import type { LabelledText, TextInputs } from "./inputs.ts";
import { readSiteExamples } from "./site-labels.ts";

/** Options of `docket model publish`. */
export type PublishOptions = DeskOptions &
  TextInputs & {
    name: string;
    file?: string | undefined;
    general?: true | undefined;
    why?: string | undefined;
    force?: true | undefined;
    json?: true | undefined;
  };

/** Proposes another model. */
export async function runModelPublish(options: PublishOptions, terminal: Terminal): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    return await publish(options, desk, terminal);
  } finally {
    await desk.close();
  }
}

async function publish(options: PublishOptions, desk: Desk, terminal: Terminal): Promise<number> {
  const { name, why, force, json } = options;
  const inForce = named(await desk.models.inForce(), name);
  const candidate = candidateOf(options, inForce);
  const { id, bytes, model } = candidate;
  if (model.kind !== inForce.kind) {
    throw new DocketError("usage", `${name} is of kind ${inForce.kind}, and the new model of ${model.kind}`);
  }
  const before = readModel(await desk.models.bytes(inForce.sha256), `the model in force`);
  const texts = await heldOutTexts(options, inForce, terminal);
  const found = compareModels(before, model, texts);
  if (found.objection !== undefined && force !== true) {
    terminal.stderr.write(
      `docket: ${name} was not proposed: ${found.objection}\n` +
        "  Bring more labelled texts with --in, or take it all the same with --force.\n",
    );
    return exitWrong;
  }
  await desk.models.keep(bytes);
  const { objection, ...figures } = found;
  const check = objection === undefined ? figures : { ...figures, forced: true as const };
  const proposal = await desk.propose({ model: { name, sha256: id, check } }, why, false);
  if (json === true) await write(terminal, `${JSON.stringify({ proposal, check })}\n`);
  else {
    await write(
      terminal,
      `${foundText(found)}Proposed ${proposalLine(proposal)}\n` +
        `Next: docket policy approve ${proposal.index}\n`,
    );
  }
  return exitFine;
}

function named(inForce: readonly ModelInForce[], name: string): ModelInForce {
  const found = inForce.find((model) => model.name === name);
  if (found === undefined) {
    const names = inForce.map((model) => model.name).join(", ");
    const there = names === "" ? "no policy in force declares one" : `there are: ${names}`;
    throw new DocketError("not_found", `there is no model ${JSON.stringify(name)}; ${there}`);
  }
  if (found.file === null) return found;
  const message = `the policy has the model ${name} from ${found.file}: put the new one there`;
  throw new DocketError("usage", `${message}, and propose the policy (docket policy propose)`);
}

function candidateOf({ file, general }: PublishOptions, { kind }: ModelInForce): ModelFile {
  if ((file === undefined) === (general !== true)) {
    throw new DocketError("usage", "name the new model's file, or --general, and not both");
  }
  if (file !== undefined) return readModelFile(file);
  const bytes = generalModel(kind);
  return { bytes, id: modelId(bytes), model: readModel(bytes, "the general model") };
}

async function heldOutTexts(
  options: PublishOptions,
  { kind }: ModelInForce,
  terminal: Terminal,
): Promise<readonly LabelledText[]> {
  const { data, url } = options;
  const progress = showProgress(terminal);
  if (!namesTexts(options)) {
    // A server's labels are not ours to read: whoever asks it brings texts.
    return url === undefined ? (await readSiteExamples(data, { terminal, progress })).heldOut : [];
  }
  const { texts } = await readLabelled(options, kind, { terminal, progress });
  return texts;
}

function foundText({ spam, ham, before, after, objection }: HeldOut): string {
  if (objection !== undefined) return `Forced, though ${objection}.\n`;
  const on = `On ${spam} spam and ${ham} ham that neither learned from`;
  return `${on}, it ranks ${perCent(after)} of pairs wrongly; the one in force ${perCent(before)}.\n`;
}

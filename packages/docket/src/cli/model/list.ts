// SPDX-License-Identifier: Apache-2.0
// `docket model list`: the models in force, and those that come with Docket.
import { modelKinds } from "@docket/policy";
import type { ModelInForce } from "../../models/contract.ts";
import { generalModel } from "../../models/general.ts";
import { modelId } from "../../models/model-file.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDesk } from "../policy/desk.ts";
import type { Desk, DeskOptions } from "../policy/desk.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Prints the models. */
export async function runModelList(
  options: DeskOptions & { json?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const desk = await openDesk(options, terminal);
  const inForce = await readInForce(desk);
  const general = modelKinds.map((kind) => ({ kind, sha256: modelId(generalModel(kind)) }));
  if (options.json === true) {
    await write(terminal, `${JSON.stringify({ inForce, general })}\n`);
    return exitFine;
  }
  const shipped = new Set(general.map(({ sha256 }) => sha256));
  const rows = inForce.map(({ name, kind, file, sha256, examples: { spam, ham } }) => [
    name,
    kind,
    file ?? (shipped.has(sha256) ? "general" : "another"),
    `${spam} spam, ${ham} ham`,
    sha256,
  ]);
  const table = alignColumns([["NAME", "KIND", "FROM", "TRAINED ON", "MODEL"], ...rows]);
  await write(
    terminal,
    rows.length === 0
      ? "No policy in force declares a model; declare models: { spam: { kind: comment, use: general } }\n"
      : table,
  );
  return exitFine;
}

async function readInForce(desk: Desk): Promise<readonly ModelInForce[]> {
  try {
    return await desk.models.inForce();
  } finally {
    await desk.close();
  }
}

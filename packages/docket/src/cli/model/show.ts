// SPDX-License-Identifier: Apache-2.0
// `docket model show`: what a model's file says.
import { grouped } from "../../models/evaluation-text.ts";
import { readModelFile } from "../../models/model-file.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Prints what a model is. */
export async function runModelShow(
  { model: file, json }: { model: string; json?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const { model, bytes, id } = readModelFile(file);
  const { kind, examples, knownMin } = model;
  if (json === true) {
    const said = { model: id, kind, bytes: bytes.length, examples, knownMin };
    await write(terminal, `${JSON.stringify(said)}\n`);
    return exitFine;
  }
  await write(
    terminal,
    `model     ${id}\nkind      ${kind}\nbytes     ${grouped(bytes.length)}\n` +
      `examples  ${grouped(examples.spam)} spam, ${grouped(examples.ham)} ham\n` +
      `bound     a score from ${(knownMin / 10).toFixed(1)}% of known features on\n`,
  );
  return exitFine;
}

// SPDX-License-Identifier: Apache-2.0
// `docket retention run`: drops what is due by its age, or says what is.
import type { RetentionDone, RetentionPlan } from "../../erasure/retention-contract.ts";
import { DocketError } from "../../error.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import type { Where } from "./run.ts";

/** What `docket retention run` is told. */
export type RetentionOptions = Where & { preview?: true | undefined };

/**
 * Runs `docket retention run`.
 *
 * @throws {DocketError} `usage` where a server is to drop at once, which it does in time by itself;
 *   `configuration_invalid`; what a server answers
 */
export async function runRetention(options: RetentionOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, preview, json } = options;
  if (url !== undefined && preview !== true) {
    const message = "a server drops what is due by itself; with --preview it says what that is";
    throw new DocketError("usage", message);
  }
  const said =
    url === undefined
      ? await here(data, preview === true, terminal)
      : await askServer<RetentionPlan>({ url, apiKey }, "v1/retention");
  await write(terminal, json === true ? `${JSON.stringify(said)}\n` : planText(said));
  return exitFine;
}

async function here(
  data: string,
  preview: boolean,
  terminal: Terminal,
): Promise<RetentionPlan | RetentionDone> {
  const opened = await openDirectory(data, terminal);
  try {
    return await (preview ? opened.retention.preview() : opened.retention.run());
  } finally {
    await opened.close();
  }
}

function planText(plan: RetentionPlan | RetentionDone): string {
  if (plan.rows.length === 0) return "Everything is kept for good: docket.yaml has no section retention.\n";
  if (plan.everybodyHeld) return "A legal hold on everybody keeps everything: docket hold list\n";
  const done = "records" in plan;
  const lines = plan.rows.map(({ part, days, because, before, count, held }) => {
    const why = because === null ? "" : " (the dispute period)";
    const stay = held === 0 ? "" : `; ${held} stay`;
    const what = `${count} ${done ? "dropped" : "due"}, of records before ${before}`;
    return `${part}: kept ${days} days${why}; ${what}${stay}`;
  });
  const held =
    plan.heldActors === 0
      ? []
      : [`Of ${plan.heldActors} actors evidence stays: a legal hold, or an open dispute.`];
  const records = done && plan.records.length > 0 ? [`Sealed as ${recordsText(plan.records)}.`] : [];
  return `${[...lines, ...held, ...records].join("\n")}\n`;
}

function recordsText(records: readonly number[]): string {
  return records.length === 1 ? `record ${records[0]}` : `records ${records.join(", ")}`;
}

// SPDX-License-Identifier: Apache-2.0
// `docket revert`, `docket sweep`, `docket batches`, and many cases of `docket review`: shows what would
// change, and with --apply does it and tells how far it is.
import { setTimeout as sleep } from "node:timers/promises";
import { DocketError } from "../../error.ts";
import type {
  Batch,
  BatchDetail,
  BatchPreview,
  BatchWish,
  SiteBatches,
} from "../../reviews/batch-contract.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory, operator as reader } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { durationText, showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Where batches are. */
export type BatchWhere = { data: string; url?: string | undefined; apiKey?: string | undefined };
/** What all that begin a batch are told. */
export type BatchFlags = BatchWhere & { apply?: true | undefined; json?: true | undefined };
/** What `docket revert` and `docket sweep` are told. */
export type CorrectionFlags = BatchFlags & {
  batch?: number | undefined;
  campaign?: string | undefined;
  actor?: string | undefined;
  fingerprint?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  reason?: string | undefined;
  note?: string | undefined;
  reviewed?: true | undefined;
};
/** What `docket batches` is told. */
export type BatchesOptions = BatchWhere & {
  index?: number | undefined;
  approve?: true | undefined;
  stop?: true | undefined;
  json?: true | undefined;
};

/** How often a server is asked how far it is, in ms. */
const askEveryMs = 500;
/** Batches of a list, and examples of a preview that are printed. */
const listedMax = 50;
const printedMax = 10;

type BatchClient = {
  preview(wish: BatchWish): Promise<BatchPreview>;
  begin(wish: BatchWish): Promise<Batch>;
  approve(index: number): Promise<Batch>;
  stop(index: number): Promise<Batch>;
  batch(index: number): Promise<BatchDetail>;
  list(): Promise<Batch[]>;
  close(): Promise<void>;
};

/**
 * Runs `docket revert` or `docket sweep`.
 *
 * @throws {DocketError} `usage`; `not_found`, `batch_conflict`; what a server answers
 */
export async function runCorrection(
  batch: "revert" | "sweep",
  target: string | undefined,
  { data, url, apiKey, apply, json, batch: of, reason, ...selection }: CorrectionFlags,
  terminal: Terminal,
): Promise<number> {
  if (reason === undefined) throw new DocketError("usage", "say why, with --reason and a code");
  const named = batch === "revert" ? { target, of } : { rule: target };
  if (of !== undefined && (!Number.isSafeInteger(of) || of < 0 || target !== undefined)) {
    throw new DocketError("usage", "--batch is the index of a batch, and names no rule besides");
  }
  return runBatch({ batch, ...named, ...selection, reason }, { data, url, apiKey, apply, json }, terminal);
}

/** Shows what a batch would do, or does it. @throws {DocketError} as {@link runCorrection} */
export async function runBatch(wish: BatchWish, flags: BatchFlags, terminal: Terminal): Promise<number> {
  const present = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  return withBatches(flags, terminal, async (client) => {
    if (flags.apply !== true) {
      const preview = await client.preview(present as BatchWish);
      await write(terminal, flags.json === true ? `${JSON.stringify(preview)}\n` : previewText(preview));
      return exitFine;
    }
    return followed(client, await client.begin(present as BatchWish), flags, terminal);
  });
}

/** Runs `docket batches`. @throws {DocketError} `usage`, `not_found`, `another_person`, `batch_conflict` */
export async function runBatches(options: BatchesOptions, terminal: Terminal): Promise<number> {
  const { index, approve, stop, json } = options;
  if (index === undefined && (approve === true || stop === true)) {
    throw new DocketError("usage", "name the batch: docket batches 117 --approve");
  }
  return withBatches(options, terminal, async (client) => {
    if (index === undefined) {
      const batches = await client.list();
      const lines = batches.map((batch) => `${JSON.stringify(batch)}\n`).join("");
      await write(terminal, json === true ? lines : listText(batches));
      return exitFine;
    }
    if (approve === true) return followed(client, await client.approve(index), options, terminal);
    const shown = stop === true ? await client.stop(index) : await client.batch(index);
    await write(terminal, json === true ? `${JSON.stringify(shown)}\n` : batchText(shown));
    return exitFine;
  });
}

// A batch goes on without us: whoever ends the command leaves it to the server, or to the next start.
async function followed(
  client: BatchClient,
  begun: Batch,
  { json }: { json?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const progress = showProgress(terminal);
  let batch: Batch = begun;
  try {
    progress.step("Correcting");
    while (batch.status === "running" && batch.fault === null) {
      await sleep(askEveryMs / 10);
      batch = await client.batch(begun.index);
      progress.update(batch.made + batch.passed, batch.count);
      if (batch.status === "running") await sleep(askEveryMs);
    }
  } finally {
    progress.end();
  }
  await write(terminal, json === true ? `${JSON.stringify(batch)}\n` : batchText(batch));
  return batch.fault === null ? exitFine : exitWrong;
}

async function withBatches(
  where: BatchWhere,
  terminal: Terminal,
  work: (client: BatchClient) => Promise<number>,
): Promise<number> {
  const client =
    where.url === undefined ? await here(where.data, terminal) : there({ ...where, url: where.url });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function here(data: string, terminal: Terminal): Promise<BatchClient> {
  const opened = await openDirectory(data, terminal);
  const operator = { by: "operator", role: "operator" };
  const batches: SiteBatches = opened.batches;
  return {
    preview: (wish) => batches.preview(operator, wish),
    begin: (wish) => batches.begin(operator, wish),
    approve: (index) => batches.approve(operator, index),
    stop: (index) => batches.stop(operator, index),
    batch: async (index) => {
      const found = await batches.batch(index);
      await opened.readings.note(reader, { what: "cases" });
      return found;
    },
    list: async () => {
      await opened.readings.note(reader, { what: "cases" });
      return batches.list(listedMax);
    },
    close: () => opened.close(),
  };
}

function there(server: { url: string; apiKey?: string | undefined }): BatchClient {
  return {
    preview: (wish) => askServer(server, "v1/batches", { ...wish, preview: true }),
    begin: (wish) => askServer(server, "v1/batches", wish),
    approve: (index) => askServer(server, `v1/batches/${index}/approve`, {}),
    stop: (index) => askServer(server, `v1/batches/${index}/stop`, {}),
    batch: (index) => askServer(server, `v1/batches/${index}`),
    list: async () => (await askServer<{ batches: Batch[] }>(server, "v1/batches")).batches,
    close: () => Promise.resolve(),
  };
}

function previewText(preview: BatchPreview): string {
  const { batch, selection, looked, count, leftOut, actors, examples, cap, alone, effectsOf } = preview;
  const counts = (of: Partial<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, each]) => `${each} ${name}`)
      .join(", ");
  const lines = [
    `${batch} ${selection}: ${count} of ${looked} decisions would change, of ${actors} actors.`,
    ...(count === 0
      ? []
      : [`In force now: ${counts(preview.outcomes)}. Verdicts: ${counts(preview.verdicts)}.`]),
    ...(Object.keys(leftOut).length === 0 ? [] : [`Left out: ${counts(leftOut)}.`]),
  ];
  if (effectsOf > 0) {
    const some = effectsOf < count ? ` (of the first ${effectsOf})` : "";
    lines.push(
      `Strikes void ${preview.strikesVoid}, given ${preview.strikesGiven}; ` +
        `restrictions ending ${preview.restrictionsEnding}, ` +
        `beginning ${preview.restrictionsBeginning}${some}.`,
    );
  }
  for (const note of preview.notes) lines.push(`Note: ${note}.`);
  if (preview.more) lines.push("There are more; run it again when this is done.");
  const rows = examples
    .slice(0, printedMax)
    .map(({ of, decidedAt, outcome, verdict, actor, fired }) => [
      `  ${of}`,
      decidedAt,
      outcome,
      verdict ?? "-",
      actor,
      fired.join(" "),
    ]);
  const person = preview.needsSecondPerson
    ? `A second person must approve it: one alone may change ${cap} a day, and you have changed ${alone}.\n`
    : "";
  return `${lines.join("\n")}\n${alignColumns(rows, new Set([0]))}${person}`;
}

function batchText(batch: Batch): string {
  const { index, count, made, passed, status, secondsLeft, fault } = batch;
  const left = secondsLeft === null ? "" : `, about ${durationText(secondsLeft * 1000)} left`;
  const over = passed === 0 ? "" : `, ${passed} passed over`;
  const done = `${made} of ${count} made${over}${left}`;
  const lines = [`Batch ${index} (${batch.batch}, ${batch.reason}) is ${status}: ${done}.`];
  if (status === "pending") {
    lines.push(`Another person approves it: docket batches ${index} --approve.`);
  }
  if (fault !== null) lines.push(`It stands still: ${fault}. The next start goes on with it.`);
  if (status === "done" || status === "stopped") {
    lines.push(`To take it back: docket revert --batch ${index} --reason mistaken.`);
  }
  return `${lines.join("\n")}\n`;
}

function listText(batches: readonly Batch[]): string {
  if (batches.length === 0) return "No batch was begun.\n";
  return alignColumns(
    batches.map(({ index, batch, at, status, made, count, reason, by, approvedBy }) => [
      String(index),
      batch,
      at,
      status,
      `${made} of ${count}`,
      reason,
      `by ${by}`,
      approvedBy === null ? "" : `approved by ${approvedBy}`,
    ]),
    new Set([0]),
  );
}

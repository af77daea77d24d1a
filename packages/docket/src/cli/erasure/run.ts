// SPDX-License-Identifier: Apache-2.0
// `docket erase`, `docket erasures` and `docket hold`: on a server, or in a data directory while none runs.
import { isPseudonym } from "@docket/protocol";
import type { Outcome, RequestDetail } from "../../approvals/contract.ts";
import type {
  AboutWish,
  ErasurePreview,
  ErasureView,
  ErasureWish,
  HoldView,
  HoldWish,
} from "../../erasure/contract.ts";
import { DocketError } from "../../error.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { requestWaitsText } from "../request/run.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { erasureText, holdText, previewText } from "./text.ts";

/** Where it is done. */
export type Where = {
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};
/** What `docket erase` is told. */
export type EraseOptions = Where & {
  account: string;
  ground?: string | undefined;
  askedBy?: string | undefined;
  preview?: true | undefined;
  despiteDispute?: true | undefined;
  request?: number | undefined;
};
/** What `docket hold place` is told. */
export type PlaceOptions = Where & {
  account?: string | undefined;
  everybody?: true | undefined;
  ground: string;
  why: string;
};
/** What `docket hold lift` is told. */
export type LiftOptions = Where & {
  index: number;
  ground: string;
  why: string;
  request?: number | undefined;
};
/** What lists are told. */
export type HoldListOptions = Where & { all?: true | undefined };

/** Erasures of one list. */
const listedMax = 100;
const operator = { by: "operator", role: "operator" } as const;

type Client = {
  preview(about: AboutWish): Promise<ErasurePreview>;
  erase(wish: ErasureWish, request: number | undefined): Promise<Outcome<ErasureView>>;
  erasures(): Promise<ErasureView[]>;
  place(wish: HoldWish): Promise<HoldView>;
  lift(options: LiftOptions): Promise<Outcome<HoldView>>;
  holds(all: boolean): Promise<HoldView[]>;
  close(): Promise<void>;
};

/**
 * Runs `docket erase`.
 *
 * @returns 1 where the erasure is ordered and could not be carried out yet
 * @throws {DocketError} `not_found`, `erasure_conflict`, `legal_hold`, `usage`; what a server answers
 */
export async function runErase(options: EraseOptions, terminal: Terminal): Promise<number> {
  const about = aboutOf(options.account);
  return withClient(options, terminal, async (client) => {
    if (options.preview === true) {
      const preview = await client.preview(about);
      await write(terminal, options.json === true ? jsonLine(preview) : previewText(preview));
      return exitFine;
    }
    const { ground, askedBy, despiteDispute, request } = options;
    if (ground === undefined || askedBy === undefined) {
      const message = "say why and who asked: --ground CODE --asked-by TEXT; or look first, with --preview";
      throw new DocketError("usage", message);
    }
    const outcome = await client.erase({ about, ground, askedBy, despiteDispute }, request);
    if ("waits" in outcome) return sayWaits(options, outcome.waits, terminal);
    const { done } = outcome;
    await write(terminal, options.json === true ? jsonLine(done) : erasureText(done));
    return done.state === "done" ? exitFine : exitWrong;
  });
}

/** Runs `docket erasures`. @throws {DocketError} what a server answers */
export async function runErasures(options: HoldListOptions, terminal: Terminal): Promise<number> {
  return withClient(options, terminal, async (client) => {
    const erasures = await client.erasures();
    const rows = erasures.map(({ erasure, actor, state, ground, by, ordered, done }) => [
      String(erasure),
      actor,
      state,
      ground,
      by,
      ordered,
      done === null ? "" : `done at ${done.at}`,
    ]);
    const text = rows.length === 0 ? "Nobody was erased.\n" : alignColumns(rows, new Set([0]));
    await write(terminal, options.json === true ? erasures.map(jsonLine).join("") : text);
    return exitFine;
  });
}

/** Runs `docket hold place`. @throws {DocketError} `not_found`, `usage`; what a server answers */
export async function runPlace(options: PlaceOptions, terminal: Terminal): Promise<number> {
  const { account, everybody, ground, why } = options;
  if ((account === undefined) !== (everybody === true)) {
    throw new DocketError("usage", "name an account, or say --everybody");
  }
  return withClient(options, terminal, async (client) => {
    const about = account === undefined ? {} : { about: aboutOf(account) };
    const hold = await client.place({ ...about, ground, why });
    const whom = hold.actor ?? "everybody";
    const until = "is erased or dropped until it is lifted";
    const text = `Placed, as record ${hold.hold}: nothing of ${whom} ${until}.\n`;
    await write(terminal, options.json === true ? jsonLine(hold) : text);
    return exitFine;
  });
}

/** Runs `docket hold lift`. @throws {DocketError} `not_found`, `erasure_conflict`; what a server answers */
export async function runLift(options: LiftOptions, terminal: Terminal): Promise<number> {
  return withClient(options, terminal, async (client) => {
    const outcome = await client.lift(options);
    if ("waits" in outcome) return sayWaits(options, outcome.waits, terminal);
    await write(terminal, options.json === true ? jsonLine(outcome.done) : holdText(outcome.done));
    return exitFine;
  });
}

/** Runs `docket hold list`. @throws {DocketError} what a server answers */
export async function runHoldList(options: HoldListOptions, terminal: Terminal): Promise<number> {
  return withClient(options, terminal, async (client) => {
    const holds = await client.holds(options.all === true);
    const text = holds.length === 0 ? "There is no legal hold.\n" : holds.map(holdText).join("");
    await write(terminal, options.json === true ? holds.map(jsonLine).join("") : text);
    return exitFine;
  });
}

/** A pseudonym is an actor's; anything else is an account. */
export function aboutOf(name: string): AboutWish {
  return isPseudonym(name) ? { actor: name } : { account: name };
}

async function sayWaits(where: Where, request: RequestDetail, terminal: Terminal): Promise<number> {
  await write(terminal, where.json === true ? jsonLine({ request }) : requestWaitsText(request));
  return exitFine;
}

async function withClient(
  where: Where,
  terminal: Terminal,
  work: (client: Client) => Promise<number>,
): Promise<number> {
  const { data, url, apiKey } = where;
  const client = url === undefined ? await here(data, terminal) : there({ url, apiKey });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function here(data: string, terminal: Terminal): Promise<Client> {
  const opened = await openDirectory(data, terminal);
  const { erasures, holds, readings } = opened;
  const note = (subject?: string): Promise<void> => readings.note(operator, { what: "erasures", subject });
  return {
    preview: async (about) => {
      const preview = await erasures.preview(about);
      await note(preview.actor);
      return preview;
    },
    erase: async (wish, request) => {
      const outcome = await erasures.erase(operator, wish, request);
      if ("waits" in outcome) return outcome;
      await erasures.settled();
      return { ...outcome, done: erasures.show(outcome.done.erasure) };
    },
    erasures: async () => {
      await note();
      return erasures.list(listedMax);
    },
    place: (wish) => holds.place(operator, wish),
    lift: ({ index, ground, why, request }) => holds.lift(operator, index, { ground, why }, request),
    holds: async (all) => {
      await note();
      return holds.list(all);
    },
    close: () => opened.close(),
  };
}

function there(server: { url: string; apiKey?: string | undefined }): Client {
  return {
    preview: (about) => askServer(server, "v1/erasures/preview", about),
    erase: async ({ about, ...rest }, request) =>
      outcomeOf(await askServer(server, "v1/erasures", { ...about, ...rest, request })),
    erasures: async () =>
      (await askServer<{ erasures: ErasureView[] }>(server, `v1/erasures?limit=${listedMax}`)).erasures,
    place: ({ about, ...rest }) => askServer(server, "v1/holds", { ...about, ...rest }),
    lift: async ({ index, ground, why, request }) =>
      outcomeOf(await askServer(server, `v1/holds/${index}/lift`, { ground, why, request })),
    holds: async (all) => (await askServer<{ holds: HoldView[] }>(server, `v1/holds?all=${all}`)).holds,
    close: () => Promise.resolve(),
  };
}

// Where it waits, the answer is 202 and holds the request alone.
function outcomeOf<T extends object>(answer: T | { request: RequestDetail }): Outcome<T> {
  const { request } = answer as { request?: unknown };
  if (typeof request === "object" && request !== null) return { waits: request as RequestDetail };
  return { done: answer as T, taken: undefined };
}

function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

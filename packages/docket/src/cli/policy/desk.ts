// SPDX-License-Identifier: Apache-2.0
// Whoever takes a change on its way: a server that is asked over HTTP, or, while none runs, the data
// directory itself, opened as a server would open it.
import type {
  ChangesView,
  ProposalView,
  Published,
  ReleaseWish,
  Wish,
  Withdrawn,
} from "../../releases/contract.ts";
import type { ModelInForce, Models, ModelView } from "../../models/contract.ts";
import type { Author } from "../../releases/duties.ts";
import type { Effects } from "../../releases/effects.ts";
import type { ChangePart } from "../../releases/review.ts";
import { openDirectory } from "../open-directory.ts";
import type { Terminal } from "../terminal.ts";
import { askPolicy, askServer, fetchBytes, sendBytes } from "./server.ts";

/** Where a change is made. */
export type DeskOptions = {
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
};

/** The steps of a change, as a command takes them. */
export type Desk = {
  view(): Promise<ChangesView>;
  change(index: number): Promise<{ proposal: ProposalView | null; change: ChangePart | null }>;
  propose(wish: Wish, why: string | undefined, standby: boolean): Promise<ProposalView>;
  approve(of: number): Promise<ChangesView>;
  cancel(of: number): Promise<ProposalView>;
  publish(of: number, forMs: number | undefined): Promise<Published>;
  rollback(to: string | undefined, keepLists: boolean, why: string | undefined): Promise<Withdrawn>;
  breakGlass(
    wish: ReleaseWish | { of: number },
    forMs: number | undefined,
    why: string | undefined,
  ): Promise<Published>;
  effects(rules: readonly string[], from: number): Promise<Effects>;
  /** The models that score texts. */
  models: Pick<Models, "keep" | "bytes"> & { inForce(): Promise<readonly ModelInForce[]> };
  close(): Promise<void>;
};

/** Whoever has the data directory. */
const operator: Author = { by: "operator", role: "operator" };

/**
 * Opens the desk that is meant.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then
 */
export async function openDesk(options: DeskOptions, terminal: Terminal): Promise<Desk> {
  const { data, url, apiKey } = options;
  return url === undefined ? directoryDesk(data, terminal) : serverDesk({ url, apiKey });
}

function serverDesk(server: { url: string; apiKey?: string | undefined }): Desk {
  return {
    view: () => askPolicy(server, ""),
    change: (index) => askPolicy(server, `/records/${index}`),
    propose: (wish, why, standby) =>
      askPolicy(server, "/proposals", { ...plainWish(wish), why, ...(standby ? { standby } : {}) }),
    approve: (of) => askPolicy(server, "/approvals", { of }),
    cancel: (of) => askPolicy(server, "/cancellations", { of }),
    publish: (of, forMs) => askPolicy(server, "/publications", { of, forMs }),
    rollback: (to, keepLists, why) => askPolicy(server, "/rollbacks", { to, keepLists, why }),
    breakGlass: (wish, forMs, why) => askPolicy(server, "/break-glass", { ...plainWish(wish), forMs, why }),
    effects: (rules, from) => {
      const query = new URLSearchParams({ from: String(from) });
      for (const rule of rules) query.append("rule", rule);
      return askPolicy(server, `/effects?${query.toString()}`);
    },
    models: {
      inForce: async () => (await askServer<{ models: ModelInForce[] }>(server, "v1/models")).models,
      keep: (bytes) => sendBytes<ModelView>(server, "v1/models", bytes),
      bytes: (sha256) => fetchBytes(server, `v1/models/${sha256}`),
    },
    close: () => Promise.resolve(),
  };
}

// As JSON has it.
function plainWish(wish: Wish | { of: number }): object {
  if (!("files" in wish)) return wish;
  const { files, models = new Map<string, string>() } = wish;
  const beside = [...models].map(([path, sha256]) => ({ path, sha256 }));
  return { files, ...(beside.length === 0 ? {} : { models: beside }) };
}

async function directoryDesk(data: string, terminal: Terminal): Promise<Desk> {
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  const { site, changes, models } = opened;
  try {
    await site.announce();
  } catch (error) {
    await opened.close();
    throw error;
  }
  return {
    view: () => changes.stands(),
    change: (index) => changes.change(index),
    propose: (wish, why, standby) => changes.propose({ author: operator, wish, why, standby }),
    approve: (of) => changes.approve({ author: operator, of }),
    cancel: (of) => changes.cancel({ author: operator, of }),
    publish: (of, forMs) => changes.publish({ author: operator, of, forMs }),
    rollback: (to, keepLists, why) => changes.rollback({ author: operator, to, keepLists, why }),
    breakGlass: (wish, forMs, why) => changes.breakGlass({ author: operator, wish, forMs, why }),
    effects: (rules, from) => changes.effects(new Set(rules), from),
    models: {
      inForce: async () => models.inForce(),
      keep: (bytes) => models.keep(bytes),
      bytes: (sha256) => models.bytes(sha256),
    },
    close: () => opened.close(),
  };
}

// SPDX-License-Identifier: Apache-2.0
// Whoever has the lists: a server that is asked over HTTP, or, while none runs, the data directory itself,
// opened as a server would open it.
import type {
  CheckHit,
  EntriesPage,
  EntriesQuery,
  ListChanged,
  ListChangePreview,
  ListChangeView,
  ListSummary,
} from "../../lists/contract.ts";
import type { WishedChange } from "../../lists/site-lists.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { Terminal } from "../terminal.ts";

/** Where the lists are. */
export type ListWhere = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** What commands do with lists. */
export type ListCommandDesk = {
  all(): Promise<readonly ListSummary[]>;
  summary(name: string): Promise<ListSummary>;
  entries(name: string, query: EntriesQuery): Promise<EntriesPage>;
  check(value: string, list: string | undefined): Promise<readonly CheckHit[]>;
  /** With `glass` at once and for a time; `forMs` is a day if it is left out. */
  change(
    name: string,
    wished: WishedChange,
    why: string,
    glass?: { forMs?: number | undefined },
  ): Promise<ListChanged>;
  preview(name: string, wished: WishedChange): Promise<ListChangePreview>;
  log(name: string, limit: number, before: number | undefined): Promise<readonly ListChangeView[]>;
  close(): Promise<void>;
};

/**
 * Opens the lists that are meant.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then
 */
export async function openListDesk(where: ListWhere, terminal: Terminal): Promise<ListCommandDesk> {
  const { data, url, apiKey } = where;
  return url === undefined ? directoryDesk(data, terminal) : serverDesk({ url, apiKey });
}

function serverDesk(server: { url: string; apiKey?: string | undefined }): ListCommandDesk {
  const path = (name: string, rest = ""): string => `v1/lists/${encodeURIComponent(name)}${rest}`;
  return {
    all: async () => (await askServer<{ lists: ListSummary[] }>(server, "v1/lists")).lists,
    summary: (name) => askServer(server, path(name)),
    entries: (name, { after, q, limit }) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (after !== undefined) query.set("after", after);
      if (q !== undefined) query.set("q", q);
      return askServer(server, path(name, `/entries?${query.toString()}`));
    },
    check: async (value, list) => {
      const wish = { value, ...(list === undefined ? {} : { list }) };
      return (await askServer<{ hits: CheckHit[] }>(server, "v1/lists/check", wish)).hits;
    },
    preview: (name, wished) => askServer(server, path(name, "/preview"), wishBody(wished)),
    change: (name, wished, why, glass) => {
      const wish = { ...wishBody(wished), why };
      return glass === undefined
        ? askServer(server, path(name, "/changes"), wish)
        : askServer(server, path(name, "/break-glass"), { ...wish, forMs: glass.forMs });
    },
    log: async (name, limit, before) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (before !== undefined) query.set("before", String(before));
      const wanted = path(name, `/changes?${query.toString()}`);
      return (await askServer<{ changes: ListChangeView[] }>(server, wanted)).changes;
    },
    close: () => Promise.resolve(),
  };
}

function wishBody({ add, remove }: WishedChange): object {
  const entries = add.map(({ value, untilMs }) => ({
    value,
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
  }));
  return { add: entries, remove };
}

async function directoryDesk(data: string, terminal: Terminal): Promise<ListCommandDesk> {
  const opened = await openDirectory(data, terminal);
  const { lists } = opened;
  return {
    all: () => Promise.resolve(lists.all()),
    summary: async (name) => lists.summary(name),
    entries: async (name, query) => lists.entries(name, query),
    check: async (value, list) => lists.check(value, list),
    preview: (name, wished) => lists.preview(name, wished),
    change: (name, wished, why, glass) => {
      const act = { by: "operator", why };
      return glass === undefined
        ? lists.change(name, wished, act)
        : lists.breakGlass(name, wished, act, glass.forMs);
    },
    log: (name, limit, before) => lists.log(name, limit, before),
    close: () => opened.close(),
  };
}

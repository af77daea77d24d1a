// SPDX-License-Identifier: Apache-2.0
// `docket webhooks`: who is told, of what, and how that goes.
import { DocketError } from "../../error.ts";
import type { DeadLetter, MessageFamily } from "../../delivery/webhooks/contract.ts";
import type { EndpointView, TestResult } from "../../delivery/webhooks/webhook-desk.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer, removeAt } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket webhooks` is told. */
export type WebhookOptions = {
  act: string;
  id?: string | undefined;
  address?: string | undefined;
  only?: MessageFamily[] | undefined;
  why?: string | undefined;
  after?: number | undefined;
  message?: string[] | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket webhooks ACT`. @throws {DocketError} what the site or the server says */
export async function runWebhooks(options: WebhookOptions, terminal: Terminal): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    const { text, data, fine } = await act(desk, options);
    await write(terminal, options.json === true ? `${JSON.stringify(data)}\n` : text);
    return fine ? exitFine : exitWrong;
  } finally {
    await desk.close();
  }
}

type Made = { id: string; secret: string; index: number };
type Desk = {
  list(): Promise<EndpointView[]>;
  add(url: string, families: MessageFamily[] | undefined): Promise<Made>;
  remove(id: string): Promise<{ index: number }>;
  rotate(id: string): Promise<Made>;
  switch(id: string, off: string | null): Promise<{ index: number }>;
  test(id: string): Promise<TestResult>;
  dead(id: string): Promise<readonly DeadLetter[]>;
  replay(id: string, wish: { after?: number; ids?: string[] }): Promise<number>;
  close(): Promise<void>;
};
type Said = { text: string; data: unknown; fine: boolean };

async function act(desk: Desk, options: WebhookOptions): Promise<Said> {
  const { id = "", address = "", why = "", after, message } = options;
  const fine = (text: string, data: unknown): Said => ({ text, data, fine: true });
  switch (options.act) {
    case "add": {
      const made = await desk.add(address, options.only);
      return fine(madeText("Added", made), made);
    }
    case "list": {
      const all = await desk.list();
      return fine(endpointRows(all), all);
    }
    case "remove": {
      const sealed = await desk.remove(id);
      return fine(`Removed, as record ${sealed.index}.\n`, sealed);
    }
    case "rotate": {
      const made = await desk.rotate(id);
      return fine(madeText("Changed", made), made);
    }
    case "enable":
    case "disable": {
      const sealed = await desk.switch(id, options.act === "enable" ? null : why);
      return fine(
        `Switched ${options.act === "enable" ? "on" : "off"}, as record ${sealed.index}.\n`,
        sealed,
      );
    }
    case "test": {
      const result = await desk.test(id);
      const text = result.ok ? `It answered ${result.status} in ${result.ms} ms.\n` : `${result.why}\n`;
      return { text, data: result, fine: result.ok };
    }
    case "dead": {
      const dead = await desk.dead(id);
      return fine(deadRows(dead), dead);
    }
    default: {
      const wish = {
        ...(after === undefined ? {} : { after }),
        ...(message === undefined ? {} : { ids: message }),
      };
      const messages = await desk.replay(id, wish);
      const text =
        after === undefined
          ? `${messages} messages go out again.\n`
          : `All after record ${after} goes out again.\n`;
      return fine(text, { messages });
    }
  }
}

async function openDesk({ data, url, apiKey }: WebhookOptions, terminal: Terminal): Promise<Desk> {
  if (url !== undefined) return serverDesk({ url, apiKey });
  const opened = await openDirectory(data, terminal);
  const { webhooks } = opened.delivery;
  if (webhooks === undefined) throw new DocketError("usage", "this installation has no webhooks");
  const operator = { by: "operator", role: "operator" };
  return {
    list: () => webhooks.list(),
    add: (address, families) => webhooks.add(operator, { url: address, families }),
    remove: (id) => webhooks.remove(operator, id),
    rotate: (id) => webhooks.rotate(operator, id),
    switch: (id, off) => webhooks.switch(operator, id, off),
    test: (id) => webhooks.test(id),
    dead: (id) => webhooks.dead(id),
    replay: (id, wish) => webhooks.replay(id, wish),
    close: () => opened.close(),
  };
}

function serverDesk(server: { url: string; apiKey: string | undefined }): Desk {
  const at = (id: string, what: string): string => `v1/webhooks/${encodeURIComponent(id)}${what}`;
  return {
    list: async () => (await askServer<{ webhooks: EndpointView[] }>(server, "v1/webhooks")).webhooks,
    add: (url, families) =>
      askServer(server, "v1/webhooks", { url, ...(families === undefined ? {} : { families }) }),
    remove: (id) => removeAt(server, at(id, "")),
    rotate: (id) => askServer(server, at(id, "/secret"), {}),
    switch: (id, off) =>
      askServer(server, at(id, off === null ? "/enable" : "/disable"), off === null ? {} : { why: off }),
    test: (id) => askServer(server, at(id, "/test"), {}),
    dead: async (id) => (await askServer<{ dead: DeadLetter[] }>(server, at(id, "/dead"))).dead,
    replay: async (id, wish) =>
      (await askServer<{ messages: number }>(server, at(id, "/replay"), wish)).messages,
    close: () => Promise.resolve(),
  };
}

function madeText(what: string, { id, secret, index }: Made): string {
  const shown = `The secret (shown once, kept in the keys directory): ${secret}`;
  return `${what} ${id}, as record ${index}. ${shown}\n`;
}

function endpointRows(all: readonly EndpointView[]): string {
  const rows = all.map(({ id, url, families, disabled, status }) => [
    id,
    url,
    families.join(", "),
    disabled === null ? (status.trouble ?? "on") : `off: ${disabled}`,
    `${status.waiting} wait`,
    `${status.dead} given up`,
    `up to record ${status.cursor}`,
  ]);
  return alignColumns(rows, new Set());
}

function deadRows(dead: readonly DeadLetter[]): string {
  const rows = dead.map(({ id, record, type, tries, why, at }) => [
    id,
    String(record),
    type,
    `${tries} tries`,
    why,
    at,
  ]);
  return alignColumns(rows, new Set([1]));
}

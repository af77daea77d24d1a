// SPDX-License-Identifier: Apache-2.0
// `docket requests` and `docket request`: what takes a second person, on a server, or in a data directory
// while none runs.
import { requestActs } from "../../approvals/contract.ts";
import type { RequestDetail, RequestView, SiteRequests } from "../../approvals/contract.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Where requests are. */
type Where = { data: string; url?: string | undefined; apiKey?: string | undefined; json?: true | undefined };
/** What `docket requests` is told. */
export type RequestsOptions = Where & { all?: true | undefined };
/** What is done with a request. */
export type RequestVerb = "show" | "approve" | "refuse" | "withdraw";
/** What `docket request` is told. */
export type RequestOptions = Where & {
  verb: RequestVerb;
  index: number;
  hash?: string | undefined;
  why?: string | undefined;
};

/** Requests of one list. */
const listedMax = 100;

type Client = {
  list(open: boolean): Promise<RequestView[]>;
  take(options: RequestOptions): Promise<RequestDetail>;
  close(): Promise<void>;
};

/** Runs `docket requests`. @throws {DocketError} what a server answers */
export async function runRequests(options: RequestsOptions, terminal: Terminal): Promise<number> {
  return withClient(options, terminal, async (client) => {
    const requests = await client.list(options.all !== true);
    const lines = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
    await write(terminal, options.json === true ? lines : listText(requests));
    return exitFine;
  });
}

/**
 * Runs `docket request show`, `approve`, `refuse` or `withdraw`.
 *
 * @throws {DocketError} `not_found`, `approval_needed`, `request_conflict`, `usage`; what a server answers
 */
export async function runRequest(options: RequestOptions, terminal: Terminal): Promise<number> {
  return withClient(options, terminal, async (client) => {
    const request = await client.take(options);
    await write(terminal, options.json === true ? `${JSON.stringify(request)}\n` : requestText(request));
    return exitFine;
  });
}

/** What is said of a request that waits for somebody, after the command that made it. */
export function requestWaitsText(request: RequestDetail): string {
  const { index, from, state } = request;
  if (state === "approved") {
    return `Request ${index} was approved by you alone: do it from ${from} on, with --request ${index}.\n`;
  }
  return (
    `This takes a second person: request ${index} waits. They run docket request approve ${index}, ` +
    `then you do this again with --request ${index}.\n`
  );
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
  const operator = { by: "operator", role: "operator" } as const;
  const requests: SiteRequests = opened.requests;
  return {
    list: async (open) => requests.list({ open, limit: listedMax }),
    take: ({ verb, index, hash, why }) => {
      if (verb === "show") return requests.show(index);
      if (verb === "approve") return requests.approve(operator, index, { hash, why });
      return requests[verb](operator, index, why);
    },
    close: () => opened.close(),
  };
}

function there(server: { url: string; apiKey?: string | undefined }): Client {
  return {
    list: async (open) => {
      const path = `v1/requests?open=${open}&limit=${listedMax}`;
      return (await askServer<{ requests: RequestView[] }>(server, path)).requests;
    },
    take: ({ verb, index, hash, why }) => {
      if (verb === "show") return askServer(server, `v1/requests/${index}`);
      return askServer(server, `v1/requests/${index}/${verb}`, { hash, why });
    },
    close: () => Promise.resolve(),
  };
}

function listText(requests: readonly RequestView[]): string {
  if (requests.length === 0) return "No request waits.\n";
  return alignColumns(
    requests.map(({ index, act, subject, at, state, by, role, approvals }) => [
      String(index),
      act,
      subject ?? "",
      at,
      state,
      `by ${by} (${role})`,
      approvals.map((each) => `approved by ${each.by}${each.alone ? " alone" : ""}`).join(", "),
    ]),
    new Set([0]),
  );
}

function requestText(request: RequestDetail): string {
  const { index, act, of, subject, by, role, at, state, what, reach, why, hash } = request;
  const about = [
    ...(subject === null ? [] : [`of ${subject}`]),
    ...(of === null ? [] : [`of record ${of}`]),
  ].join(", ");
  const lines = [
    `Request ${index}: ${requestActs[act].about}${about === "" ? "" : `, ${about}`}.`,
    `Asked by ${by} (${role}) at ${at}: ${JSON.stringify(why)}`,
    `What    ${JSON.stringify(what)}`,
    ...(reach === null ? [] : [`Reach   ${JSON.stringify(reach)}`]),
    `Hash    ${hash}`,
    ...request.approvals.map(
      (each) =>
        `Approved by ${each.by} (${each.role})${each.alone ? " alone" : ""} at ${each.at}, ` +
        `record ${each.index}.`,
    ),
    stateLine(request),
  ];
  return `${lines.join("\n")}\n${state === "waiting" ? `Approve it: docket request approve ${index}\n` : ""}`;
}

function stateLine({ state, from, expires, ended }: RequestView): string {
  if (ended !== null) return `It is ${state}: by ${ended.by} at ${ended.at}, record ${ended.index}.`;
  if (state === "approved") return `It is approved: it can be done from ${from} to ${expires}.`;
  return `It is ${state} until ${expires ?? "now"}.`;
}

// SPDX-License-Identifier: Apache-2.0
// `docket campaigns`: campaigns of a site, and who has a part in one.
import { parseTime } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { campaignsListedMax } from "../../patterns/campaign-contract.ts";
import type { CampaignsPage, CampaignView, Outcomes } from "../../patterns/campaign-contract.ts";
import type { SiteCampaigns } from "../../patterns/campaign-desk.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket campaigns` is told. */
export type CampaignsOptions = {
  from?: string | undefined;
  to?: string | undefined;
  actors: string;
  decisions: string;
  limit: string;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

const dayMs = 86_400_000;
/** How long a time is searched if nothing is said, in days. */
const searchedDays = 7;
/** Most accounts of a campaign that are printed; as JSON there are as many as a picture has. */
const actorsPrintedMax = 20;

/**
 * Runs `docket campaigns`.
 *
 * @throws {DocketError} `usage` for what is no time or no number; `not_found`
 */
export async function runCampaigns(
  campaign: string | undefined,
  options: CampaignsOptions,
  terminal: Terminal,
): Promise<number> {
  if (campaign !== undefined) {
    const path = `v1/campaigns/${encodeURIComponent(campaign)}`;
    const found = await ask<CampaignView>(options, terminal, path, (desk) => desk.campaign(campaign));
    await write(terminal, options.json === true ? `${JSON.stringify(found)}\n` : campaignText(found));
    return exitFine;
  }
  const [fromMs, toMs] = [timeOf("--from", options.from), timeOf("--to", options.to)];
  const query = {
    actorsMin: numberOf("--actors", options.actors),
    decisionsMin: numberOf("--decisions", options.decisions),
    limit: numberOf("--limit", options.limit, campaignsListedMax),
  };
  const asked = new URLSearchParams({
    actors: String(query.actorsMin),
    decisions: String(query.decisionsMin),
    limit: String(query.limit),
    ...(fromMs === undefined ? {} : { from: new Date(fromMs).toISOString() }),
    ...(toMs === undefined ? {} : { to: new Date(toMs).toISOString() }),
  });
  const page = await ask<CampaignsPage>(
    options,
    terminal,
    `v1/campaigns?${asked.toString()}`,
    async (desk) => {
      const end = toMs ?? (await desk.latestMs()) + 1;
      return desk.list({ ...query, fromMs: fromMs ?? end - searchedDays * dayMs, toMs: end });
    },
  );
  await write(terminal, options.json === true ? `${JSON.stringify(page)}\n` : pageText(page));
  return exitFine;
}

async function ask<T>(
  { url, apiKey, data }: CampaignsOptions,
  terminal: Terminal,
  path: string,
  look: (desk: SiteCampaigns) => Promise<T>,
): Promise<T> {
  if (url !== undefined) return askServer<T>({ url, apiKey }, path);
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const found = await look(opened.campaigns);
    await opened.readings.note(operator, { what: "findings" });
    return found;
  } finally {
    await opened.close();
  }
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new DocketError("usage", `${name} ${text} is no time; give one as 2026-11-22T23:11:05Z`);
}

function numberOf(name: string, text: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= 1 && value <= most) return value;
  throw new DocketError("usage", `${name} ${text} is no whole number from 1 to ${most}`);
}

function pageText({ from, to, campaigns, more }: CampaignsPage): string {
  const head = `${campaigns.length}${more ? " and more" : ""} campaigns of decisions from ${from} to ${to}\n`;
  if (campaigns.length === 0) return head;
  const rows = campaigns.map(({ campaign, decisions, actors, outcomes, to: last }) => [
    campaign,
    `${decisions} decisions`,
    `${actors} accounts`,
    outcomesText(outcomes),
    last,
  ]);
  return `${head}${alignColumns(rows)}`;
}

function campaignText({
  campaign,
  decisions,
  actors,
  outcomes,
  from,
  to,
  rules,
  sharing,
}: CampaignView): string {
  const ties = new Map<string, number>();
  for (const { actor } of sharing.edges) ties.set(actor, (ties.get(actor) ?? 0) + 1);
  const shown = sharing.actors.slice(0, actorsPrintedMax);
  const lines = [
    `campaign ${campaign}`,
    `${decisions} decisions by ${actors} accounts, ${from} to ${to}: ${outcomesText(outcomes)}`,
    ...rules.map(({ rule, count }) => `  ${rule} fired in ${count}`),
    "",
    "What several accounts share:",
    ...sharing.shared.map(({ kind, field, key, actors: by }) => `  ${field ?? kind} ${key}: ${by} accounts`),
    "",
    "Accounts that share the most:",
    ...shown.map(
      ({ actor, decisions: own }) => `  ${actor}: ${own} decisions, ${ties.get(actor) ?? 0} shared`,
    ),
  ];
  const left = sharing.actors.length - shown.length + sharing.left.actors;
  if (left > 0) lines.push(`  and ${left} more`);
  return lines.map((line) => `${line}\n`).join("");
}

function outcomesText(outcomes: Outcomes): string {
  return Object.entries(outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(", ");
}

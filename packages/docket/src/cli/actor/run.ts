// SPDX-License-Identifier: Apache-2.0
// `docket actor`: an account's standing and timeline.
import type { Timeline } from "../../patterns/contract.ts";
import { printable } from "../../printable.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket actor` is told. */
export type ActorOptions = {
  account: string;
  before?: number | undefined;
  limit: number;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Most rules and campaigns that are printed. */
const namedMax = 8;

/**
 * Runs `docket actor`.
 *
 * @throws {DocketError} `not_found`
 */
export async function runActor(options: ActorOptions, terminal: Terminal): Promise<number> {
  const timeline = await read(options, terminal);
  await write(terminal, options.json === true ? `${JSON.stringify(timeline)}\n` : timelineText(timeline));
  return exitFine;
}

async function read(options: ActorOptions, terminal: Terminal): Promise<Timeline> {
  const { account, before, limit, url, apiKey, data } = options;
  if (url !== undefined) {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(before === undefined ? {} : { before: String(before) }),
    });
    const path = `v1/actors/${encodeURIComponent(account)}/timeline?${query.toString()}`;
    return askServer<Timeline>({ url, apiKey }, path);
  }
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const found = await opened.patterns.timeline(account, { before, limit });
    await opened.readings.note(operator, { what: "timeline", subject: found.actor });
    return found;
  } finally {
    await opened.close();
  }
}

function timelineText(timeline: Timeline): string {
  const { actor, entries, next } = timeline;
  const rows = entries.map(({ index, at, kind, says }) => [String(index), at, kind, printable(says)]);
  const more = next === null ? "" : `There is more: --before ${next}\n`;
  return (
    `Actor ${actor}\n` +
    alignColumns([...standingRows(timeline), ...figureRows(timeline)]) +
    `\nTimeline\n${alignColumns(rows, new Set([0]))}${more}`
  );
}

function standingRows({ standing }: Timeline): string[][] {
  const strikes = standing.strikes.reduce((sum, { count }) => sum + count, 0);
  const rows = [["strikes", String(strikes)]];
  for (const restriction of standing.restrictions) {
    const { id, kind, imposed, on } = restriction;
    const until = "until" in restriction ? ` until ${restriction.until}` : "";
    const from =
      imposed === undefined ? "" : `, by record ${imposed.index} (${imposed.kind} of ${imposed.by})`;
    rows.push([
      "restriction",
      `${kind}${until}${from}, ${id}${on === undefined ? "" : `, on its ${on.kind}`}`,
    ]);
  }
  for (const link of standing.links)
    rows.push(["linked", `${link.actor} (${link.relation}, ${link.reason})`]);
  return rows;
}

function figureRows({ figures }: Timeline): string[][] {
  const { decisions, from, to, perDay, outcomes, restricted, rules, campaigns, disputes, reports } = figures;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
  const rows: string[][] = [
    ["decisions", decisions === 0 ? "0" : `${decisions} from ${from} to ${to}, ${perDay} a day`],
    ["outcomes", counts(outcomes)],
    ["under a restriction", restricted === 0 ? "" : String(restricted)],
    ...rules.slice(0, namedMax).map(({ rule, count }) => ["rule", `${rule}, ${times(count)}`]),
    ...campaigns
      .slice(0, namedMax)
      .map(({ campaign, own, actors }) => [
        "campaign",
        `${campaign}: ${own}, and ${actors - 1} other accounts`,
      ]),
    ["disputes", counts(disputes)],
    ["reported by others", reports === 0 ? "" : times(reports)],
  ];
  return rows.filter(([, value]) => value !== "");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

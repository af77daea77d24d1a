// SPDX-License-Identifier: Apache-2.0
// `docket alert`: asks a server, or reads what lies in a data directory and sends from here.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlertDesk } from "../../alerts/alert-desk.ts";
import { senderOf } from "../../alerts/channels.ts";
import { readAlertsConfig } from "../../alerts/config.ts";
import type { AlertsView, ChannelTest, SiteAlerts } from "../../alerts/contract.ts";
import { alertsFile, channelPorts, readKept } from "../../alerts/open-alerts.ts";
import { readAccessConfig } from "../../access/config.ts";
import { readConfiguration } from "../../config/configuration.ts";
import { postWith } from "../../delivery/webhooks/post.ts";
import { DocketError } from "../../error.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { printable } from "../../printable.ts";
import { defaultSettings } from "../../settings/settings.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { askServer } from "../policy/server.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket alert` is told. */
export type AlertOptions = Where & { json?: true | undefined };

/** Runs `docket alert list`. @returns 1 if an alert is open */
export async function runAlertList(options: AlertOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, json } = options;
  const view =
    url === undefined
      ? (await openHere(data, terminal)).view()
      : await askServer<AlertsView>({ url, apiKey }, "v1/alerts");
  await write(terminal, json === true ? `${JSON.stringify(view)}\n` : viewText(view));
  return view.open.length === 0 ? exitFine : exitWrong;
}

/**
 * Runs `docket alert test`.
 *
 * @returns 1 if a channel took nothing
 * @throws {DocketError} `not_found` for a channel that there is not; `usage` if there is none at all
 */
export async function runAlertTest(
  channels: readonly string[],
  options: AlertOptions,
  terminal: Terminal,
): Promise<number> {
  const { data, url, apiKey, json } = options;
  const server = { url: url ?? "", apiKey };
  const here = url === undefined ? await openHere(data, terminal) : undefined;
  const view = here?.view() ?? (await askServer<AlertsView>(server, "v1/alerts"));
  const asked = channels.length > 0 ? channels : view.channels.map(({ id }) => id);
  if (asked.length === 0) throw new DocketError("usage", "docket.yaml names no channel under alerts");
  const results: ChannelTest[] = [];
  for (const channel of asked) {
    results.push(
      here === undefined
        ? await askServer<ChannelTest>(server, "v1/alerts/test", { channel })
        : await here.test(channel),
    );
  }
  await write(terminal, json === true ? `${JSON.stringify(results)}\n` : testText(results));
  return results.every(({ ok }) => ok) ? exitFine : exitWrong;
}

// Without the directory's lock: nothing is changed, and a server may be running.
async function openHere(data: string, terminal: Terminal): Promise<SiteAlerts> {
  const installation = readInstallation(data);
  const configuration = readConfiguration(installation.data);
  const config = readAlertsConfig(configuration.section("alerts"));
  const { folder } = readKeys(await unlockInstallation(installation));
  const { origin, paths } = installation;
  const ports = channelPorts({
    origin,
    folder,
    variables: terminal.env,
    readText: (path) => readFile(resolve(installation.data, path), "utf8"),
    post: postWith(fetch, terminal.clock),
    random: randomBytes,
  });
  return new AlertDesk(
    {
      config,
      origin,
      publicUrl: readAccessConfig(configuration.section("access")).publicUrl,
      senderOf: (channel) => senderOf(channel, origin, ports),
      thresholds: () => defaultSettings,
      keep: async () => undefined,
      clock: terminal.clock,
      timer: () => () => undefined,
      onNotice: () => undefined,
    },
    readKept(await readIfThere(join(paths.site, alertsFile))),
  );
}

function viewText({ channels, open, ended }: AlertsView): string {
  const alerts = [...open, ...ended].map(({ severity, says, since, endedAt, told }) => [
    endedAt === null ? severity : "over",
    printable(says),
    endedAt === null ? `since ${since}` : `${since} to ${endedAt}`,
    told.length === 0 ? "nobody was told" : `told: ${told.join(", ")}`,
  ]);
  const told = channels.map(({ id, target, least, sentAt, fault }) => [
    id,
    target,
    least === "urgent" ? "urgent ones only" : "all",
    fault === null ? (sentAt === null ? "nothing sent yet" : `last sent ${sentAt}`) : printable(fault),
  ]);
  const none = (what: string): string => `${what}\n`;
  return [
    alerts.length === 0 ? none("No alert is open.") : alignColumns(alerts, new Set()),
    told.length === 0 ? none("Nobody is told: docket.yaml names no channel.") : alignColumns(told, new Set()),
  ].join("\n");
}

function testText(results: readonly ChannelTest[]): string {
  const rows = results.map(({ channel, ok, why, ms }) => [
    channel,
    ok ? `took it in ${ms} ms` : printable(why ?? "it took nothing"),
  ]);
  return alignColumns(rows, new Set());
}

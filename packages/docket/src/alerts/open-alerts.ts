// SPDX-License-Identifier: Apache-2.0
// Opens a site's alerts: what an earlier process kept, and channels that send.
import { join } from "node:path";
import type { Post } from "../delivery/webhooks/contract.ts";
import { DocketError } from "../error.ts";
import { hasSecret, readSecret } from "../evidence/key-folder.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { AlertDesk } from "./alert-desk.ts";
import type { AlertDeskPorts, KeptAlerts } from "./alert-desk.ts";
import { senderOf } from "./channels.ts";
import type { ChannelPorts } from "./channels.ts";
import type { ChannelConfig, NamedSecret } from "./config.ts";
import type { Alert } from "./state.ts";
import { sendMail } from "./smtp.ts";

/** The file in a site's directory in which it is kept which alerts are open, and who was told. */
export const alertsFile = "alerts.json";
/** Random bytes of a message's id. */
const messageIdBytes = 12;

/** What channels are made of, besides their configuration. */
export type ChannelsOptions = {
  readonly origin: string;
  /** Of the site's keys: secrets of channels are files in it. */
  readonly folder: KeyFolder;
  /** Variables of the environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Reads a file by its path, relative to the data directory. */
  readonly readText: (path: string) => Promise<string>;
  readonly post: Post;
  readonly random: (length: number) => Buffer;
};

/** What alerts lean on. */
export type OpenAlertsOptions = ChannelsOptions &
  Pick<AlertDeskPorts, "config" | "publicUrl" | "thresholds" | "clock" | "timer" | "onNotice"> & {
    /** The site's directory. */
    readonly directory: string;
    readonly read: (path: string) => Promise<Uint8Array | undefined>;
    readonly replace: (path: string, bytes: Uint8Array) => Promise<void>;
  };

/** Opens them. A channel whose secret is missing is told of, and keeps nothing from starting. */
export async function openAlerts(options: OpenAlertsOptions): Promise<AlertDesk> {
  const { config, origin, publicUrl, thresholds, clock, timer, onNotice } = options;
  const path = join(options.directory, alertsFile);
  for (const channel of config.channels) {
    const missing = missingSecret(channel, options);
    if (missing !== undefined) onNotice(`alerts can't be sent to ${channel.id}: ${missing}`);
  }
  const kept = readKept(await options.read(path).catch(() => undefined));
  return new AlertDesk(
    {
      config,
      origin,
      publicUrl,
      thresholds,
      clock,
      timer,
      onNotice,
      senderOf: (channel) => senderOf(channel, origin, channelPorts(options)),
      keep: (state) => options.replace(path, Buffer.from(JSON.stringify(state))),
    },
    kept,
  );
}

/** What channels send with. */
export function channelPorts({ folder, variables, readText, post, random }: ChannelsOptions): ChannelPorts {
  return {
    post,
    mail: sendMail,
    secret: (name) => secretOf(name, folder, variables),
    readFile: readText,
    messageId: () => `msg_alert_${random(messageIdBytes).toString("base64url")}`,
  };
}

/**
 * What an earlier process kept; `undefined` if there is nothing that can be used. It says who was told what,
 * so losing it costs a message too many.
 */
export function readKept(bytes: Uint8Array | undefined): KeptAlerts | undefined {
  if (bytes === undefined) return undefined;
  try {
    const kept = JSON.parse(Buffer.from(bytes).toString("utf8")) as KeptAlerts;
    return kept.v === 1 && kept.alerts.every(isAlert) && typeof kept.sent === "object" ? kept : undefined;
  } catch {
    return undefined;
  }
}

function isAlert({ kind, about, says, severity, sinceMs, seenMs, told }: Alert): boolean {
  const texts = [kind, about, says, severity].every((text) => typeof text === "string");
  return texts && Number.isFinite(sinceMs) && Number.isFinite(seenMs) && typeof told === "object";
}

/** The secret of a channel. @throws {DocketError} `usage` if it is not there; the message holds none */
function secretOf(
  name: NamedSecret,
  folder: KeyFolder,
  variables: Readonly<Record<string, string | undefined>>,
): string {
  const text =
    "file" in name ? readSecret(folder, name.file).trim() : (variables[name.variable] ?? "").trim();
  if (text !== "") return text;
  const where =
    "file" in name ? `the file ${name.file} of the keys directory` : `the variable ${name.variable}`;
  throw new DocketError("usage", `${where} is empty`);
}

function missingSecret(
  { to }: ChannelConfig,
  { folder, variables }: Pick<OpenAlertsOptions, "folder" | "variables">,
): string | undefined {
  const name = to.form === "mail" ? to.login?.password : to.form === "chat" ? to.url : to.secret;
  if (name === undefined) return undefined;
  if ("file" in name) {
    return hasSecret(folder, name.file) ? undefined : `the keys directory has no file ${name.file}`;
  }
  return (variables[name.variable] ?? "") === "" ? `the variable ${name.variable} is not set` : undefined;
}

// SPDX-License-Identifier: Apache-2.0
// The section `alerts` of docket.yaml: whom alerts are told, and how often. From how much on there is one is
// said by settings of the site.
//
//   alerts:
//     groupFor: 30s        # what begins within this goes out in one message
//     repeatEvery: 4h      # what is still so is told again
//     perHour: 20          # most messages an hour, of each channel
//     channels:
//       - id: operators
//         mail: { to: [ops@example.org], from: docket@example.org, server: "smtp.example.org:587",
//                 user: docket, passwordFile: smtp-password }
//       - { id: chat, least: urgent, chat: { shape: slack, urlFile: chat-url } }
//       - { id: pager, kinds: [sealing, clock], webhook: { url: "https://…", secretFile: pager-secret } }
import { isIP } from "node:net";
import type { ConfigNode } from "../config/node.ts";
import { alertKinds, severities } from "./contract.ts";
import type { AlertKind, Severity } from "./contract.ts";

/** Most channels, and most recipients of one. */
export const channelsMax = 10;
/** See {@link channelsMax}. */
export const recipientsMax = 20;

/** A secret that is named, and lies elsewhere: in the keys directory, or in a variable of the environment. */
export type NamedSecret = { readonly file: string } | { readonly variable: string };
/** How a connection to a mail server is secured. `starttls` never goes on without. */
export type MailTls = "starttls" | "tls" | "none";
/** Whose form of message a chat takes. */
export const chatShapes = ["slack", "mattermost", "discord", "teams"] as const;
/** Whose form of message a chat takes. */
export type ChatShape = (typeof chatShapes)[number];

/** A mail server and who is written to. */
export type MailConfig = {
  readonly form: "mail";
  readonly to: readonly string[];
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly tls: MailTls;
  /** A file with root certificates, PEM, in place of the usual ones; relative to the data directory. */
  readonly roots: string | undefined;
  readonly login: { readonly user: string; readonly password: NamedSecret } | undefined;
};
/** An address to which a chat's messages are posted. Who knows it may post, so it is a secret. */
export type ChatConfig = { readonly form: "chat"; readonly shape: ChatShape; readonly url: NamedSecret };
/** A webhook, signed as Standard Webhooks has it. */
export type AlertWebhookConfig = {
  readonly form: "webhook";
  readonly url: string;
  readonly secret: NamedSecret;
};

/** One channel. */
export type ChannelConfig = {
  readonly id: string;
  readonly least: Severity;
  readonly kinds: readonly AlertKind[];
  readonly to: MailConfig | ChatConfig | AlertWebhookConfig;
};

/** The section as it was read, with its defaults. */
export type AlertsConfig = {
  readonly groupForMs: number;
  readonly repeatEveryMs: number;
  readonly perHour: number;
  readonly channels: readonly ChannelConfig[];
};

const secondMs = 1000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** What holds where nothing is said: alerts are shown, and nobody is told. */
export const alertsDefaults: AlertsConfig = {
  groupForMs: 30 * secondMs,
  repeatEveryMs: 4 * hourMs,
  perHour: 20,
  channels: [],
};

const portMax = 65_535;
const portOf: Readonly<Record<MailTls, number>> = { starttls: 587, tls: 465, none: 25 };
const addressPattern = /[^\s@<>,;:"()[\]\\]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}/;
const serverPattern = /(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(?::[0-9]{1,5})?/;

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readAlertsConfig(node: ConfigNode | undefined): AlertsConfig {
  if (node === undefined) return alertsDefaults;
  const { groupFor, repeatEvery, perHour, channels } = node.map([
    "groupFor",
    "repeatEvery",
    "perHour",
    "channels",
  ]);
  const read = (channels?.list({ most: channelsMax }) ?? []).map(readChannel);
  const ids = read.map(({ id }) => id);
  const twice = ids.find((id, place) => ids.indexOf(id) !== place);
  if (twice !== undefined) channels?.fail(`names ${twice} twice`);
  return {
    groupForMs: groupFor?.durationMs({ leastMs: 0, mostMs: hourMs }) ?? alertsDefaults.groupForMs,
    repeatEveryMs:
      repeatEvery?.durationMs({ leastMs: 60 * secondMs, mostMs: 30 * dayMs }) ?? alertsDefaults.repeatEveryMs,
    perHour: perHour?.wholeNumber({ least: 1, most: 1000 }) ?? alertsDefaults.perHour,
    channels: read,
  };
}

function readChannel(node: ConfigNode): ChannelConfig {
  const { id, least, kinds, mail, chat, webhook } = node.map([
    "id",
    "least",
    "kinds",
    "mail",
    "chat",
    "webhook",
  ]);
  const given = [mail, chat, webhook].filter((each) => each !== undefined);
  if (given.length !== 1) node.fail("must have one of mail, chat and webhook");
  const name = id?.text({
    most: 32,
    pattern: /[a-z0-9][a-z0-9-]*/,
    what: "a name of small letters, digits and -",
  });
  return {
    id: name ?? node.fail("needs an id"),
    least: least?.oneOf(severities) ?? "warning",
    kinds:
      kinds?.list({ least: 1, most: alertKinds.length }).map((kind) => kind.oneOf(alertKinds)) ?? alertKinds,
    to:
      mail === undefined
        ? chat === undefined
          ? readWebhook(webhook as ConfigNode)
          : readChat(chat)
        : readMail(mail),
  };
}

function readMail(node: ConfigNode): MailConfig {
  const mail = node.map(["to", "from", "server", "tls", "roots", "user", "passwordFile", "passwordEnv"]);
  const address = (each: ConfigNode): string =>
    each.text({ most: 254, pattern: addressPattern, what: "an address, NAME@HOST" });
  const server =
    mail.server?.text({ pattern: serverPattern, what: "a server, HOST or HOST:PORT" }) ??
    node.fail("needs a server");
  const tls = mail.tls?.oneOf(["starttls", "tls", "none"] as const) ?? "starttls";
  const [, host = "", port] = /^(.*?)(?::(\d+))?$/.exec(server) ?? [];
  const number = port === undefined ? portOf[tls] : Number(port);
  if (number < 1 || number > portMax) mail.server?.fail(`names port ${number}`);
  const bare = host.replaceAll(/^\[|\]$/g, "");
  const password = readSecretName(mail.passwordFile, mail.passwordEnv);
  const user = mail.user?.text({ most: 254 });
  if ((user === undefined) !== (password === undefined)) node.fail("needs user and password, or neither");
  // A password in the clear is everybody's on the way.
  if (user !== undefined && tls === "none" && !isHere(bare)) {
    node.fail("would send a password without TLS; leave tls out, or use tls: tls");
  }
  return {
    form: "mail",
    to: mail.to?.list({ least: 1, most: recipientsMax }).map(address) ?? node.fail("needs to: addresses"),
    from: mail.from === undefined ? node.fail("needs from: an address") : address(mail.from),
    host: bare,
    port: number,
    tls,
    roots: mail.roots?.text(),
    login: user === undefined || password === undefined ? undefined : { user, password },
  };
}

function readChat(node: ConfigNode): ChatConfig {
  const { shape, urlFile, urlEnv } = node.map(["shape", "urlFile", "urlEnv"]);
  const url = readSecretName(urlFile, urlEnv);
  return {
    form: "chat",
    shape: shape?.oneOf(chatShapes) ?? node.fail(`needs a shape: ${chatShapes.join(", ")}`),
    url: url ?? node.fail("needs urlFile, a file in the keys directory, or urlEnv, a variable"),
  };
}

function readWebhook(node: ConfigNode): AlertWebhookConfig {
  const { url, secretFile, secretEnv } = node.map(["url", "secretFile", "secretEnv"]);
  const secret = readSecretName(secretFile, secretEnv);
  const address = url?.text({ most: 2048, pattern: /https?:\/\/\S+/, what: "an http or https URL" });
  if (address === undefined || !URL.canParse(address)) return node.fail("needs a url");
  const { username, password } = new URL(address);
  if (username !== "" || password !== "") return node.fail("has a password in its url: it is signed instead");
  return {
    form: "webhook",
    url: address,
    secret: secret ?? node.fail("needs secretFile, a file in the keys directory, or secretEnv, a variable"),
  };
}

function readSecretName(
  file: ConfigNode | undefined,
  variable: ConfigNode | undefined,
): NamedSecret | undefined {
  const name = file?.text({
    most: 128,
    pattern: /[A-Za-z0-9][A-Za-z0-9._-]*/,
    what: "the name of a file in the keys directory",
  });
  const inEnvironment = variable?.text({
    most: 128,
    pattern: /[A-Za-z_]\w*/,
    what: "the name of a variable",
  });
  if (name !== undefined && inEnvironment !== undefined)
    file?.fail("is given twice: as a file and a variable");
  if (name !== undefined) return { file: name };
  return inEnvironment === undefined ? undefined : { variable: inEnvironment };
}

function isHere(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

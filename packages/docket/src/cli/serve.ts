// SPDX-License-Identifier: Apache-2.0
// `docket serve`: wires an open installation to the HTTP server, and ends both in good order.
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { pino } from "pino";
import { createApiKey } from "../access/api-keys.ts";
import { Authenticator } from "../access/authenticator.ts";
import { DocketError } from "../error.ts";
import { parseListen } from "../http/listen.ts";
import type { ListenAddress } from "../http/listen.ts";
import { createServer } from "../http/server.ts";
import { watchedOf } from "../http/watched.ts";
import { createInstallation, mainSite, readInstallation, verifierKeyPath } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { plainKeysWarning } from "../key-providers/unlock.ts";
import type { OpenInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { openSqliteApiKeyFeed } from "../stores/sqlite/access-client.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { version } from "../version.ts";
import { withKeys } from "./api-keys.ts";
import { exitFine } from "./failure.ts";
import { logLevelOf } from "./log-level.ts";
import { openReadPublication, openServedPublication, witnessText } from "./log-publication.ts";
import { drillAside } from "./copies/aside.ts";
import { openWithProgress } from "./open-with-progress.ts";
import { describeInstallation } from "./set-up.ts";
import { closeServer, isLoopback, listen } from "./listening.ts";
import { openServeTls, plainNotice } from "./serve-tls.ts";
import { serveOpaque } from "./serve-opaque.ts";
import { onFirstSignal } from "./signals.ts";
import type { StopSignal } from "./signals.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** The options of `docket serve`. */
export type ServeOptions = {
  data: string;
  policy?: string | undefined;
  listen: string;
  keys?: string | undefined;
  publicEntries?: boolean | undefined;
  publicAdd?: boolean | undefined;
  dnsServer?: string[] | undefined;
};

/** Serves until a signal comes. */
export async function runServe(options: ServeOptions, terminal: Terminal): Promise<number> {
  const address = parseListen(options.listen);
  const made = makeIfAbsent(options);
  const installation = readInstallation(options.data, { keys: options.keys, policy: options.policy });
  // A mistake in the policy of its witnesses is told before anything is opened.
  openReadPublication(installation, terminal.clock);
  if (installation.opaque) {
    // Whoever reaches a loopback address is on this machine; elsewhere it takes a key or a word.
    const publicAdd = options.publicAdd ?? isLoopback(address.host);
    return serveOpaque(installation, { address, publicAdd, publicEntries: true }, terminal);
  }
  if (options.publicAdd === true) {
    throw new DocketError("usage", "--public-add is for opaque logs; events take a key of role ingest");
  }
  // From here on a signal is obeyed as soon as the server could be stopped in good order.
  const stop = Promise.withResolvers<StopSignal>();
  const forget = onFirstSignal(terminal, stop.resolve);
  const opened = await openWithProgress(installation, terminal, {
    dnsServers: options.dnsServer,
    drill: () => drillAside(installation.data, installation.keysDirectory),
  });
  try {
    if (made !== undefined) await write(terminal, `${describeInstallation(made)}\n\n`);
    await opened.site.announce();
    return await serveOpen(opened, installation, { ...options, address, stopped: stop.promise }, terminal);
  } finally {
    await opened.close();
    forget();
  }
}

function makeIfAbsent({ data, keys }: ServeOptions): Installation | undefined {
  if (existsSync(data) && readdirSync(data).length > 0) return undefined;
  return createInstallation(disk, data, keys);
}

async function serveOpen(
  { site, ...desks }: OpenInstallation,
  installation: Installation,
  options: ServeOptions & { address: ListenAddress; stopped: Promise<StopSignal> },
  terminal: Terminal,
): Promise<number> {
  const { data } = installation;
  const tls = await openServeTls(installation, terminal);
  const level = logLevelOf(terminal.env["DOCKET_LOG_LEVEL"]);
  const logger = pino({ level, base: null }, pino.destination({ dest: 2, sync: false }));
  const { publication, start, close } = openServedPublication(installation, {
    publishedSize: () => site.status().publishedSize,
    clock: terminal.clock,
    report: (kind, message) => logger[kind](message),
  });
  const authenticator = await Authenticator.open({
    feed: desks.access?.keyFeed ?? openSqliteApiKeyFeed(accessPath(data), mainSite),
    sealAccess: (change, key, role, more) => site.sealAccess(change, key, role, more),
    clock: terminal.clock,
    onFault: (error) =>
      logger.warn({ fault: (error as Error).message }, "the API keys could not be brought up to date"),
  });
  await desks.access?.start();
  const server = createServer({
    tls: tls?.pair,
    ...desks,
    site,
    publication,
    authenticator,
    clock: terminal.clock,
    publicEntries: options.publicEntries === true,
    logKeys: () => readFile(verifierKeyPath(installation), "utf8"),
    version,
    logger,
  });
  let keepsFresh: (() => Promise<void>) | undefined;
  try {
    const url = await listen(server, options.address);
    keepsFresh = tls?.keepFresh(server, (kind, message) => logger[kind](message));
    const plain = plainNotice(options.address.host, tls);
    if (plain !== undefined) logger.warn(plain);
    start();
    desks.anchors.start();
    desks.alerts.start(() => watchedOf({ ...desks, site, publication, authenticator }));
    desks.retention.start();
    // What is due from before may take a while; whoever asks meanwhile is answered.
    desks.delivery.start().catch((error: unknown) => {
      logger.warn({ fault: (error as Error).message }, "webhooks are not sent");
    });
    const key = firstKeyText(data, url, terminal);
    // Whoever has just begun has enough to read.
    const warning = key === "" ? plainKeysWarning(installation) : "";
    await write(terminal, `Serving ${site.origin} on ${url}\n${witnessText(publication)}${warning}${key}`);
    const signal = await options.stopped;
    await write(terminal, `${signal}: finishing what is under way (again to end at once)\n`);
    await closeServer(server);
  } finally {
    await keepsFresh?.();
    await close();
    await authenticator.close();
    await new Promise<void>((resolve) => logger.flush(() => resolve()));
  }
  return exitFine;
}

// Made only when the address is known to work, so that it is printed if it is made; and only if there never
// was one.
function firstKeyText(data: string, url: string, { clock }: Terminal): string {
  const made = withKeys(data, (store) =>
    store.list().length > 0
      ? undefined
      : createApiKey(store, { role: "admin", label: "first key" }, clock(), randomBytes),
  );
  if (made === undefined) return "";
  const event = {
    id: "1",
    type: "comment",
    actor: { id: "alice" },
    content: { text: "Free iPhones at http://bit.ly/x" },
  };
  return [
    "",
    `First API key (role admin; shown once, kept nowhere): ${made.key}`,
    "",
    "Look, signed in with it:",
    `  ${url}/console#key=${made.key}`,
    "",
    "Try it:",
    `  curl -sS ${url}/v1/decisions \\`,
    `    -H 'Authorization: Bearer ${made.key}' -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(event)}'`,
    "",
    "",
  ].join("\n");
}

// SPDX-License-Identifier: Apache-2.0
// `docket serve` on an opaque log.
import { pino } from "pino";
import { Authenticator } from "../access/authenticator.ts";
import type { ListenAddress } from "../http/listen.ts";
import { createOpaqueServer } from "../http/opaque-server.ts";
import { mainSite } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openOpaqueInstallation } from "../main.ts";
import type { OpenOpaqueInstallation } from "../main.ts";
import { openSqliteApiKeyFeed } from "../stores/sqlite/access-client.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { version } from "../version.ts";
import { exitFine } from "./failure.ts";
import { openServeTls, plainNotice } from "./serve-tls.ts";
import { closeServer, listen } from "./listening.ts";
import { logLevelOf } from "./log-level.ts";
import { openServedPublication, witnessText } from "./log-publication.ts";
import { onFirstSignal } from "./signals.ts";
import type { StopSignal } from "./signals.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** The options of `docket serve` that an opaque log knows. */
export type ServeOpaqueOptions = { address: ListenAddress; publicAdd: boolean; publicEntries: boolean };

/** Serves until a signal comes. */
export async function serveOpaque(
  installation: Installation,
  options: ServeOpaqueOptions,
  terminal: Terminal,
): Promise<number> {
  const stop = Promise.withResolvers<StopSignal>();
  const forget = onFirstSignal(terminal, stop.resolve);
  const opened = await openOpaqueInstallation(installation);
  try {
    return await serveOpen(opened, installation, { ...options, stopped: stop.promise }, terminal);
  } finally {
    await opened.close();
    forget();
  }
}

async function serveOpen(
  { log }: OpenOpaqueInstallation,
  installation: Installation,
  options: ServeOpaqueOptions & { stopped: Promise<StopSignal> },
  terminal: Terminal,
): Promise<number> {
  const logger = pino(
    { level: logLevelOf(terminal.env["DOCKET_LOG_LEVEL"]), base: null },
    pino.destination({ dest: 2, sync: false }),
  );
  const authenticator = await Authenticator.open({
    feed: openSqliteApiKeyFeed(accessPath(installation.data), mainSite),
    // An opaque log holds what others add and nothing else, so there is no record of its keys.
    sealAccess: () => Promise.resolve(),
    clock: terminal.clock,
    onFault: (error) =>
      logger.warn({ fault: (error as Error).message }, "the API keys could not be brought up to date"),
  });
  const { origin, paths } = installation;
  const { publication, start, close } = openServedPublication(installation, {
    publishedSize: () => log.status.publishedSize,
    clock: terminal.clock,
    report: (kind, message) => logger[kind](message),
  });
  const tls = await openServeTls(installation, terminal);
  const server = createOpaqueServer({
    tls: tls?.pair,
    log,
    origin,
    paths,
    publication,
    clock: terminal.clock,
    authenticator,
    publicAdd: options.publicAdd,
    publicEntries: options.publicEntries,
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
    const who = options.publicAdd ? "anyone who reaches it" : "keys of role ingest";
    await write(terminal, `Serving the opaque log ${origin} on ${url}\n${witnessText(publication)}`);
    await write(terminal, `POST ${url}/add takes an entry and answers its index, from ${who}\n`);
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

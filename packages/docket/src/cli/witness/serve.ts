// SPDX-License-Identifier: Apache-2.0
// `docket witness serve`: wires keys, state and list of logs to the server, and ends all in good order.
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import type { Logger } from "pino";
import { DocketError } from "../../error.ts";
import { listenUrl, parseListen } from "../../http/listen.ts";
import type { ListenAddress } from "../../http/listen.ts";
import { openWitnessFiles } from "../../stores/files/witness-files.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import type { DirectoryLock } from "../../stores/sqlite/directory-lock.ts";
import { openCosigner } from "../../witness/cosigner.ts";
import type { Cosigner } from "../../witness/cosigner.ts";
import { readWitness, readWitnessKeys } from "../../witness/directory.ts";
import type { WitnessDirectory } from "../../witness/directory.ts";
import { drainMs } from "../../witness/limits.ts";
import { readLogsFile, watchLogsFile } from "../../witness/logs-file.ts";
import type { ReadLogs } from "../../witness/logs-file.ts";
import { createWitnessMetrics } from "../../witness/metrics.ts";
import { createWitnessServer } from "../../witness/server.ts";
import { Witness } from "../../witness/witness.ts";
import { exitFine } from "../failure.ts";
import { logLevelOf } from "../log-level.ts";
import { onFirstSignal } from "../signals.ts";
import type { StopSignal } from "../signals.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** While the server closes, idle connections are closed this often, in ms. */
const sweepMs = 50;

/** The options of `docket witness serve`. */
export type WitnessServeOptions = { directory: string; listen: string; keys?: string | undefined };

/** Serves until a signal comes. */
export async function runWitnessServe(options: WitnessServeOptions, terminal: Terminal): Promise<number> {
  const address = parseListen(options.listen);
  const directory = readWitness(options.directory, options.keys);
  const cosigner = openCosigner(directory.name, readWitnessKeys(directory));
  const stop = Promise.withResolvers<StopSignal>();
  const forget = onFirstSignal(terminal, stop.resolve);
  try {
    const lock = takeLock(directory);
    try {
      return await serve(directory, cosigner, { address, stopped: stop.promise }, terminal);
    } finally {
      lock.release();
    }
  } finally {
    forget();
  }
}

/** Two that cosign from one state would each vouch for a log of its own. */
function takeLock({ directory, paths }: WitnessDirectory): DirectoryLock {
  try {
    return lockDirectory(paths.lock, directory);
  } catch (error) {
    if (!(error instanceof DocketError) || error.code !== "directory_locked") throw error;
    const message = `another process serves the witness in ${directory} already`;
    throw new DocketError("directory_locked", message, { cause: error });
  }
}

async function serve(
  directory: WitnessDirectory,
  cosigner: Cosigner,
  { address, stopped }: { address: ListenAddress; stopped: Promise<StopSignal> },
  terminal: Terminal,
): Promise<number> {
  const level = logLevelOf(terminal.env["DOCKET_LOG_LEVEL"]);
  const logger = pino({ level, base: null }, pino.destination({ dest: 2, sync: false }));
  const { paths, createdSeconds } = directory;
  const read = (): Promise<ReadLogs> => readLogsFile(paths.logs, cosigner.verifiers);
  const list = await read();
  for (const { line, reason } of list.skipped) logger.warn({ line, reason }, "a log's key was left out");
  const store = await openWitnessFiles(paths.checkpoints);
  const metrics = createWitnessMetrics(
    { logs: () => witness.logCount, signs: () => witness.fault === undefined },
    true,
  );
  const witness: Witness = new Witness({
    cosigner,
    store,
    logs: list.logs,
    clock: terminal.clock,
    createdSeconds,
    events: {
      fork(origin, kept, sent) {
        metrics.forked();
        logger.error({ origin, kept, sent }, "a log signed two roots of one size");
      },
      fault: (message) => logger.error(message),
    },
  });
  const unwatch = await watchLogsFile(paths.logs, terminal.signals, () => takeIn(witness, read, logger));
  const server = createWitnessServer({
    witness,
    metrics,
    nowMs: terminal.nowMs,
    access: (line) => logger.info(line, "request"),
    unexpected: (error) => logger.error({ err: error }, "unexpected error"),
  });
  try {
    const url = await listen(server, address);
    const { size } = list.logs;
    const logs = size === 1 ? "1 log" : `${size} logs`;
    await write(terminal, `Witness ${cosigner.name} of ${logs} on ${url}\n`);
    const signal = await stopped;
    await write(terminal, `${signal}: finishing what is under way (again to end at once)\n`);
    await closeServer(server);
  } finally {
    unwatch();
    await witness.close();
    await new Promise<void>((resolve) => logger.flush(() => resolve()));
  }
  return exitFine;
}

async function takeIn(witness: Witness, read: () => Promise<ReadLogs>, logger: Logger): Promise<void> {
  try {
    const { logs } = await read();
    witness.setLogs(logs);
    logger.info({ logs: logs.size }, "read the list of logs again");
  } catch (error) {
    const why = (error as Error).message;
    logger.error(`the list of logs cannot be read, the one before stays in force: ${why}`);
  }
}

async function listen(server: Server, address: ListenAddress): Promise<string> {
  try {
    server.listen(address.port, address.host);
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "something listens there already" : message;
    throw new DocketError(
      "usage",
      `cannot listen on ${address.host}:${address.port}: ${why}; choose another address with --listen`,
      { cause: error },
    );
  }
  const { port } = server.address() as AddressInfo;
  return listenUrl({ ...address, port });
}

/** Takes no more connections, lets what runs end, and cuts off what does not. */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection that was in use when the server closed is kept alive after its answer.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  const end = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(end);
}

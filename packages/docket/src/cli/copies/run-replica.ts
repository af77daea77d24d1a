// SPDX-License-Identifier: Apache-2.0
// `docket replica serve` and `docket replica status`.
import { hash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { readConfiguration } from "../../config/configuration.ts";
import { readReplicasConfig } from "../../copies/config.ts";
import type { CopiesStatus } from "../../copies/copies-desk.ts";
import { createCopyServer } from "../../copies/copy-server.ts";
import { CopyStore } from "../../copies/copy-store.ts";
import { knownCopies } from "../../copies/known-copies.ts";
import { DocketError } from "../../error.ts";
import { listenUrl, parseListen } from "../../http/listen.ts";
import type { ListenAddress } from "../../http/listen.ts";
import { mainSite, readInstallation } from "../../installation.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { isLoopback } from "../listening.ts";
import { askServer } from "../policy/server.ts";
import type { Where } from "../reading.ts";
import { onFirstSignal } from "../signals.ts";
import type { StopSignal } from "../signals.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket replica serve` is told. */
export type ReplicaServeFlags = {
  directory: string;
  listen: string;
  log?: string | undefined;
  newKey?: true | undefined;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
};
/** What `docket replica status` is told. */
export type ReplicaStatusFlags = Where & { keys?: string | undefined; json?: true | undefined };

const keyBytes = 32;
/** The hash of the replica's key; the key itself is shown once and kept nowhere. */
const keyFile = "replica-key.json";
/** What still runs when a replica is told to stop is cut off after this long, in ms. */
const drainMs = 5000;

/** Keeps a copy until a signal comes. */
export async function runReplicaServe(options: ReplicaServeFlags, terminal: Terminal): Promise<number> {
  const directory = resolve(options.directory);
  const address = parseListen(options.listen);
  const tls = tlsOf(options);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(join(directory, "lock.sqlite"), directory);
  const stop = Promise.withResolvers<StopSignal>();
  const forget = onFirstSignal(terminal, stop.resolve);
  try {
    const store = new CopyStore(directory, { disk, clock: terminal.clock, keys: verifierKeys(options.log) });
    const { keyHash, shown } = keyOf(directory, options.newKey === true);
    const onFault = (error: unknown): void =>
      void terminal.stderr.write(`docket: ${(error as Error).message}\n`);
    const server = createCopyServer({ store, directory, keyHash, tls, onFault });
    try {
      const url = await listenOn(server, address, tls !== undefined);
      await write(terminal, `Keeping a copy in ${directory}, of ${store.size} records, on ${url}\n`);
      if (tls === undefined && !isLoopback(address.host)) {
        await write(terminal, "  without TLS: evidence is encrypted, the key that it is sent under is not\n");
      }
      if (shown !== undefined) await write(terminal, keyText(shown));
      const signal = await stop.promise;
      await write(terminal, `${signal}: finishing what is under way (again to end at once)\n`);
      await closeOf(server);
    } finally {
      await store.close();
    }
  } finally {
    forget();
    lock.release();
  }
  return exitFine;
}

/** Says how far each replica is. */
export async function runReplicaStatus(options: ReplicaStatusFlags, terminal: Terminal): Promise<number> {
  const rows = await (options.url === undefined ? statusHere(options, terminal) : statusThere(options));
  if (options.json === true) await write(terminal, `${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) await write(terminal, "docket.yaml names no replicas.\n");
  else {
    const cells = rows.map(({ name, held, lag, state, fault }) => [
      name,
      held === null ? "?" : `${held} records`,
      lag === null ? "?" : `lacks ${lag}`,
      `${state}${fault === null ? "" : `: ${fault}`}`,
    ]);
    await write(terminal, alignColumns(cells));
  }
  return rows.every(({ lag, fault }) => lag === 0 && fault === null) ? exitFine : exitWrong;
}

type StatusRow = {
  name: string;
  held: number | null;
  lag: number | null;
  state: string;
  fault: string | null;
};

// Each replica is asked: nothing of this needs the server, or the directory's lock.
async function statusHere(options: ReplicaStatusFlags, terminal: Terminal): Promise<StatusRow[]> {
  const { data, origin, paths, keysDirectory } = readInstallation(options.data, { keys: options.keys });
  const config = readReplicasConfig(readConfiguration(data).section("replicas"));
  const folder = { path: join(keysDirectory, mainSite) };
  const bytes = disk.readFile(paths.checkpoint);
  const published = bytes === undefined ? 0 : Number(bytes.toString("utf8").split("\n")[1]);
  const copies = await knownCopies({
    config: { ...config, backups: undefined },
    folder,
    variables: terminal.env,
    origin,
    disk,
  });
  return copies.map(({ name, size, fault }) => {
    const lag = size === null ? null : Math.max(0, published - size);
    return {
      name: name.slice("replica ".length),
      held: size,
      lag,
      state: lag === 0 ? "has all" : "behind",
      fault,
    };
  });
}

async function statusThere(options: ReplicaStatusFlags): Promise<StatusRow[]> {
  const server = { url: options.url as string, apiKey: options.apiKey };
  const { replicas } = await askServer<CopiesStatus>(server, "v1/copies");
  return replicas.map(({ name, held, durable, lagMs, state, fault }) => {
    const late = lagMs > 0 ? `, for ${lagMs} ms` : "";
    return { name, held, lag: Math.max(0, durable - held), state: `${state}${late}`, fault };
  });
}

function verifierKeys(path: string | undefined): string[] | undefined {
  if (path === undefined) return undefined;
  if (!existsSync(path)) throw new DocketError("usage", `there is no file ${path} of verifier keys`);
  return readFileSync(path, "utf8").trim().split("\n");
}

function keyOf(directory: string, isNew: boolean): { keyHash: string; shown: string | undefined } {
  const path = join(directory, keyFile);
  const bytes = isNew ? undefined : disk.readFile(path);
  if (bytes !== undefined) {
    const { keyHash } = JSON.parse(bytes.toString("utf8")) as { keyHash: string };
    return { keyHash, shown: undefined };
  }
  const shown = randomBytes(keyBytes).toString("base64url");
  const keyHash = hash("sha256", shown, "base64url");
  disk.replaceFile(path, Buffer.from(`${JSON.stringify({ v: 1, keyHash })}\n`), true);
  return { keyHash, shown };
}

function keyText(key: string): string {
  return [
    `Key (shown once, kept nowhere): ${key}`,
    "Put it into a file of the log's keys directory, KEYS/main/NAME, mode 0600, and that NAME into",
    "docket.yaml as keyFile of this replica.",
    "",
  ].join("\n");
}

function tlsOf({ tlsCert, tlsKey }: ReplicaServeFlags): { cert: Buffer; key: Buffer } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new DocketError("usage", "--tls-cert and --tls-key go together");
  }
  try {
    return { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  } catch (error) {
    throw new DocketError("usage", `${(error as Error).message}; name files that can be read`, {
      cause: error,
    });
  }
}

function listenOn(server: Server, address: ListenAddress, isTls: boolean): Promise<string> {
  return new Promise((done, reject) => {
    server.once("error", (error) => {
      reject(new DocketError("usage", `cannot listen on ${address.host}:${address.port}: ${error.message}`));
    });
    server.listen(address.port, address.host, () => {
      const { port } = server.address() as AddressInfo;
      const url = listenUrl({ ...address, port });
      done(isTls ? url.replace(/^http:/, "https:") : url);
    });
  });
}

async function closeOf(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  server.closeIdleConnections();
  await new Promise<void>((done) => server.close(() => done()));
  clearTimeout(late);
}

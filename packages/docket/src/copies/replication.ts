// SPDX-License-Identifier: Apache-2.0
// The replicas of an open log: starts a thread for each, and knows how they fare.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { DocketError } from "../error.ts";
import type { KeyFolder } from "../evidence/key-folder.ts";
import type { LogPaths } from "../log/paths.ts";
import type { ReplicationPorts } from "../log/replica-gate.ts";
import { threadUrl } from "../thread-url.ts";
import type { ReplicaConfig, ReplicasConfig } from "./config.ts";
import type { ReplicaNews, ReplicaStart } from "./replica-thread.ts";

/** How a replica fares. */
export type ReplicaStatus = ReplicaNews & { name: string };

/** What replicas are started with. */
export type ReplicationOptions = {
  config: ReplicasConfig;
  data: string;
  /** Of the site's keys: keys of replicas are files in it. */
  folder: KeyFolder;
  paths: LogPaths;
  origin: string;
  /** Variables of the environment. */
  variables: Readonly<Record<string, string | undefined>>;
};

/** The replicas of a log. */
export type Replication = {
  /** For the log; they are its own from its opening on. */
  ports: ReplicationPorts;
  statuses(): ReplicaStatus[];
  /** Lets each copy what it lacks, for a while, and ends. After the log. */
  close(): Promise<void>;
};

/** A replica's thread that doesn't end by itself is ended after this long, in ms. */
const endWithinMs = 8000;

/**
 * Starts the threads.
 *
 * @throws {DocketError} `configuration_invalid` if a replica's key can't be had
 */
export function startReplication(options: ReplicationOptions): Replication {
  const { config } = options;
  const places = config.to.map((replica) => placeOf(replica, options));
  const threads = config.to.map(({ name }, at) => {
    const channel = new MessageChannel();
    const status: ReplicaStatus = { name, state: "connecting", held: 0, durable: 0, lagMs: 0, fault: null };
    const { data, paths, origin } = options;
    const place = places[at] as ReplicaStart["place"];
    const workerData: ReplicaStart = {
      name,
      data,
      paths,
      origin,
      folder: options.folder,
      place,
      port: channel.port1,
    };
    const worker = new Worker(threadUrl("./replica-thread", import.meta.url), {
      workerData,
      transferList: [channel.port1],
      // Nobody reads what it would print, which is nothing.
      stdout: true,
      stderr: true,
    });
    const thread = { worker, status, port: channel.port2, exited: Promise.resolve() };
    thread.exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    // A process that fails to open its log must not wait for it.
    worker.unref();
    worker.on("message", (news: ReplicaNews) => Object.assign(status, news));
    worker.on("error", (error) => Object.assign(status, { state: "failed", fault: String(error) }));
    return thread;
  });
  return {
    ports: { ports: threads.map(({ port }) => port), needed: config.needed },
    statuses: () => threads.map(({ status }) => ({ ...status })),
    close: async () => {
      await Promise.all(
        threads.map(async ({ worker, exited }) => {
          worker.postMessage("stop");
          const late = setTimeout(() => void worker.terminate(), endWithinMs);
          await exited;
          clearTimeout(late);
        }),
      );
    },
  };
}

/**
 * Where a replica is, with its key.
 *
 * @throws {DocketError} `configuration_invalid` if the key can't be had
 */
export function placeOf(
  replica: ReplicaConfig,
  { folder, variables }: Pick<ReplicationOptions, "folder" | "variables">,
): ReplicaStart["place"] {
  if ("directory" in replica) return { directory: replica.directory };
  const { key, url, name } = replica;
  if ("variable" in key) {
    const value = variables[key.variable];
    if (value !== undefined && value !== "") return { url, key: value.trim() };
    throw keyless(name, `the variable ${key.variable} is not set`);
  }
  const path = join(folder.path, key.file);
  try {
    return { url, key: readFileSync(path, "utf8").trim() };
  } catch (error) {
    throw keyless(name, `${path} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function keyless(name: string, why: string): DocketError {
  return new DocketError("configuration_invalid", `replicas: the key of ${name}: ${why}`);
}

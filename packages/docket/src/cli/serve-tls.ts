// SPDX-License-Identifier: Apache-2.0
// TLS for the servers of `docket serve`, from the section `serve` of docket.yaml.
import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import { readConfiguration } from "../config/configuration.ts";
import { readServeConfig } from "../http/config.ts";
import type { TlsConfig } from "../http/config.ts";
import { readTlsPair, TlsReloader } from "../http/tls.ts";
import type { TlsFiles, TlsPair, TlsPorts } from "../http/tls.ts";
import type { Installation } from "../installation.ts";
import { isLoopback } from "./listening.ts";
import type { Terminal } from "./terminal.ts";

/** A certificate that was read, and how it is kept up to date. */
export type ServeTls = {
  readonly pair: TlsPair;
  /** Looks for a new one from now on, and at once on SIGHUP; the result ends that. */
  keepFresh(server: FastifyInstance, report: TlsPorts["report"]): () => Promise<void>;
};

/**
 * Reads the certificate that the configuration names; undefined where none is.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export async function openServeTls(
  { data }: Installation,
  terminal: Pick<Terminal, "clock" | "signals">,
): Promise<ServeTls | undefined> {
  const { tls } = readServeConfig(readConfiguration(data).section("serve"));
  if (tls === undefined) return undefined;
  const config: TlsConfig = {
    ...tls,
    certificate: resolve(data, tls.certificate),
    key: resolve(data, tls.key),
  };
  const pair = await readTlsPair(config, files);
  return {
    pair,
    keepFresh(server, report) {
      const ports = { ...files, timer: runLater, clock: terminal.clock, report };
      const reloader = new TlsReloader(server.server as unknown as Server, pair, { config, ports });
      const look = (): void => void reloader.look();
      terminal.signals.on("SIGHUP", look);
      reloader.start();
      return async () => {
        terminal.signals.off("SIGHUP", look);
        await reloader.close();
      };
    },
  };
}

/** What is to be said of an address that others than this machine reach without TLS; nothing else. */
export function plainNotice(host: string, tls: ServeTls | undefined): string | undefined {
  if (tls !== undefined || isLoopback(host)) return undefined;
  return `${host} is reached without TLS: keys and texts can be read on the way, unless a proxy ends it`;
}

const files: TlsFiles = {
  readFile: async (path) =>
    readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }),
};

function runLater(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

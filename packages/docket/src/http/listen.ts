// SPDX-License-Identifier: Apache-2.0
// The address that a server listens on, as the command line takes it.
import { DocketError } from "../error.ts";

/** Where to listen; port 0 lets the system choose. */
export type ListenAddress = { host: string; port: number };

/**
 * Reads `127.0.0.1:8080`, `[::1]:8080`, `example.org:8080`, `:8080` (every address of the machine) or `8080`
 * (this machine only).
 *
 * @throws {DocketError} `usage` for anything else
 */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new DocketError(
      "usage",
      `${JSON.stringify(text)} is no address to listen on; write HOST:PORT, for example 127.0.0.1:8080`,
    );
  }
  const host = match[1];
  if (host === undefined) return { host: "127.0.0.1", port };
  if (host === "") return { host: "::", port };
  return { host: host.replaceAll(/[[\]]/g, ""), port };
}

/** The URL of an address. */
export function listenUrl({ host, port }: ListenAddress, secure = false): string {
  return `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

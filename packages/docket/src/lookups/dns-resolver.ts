// SPDX-License-Identifier: Apache-2.0
// The DNS by way of Node: UDP with TCP where an answer is cut off, to the system's servers or given ones.
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { DocketError } from "../error.ts";
import type { AddressResolver } from "./contract.ts";

/** How long one question is kept under way, in milliseconds; a look-up's own time is shorter. */
const questionMsMax = 2_000;
/** Most servers that are named. */
export const dnsServersMax = 8;

/**
 * A resolver.
 *
 * @param servers `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; none for the system's
 * @throws {DocketError} `usage` for a server that can't be read
 */
export function dnsResolver(servers: readonly string[]): AddressResolver {
  for (const server of servers) {
    if (!isServer(server)) {
      throw new DocketError("usage", `"${server}" can't be a DNS server: write ADDRESS or ADDRESS:PORT`);
    }
  }
  if (servers.length > dnsServersMax) {
    throw new DocketError("usage", `at most ${dnsServersMax} DNS servers can be named`);
  }
  const resolver = new Resolver({ timeout: questionMsMax, tries: 1 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    resolve4: (name) => resolver.resolve4(name, { ttl: true }),
    cancel: () => {
      resolver.cancel();
    },
  };
}

function isServer(server: string): boolean {
  if (isIP(server) !== 0) return true;
  const [, bracketed, plain, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(server) ?? [];
  const isAddress = isIP(bracketed ?? plain ?? "") === (bracketed === undefined ? 4 : 6);
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

// SPDX-License-Identifier: Apache-2.0
// A server's beginning and end, as `docket serve` has them.
import { BlockList, isIP } from "node:net";
import type { AddressInfo } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { DocketError } from "../error.ts";
import { listenUrl } from "../http/listen.ts";
import type { ListenAddress } from "../http/listen.ts";

/** Requests that run when the server is told to stop get this long to end, in ms. */
const drainMs = 10_000;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host === "localhost" : loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/**
 * Listens; gives the URL.
 *
 * @throws {DocketError} `usage` if the address cannot be had
 */
export async function listen(server: FastifyInstance, address: ListenAddress): Promise<string> {
  try {
    await server.listen(address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = `${address.host}:${address.port}`;
    const why = code === "EADDRINUSE" ? "something listens there already" : message;
    throw new DocketError(
      "usage",
      `cannot listen on ${where}: ${why}; choose another address with --listen`,
      {
        cause: error,
      },
    );
  }
  const { port } = server.server.address() as AddressInfo;
  return listenUrl({ ...address, port }, server.server instanceof TlsServer);
}

/** Closes a server; what still runs after a while is cut off. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), drainMs);
  await server.close();
  clearTimeout(timer);
}

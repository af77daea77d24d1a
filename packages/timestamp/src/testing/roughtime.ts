// SPDX-License-Identifier: Apache-2.0
// Exchanges of others, and asking a server on this machine.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { RoughtimeExchange } from "../roughtime/malfeasance.ts";
import { fromBase64, readVectors } from "./vectors.ts";

/** An exchange of roughtime-others.json. */
export interface OtherExchange extends RoughtimeExchange {
  readonly midpoint: number | undefined;
  readonly radius: number | undefined;
  readonly version: number | undefined;
}

/** The draft's report, and single exchanges. */
export function readOthers(): { malfeasance: OtherExchange[]; exchanges: OtherExchange[] } {
  const file = readVectors("roughtime-others.json") as Record<"malfeasance" | "exchanges", OtherFields[]>;
  return { malfeasance: file.malfeasance.map(exchangeOf), exchanges: file.exchanges.map(exchangeOf) };
}

/** Sends a request to a server on 127.0.0.1 and waits for one datagram, or for `waitMs`. */
export async function ask(
  port: number,
  request: Uint8Array,
  waitMs: number = 5_000,
): Promise<Uint8Array | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.send(request, port, "127.0.0.1");
    const [reply] = (await once(socket, "message", { signal: AbortSignal.timeout(waitMs) })) as [Buffer];
    return Uint8Array.from(reply);
  } catch (error) {
    if ((error as Error).name === "AbortError") return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

/** An exchange as the file has it. */
interface OtherFields {
  readonly publicKey: string;
  readonly rand?: string;
  /** Without the zeros at its end. */
  readonly request: string;
  readonly requestBytes: number;
  readonly response: string;
  readonly midpoint?: number;
  readonly radius?: number;
  readonly version?: number;
}

function exchangeOf(each: OtherFields): OtherExchange {
  const request = new Uint8Array(each.requestBytes);
  request.set(fromBase64(each.request));
  return {
    serverKey: fromBase64(each.publicKey),
    request,
    reply: fromBase64(each.response),
    ...(each.rand === undefined ? {} : { rand: fromBase64(each.rand) }),
    midpoint: each.midpoint,
    radius: each.radius,
    version: each.version,
  };
}

// SPDX-License-Identifier: Apache-2.0
// A Roughtime server is asked over UDP to stamp a checkpoint: the request's nonce is the checkpoint's digest.
import { formatTime } from "@docket/protocol";
import { encodeRoughtimeRequest, verifyRoughtime } from "@docket/timestamp";
import type { TimestampCrypto } from "@docket/timestamp";
import { encodeBase64 } from "@docket/tlog";
import { stampedDigest } from "@docket/verify";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { stampBytesMax, StampFault, whyOf } from "./outside-clock.ts";
import type { CheckedStamp, OutsideClock } from "./outside-clock.ts";

/** A datagram may get lost: the request is sent again after this time, and after twice that, in ms. */
const againAfterMs = 1000;

/** What it is asked with. */
export type RoughtimePorts = {
  readonly crypto: TimestampCrypto;
  /**
   * Sends a datagram, again where it seems lost, until `take` is content with an answer. Rejects when
   * `signal` is aborted, or nothing can be sent.
   */
  readonly exchange: Exchange;
};

/** Sends a datagram and hears the answers. */
export type Exchange = (
  to: { readonly host: string; readonly port: number },
  packet: Uint8Array,
  take: (answer: Uint8Array) => boolean,
  signal: AbortSignal,
) => Promise<void>;

/** What is known of a server. */
export type RoughtimeOptions = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly key: Uint8Array;
};

/** A Roughtime server. */
export function roughtimeServer(
  options: RoughtimeOptions,
  { crypto, exchange }: RoughtimePorts,
): OutsideClock {
  const { name, host, port, key } = options;
  return {
    name,
    source: "roughtime",
    async ask(checkpoint, signal) {
      const nonce = stampedDigest(checkpoint);
      const request = encodeRoughtimeRequest({ nonce, serverKey: key, crypto });
      let stamp: CheckedStamp | undefined;
      let fault: string | undefined;
      // Anybody can send a datagram in the server's name: one that does not verify is no answer.
      const take = (reply: Uint8Array): boolean => {
        if (reply.length > stampBytesMax) return false;
        const verdict = verifyRoughtime({ request, reply, serverKey: key, crypto });
        if (!verdict.ok) {
          fault = `${verdict.why} (${verdict.code})`;
          return false;
        }
        const { midpointMs, radiusMs } = verdict;
        stamp = {
          stampedAt: formatTime(midpointMs),
          accuracyMs: radiusMs,
          stamp: encodeBase64(reply),
          request: encodeBase64(request),
          earliestMs: midpointMs - radiusMs,
          latestMs: midpointMs + radiusMs,
        };
        return true;
      };
      await exchange({ host, port }, request, take, signal).catch((error: unknown) => {
        throw new StampFault(fault ?? whyOf(error), { cause: error });
      });
      if (stamp === undefined) throw new StampFault(fault ?? "it gave no answer");
      return stamp;
    },
  };
}

/** {@link Exchange} over UDP. */
export const exchangeOverUdp: Exchange = async ({ host, port }, packet, take, signal) => {
  const { address, family } = await lookup(host);
  signal.throwIfAborted();
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  let again: NodeJS.Timeout | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", end, { once: true });
  try {
    socket.on("error", reject);
    socket.on("message", (answer) => {
      if (take(new Uint8Array(answer))) resolve();
    });
    const send = (afterMs: number): void => {
      // An error of a send says that nobody listens there now; it is sent again until the time is over.
      socket.send(packet, () => undefined);
      again = setTimeout(() => send(afterMs * 2), afterMs);
    };
    // Connected, the system passes on what comes from there alone.
    socket.connect(port, address, () => send(againAfterMs));
    await promise;
  } finally {
    clearTimeout(again);
    signal.removeEventListener("abort", end);
    socket.close();
  }
};

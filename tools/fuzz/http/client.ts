// SPDX-License-Identifier: Apache-2.0
// Sends bytes on a connection of their own, and reads what comes until the server closes it.
import { connect } from "node:net";

/** Longest that an answer may take to end, in ms: far beyond what is promised, since the machine is busy. */
export const answerMsMax = 30_000;
/** A client that has said all says so after this time, in ms: before, it would not wait for the answer. */
const endsAfterMs = 400;
/** Most bytes of an answer that are kept. */
const keptBytesMax = 4_194_304;

/** What came back. */
export type WireAnswer = {
  /** All bytes until the connection closed. */
  readonly text: string;
  /** The connection had to be cut since nothing ended it. */
  readonly hung: boolean;
};

/**
 * Sends bytes. Never rejects: a connection that is reset ends the answer.
 *
 * @param end whether the client says that it sends no more, so that a body which is too short ends
 */
export function send(port: number, bytes: Uint8Array, end = false): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let size = 0;
    let hung = false;
    let ending: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      hung = true;
      socket.destroy();
    }, answerMsMax);
    socket.on("data", (chunk: Buffer) => {
      if (size < keptBytesMax) chunks.push(chunk);
      size += chunk.length;
    });
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      clearTimeout(ending);
      resolve({ text: Buffer.concat(chunks).toString("latin1"), hung });
    });
    socket.write(bytes);
    if (end) ending = setTimeout(() => socket.end(), endsAfterMs);
  });
}

// SPDX-License-Identifier: Apache-2.0
// A Roughtime server on loopback for tests, written from the draft by itself: it shares no code with what
// checks its replies (draft-ietf-ntp-roughtime-19).
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createSocket } from "node:dgram";

/** A server. */
export type TestRoughtime = {
  port: number;
  /** Its long-term key. */
  key: Uint8Array;
  /** What is added to the true time, in seconds. */
  lie: (seconds: number) => void;
  /** Sends this before each answer: what anybody could send in its name. */
  noise: (bytes: Uint8Array | undefined) => void;
  /** So many of the next requests are lost. */
  lose: (requests: number) => void;
  /** The reply to a request. */
  reply: (request: Uint8Array) => Uint8Array;
  close: () => Promise<void>;
};

/** Seconds that it vouches for. */
const radiusSeconds = 2;
const daySeconds = 86_400;

/** Starts a server. */
export async function startRoughtime(): Promise<TestRoughtime> {
  const [longTerm, delegated] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  let [lieSeconds, lost] = [0, 0];
  let noise: Uint8Array | undefined;
  const reply = (request: Uint8Array): Uint8Array => {
    const seconds = Math.floor(Date.now() / 1000) + lieSeconds;
    return replyTo(request, seconds, longTerm.privateKey, delegated);
  };
  const socket = createSocket("udp4");
  socket.on("message", (request, { port, address }) => {
    if (lost-- > 0) return;
    if (noise !== undefined) socket.send(noise, port, address);
    socket.send(reply(request), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    port: socket.address().port,
    key: rawKey(longTerm.publicKey),
    lie: (seconds) => {
      lieSeconds = seconds;
    },
    noise: (bytes) => {
      noise = bytes;
    },
    lose: (requests) => {
      lost = requests;
    },
    reply,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function replyTo(
  request: Uint8Array,
  seconds: number,
  longTerm: KeyObject,
  delegated: { publicKey: KeyObject; privateKey: KeyObject },
): Uint8Array {
  const nonce = tagIn(Buffer.from(request).subarray(12), "NONC");
  const version = word(0x8000_000c);
  const root = short(Buffer.concat([Buffer.of(0), request]));
  const signed = message({
    VER: version,
    RADI: word(radiusSeconds),
    MIDP: long(seconds),
    VERS: Buffer.concat([word(1), version]),
    ROOT: root,
  });
  const delegation = message({
    PUBK: rawKey(delegated.publicKey),
    MINT: long(seconds - daySeconds),
    MAXT: long(seconds + daySeconds),
  });
  const certificate = message({
    SIG: signature("RoughTime v1 delegation signature\0", delegation, longTerm),
    DELE: delegation,
  });
  const body = message({
    SIG: signature("RoughTime v1 response signature\0", signed, delegated.privateKey),
    NONC: nonce,
    TYPE: word(1),
    PATH: Buffer.alloc(0),
    SREP: signed,
    CERT: certificate,
    INDX: word(0),
  });
  return Buffer.concat([Buffer.from("ROUGHTIM"), word(body.length), body]);
}

// Tags in the order of their numbers, offsets of all values but the first.
function message(values: Readonly<Record<string, Uint8Array>>): Buffer {
  const numberOf = (tag: string): number => Buffer.from(tag.padEnd(4, "\0"), "latin1").readUInt32LE();
  const tags = Object.keys(values).sort((a, b) => numberOf(a) - numberOf(b));
  let offset = 0;
  const offsets = tags.slice(0, -1).map((tag) => word((offset += values[tag]?.length ?? 0)));
  return Buffer.concat([
    word(tags.length),
    ...offsets,
    ...tags.map((tag) => word(numberOf(tag))),
    ...tags.map((tag) => values[tag] ?? Buffer.alloc(0)),
  ]);
}

function tagIn(bytes: Buffer, wanted: string): Buffer {
  const count = bytes.readUInt32LE(0);
  const start = 8 * count;
  for (let at = 0; at < count; at++) {
    const tag = bytes.toString("latin1", 4 * (count + at), 4 * (count + at + 1)).replaceAll("\0", "");
    if (tag !== wanted) continue;
    const from = at === 0 ? 0 : bytes.readUInt32LE(4 * at);
    const to = at === count - 1 ? bytes.length - start : bytes.readUInt32LE(4 * (at + 1));
    return bytes.subarray(start + from, start + to);
  }
  throw new Error(`a request without ${wanted}`);
}

function signature(context: string, signed: Uint8Array, key: KeyObject): Buffer {
  return sign(null, Buffer.concat([Buffer.from(context, "latin1"), signed]), key);
}

function short(bytes: Uint8Array): Buffer {
  return createHash("sha512").update(bytes).digest().subarray(0, 32);
}

function rawKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }).subarray(-32));
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

// SPDX-License-Identifier: Apache-2.0
// Asks a server of the Network Time Protocol for the time (RFC 4330, RFC 5905; four packets at most, no
// authentication: that is chrony's and NTS's). What comes back is bounds on the true time, never a point.
//
// The request says nothing of this machine: its only field is 64 random bits where the time of sending would
// stand, which the reply must bring back, so that nobody who didn't see the request can answer it.
import type { Bounds } from "./agreement.ts";

/** A packet without extensions, in bytes. */
export const packetBytes = 48;
/** The port of the protocol. */
export const ntpPort = 123;

/** What is wrong with a reply. */
export type SntpFault =
  | "length"
  | "mode"
  | "version"
  | "origin"
  | "unsynchronised"
  | "stratum"
  | "times"
  | "distance"
  | "kiss";

/** A reply that was read: bounds on the server's own time are left to {@link boundsOf}. */
export type SntpReply = {
  readonly ok: true;
  readonly stratum: number;
  /** When the server received and sent, in ms since 1970. */
  readonly receivedMs: number;
  readonly sentMs: number;
  /** How far the server may be off: half its delay to the root, its dispersion, its precision; in ms. */
  readonly rootDistanceMs: number;
};

/** What was read of a reply, or why it says nothing. */
export type SntpAnswer = SntpReply | { readonly ok: false; readonly code: SntpFault; readonly why: string };

const version = 4;
const modeClient = 3;
const modeServer = 4;
const leapUnknown = 3;
/** Above it a server is not synchronised (RFC 5905, figure 11). */
const stratumMax = 15;
/** RFC 5905: MAXDISP. A server that may be off by more is of no use. */
const rootDistanceMaxMs = 16_000;
const secondsTo1970 = 2_208_988_800;
/** The seconds wrap in 2036; a time with the first bit not set is of after that (RFC 4330, section 3). */
const eraSeconds = 2 ** 32;
/** Two clocks that run as they should may differ by this over a round trip of a second, in ms. */
const clocksDifferMs = 1;
const fractionsAMs = 2 ** 32 / 1000;

/** A request. @param nonce 8 random bytes */
export function encodeRequest(nonce: Uint8Array): Uint8Array {
  if (nonce.length !== 8) throw new RangeError(`a nonce has 8 bytes, not ${nonce.length}`);
  const packet = new Uint8Array(packetBytes);
  packet[0] = (version << 3) | modeClient;
  packet.set(nonce, 40);
  return packet;
}

/** Reads a reply to the request with that nonce. */
export function readReply(packet: Uint8Array, nonce: Uint8Array): SntpAnswer {
  if (packet.length < packetBytes) return fault("length", `it has ${packet.length} bytes`);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const first = view.getUint8(0);
  const [leap, saidVersion, mode] = [first >> 6, (first >> 3) & 7, first & 7];
  if (mode !== modeServer) return fault("mode", `its mode is ${mode}, not ${modeServer}`);
  if (saidVersion !== version) return fault("version", `its version is ${saidVersion}, not ${version}`);
  // Before anything else is believed: that it answers this request.
  for (let i = 0; i < 8; i++) {
    if (packet[24 + i] !== nonce[i]) return fault("origin", "it answers another request");
  }
  const stratum = view.getUint8(1);
  if (stratum === 0) {
    const code = String.fromCharCode(...packet.subarray(12, 16)).replaceAll(/[^A-Z]/g, "");
    return fault("kiss", `the server refuses: ${code === "" ? "no reason given" : code}`);
  }
  if (stratum > stratumMax) return fault("stratum", `its stratum is ${stratum}`);
  if (leap === leapUnknown) return fault("unsynchronised", "the server says that it is not synchronised");
  if (isZero(view, 32) || isZero(view, 40)) return fault("times", "a time is missing");
  const [receivedMs, sentMs] = [timeAt(view, 32), timeAt(view, 40)];
  if (sentMs < receivedMs) return fault("times", "it was sent before the request came");
  const precisionMs = 1000 * 2 ** view.getInt8(3);
  const rootDelayMs = shortAt(view, 4);
  const rootDispersionMs = shortAt(view, 8);
  const rootDistanceMs = rootDelayMs / 2 + rootDispersionMs + precisionMs;
  if (!(rootDistanceMs <= rootDistanceMaxMs)) {
    return fault("distance", `the server may be off by ${Math.round(rootDistanceMs)} ms`);
  }
  return { ok: true, stratum, receivedMs, sentMs, rootDistanceMs };
}

/**
 * What a reply says of the true time less the monotonic one, at its arrival: it was sent at `sentMs` and was
 * under way for no longer than the round trip less what the server took. The clock of this machine, which may
 * be wrong or be stepped meanwhile, takes no part in it.
 *
 * @param sent and `arrived` are monotonic times in ms
 * @returns `undefined` if the server says that it took longer than the round trip
 */
export function boundsOf(reply: SntpReply, sent: number, arrived: number): Bounds | undefined {
  const measuredMs = arrived - sent - (reply.sentMs - reply.receivedMs);
  const { sentMs, rootDistanceMs } = reply;
  if (measuredMs < -clocksDifferMs) return undefined;
  const underWayMs = Math.max(0, measuredMs);
  const lowMs = sentMs - arrived;
  return { lowMs: lowMs - rootDistanceMs, highMs: lowMs + underWayMs + rootDistanceMs };
}

function fault(code: SntpFault, why: string): SntpAnswer {
  return { ok: false, code, why };
}

function isZero(view: DataView, at: number): boolean {
  return view.getBigUint64(at) === 0n;
}

function timeAt(view: DataView, at: number): number {
  const seconds = view.getUint32(at);
  const era = seconds < 2 ** 31 ? eraSeconds : 0;
  return (seconds + era - secondsTo1970) * 1000 + view.getUint32(at + 4) / fractionsAMs;
}

/** NTP short format: 16 bits of seconds and 16 of their fraction. */
function shortAt(view: DataView, at: number): number {
  return (view.getUint32(at) / 65_536) * 1000;
}

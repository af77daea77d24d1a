// SPDX-License-Identifier: Apache-2.0
// Asks one source of time. Whatever hangs, each is done within a time; what went wrong is said in a sentence.
import type { Bounds } from "./agreement.ts";
import { readTracking } from "./chrony.ts";
import type { ChronyTracking } from "./chrony.ts";
import type { SourceConfig } from "./config.ts";
import { readPair } from "./shared-clock.ts";
import type { MachineClocks } from "./shared-clock.ts";
import { boundsOf, encodeRequest, readReply } from "./sntp.ts";

/** What a source said: bounds on the true time less the monotonic one, at `takenMs` of the latter. */
export type SourceAnswer =
  | (Bounds & { readonly ok: true; readonly takenMs: number })
  | { readonly ok: false; readonly why: string };

/** A source of time. */
export type ClockSource = {
  /** As the configuration names it. */
  readonly name: string;
  ask(): Promise<SourceAnswer>;
};

/** What a datagram was answered with, and the monotonic times of its sending and of the answer's arrival. */
export type Exchanged = { readonly reply: Uint8Array; readonly sentMs: number; readonly arrivedMs: number };

/** What sources need of the outside. */
export type SourcePorts = {
  readonly clocks: MachineClocks;
  readonly random: (length: number) => Uint8Array;
  /**
   * Sends a datagram and waits for one that `accept` takes, from the same address. Rejects with what went
   * wrong, after `timeoutMs` at the latest.
   */
  readonly exchange: (
    to: { readonly host: string; readonly port: number },
    request: Uint8Array,
    accept: (reply: Uint8Array) => boolean,
    timeoutMs: number,
  ) => Promise<Exchanged>;
  /** Runs `chronyc` with these arguments; gives what it prints. Rejects after `timeoutMs` at the latest. */
  readonly chronyc: (args: readonly string[], timeoutMs: number) => Promise<string>;
};

/** A server that doesn't answer within this is asked again, this often at most. */
export const exchangeWithinMs = 800;
const attemptsMax = 3;
/** A server that said that it refuses us is asked again after this. */
const refusedForMs = 3_600_000;
/** `chronyc` asks a local process. */
export const chronycWithinMs = 2000;
/** If the clock moved by more than this against the monotonic one while chronyc ran, it says nothing. */
const steadyWithinMs = 2;
/** What chronyd measured last is no older than so many of its intervals and this, and no younger than now. */
const chronyIntervals = 4;
const chronyLateMs = 60_000;
const chronyAheadMs = 1000;

/** The sources of a configuration. */
export function sourcesOf(configs: readonly SourceConfig[], ports: SourcePorts): ClockSource[] {
  return configs.map((config) =>
    config.kind === "chrony" ? chronySource(config, ports) : server(config, ports),
  );
}

function server({ host, port }: Extract<SourceConfig, { kind: "server" }>, ports: SourcePorts): ClockSource {
  const name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  // A server that refuses us is left alone for a while (RFC 4330, section 8).
  let refused: { why: string; untilMs: number } | undefined;
  return {
    name,
    ask: async () => {
      if (refused !== undefined && ports.clocks.monotonicMs() < refused.untilMs) {
        return { ok: false, why: refused.why };
      }
      refused = undefined;
      let why = "it did not answer";
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const nonce = ports.random(8);
        // Datagrams that answer another request are no answer; the right one may still come.
        const accept = (reply: Uint8Array): boolean => {
          const read = readReply(reply, nonce);
          return read.ok || (read.code !== "origin" && read.code !== "length");
        };
        try {
          const request = encodeRequest(nonce);
          const { reply, sentMs, arrivedMs } = await ports.exchange(
            { host, port },
            request,
            accept,
            exchangeWithinMs,
          );
          const read = readReply(reply, nonce);
          if (!read.ok) {
            if (read.code === "kiss") refused = { why: read.why, untilMs: arrivedMs + refusedForMs };
            return { ok: false, why: read.why };
          }
          const bounds = boundsOf(read, sentMs, arrivedMs);
          if (bounds !== undefined) return { ok: true, ...bounds, takenMs: arrivedMs };
          why = "it says that it took longer than the round trip";
        } catch (error) {
          why = (error as Error).message;
        }
      }
      return { ok: false, why };
    },
  };
}

function chronySource({ at }: Extract<SourceConfig, { kind: "chrony" }>, ports: SourcePorts): ClockSource {
  const where = at === undefined ? [] : chronycPlace(at);
  const knows = newChronyJudge();
  return {
    name: at === undefined ? "chrony" : `chrony at ${at}`,
    ask: async () => {
      const before = readPair(ports.clocks);
      let text: string;
      try {
        text = await ports.chronyc(["-c", ...where, "tracking"], chronycWithinMs);
      } catch (error) {
        return { ok: false, why: (error as Error).message };
      }
      const after = readPair(ports.clocks);
      const tracking = readTracking(text);
      if (typeof tracking === "string") return { ok: false, why: tracking };
      const gapMs = after.wallMs - after.monotonicMs;
      const doubt = knows(tracking, before.wallMs - before.monotonicMs, gapMs, after.wallMs);
      if (doubt !== undefined) return { ok: false, why: doubt };
      const trueGapMs = gapMs - tracking.offsetMs;
      const errorMs = tracking.rootDistanceMs + before.widthMs + after.widthMs + steadyWithinMs;
      return {
        ok: true,
        lowMs: trueGapMs - errorMs,
        highMs: trueGapMs + errorMs,
        takenMs: after.monotonicMs,
      };
    },
  };
}

/**
 * Makes what says whether chronyd can know. It measures now and then, and what it says in between it says of
 * the clock as that was: if somebody set the clock since, it takes the new time for as right as the old one.
 * So after a step it says nothing until it has measured again.
 */
function newChronyJudge(): (
  tracking: ChronyTracking,
  gapBeforeMs: number,
  gapMs: number,
  wallMs: number,
) => string | undefined {
  let lastGapMs: number | undefined;
  let lastMeasuredMs: number | undefined;
  /** What it had measured last when the step was seen. */
  let steppedAt: number | undefined;
  return ({ measuredMs, intervalMs, offsetMs }, gapBeforeMs, gapMs, wallMs) => {
    const isSteady = (a: number, b: number): boolean => Math.abs(a - b) <= steadyWithinMs;
    const steppedSince = lastGapMs !== undefined && !isSteady(lastGapMs, gapBeforeMs);
    // It may have measured between the two, but before the step or after it is not known.
    if (!isSteady(gapBeforeMs, gapMs) || steppedSince) steppedAt = measuredMs;
    const isNew = lastMeasuredMs !== measuredMs;
    lastGapMs = gapMs;
    lastMeasuredMs = measuredMs;
    if (steppedAt !== undefined) {
      if (!isNew || steppedAt === measuredMs) return "chronyd has not measured since the clock jumped";
      steppedAt = undefined;
    }
    // A step before the first question shows at least where it is larger than what chronyd is used to.
    const ageMs = wallMs - offsetMs - measuredMs;
    const isUsual = ageMs > -chronyAheadMs && ageMs <= chronyIntervals * intervalMs + chronyLateMs;
    return isUsual ? undefined : `chronyd measured last ${Math.round(ageMs / 1000)} s ago`;
  };
}

function chronycPlace(at: string): string[] {
  if (at.startsWith("/")) return ["-h", at];
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(at) ?? [];
  return ["-h", host.replaceAll(/^\[|\]$/g, ""), "-p", port];
}

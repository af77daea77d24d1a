// SPDX-License-Identifier: Apache-2.0
// The section `clock` of the configuration: which sources the clock is held against, and what happens when it
// jumps. Without sources nobody is asked and nothing is said of how exact times are.
import type { ConfigNode } from "../config/node.ts";

/** A source of time: chronyd, through `chronyc`, or a server that is asked by SNTP. */
export type SourceConfig =
  | {
      readonly kind: "chrony";
      /** Of chronyd's commands: `HOST:PORT`, or the path of its socket; chronyc's own default if left out. */
      readonly at: string | undefined;
    }
  | { readonly kind: "server"; readonly host: string; readonly port: number };

/** What happens when the clock jumps: nothing is sealed, or records say that nobody knows how exact it is. */
export type OnStep = "stop" | "null";

/** How the clock is watched. */
export type ClockConfig = {
  readonly sources: readonly SourceConfig[];
  /** How often they are asked, in ms. */
  readonly everyMs: number;
  /** A jump of more than this is a step, in ms. */
  readonly stepOverMs: number;
  /** How much the clock may gain or lose between two checks, in millionths. */
  readonly driftPpm: number;
  readonly onStep: OnStep;
  /** Something is sealed at least this often, in ms: a heartbeat if nothing else. */
  readonly heartbeatEveryMs: number;
};

const secondMs = 1000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** What holds where nothing is said. */
export const clockDefaults: ClockConfig = {
  sources: [],
  everyMs: 64 * secondMs,
  stepOverMs: secondMs,
  driftPpm: 200,
  onStep: "stop",
  heartbeatEveryMs: hourMs,
};

/** Most sources. */
export const sourcesMax = 16;
const ntpPort = 123;
const portMax = 65_535;
const addressPattern = /(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(?::[0-9]{1,5})?/;
const chronyPattern = /\/[\w./-]+|(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):[0-9]{1,5}/;

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readClockConfig(node: ConfigNode | undefined): ClockConfig {
  if (node === undefined) return clockDefaults;
  const { sources, every, stepOver, driftPpm, onStep, heartbeatEvery } = node.map([
    "sources",
    "every",
    "stepOver",
    "driftPpm",
    "onStep",
    "heartbeatEvery",
  ]);
  const range = (leastMs: number, mostMs: number): { leastMs: number; mostMs: number } => ({
    leastMs,
    mostMs,
  });
  const defaults = clockDefaults;
  return {
    sources: sources?.list({ most: sourcesMax }).map(readSource) ?? [],
    everyMs: every?.durationMs(range(secondMs, hourMs)) ?? defaults.everyMs,
    stepOverMs: stepOver?.durationMs(range(10, hourMs)) ?? defaults.stepOverMs,
    driftPpm: driftPpm?.wholeNumber({ least: 1, most: 100_000 }) ?? defaults.driftPpm,
    onStep: onStep?.oneOf(["stop", "null"]) ?? defaults.onStep,
    heartbeatEveryMs: heartbeatEvery?.durationMs(range(secondMs, 7 * dayMs)) ?? defaults.heartbeatEveryMs,
  };
}

function readSource(node: ConfigNode): SourceConfig {
  if (!node.isMap) {
    node.oneOf(["chrony"]);
    return { kind: "chrony", at: undefined };
  }
  const { chrony, server } = node.map(["chrony", "server"]);
  if ((chrony === undefined) === (server === undefined)) node.fail("must name a chrony or a server");
  if (chrony !== undefined) {
    const what = "the HOST:PORT of chronyd's commands, or the path of its socket";
    return { kind: "chrony", at: chrony.text({ pattern: chronyPattern, what }) };
  }
  const address = (server as ConfigNode).text({
    pattern: addressPattern,
    what: "a server, HOST or HOST:PORT",
  });
  const [, host = "", port] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  const number = port === undefined ? ntpPort : Number(port);
  if (number < 1 || number > portMax) (server as ConfigNode).fail(`names port ${number}`);
  return { kind: "server", host: host.replaceAll(/^\[|\]$/g, ""), port: number };
}

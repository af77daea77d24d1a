// SPDX-License-Identifier: Apache-2.0
// The outside clocks that the configuration names, ready to be asked.
import type { TimestampCrypto } from "@docket/timestamp";
import { DocketError } from "../error.ts";
import type { AnchorsConfig } from "./config.ts";
import { authority } from "./authority.ts";
import type { PostQuery } from "./authority.ts";
import type { OutsideClock } from "./outside-clock.ts";
import { certificatesOf } from "./pem.ts";
import { roughtimeServer } from "./roughtime-server.ts";
import type { Exchange } from "./roughtime-server.ts";

/** Who stamps the log, and how often. */
export type Anchoring = Pick<AnchorsConfig, "everyMs" | "withinMs"> & {
  readonly clocks: readonly OutsideClock[];
};

/** What clocks are asked with. */
export type ClockPorts = {
  readonly crypto: TimestampCrypto;
  readonly random: (length: number) => Uint8Array;
  readonly post: PostQuery;
  readonly exchange: Exchange;
  /** Reads a file that the configuration names; undefined if there is none. */
  readonly readFile: (path: string) => Uint8Array | undefined;
};

/**
 * Makes the clocks of a configuration.
 *
 * @throws {DocketError} `configuration_invalid` for a file of roots that isn't there, or holds none
 */
export function openClocks(config: AnchorsConfig, ports: ClockPorts): Anchoring {
  const { everyMs, withinMs, authorities, roughtime } = config;
  const clocks = [
    ...authorities.map((each) => authority({ ...each, roots: rootsIn(each.roots, each.name, ports) }, ports)),
    ...roughtime.map((each) => roughtimeServer(each, ports)),
  ];
  return { everyMs, withinMs, clocks };
}

function rootsIn(path: string, name: string, { readFile }: ClockPorts): Uint8Array[] {
  const pem = readFile(path);
  const roots = pem === undefined ? [] : certificatesOf(Buffer.from(pem).toString("latin1"));
  if (roots.length > 0) return roots;
  const what = pem === undefined ? "is not there" : "holds no certificate (PEM)";
  throw new DocketError("configuration_invalid", `the file of roots of ${name}, ${path}, ${what}`);
}

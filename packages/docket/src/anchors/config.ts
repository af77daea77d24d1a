// SPDX-License-Identifier: Apache-2.0
// The section `anchors` of docket.yaml: which outside clocks stamp the log's checkpoints, and how often.
// Without it nobody is asked.
import type { ConfigNode } from "../config/node.ts";

/** How often the log is stamped, if nothing else is said, in ms. */
export const everyMsDefault = 3_600_000;
const everyMsMin = 10_000;
const everyMsMax = 86_400_000;
/** How long an outside clock has to answer, if nothing else is said, in ms. */
export const withinMsDefault = 10_000;
const withinMsMin = 100;
const withinMsMax = 60_000;
/** Most outside clocks of each kind. */
const clocksMax = 16;
const urlLengthMax = 1024;

/** An authority of RFC 3161. */
export type AuthorityConfig = {
  readonly name: string;
  readonly url: string;
  /** The file of its root certificates, PEM; relative to the data directory. */
  readonly roots: string;
  /** The policy that it is to stamp under; its own default if left out. */
  readonly policy: string | undefined;
};

/** A Roughtime server. */
export type RoughtimeConfig = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Its long-term key, 32 bytes. */
  readonly key: Uint8Array;
};

/** Who stamps the log, and how often. */
export type AnchorsConfig = {
  readonly everyMs: number;
  readonly withinMs: number;
  readonly authorities: readonly AuthorityConfig[];
  readonly roughtime: readonly RoughtimeConfig[];
};

const namePattern = /[a-z0-9][a-z0-9.-]{0,39}/;

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readAnchorsConfig(section: ConfigNode | undefined): AnchorsConfig {
  const values = section?.map(["every", "within", "authorities", "roughtime"]) ?? {};
  const config = {
    everyMs: values.every?.durationMs({ leastMs: everyMsMin, mostMs: everyMsMax }) ?? everyMsDefault,
    withinMs: values.within?.durationMs({ leastMs: withinMsMin, mostMs: withinMsMax }) ?? withinMsDefault,
    authorities: values.authorities?.list({ most: clocksMax }).map(readAuthority) ?? [],
    roughtime: values.roughtime?.list({ most: clocksMax }).map(readRoughtime) ?? [],
  };
  const names = [...config.authorities, ...config.roughtime].map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined)
    section?.fail(`names ${twice} twice; records tell outside clocks apart by their names`);
  return config;
}

function readAuthority(node: ConfigNode): AuthorityConfig {
  const { name, url, roots, policy, hash } = node.map(["name", "url", "roots", "policy", "hash"]);
  if (name === undefined || url === undefined || roots === undefined) {
    return node.fail("needs name, url and roots (a PEM file with the certificates that you trust)");
  }
  // What is stamped is a SHA-256 hash: the format of the log fixes it.
  hash?.oneOf(["sha256"]);
  const address = url.text({ most: urlLengthMax });
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    url.fail("must be an http or https URL");
  }
  return {
    name: name.text({ pattern: namePattern, what: "a name of a-z, 0-9, . and -" }),
    url: address,
    roots: roots.text(),
    policy: policy?.text({ pattern: /[0-2](\.(0|[1-9]\d{0,9})){1,20}/, what: "an object identifier" }),
  };
}

function readRoughtime(node: ConfigNode): RoughtimeConfig {
  const { name, address, key } = node.map(["name", "address", "key"]);
  if (name === undefined || address === undefined || key === undefined) {
    return node.fail("needs name, address (HOST:PORT) and key (base64)");
  }
  const text = address.text({ pattern: /(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}/, what: "HOST:PORT" });
  const at = text.lastIndexOf(":");
  const port = Number(text.slice(at + 1));
  if (port < 1 || port > 65_535) address.fail("names no port from 1 to 65535");
  const bytes = readRoughtimeKey(key.text());
  return {
    name: name.text({ pattern: namePattern, what: "a name of a-z, 0-9, . and -" }),
    host: text.slice(0, at).replace(/^\[|\]$/g, ""),
    port,
    key: bytes ?? key.fail("must be a key of 32 bytes, in base64"),
  };
}

/** A Roughtime server's key in base64, as lists of servers have it; undefined for another text. */
export function readRoughtimeKey(text: string): Uint8Array | undefined {
  const bytes = /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, "base64") : undefined;
  return bytes?.length === 32 ? new Uint8Array(bytes) : undefined;
}

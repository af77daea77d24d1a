// SPDX-License-Identifier: Apache-2.0
// The section `serve` of docket.yaml: what the server listens with.
import type { ConfigNode } from "../config/node.ts";

/** How often it is looked whether the certificate's files changed, if nothing else is said, in ms. */
export const lookEveryMsDefault = 10_000;
const lookEveryMsMin = 1000;
const lookEveryMsMax = 3_600_000;

/** The versions of TLS that may be the least. */
export const tlsVersions = ["1.2", "1.3"] as const;

/** A certificate and its key. */
export type TlsConfig = {
  /**
   * PEM files, relative to the data directory: the certificate with those that lead to its root, and the
   * key.
   */
  readonly certificate: string;
  readonly key: string;
  /** How often it is looked whether they changed; SIGHUP looks at once. */
  readonly lookEveryMs: number;
  readonly least: (typeof tlsVersions)[number];
};

/** What the server listens with. */
export type ServeConfig = { readonly tls: TlsConfig | undefined };

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readServeConfig(section: ConfigNode | undefined): ServeConfig {
  return { tls: readTls(section?.map(["tls"]).tls) };
}

function readTls(node: ConfigNode | undefined): TlsConfig | undefined {
  if (node === undefined) return undefined;
  const { certificate, key, reload, least } = node.map(["certificate", "key", "reload", "least"]);
  if (certificate === undefined || key === undefined) {
    return node.fail("needs certificate and key, PEM files");
  }
  return {
    certificate: certificate.text(),
    key: key.text(),
    lookEveryMs:
      reload?.durationMs({ leastMs: lookEveryMsMin, mostMs: lookEveryMsMax }) ?? lookEveryMsDefault,
    least: least?.oneOf(tlsVersions) ?? "1.2",
  };
}

// SPDX-License-Identifier: Apache-2.0
// The certificate that the server shows. It is exchanged while the server runs: connections that are open
// go on under the one that they began with, new ones get the new one, and a pair that does not fit changes
// nothing.
import { X509Certificate } from "node:crypto";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import { DocketError } from "../error.ts";
import type { TlsConfig } from "./config.ts";

/** Longest certificate or key file, in bytes. */
export const tlsFileBytesMax = 1_048_576;
/** A client has this long to agree on keys, in ms. */
export const handshakeMs = 10_000;
/** A certificate that ends within this time is told of, in ms. */
const endsSoonMs = 14 * 86_400_000;

/** What TLS is served with. */
export type TlsPair = Required<Pick<SecureContextOptions, "cert" | "key" | "minVersion">> & {
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly notAfterMs: number;
};

/** What reading takes. */
export type TlsFiles = {
  /** Reads a file; undefined if there is none. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
};

/**
 * Reads a certificate and its key.
 *
 * @throws {DocketError} `configuration_invalid` for what is none, or doesn't belong together. The key is in
 * no
 *   message
 */
export async function readTlsPair(
  { certificate, key, least }: Pick<TlsConfig, "certificate" | "key" | "least">,
  { readFile }: TlsFiles,
): Promise<TlsPair> {
  const [cert, secret] = [await readFile(certificate), await readFile(key)];
  for (const [path, bytes] of [
    [certificate, cert],
    [key, secret],
  ] as const) {
    if (bytes === undefined) throw invalid(`there is no file ${path}`);
    if (bytes.length > tlsFileBytesMax) throw invalid(`${path} is longer than ${tlsFileBytesMax} bytes`);
  }
  const minVersion = `TLSv${least}` as const;
  const pair = { cert: Buffer.from(cert ?? []), key: Buffer.from(secret ?? []), minVersion };
  try {
    createSecureContext(pair);
    const { fingerprint256, validTo } = new X509Certificate(pair.cert);
    const fingerprint = fingerprint256.replaceAll(":", "").toLowerCase();
    return { ...pair, fingerprint, notAfterMs: Date.parse(validTo) };
  } catch (error) {
    // OpenSSL's own words name neither file nor key.
    const { code } = error as NodeJS.ErrnoException;
    throw invalid(`${certificate} and ${key} are no certificate and its key, PEM (${code ?? "unreadable"})`);
  }
}

/** What a certificate is kept up to date with. */
export type TlsPorts = TlsFiles & {
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly report: (level: "info" | "warn", message: string) => void;
};

/** Keeps the certificate of a server up to date. */
export class TlsReloader {
  readonly #config: TlsConfig;
  readonly #ports: TlsPorts;
  readonly #server: Pick<Server, "setSecureContext">;
  #pair: TlsPair;
  #fault: string | undefined;
  #stopTimer: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    server: Pick<Server, "setSecureContext">,
    pair: TlsPair,
    { config, ports }: { config: TlsConfig; ports: TlsPorts },
  ) {
    this.#server = server;
    this.#pair = pair;
    this.#config = config;
    this.#ports = ports;
  }

  /** When the certificate in use ends; ms since 1970. */
  get notAfterMs(): number {
    return this.#pair.notAfterMs;
  }

  /** Begins to look, and goes on until {@link close}. */
  start(): void {
    this.#tellEnd();
    const later = (): void => {
      this.#stopTimer = this.#ports.timer(this.#config.lookEveryMs, () => {
        void this.look().finally(() => {
          if (!this.#closed) later();
        });
      });
    };
    later();
  }

  /** Looks at the files now; one look after the other. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { report } = this.#ports;
    try {
      const pair = await readTlsPair(this.#config, this.#ports);
      this.#fault = undefined;
      if (pair.fingerprint === this.#pair.fingerprint && same(pair.key, this.#pair.key)) return;
      // Tickets of sessions from before are refused by the new context: such clients agree anew.
      const { cert, key, minVersion } = pair;
      this.#server.setSecureContext({ cert, key, minVersion });
      this.#pair = pair;
      report("info", `new connections get the certificate ${pair.fingerprint}`);
      this.#tellEnd();
    } catch (error) {
      // Half of a pair may be there already: the next look finds the other.
      const { message } = error as Error;
      if (this.#fault === message) return;
      this.#fault = message;
      report("warn", `the certificate stays the one that it was: ${message}`);
    }
  }

  #tellEnd(): void {
    const leftMs = this.#pair.notAfterMs - this.#ports.clock();
    if (leftMs > endsSoonMs) return;
    const end = new Date(this.#pair.notAfterMs).toISOString();
    this.#ports.report("warn", `the certificate ${leftMs < 0 ? "ended" : "ends"} at ${end}`);
  }
}

function same(a: TlsPair["key"], b: TlsPair["key"]): boolean {
  return Buffer.compare(a as Buffer, b as Buffer) === 0;
}

function invalid(message: string): DocketError {
  return new DocketError("configuration_invalid", `serve.tls: ${message}`);
}

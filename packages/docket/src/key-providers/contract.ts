// SPDX-License-Identifier: Apache-2.0
// What protects the secrets of a keys directory. A provider wraps and unwraps one small secret, the guard,
// under which the files are sealed (evidence/key-folder.ts): so it is asked once, at a start, and a server
// that runs needs it no more.

/** What may protect keys, by its name in docket.yaml and on the command line. */
export const providerNames = ["age", "environment", "kms", "pkcs11"] as const;
/** The name of a provider. */
export type ProviderName = (typeof providerNames)[number];

/** Wraps and unwraps a secret of 32 bytes. */
export interface KeyProvider {
  readonly name: ProviderName;
  /** Where it is, in a few words, for whoever looks; nothing secret. */
  readonly place: string;
  /**
   * Wraps a secret.
   *
   * @throws {DocketError} `keys_locked` if what it takes is missing or is refused;
   *   `key_service_unavailable` if no answer came in time
   */
  wrap(secret: Uint8Array): Promise<Uint8Array>;
  /**
   * Reverses {@link wrap}.
   *
   * @throws {DocketError} as {@link wrap}; no message holds anything secret
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}

/** What providers take from outside. */
export type ProviderPorts = {
  /** The environment: secrets are in variables that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: (url: string, request: RequestInit) => Promise<Response>;
  /** Runs a program to its end, without a shell. */
  readonly run: (command: string, args: readonly string[], how: RunOptions) => Promise<RunResult>;
  /** Reads a file. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ms since 1970. */
  readonly clock: () => number;
  readonly random: (length: number) => Buffer;
};

/** How a program is run. */
export type RunOptions = {
  readonly input: Uint8Array;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** After so many ms it is killed. */
  readonly timeoutMs: number;
};
/** What a program said. */
export type RunResult =
  | { readonly ended: "exit"; readonly code: number; readonly stdout: Uint8Array; readonly stderr: string }
  | { readonly ended: "timeout" }
  | { readonly ended: "missing" };

/** What a provider is made of. */
export type ProviderOptions = {
  readonly ports: ProviderPorts;
  /** The log whose keys it protects: bound to what is wrapped where the provider can. */
  readonly origin: string;
  /** How long it may take, in ms, repetitions included. */
  readonly timeoutMs: number;
};

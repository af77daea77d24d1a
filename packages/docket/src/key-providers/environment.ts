// SPDX-License-Identifier: Apache-2.0
// Keys under a key in the environment: 32 bytes of base64, which whatever starts the server keeps.
import { createSecretKey } from "node:crypto";
import { nonceBytes } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { keyBytes } from "../evidence/key-ring.ts";
import { decrypt, encrypt } from "../evidence/seal.ts";
import type { EnvironmentConfig } from "./config.ts";
import type { KeyProvider, ProviderOptions } from "./contract.ts";

/** Protects keys by a key in the environment: nonce, ciphertext, tag of AES-256-GCM, bound to the log. */
export function environmentProvider(
  { variable }: EnvironmentConfig,
  { ports, origin }: Pick<ProviderOptions, "ports" | "origin">,
): KeyProvider {
  const context = Buffer.from(`docket-guard/v1\n${origin}\n`, "utf8");
  const key = (): Buffer => {
    const bytes = Buffer.from(ports.env[variable] ?? "", "base64");
    if (bytes.length === keyBytes) return bytes;
    const want = `${keyBytes} bytes as base64, for example of: openssl rand -base64 ${keyBytes}`;
    throw new DocketError(
      "keys_locked",
      `the key of the keys is wanted in the environment, in ${variable}: ${want}`,
    );
  };
  return {
    name: "environment",
    place: `$${variable}`,
    wrap: async (secret) => {
      const nonce = ports.random(nonceBytes);
      return Buffer.concat([nonce, encrypt(createSecretKey(key()), nonce, secret, context)]);
    },
    unwrap: async (wrapped) => {
      const nonce = wrapped.subarray(0, nonceBytes);
      const opened = decrypt(createSecretKey(key()), nonce, wrapped.subarray(nonceBytes), context);
      if (opened !== undefined) return opened;
      throw new DocketError("keys_locked", `the key in ${variable} does not open the keys`);
    },
  };
}

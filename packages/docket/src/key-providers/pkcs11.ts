// SPDX-License-Identifier: Apache-2.0
// Keys under an RSA key of a token or an HSM with PKCS #11. It is talked to by pkcs11-tool of OpenSC, a
// program of its own: a library of a token's maker in this process could read all of its memory. Wrapped is
// here, with the token's public key (RSA-OAEP, RFC 8017 section 7.1); the token alone unwraps.
import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { DocketError } from "../error.ts";
import type { Pkcs11Config } from "./config.ts";
import type { KeyProvider, ProviderOptions } from "./contract.ts";
import { readSecretText } from "./secret-text.ts";

/** How the tool is told of the PIN: by the name of a variable, since others see a program's arguments. */
const pinVariable = "DOCKET_PKCS11_PIN";
const bitsMin = 2048;
const toolNames = { sha1: ["SHA-1", "MGF1-SHA1"], sha256: ["SHA256", "MGF1-SHA256"] } as const;

/** Protects keys by a token. */
export function pkcs11Provider(config: Pkcs11Config, options: ProviderOptions): KeyProvider {
  const { module, token, key, hash, pin } = config;
  const at = ["--module", module, "--token-label", token];
  const [hashName, maskName] = toolNames[hash];
  return {
    name: "pkcs11",
    place: `key ${key} of token ${token}`,
    async wrap(secret) {
      const der = await tool(config, options, [...at, "--read-object", "--type", "pubkey", "--label", key]);
      const publicKey = readPublicKey(der, config);
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      return publicEncrypt({ key: publicKey, padding, oaepHash: hash }, secret);
    },
    async unwrap(wrapped) {
      const secret = await readSecretText(pin, "the PIN of the token", options.ports);
      const how = ["--mechanism", "RSA-PKCS-OAEP", "--hash-algorithm", hashName, "--mgf", maskName];
      const login = ["--login", "--pin", `env:${pinVariable}`];
      const args = [...at, ...login, "--decrypt", ...how, "--label", key];
      return tool(config, options, args, wrapped, { [pinVariable]: secret });
    },
  };
}

async function tool(
  config: Pkcs11Config,
  { ports, timeoutMs }: ProviderOptions,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
  env: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const result = await ports.run(config.tool, args, { input, env, timeoutMs });
  const where = `token ${config.token}`;
  if (result.ended === "missing") {
    throw new DocketError("keys_locked", `there is no program ${config.tool}; it comes with OpenSC`);
  }
  if (result.ended === "timeout") {
    throw new DocketError("key_service_unavailable", `${where} did not answer within ${timeoutMs} ms`);
  }
  if (result.code === 0 && result.stdout.length > 0) return result.stdout;
  // A reader that is unplugged, a token that is not there: it may come back.
  if (/No slot|not found|CKR_DEVICE|CKR_TOKEN_NOT/i.test(result.stderr)) {
    throw new DocketError("key_service_unavailable", `${where} is not there: ${codeIn(result.stderr)}`);
  }
  throw new DocketError("keys_locked", `${where} refuses: ${codeIn(result.stderr)}`);
}

// Of what the tool says only the code of PKCS #11 goes on: the rest may be anything.
function codeIn(stderr: string): string {
  return /CKR_[A-Z_]{1,60}/.exec(stderr)?.[0] ?? "pkcs11-tool failed";
}

function readPublicKey(der: Uint8Array, { key, token }: Pkcs11Config): ReturnType<typeof createPublicKey> {
  try {
    const found = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    if (found.asymmetricKeyType === "rsa" && (found.asymmetricKeyDetails?.modulusLength ?? 0) >= bitsMin) {
      return found;
    }
  } catch {
    // Told below.
  }
  throw new DocketError(
    "keys_locked",
    `key ${key} of token ${token} is no RSA key of ${bitsMin} bits or more`,
  );
}

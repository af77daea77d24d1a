// SPDX-License-Identifier: Apache-2.0
// Keys under a passphrase or an identity of age (age-encryption.org/v1): what it wraps, `age -d` opens.
import { DocketError } from "../error.ts";
import type { AgeConfig } from "./config.ts";
import type { KeyProvider, ProviderOptions, ProviderPorts } from "./contract.ts";
import { readSecretText, secretBytesMax } from "./secret-text.ts";

/** Loaded by whoever needs it: it takes longer than all of a short command. */
export function loadAge(): Promise<typeof import("age-encryption")> {
  return import("age-encryption");
}

/** What a passphrase costs to try: 2^18 rounds of scrypt, about a second. */
const scryptWorkFactor = 18;

/** Protects keys by age. */
export function ageProvider(
  config: AgeConfig,
  { ports }: Pick<ProviderOptions, "ports">,
  workFactor: number = scryptWorkFactor,
): KeyProvider {
  const { identityFile, passphrase } = config;
  return {
    name: "age",
    place: identityFile ?? passphrase?.file ?? `$${passphrase?.variable}`,
    async wrap(secret) {
      const { Encrypter, identityToRecipient } = await loadAge();
      const encrypter = new Encrypter();
      if (passphrase === undefined) {
        for (const each of await identitiesIn(identityFile, ports)) {
          encrypter.addRecipient(await identityToRecipient(each));
        }
      } else {
        encrypter.setScryptWorkFactor(workFactor);
        encrypter.setPassphrase(await readSecretText(passphrase, "the passphrase of the keys", ports));
      }
      return encrypter.encrypt(secret);
    },
    async unwrap(wrapped) {
      const { Decrypter } = await loadAge();
      const decrypter = new Decrypter();
      if (passphrase === undefined) {
        for (const each of await identitiesIn(identityFile, ports)) decrypter.addIdentity(each);
      } else {
        decrypter.addPassphrase(await readSecretText(passphrase, "the passphrase of the keys", ports));
      }
      return decrypter.decrypt(wrapped).catch(() => {
        const what = passphrase === undefined ? "the identity" : "the passphrase";
        throw new DocketError("keys_locked", `${what} does not open the keys`);
      });
    },
  };
}

/**
 * The identities in a file as `age-keygen` writes it.
 *
 * @throws {DocketError} `keys_locked` if there are none
 */
export async function identitiesIn(
  path: string,
  { readFile }: Pick<ProviderPorts, "readFile">,
): Promise<string[]> {
  let text: string;
  try {
    text = Buffer.from(await readFile(path)).toString("utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("keys_locked", `the identity ${path} can't be read: ${code}`);
  }
  const lines = text.slice(0, secretBytesMax).split(/\r?\n/);
  const found = lines.map((line) => line.trim()).filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (found.length === 0) throw new DocketError("keys_locked", `${path} holds no identity of age`);
  return found;
}

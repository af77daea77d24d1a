// SPDX-License-Identifier: Apache-2.0
// Reads a secret that whoever starts Docket gives: in a variable of the environment, or in a file.
import { DocketError } from "../error.ts";
import type { SecretPlace } from "./config.ts";
import type { ProviderPorts } from "./contract.ts";

/** Longest secret, in bytes. */
export const secretBytesMax = 4096;

/**
 * Reads a secret, without the line's end that an editor leaves behind it.
 *
 * @param what it is, in words
 * @throws {DocketError} `keys_locked` if it is missing, empty or too long
 */
export async function readSecretText(
  place: SecretPlace,
  what: string,
  { env, readFile }: Pick<ProviderPorts, "env" | "readFile">,
): Promise<string> {
  const { variable, file } = place;
  if (variable !== undefined) {
    const value = env[variable];
    if (value === undefined || value === "") {
      throw new DocketError("keys_locked", `${what} is wanted in the environment, in ${variable}`);
    }
    return checked(value, what, variable);
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("keys_locked", `${what} is wanted in ${file}, which can't be read: ${code}`);
  }
  return checked(
    Buffer.from(bytes)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
    what,
    file,
  );
}

function checked(text: string, what: string, where: string): string {
  if (text === "" || Buffer.byteLength(text) > secretBytesMax) {
    throw new DocketError(
      "keys_locked",
      `${what} in ${where} is empty or longer than ${secretBytesMax} bytes`,
    );
  }
  return text;
}

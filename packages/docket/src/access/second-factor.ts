// SPDX-License-Identifier: Apache-2.0
// The second factor: codes of an authenticator app by time (TOTP, RFC 6238: SHA-1, 6 digits, 30 s, which is
// what every app can), and recovery codes for whoever lost it.
import type { Secret, TOTP } from "otpauth";
import type { RandomBytes } from "./secrets.ts";

/** Random bytes of a secret, as RFC 4226 section 4 recommends. */
export const factorSecretBytes = 20;
/** Seconds for which a code is shown. */
export const stepSeconds = 30;
/** A code counts this many steps before and after its own: clocks of telephones are not exact. */
const stepsAround = 1;
/** Recovery codes of a person, and the random bytes of each. */
export const recoveryCodes = 10;
const recoveryCodeBytes = 10;

/** The URI that authenticator apps take a secret in by. */
export async function factorUri(issuer: string, name: string, secret: Uint8Array): Promise<string> {
  return (await totp(secret, issuer, name)).toString();
}

/** The secret as people type it in. */
export async function factorText(secret: Uint8Array): Promise<string> {
  return (await secretOf(secret)).base32;
}

/** The time step that a code is of; `undefined` if it is of none around now. */
export async function stepOfCode(
  secret: Uint8Array,
  code: string,
  nowMs: number,
): Promise<number | undefined> {
  const token = code.replaceAll(" ", "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const totps = await totp(secret, "docket", "docket");
  const delta = totps.validate({ token, timestamp: nowMs, window: stepsAround });
  return delta === null ? undefined : Math.floor(nowMs / 1000 / stepSeconds) + delta;
}

/** The code of a time, for tests and tools. */
export async function codeAt(secret: Uint8Array, atMs: number): Promise<string> {
  return (await totp(secret, "docket", "docket")).generate({ timestamp: atMs });
}

/** New recovery codes: 80 random bits each, as four groups of four. */
export async function newRecoveryCodes(random: RandomBytes): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodes }, async () => {
    const text = (await factorText(random(recoveryCodeBytes))).toLowerCase();
    return (text.match(/.{4}/g) ?? []).join("-");
  });
  return Promise.all(codes);
}

// The library is loaded when it is needed: most commands never do.
async function totp(secret: Uint8Array, issuer: string, label: string): Promise<TOTP> {
  const { TOTP: Totp } = await import("otpauth");
  const fixed = { algorithm: "SHA1", digits: 6, period: stepSeconds } as const;
  return new Totp({ issuer, label, ...fixed, secret: await secretOf(secret) });
}

async function secretOf(bytes: Uint8Array): Promise<Secret> {
  const { Secret: Make } = await import("otpauth");
  return new Make({ buffer: Uint8Array.from(bytes).buffer });
}

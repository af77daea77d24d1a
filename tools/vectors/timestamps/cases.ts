// SPDX-License-Identifier: Apache-2.0
// All cases, and those that are as they should be.
import { accept, concat, lax, refuse, strict, type Case, type Find } from "./case.ts";
import type { Made } from "./certificates.ts";
import { attributeCases, stampCases, tamperedCases } from "./forged-content.ts";
import { algorithmCases, encodingCases, pathCases, signerCases, timeCases } from "./forged-signers.ts";
import { genuineAnswer, type Genuine } from "./genuine.ts";
import { answer, der, makeToken, type TokenParts } from "./token.ts";

/** All cases. Each differs from a good one in what its name says. */
export function makeCases(find: Find, folder: string): Case[] {
  return [
    ...genuineCases(find, folder),
    ...goodCases(find),
    ...goodStamps(find),
    ...answerCases(find),
    ...stampCases(find),
    ...attributeCases(find),
    ...tamperedCases(find),
    ...signerCases(find),
    ...pathCases(find),
    ...timeCases(find),
    ...algorithmCases(find),
    ...encodingCases(find),
  ];
}

function genuineCases(find: Find, folder: string): Case[] {
  const made = (signer: string, more: Partial<Genuine> = {}, chain: string[] = []): Uint8Array =>
    genuineAnswer(folder, { signer: find(signer), chain: chain.map(find), certificates: true, ...more });
  const bare = { certificates: false };
  const rsa = { roots: ["root-rsa"] };
  const [second, third] = [{ policy: "1.2.3.4.2" }, { policy: "1.2.3.4.3" }];
  return [
    accept("openssl: RSA, with its chain", made("rsa", {}, ["middle"]), rsa),
    accept("openssl: RSA, without certificates", made("rsa", bare), {
      ...rsa,
      certificates: ["rsa", "middle"],
    }),
    refuse("signer", "openssl: RSA, without certificates, and none are given", made("rsa", bare), rsa),
    accept("openssl: P-256, with its certificate", made("ec")),
    accept("openssl: P-256, without certificates", made("ec", bare), { certificates: ["ec"] }),
    accept("openssl: P-384 and SHA-384", made("p384", { hash: "sha384" })),
    accept("openssl: P-521 and SHA-512", made("p521", { hash: "sha512" })),
    accept("openssl: certificate named by SHA-1", made("ec", { bindingHash: "sha1" })),
    accept("openssl: certificate named by SHA-512", made("ec", { bindingHash: "sha512" })),
    accept("openssl: the policy that was asked for", made("ec", second), second),
    refuse("rejected", "openssl: a policy that it does not have", made("ec", third), third),
    refuse("chain", "openssl: against a root that did not issue it", made("ec"), { roots: ["other-root"] }),
  ];
}

function goodCases(find: Find): Case[] {
  const good = (signer: string, parts: Partial<TokenParts> = {}): Uint8Array =>
    answer(makeToken({ signer: find(signer), ...parts }));
  const many = (...names: string[]): Made[] => names.map(find);
  const rsa = { roots: ["root-rsa"] };
  const named = { bound: many("rsa", "middle", "root-rsa"), certificates: many("rsa", "middle") };
  const unknown = strict("its PKCS #7 code does not know this signature");
  return [
    accept("by hand: P-256", good("ec")),
    accept("by hand: granted with modifications", answer(makeToken({ signer: find("ec") }), 1)),
    accept("by hand: both forms of the signing certificate", good("ec", { binding: "both" })),
    accept("by hand: all certificates of the path are named", good("rsa", named), rsa),
    accept(
      "by hand: signer named by its key identifier",
      good("ec", { byKeyId: true }),
      strict("its PKCS #7 code takes issuer and serial number only"),
    ),
    accept("by hand: RSASSA-PSS", good("rsa2048", { scheme: "pss" }), unknown),
    accept("by hand: Ed25519", good("ed25519", { hash: "sha512" }), unknown),
    accept("by hand: RSA of 2,048 bits", good("rsa2048")),
    accept(
      "by hand: certificates that are no part of the path",
      good("ec", { certificates: many("other", "ec", "ec-twin") }),
    ),
    accept("by hand: an intermediate authority is trusted itself", good("rsa"), {
      roots: ["middle"],
      ...strict("without -partial_chain it wants a self-signed root"),
    }),
  ];
}

function goodStamps(find: Find): Case[] {
  const stamp = (parts: TokenParts["stamp"] = {}, signer = "ec"): Uint8Array =>
    answer(makeToken({ signer: find(signer), stamp: parts }));
  return [
    accept("by hand: no accuracy", stamp({ accuracy: new Uint8Array() })),
    accept("by hand: accuracy of no parts", stamp({ accuracy: der(0x30) })),
    accept("by hand: time with nanoseconds", stamp({ time: "20260601120000.123456789Z" })),
    accept("by hand: no nonce, and none is asked for", stamp({ nonce: null }), { nonce: null }),
    accept(
      "by hand: the last moment of a certificate",
      stamp({ time: "20260301000000Z" }, "late"),
      strict("it counts the last moment out, against RFC 5280 section 4.1.2.5"),
    ),
  ];
}

function answerCases(find: Find): Case[] {
  const token = makeToken({ signer: find("ec") });
  const whole = answer(token);
  const failed = (status: number, bits: number[]): Uint8Array =>
    answer(undefined, status, Uint8Array.from(bits));
  const trailing = lax("it reads one value and leaves what follows");
  const earliestMs = Date.UTC(2026, 5, 1, 11, 59, 58, 500);
  return [
    refuse("rejected", "answer: rejected, badAlg", failed(2, [7, 0x80])),
    refuse("rejected", "answer: rejected, timeNotAvailable", failed(2, [1, 0, 0x02])),
    refuse("rejected", "answer: waiting", answer(undefined, 3)),
    refuse("rejected", "answer: rejected, and a good token", answer(token, 2)),
    refuse("malformed", "answer: granted, and no token", answer(undefined)),
    refuse("malformed", "answer: the token alone", token),
    refuse("malformed", "answer: empty", new Uint8Array()),
    refuse("malformed", "answer: a byte after its end", concat(whole, Uint8Array.of(0)), trailing),
    refuse("malformed", "answer: an answer after its end", concat(whole, whole), trailing),
    refuse("malformed", "answer: breaks off", whole.subarray(0, -1)),
    refuse("time", "answer: it was there before its time", whole, {
      atMs: earliestMs - 1,
      ...lax("it is not told when the answer came"),
    }),
    accept("answer: it was there at its earliest time", whole, { atMs: earliestMs }),
  ];
}

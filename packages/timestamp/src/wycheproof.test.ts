// SPDX-License-Identifier: Apache-2.0
// ECDSA signatures that others got wrong: BER instead of DER, numbers out of range, edge cases of P-256.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { readPublicKey } from "./algorithm.ts";
import { readDer } from "./der.ts";
import { verifySignature } from "./path.ts";
import { testCrypto } from "./testing/crypto.ts";
import { fromHex } from "./testing/vectors.ts";

const name = "vectors/wycheproof/ecdsa_secp256r1_sha256_test.json";

/** What the test reads of the file. */
interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKeyDer: string;
    readonly tests: readonly { tcId: number; comment: string; msg: string; sig: string; result: string }[];
  }[];
}

test("Wycheproof: a signature of ECDSA verifies if it is valid, and in DER", (t) => {
  const path = sharedPath(name);
  if (path === undefined) return t.skip(skipReason(name));
  const { testGroups } = JSON.parse(readFileSync(path, "utf8")) as Wycheproof;
  let count = 0;
  for (const { publicKeyDer, tests } of testGroups) {
    const key = readPublicKey(readDer(fromHex(publicKeyDer)));
    for (const { tcId, comment, msg, sig, result } of tests) {
      const scheme = { kind: "ecdsa", digest: "SHA-256" } as const;
      const verified = verifySignature(testCrypto, scheme, key, fromHex(msg), fromHex(sig));
      assert.equal(verified, result === "valid", `${tcId}: ${comment}`);
      count += 1;
    }
  }
  assert.ok(count > 300, `${count} signatures`);
});

// SPDX-License-Identifier: Apache-2.0
// Our own forged tokens: each is refused for what is wrong with it, and OpenSSL agrees, or the case says why
// it doesn't.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { encodeTimestampRequest } from "./request.ts";
import { readTimestampCases, type TimestampCase } from "./testing/vectors.ts";
import { verifyTimestamp } from "./verify-timestamp.ts";

const cases = readTimestampCases();

test("each token of the vectors is accepted, or refused for what is wrong with it", () => {
  for (const { name, result, expectation } of cases) {
    const verdict = verifyTimestamp(expectation);
    const got = verdict.ok ? "accept" : verdict.code;
    assert.equal(got, result, `${name}: ${verdict.ok ? "accepted" : verdict.why}`);
  }
});

test("OpenSSL says the same of each, or the vectors say why not", async (t) => {
  const version = opensslVersion();
  if (version === undefined) return t.skip("openssl is not installed");
  // What the vectors say of its laxness is OpenSSL 3.0's; of another version only the rest is compared.
  const exact = version.startsWith("OpenSSL 3.0.");
  const folder = mkdtempSync(join(tmpdir(), "docket-stamps-"));
  const wrong: string[] = [];
  try {
    for (const [i, each] of cases.entries()) {
      if (!exact && each.openssl !== undefined) continue;
      const said = await opensslSays(join(folder, String(i)), each);
      const expected = each.openssl?.result ?? (each.result === "accept" ? "accept" : "refuse");
      if (said.result !== expected) wrong.push(`${each.name}: ${said.result}: ${said.text}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(wrong, []);
});

test("where OpenSSL differs, it is laxer, but for what it does not know", () => {
  const differing = cases.filter((each) => each.openssl !== undefined);
  for (const { name, result, openssl } of differing) {
    assert.notEqual(openssl?.result === "accept", result === "accept", name);
    assert.ok((openssl?.why ?? "").length > 10, name);
  }
  const stricter = differing.filter(({ result }) => result === "accept").map(({ name }) => name);
  assert.deepEqual(stricter, [
    "by hand: signer named by its key identifier",
    "by hand: RSASSA-PSS",
    "by hand: Ed25519",
    "by hand: an intermediate authority is trusted itself",
    "by hand: the last moment of a certificate",
  ]);
});

function opensslVersion(): string | undefined {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8" });
  } catch {
    return undefined;
  }
}

async function opensslSays(
  prefix: string,
  { expectation }: TimestampCase,
): Promise<{ result: string; text: string }> {
  const { response, digest, nonce, policy, roots, certificates = [] } = expectation;
  writeFileSync(`${prefix}.tsr`, response);
  writeFileSync(`${prefix}.roots`, roots.map(pemOf).join(""));
  writeFileSync(`${prefix}.more`, certificates.map(pemOf).join(""));
  const asked =
    nonce === undefined ? ["-digest", Buffer.from(digest).toString("hex")] : ["-queryfile", `${prefix}.tsq`];
  if (nonce !== undefined) {
    const request = { digest, nonce, certificates: false };
    writeFileSync(
      `${prefix}.tsq`,
      encodeTimestampRequest(policy === undefined ? request : { ...request, policy }),
    );
  }
  const more = certificates.length === 0 ? [] : ["-untrusted", `${prefix}.more`];
  // Without it OpenSSL takes today's date, and tokens would go bad with the years.
  const time = ["-attime", String(Math.floor(stampedAtMs(response) / 1000))];
  try {
    const args = [
      "ts",
      "-verify",
      ...asked,
      "-in",
      `${prefix}.tsr`,
      "-CAfile",
      `${prefix}.roots`,
      ...more,
      ...time,
    ];
    const { stdout } = await promisify(execFile)("openssl", args);
    return { result: "accept", text: stdout };
  } catch (error) {
    return { result: "refuse", text: String((error as { stderr?: string }).stderr) };
  }
}

/** Found by its form, since OpenSSL must be told of forged tokens' times, too. */
function stampedAtMs(response: Uint8Array): number {
  const text = Buffer.from(response).toString("latin1");
  const match = /(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?[Z+]/.exec(text);
  if (match === null) return Date.UTC(2026, 5, 1);
  const [year, month, ...rest] = match.slice(1).map((digits) => Number(digits ?? 0));
  return Date.UTC(year ?? 0, (month ?? 0) - 1, ...rest);
}

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
}

// SPDX-License-Identifier: Apache-2.0
// Outside time-stamps in a log: those that hold say between what records were sealed; each that doesn't is
// named, in a log that is valid otherwise.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { AnchorBody } from "@docket/protocol";
import { encodeRoughtimeRequest, verifyRoughtime, verifyTimestamp } from "@docket/timestamp";
import { encodeBase64, encodeBase64Url, encodeHex, parseCheckpoint, parseNote } from "@docket/tlog";
import type { Checkpoint } from "@docket/tlog";
import { stampedDigest } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { nodeTimestampCrypto as crypto } from "../../anchors/node-crypto.ts";
import { certificatesOf } from "../../anchors/pem.ts";
import { opensslMissing, startAuthority } from "../../anchors/testing/openssl-authority.ts";
import type { TestAuthority } from "../../anchors/testing/openssl-authority.ts";
import { startRoughtime } from "../../anchors/testing/roughtime.ts";
import type { TestRoughtime } from "../../anchors/testing/roughtime.ts";
import { runVerify } from "./run.ts";
import type { VerifyOptions } from "./run.ts";
import { createSmallLog, verifierKey } from "./testing/small-log.ts";
import type { SmallLog } from "./testing/small-log.ts";

type Setting = {
  log: SmallLog;
  one: TestAuthority;
  other: TestAuthority;
  roughtime: TestRoughtime;
};

void test("stamps say between what records were sealed; without roots they are not checked", async (t) => {
  const setting = await settingOf(t);
  if (setting === undefined) return;
  const { log, one, roughtime } = setting;
  log.seal([300]);
  const first = newest(log);
  log.sealBodies([await token(one, first), reply(roughtime, first)]);
  log.seal([20]);
  log.sealBodies([await token(one, newest(log))]);
  log.seal([5]);
  log.sync();
  const unchecked = await verify(log, {});
  assert.equal(unchecked.report.verdict, "verified");
  assert.match(
    unchecked.text,
    /^not checked +anchors +2 not checked: no roots given; 1 not checked: no Roughtime keys/m,
  );

  const given = { tsaRoots: [one.roots], roughtime: [Buffer.from(roughtime.key).toString("base64")] };
  const { report, text } = await verify(log, { ...given, record: 310 });
  assert.equal(report.verdict, "verified", text);
  assert.deepEqual(
    report.anchors.held.map(({ index, size }) => [index, size]),
    [
      [300, 300],
      [301, 300],
      [322, 322],
    ],
  );
  assert.match(text, /^ok +anchors +3 stamps by one, two$/m);
  assert.match(text, /^time: the first 322 of 328 records were there by /m);
  assert.match(text, /^time: 21 records lie between two stamps: /m);
  assert.match(
    text,
    /^record 310 was sealed: not before .* \(one, record 300\), not after .* \(one, record 322\), /m,
  );

  const half = await verify(log, { tsaRoots: [`elsewhere=${one.roots}`], roughtime: given.roughtime });
  assert.match(half.text, /^ok +anchors +1 stamps by two; 2 not checked: no roots given for one$/m);
});

void test("each stamp that is none is named, with its record and what is wrong", async (t) => {
  const setting = await settingOf(t);
  if (setting === undefined) return;
  const { log, one, other, roughtime } = setting;
  log.seal([10]);
  const at = newest(log);
  const good = await token(one, at);
  const said = reply(roughtime, at);
  const otherRoot = { ...at, root: new Uint8Array(32).fill(9) as Checkpoint["root"] };
  const bodies: [AnchorBody, RegExp][] = [
    [good, /^$/],
    [said, /^$/],
    [{ ...(await token(other, at)), name: "one" }, /\(chain\)/],
    [await token(one, otherRoot), /it stamps another tree of 10 records than the one here/],
    [{ ...good, root: encodeBase64Url(otherRoot.root) }, /\(imprint\)/],
    [{ ...good, size: 9 }, /\(imprint\)/],
    [{ ...good, size: 100 }, /it stamps 100 records, and stands after/],
    [
      { ...good, stampedAt: "2020-01-01T00:00:00.000Z" },
      /the record says 2020-01-01T00:00:00.000Z, the stamp /,
    ],
    [{ ...good, accuracyMs: 0 }, /the record says ± 0 ms, the stamp ± 1000 ms/],
    [{ ...good, request: "AAAA" }, /stands for itself/],
    [{ ...good, stamp: "AAAA" }, /\(malformed\)/],
    [{ ...good, stamp: flipped(good.stamp, -4) }, /\((signature|algorithm|malformed)\)/],
    [{ ...good, stamp: longer(good.stamp) }, /\(malformed\)/],
    [{ ...said, stampedAt: "2020-01-01T00:00:00.000Z" }, /the record says 2020/],
    [
      { ...said, stamp: flipped(said.stamp, 400) },
      /\((signature|delegation|malformed|inclusion|nonce|version|window)\)/,
    ],
    [
      reply(roughtime, { ...at, size: 9 }, at),
      /the nonce that it answers is not the digest of that checkpoint/,
    ],
    [{ ...said, request: reply(roughtime, { ...at, size: 8 }).request }, /\((inclusion|nonce)\)/],
  ];
  log.sealBodies(bodies.map(([body]) => body));
  log.seal([5]);
  log.sync();
  const given = { tsaRoots: [one.roots], roughtime: [Buffer.from(roughtime.key).toString("base64")] };
  const { report, text } = await verify(log, given);
  assert.equal(report.verdict, "failed");
  assert.match(text, /^FAILED +anchors/m);
  const wrong = new Map(report.faults.map((fault) => [fault.index, fault]));
  for (const [i, [, why]] of bodies.entries()) {
    const fault = wrong.get(10 + i);
    assert.equal(fault?.check ?? "none", why.source === "^$" ? "none" : "anchors", `record ${10 + i}`);
    assert.match(fault?.reason ?? "", why, `record ${10 + i}`);
  }
  assert.equal(report.faultCount, bodies.length - 2);
  assert.deepEqual(
    report.checks.filter(({ ok }) => ok === false).map(({ name }) => name),
    ["anchors"],
  );
  // The two that hold go on to hold.
  assert.deepEqual(
    report.anchors.held.map(({ index }) => index),
    [10, 11],
  );
});

void test("a later run goes on with the earlier one, unless it trusts other clocks", async (t) => {
  const setting = await settingOf(t);
  if (setting === undefined) return;
  const { log, one } = setting;
  log.seal([300]);
  // In a full bundle, which is checked in a range, and not record by record.
  log.sealBodies([await token(one, newest(log))]);
  log.seal([250]);
  log.sync();
  const resume = join(log.data, "..", "state");
  const given = { tsaRoots: [one.roots], resume };
  assert.equal((await verify(log, given)).report.anchors.held.length, 1);
  const again = await verify(log, given);
  assert.equal(again.report.resumed?.size, 512);
  assert.deepEqual(
    again.report.anchors.held.map(({ index }) => index),
    [300],
  );
  const others = await verify(log, { resume });
  assert.equal(others.report.resumed, null);
  assert.match(others.report.notes.join("\n"), /other outside clocks were trusted then/);
  assert.deepEqual(others.report.anchors.unchecked, [{ why: "no roots given", records: 1 }]);
});

void test("two clocks that contradict each other are told of, and are no fault of the log", async (t) => {
  const setting = await settingOf(t);
  if (setting === undefined) return;
  const { log, one, roughtime } = setting;
  log.seal([10]);
  log.sealBodies([await token(one, newest(log))]);
  log.seal([5]);
  roughtime.lie(-86_400);
  log.sealBodies([reply(roughtime, newest(log))]);
  log.seal([5]);
  log.sync();
  const given = { tsaRoots: [one.roots], roughtime: [Buffer.from(roughtime.key).toString("base64")] };
  const { report, text } = await verify(log, given);
  assert.equal(report.verdict, "verified");
  assert.match(text, /^ok +anchors +2 stamps by one, two; 1 contradict others$/m);
  assert.match(
    text,
    /^contradiction: two stamped the log up to record 15 by .* one of their clocks is wrong$/m,
  );
});

void test("roots and keys that are none are refused", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-anchors-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "empty.pem"), "nothing");
  for (const options of [
    { tsaRoots: [join(directory, "gone.pem")] },
    { tsaRoots: [join(directory, "empty.pem")] },
    { roughtime: ["short"] },
  ]) {
    const stderr: string[] = [];
    const code = await runVerify({ ...quiet([], stderr), target: directory, ...options });
    assert.equal(code, 2, stderr.join(""));
  }
});

async function settingOf(t: TestContext): Promise<Setting | undefined> {
  const missing = opensslMissing();
  if (missing !== undefined) {
    assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", missing);
    t.skip(missing);
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "docket-anchors-"));
  mkdirSync(join(directory, "data"));
  const log = createSmallLog(join(directory, "data"));
  const one = await startAuthority(join(directory, "one"));
  const other = await startAuthority(join(directory, "other"), "other");
  const roughtime = await startRoughtime();
  t.after(async () => {
    log.close();
    await Promise.all([one.close(), other.close(), roughtime.close()]);
    rmSync(directory, { recursive: true, force: true });
  });
  return { log, one, other, roughtime };
}

function newest({ paths }: SmallLog): Checkpoint {
  return parseCheckpoint(parseNote(new Uint8Array(readFileSync(paths.checkpoint))).text);
}

async function token(from: TestAuthority, checkpoint: Checkpoint): Promise<AnchorBody> {
  const digest = stampedDigest(checkpoint);
  const response = await from.reply(encodeHex(digest));
  const roots = certificatesOf(readFileSync(from.roots, "latin1"));
  const verdict = verifyTimestamp({ response, digest, roots, crypto });
  assert.ok(verdict.ok, JSON.stringify(verdict));
  return {
    ...bodyOf(checkpoint),
    source: "rfc3161",
    name: "one",
    stampedAt: new Date(verdict.genTimeMs).toISOString(),
    accuracyMs: verdict.accuracyMs,
    stamp: encodeBase64(response),
    request: "",
  };
}

/** A reply over one checkpoint, in a record that names another if `named` is given. */
function reply({ key, reply: answer }: TestRoughtime, asked: Checkpoint, named = asked): AnchorBody {
  const request = encodeRoughtimeRequest({ nonce: stampedDigest(asked), serverKey: key, crypto });
  const bytes = new Uint8Array(answer(request));
  const verdict = verifyRoughtime({ request, reply: bytes, serverKey: key, crypto });
  assert.ok(verdict.ok, JSON.stringify(verdict));
  return {
    ...bodyOf(named),
    source: "roughtime",
    name: "two",
    stampedAt: new Date(verdict.midpointMs).toISOString(),
    accuracyMs: verdict.radiusMs,
    stamp: encodeBase64(bytes),
    request: encodeBase64(request),
  };
}

function bodyOf({ size, root }: Checkpoint): Pick<AnchorBody, "kind" | "by" | "size" | "root"> {
  return { kind: "anchor", by: "docket", size, root: encodeBase64Url(root) };
}

function flipped(base64: string, at: number): string {
  const bytes = Buffer.from(base64, "base64");
  const place = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return bytes.toString("base64");
}

function longer(base64: string): string {
  return Buffer.concat([Buffer.from(base64, "base64"), Buffer.of(0)]).toString("base64");
}

function quiet(out: string[], err: string[]): Pick<VerifyOptions, "stdout" | "stderr" | "json"> {
  const stderr = { write: (text: string) => void err.push(text), isTTY: false };
  return { json: false, stdout: { write: (text) => out.push(text) }, stderr: stderr as never };
}

async function verify(
  { data }: SmallLog,
  options: Partial<VerifyOptions>,
): Promise<{ report: LogReport; text: string }> {
  const [out, json, err]: [string[], string[], string[]] = [[], [], []];
  const { resume, ...rest } = options;
  const common = { target: data, key: verifierKey, ...rest };
  await runVerify({ ...quiet(json, err), ...common, resume, json: true });
  await runVerify({ ...quiet(out, err), ...common, ...(resume === undefined ? {} : { resume }) });
  assert.equal(err.join(""), "");
  return { report: JSON.parse(json.join("")) as LogReport, text: out.join("") };
}

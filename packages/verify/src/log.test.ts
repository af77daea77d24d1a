// SPDX-License-Identifier: Apache-2.0
// Whole logs in memory: what threads may acquit, what was seen elsewhere, who cosigned, how keys change, and
// how an interrupted verification goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asHash,
  cosignatureTime,
  fromUtf8,
  noteBytesMax,
  parseNote,
  parsePolicy,
  signCheckpoint,
  utf8,
} from "@docket/tlog";
import type { Signer, Verifier } from "@docket/tlog";
import * as fc from "fast-check";
import { checkerOf, verifyLog } from "./log.ts";
import type { VerifyLogOptions } from "./log.ts";
import { checkRoots } from "./range.ts";
import type { RangeChecker } from "./range.ts";
import type { LogReport } from "./report.ts";
import type { LogSource } from "./source.ts";
import type { TrustGiven } from "./trust.ts";
import {
  chainedLeaves,
  checkpointOf,
  joined,
  opaqueEntries,
  ordinaryBodies,
  publish,
  rowOf,
  sourceOf,
  testKey,
} from "./testing/memory-log.ts";

const ed = testKey(1);
const ml = testKey(2, "ml-dsa-44");
const both = [ed.signer, ml.signer];
const keys = [ed.verifier, ml.verifier];
const entries = opaqueEntries(3 * 256 + 40);
const leaves = chainedLeaves(ordinaryBodies(4 * 256 + 7, keys));

/** Acquits nobody, so that the walk looks at each bundle itself: the slow twin. */
const suspicious: RangeChecker = {
  concurrency: 2,
  check: async ({ count }) => Array.from({ length: count }, () => null),
};

type Files = Map<string, Uint8Array>;

async function opaque(
  files: Files,
  trust: TrustGiven = { keys },
  options: VerifyLogOptions = {},
): Promise<LogReport> {
  return verifyLog(sourceOf(files), trust, { opaque: true, ...options });
}

function checkNamed(report: LogReport, name: string): LogReport["checks"][number] {
  const check = report.checks.find((each) => each.name === name);
  assert.ok(check !== undefined);
  return check;
}

function opaqueFiles(): Files {
  const files = publish(entries, both);
  for (const size of [1, 200, 256, 300, 511, 512, 768, 800]) {
    files.set(`checkpoints/${size}`, checkpointOf(entries, both, size));
  }
  files.set("recent/500", joined(...[3, 256, 257].map((size) => rowOf(entries, ed.signer, size))));
  files.set("recent/501", joined(...[300, 640, 808].map((size) => rowOf(entries, ed.signer, size))));
  // Narrower files that nobody removed.
  files.set("tile/0/001.p/44", (files.get("tile/0/001") as Uint8Array).slice(0, 44 * 32));
  files.set("tile/1/000.p/1", (files.get("tile/1/000.p/3") as Uint8Array).slice(0, 32));
  return files;
}

void test("an opaque log: tree, kept checkpoints and the last day's rows are checked, no chain", async () => {
  const report = await opaque(opaqueFiles());
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
  assert.match(checkNamed(report, "records").detail, /^808, opaque: tree checked, no chain$/);
  assert.match(checkNamed(report, "keptCheckpoints").detail, /^8, /);
  assert.match(checkNamed(report, "recentCheckpoints").detail, /^6 /);
  assert.match(checkNamed(report, "checkpoint").detail, /signed by .* and .*\(ML-DSA-44\)$/);
  assert.equal(report.opaque, true);
  const asRecords = await verifyLog(sourceOf(opaqueFiles()), { keys });
  assert.equal(asRecords.verdict, "failed");
  assert.equal(asRecords.first?.check, "records");
  const asOpaque = await opaque(publish(leaves, both));
  assert.equal(asOpaque.verdict, "failed");
  assert.match(asOpaque.first?.reason ?? "", /begins a log of records/);
});

void test("what threads acquit, the walk finds in order too; what they don't, it names itself", async () => {
  const whole = opaqueFiles();
  const records = publish(leaves, both);
  for (const size of [100, 600, 1024]) records.set(`checkpoints/${size}`, checkpointOf(leaves, both, size));
  const paths = [
    ...Array.from(whole, ([path, bytes]) => ({ files: whole, path, bytes })),
    ...Array.from(records, ([path, bytes]) => ({ files: records, path, bytes })),
  ];
  const change = fc.record({
    at: fc.nat(paths.length - 1),
    where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bit: fc.nat(7),
    how: fc.constantFrom("flip", "cut", "grow", "remove"),
  });
  const property = fc.asyncProperty(change, async ({ at, where, bit, how }) => {
    const { files, path, bytes } = paths[at] ?? { files: whole, path: "", bytes: new Uint8Array() };
    const changed = new Map(files);
    const place = Math.floor(where * bytes.length);
    const flipped = bytes.slice();
    flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
    if (how === "remove") changed.delete(path);
    else
      changed.set(path, { flip: flipped, cut: bytes.slice(0, place), grow: joined(bytes, utf8("x")) }[how]);
    const options = { opaque: files === whole };
    const threads = (): RangeChecker => ({
      ...checkerOf(sourceOf(changed), 3),
      checkRoots: async (request) => checkRoots(request),
    });
    const fast = await verifyLog(sourceOf(changed), { keys }, { ...options, checker: threads });
    const slow = await verifyLog(sourceOf(changed), { keys }, { ...options, checker: () => suspicious });
    assert.deepEqual(fast, slow);
    // Rows of the last day are not promised, and their times are nobody's word.
    const isRow = path.startsWith("recent/");
    if (isRow && how === "flip" && place % 112 >= 8 && place % 112 < 16) return;
    const mayBeGone = how === "remove" && /^checkpoints\/|\.p\/(44|1)$/.test(path);
    const expected = mayBeGone || (isRow && how !== "flip") ? "verified" : "failed";
    assert.equal(fast.verdict, expected, `${how} ${path}`);
    if (how === "flip") assert.equal(fast.first?.place, path, JSON.stringify(fast.faults));
  });
  await fc.assert(property, { numRuns: 60 });
});

void test("answers of threads are taken in the log's order, whichever comes first", async () => {
  const many = opaqueEntries(70 * 256 + 1);
  const files = publish(many, both);
  for (const bundle of ["050", "033"]) {
    const bytes = (files.get(`tile/entries/${bundle}`) as Uint8Array).slice();
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    files.set(`tile/entries/${bundle}`, bytes);
  }
  const source = sourceOf(files);
  const inner = checkerOf(source);
  const late: Promise<unknown>[] = [];
  const checker: RangeChecker = {
    concurrency: 8,
    async check(request) {
      const before = late.at(-1);
      const result = inner.check(request);
      late.push(result);
      // The first asked waits for the last: answers come backwards.
      if (before === undefined) await new Promise((resolve) => setImmediate(resolve));
      return result;
    },
  };
  const report = await verifyLog(source, { keys }, { opaque: true, checker: () => checker });
  assert.deepEqual(
    report.faults.map(({ place, index }) => [place, index]),
    [
      ["tile/entries/033", 33 * 256],
      ["tile/entries/050", 50 * 256],
    ],
  );
});

void test("a checkpoint from elsewhere: of the same tree, a rollback, a fork, or neither", async () => {
  const files = opaqueFiles();
  const seen = (note: Uint8Array): TrustGiven => ({ keys, seen: [{ place: "kept.txt", note }] });
  const longer = opaqueEntries(900);
  const forked = entries.with(5, utf8("another"));
  const same = await opaque(files, seen(checkpointOf(entries, [ed.signer], 777)));
  assert.equal(same.verdict, "verified");
  assert.equal(checkNamed(same, "seen").ok, true);
  assert.match(same.limits.join(), /at least 777 records/);

  const ahead = checkpointOf(longer, both, 900);
  const rolledBack = await opaque(files, seen(ahead));
  assert.equal(rolledBack.verdict, "failed");
  assert.match(rolledBack.first?.reason ?? "", /^rollback: the log signed 900 records/);
  assert.deepEqual(
    rolledBack.conflicts.map(({ kind, place, seen: note }) => [kind, place, note]),
    [["rollback", "kept.txt", new TextDecoder().decode(ahead)]],
  );
  assert.match(rolledBack.conflicts[0]?.own ?? "", /\n808\n/);

  for (const size of [6, 256, 500, 808]) {
    const fork = await opaque(files, seen(checkpointOf(forked, [ed.signer], size)));
    assert.equal(fork.verdict, "failed");
    assert.match(fork.first?.reason ?? "", /^fork: /);
    assert.equal(fork.conflicts[0]?.kind, "fork");
  }
  assert.equal((await opaque(files, seen(checkpointOf(forked, both, 5)))).verdict, "verified");

  const stranger = testKey(9).signer;
  for (const note of [checkpointOf(forked, [stranger]), checkpointOf(longer, [stranger]), utf8("x\n")]) {
    const report = await opaque(files, seen(note));
    assert.equal(report.verdict, "failed");
    assert.match(report.first?.reason ?? "", /^it cannot be compared/);
    assert.equal(report.conflicts.length, 0);
  }
  const without = await opaque(files);
  assert.equal(checkNamed(without, "seen").ok, null);
  assert.match(without.limits[0] ?? "", /a rollback to an older state, or a fork shown to others/);
});

void test("a log that was tampered with is not called forked", async () => {
  const forked = publish(entries.with(5, utf8("another")), both);
  forked.set("checkpoint", checkpointOf(entries, both));
  const note = checkpointOf(entries, [ed.signer], 700);
  const report = await opaque(forked, { keys, seen: [{ place: "kept.txt", note }] });
  assert.equal(report.conflicts.length, 0);
  assert.deepEqual(
    report.faults.map(({ check }) => check),
    ["root", "seen"],
  );
});

void test("the policy's witnesses: whose cosignatures count, and whether they are enough", async () => {
  const w1 = testKey(21, "ml-dsa-44", "w1.example");
  const w2 = testKey(22, "ed25519-cosignature", "w2.example");
  const policy = parsePolicy(
    `log ${ed.verifier.vkey}\nlog ${ml.verifier.vkey}\nwitness one ${w1.verifier.vkey}\n` +
      `witness two ${w2.verifier.vkey}\ngroup g all one two\nquorum g\n`,
  );
  const trust = { keys: [], policy };
  const files = opaqueFiles();
  const none = await opaque(files, trust);
  assert.equal(none.verdict, "incomplete");
  assert.match(checkNamed(none, "cosignatures").detail, /quorum is not met: nobody cosigned/);

  files.set("checkpoints/512", checkpointOf(entries, [...both, w1.signer], 512));
  assert.equal((await opaque(files, trust)).verdict, "incomplete");
  files.set("checkpoints/512", checkpointOf(entries, [...both, w1.signer, w2.signer], 512));
  const met = await opaque(files, trust);
  assert.equal(met.verdict, "verified", JSON.stringify(met.faults));
  assert.match(checkNamed(met, "cosignatures").detail, /^up to record 511: the policy's quorum is met: w1/);
  assert.deepEqual(
    met.cosignatures.map(({ name }) => name),
    ["w1.example", "w2.example"],
  );

  // The newest cosigned one lies at a path of its own too.
  files.set("checkpoint.cosigned", checkpointOf(entries, [...both, w1.signer, w2.signer], 700));
  assert.match(checkNamed(await opaque(files, trust), "cosignatures").detail, /^up to record 699/);
  for (const wrong of [
    utf8("x\n"),
    checkpointOf(entries.with(0, utf8("y")), both, 700),
    checkpointOf(opaqueEntries(900), both),
  ]) {
    const bad = await opaque(new Map(files).set("checkpoint.cosigned", wrong), trust);
    assert.equal(bad.first?.place, "checkpoint.cosigned");
  }

  // Without the policy the same lines are counted, and nothing hangs on them.
  const unknown = await opaque(files);
  assert.equal(unknown.verdict, "verified");
  const note = parseNote(files.get("checkpoints/512") as Uint8Array);
  assert.equal(cosignatureTime(note.signatures[2]?.signature ?? new Uint8Array()), 1_800_000_000);

  // A line of a known witness that does not verify is damage.
  const text = new TextDecoder().decode(files.get("checkpoints/512"));
  files.set("checkpoints/512", utf8(text.replace(/(w2\.example .{20})./, "$1_").replace("_", "A")));
  assert.equal((await opaque(files, trust)).first?.place, "checkpoints/512");
});

void test("a line in the log's own name by an unknown key is refused, others' are counted", async () => {
  const files = opaqueFiles();
  const other = testKey(30).signer;
  files.set("checkpoint", checkpointOf(entries, [...both, other]));
  assert.match((await opaque(files)).first?.reason ?? "", /a key that is not known here/);
  files.set("checkpoint", checkpointOf(entries, [...both, testKey(31, "ed25519-cosignature", "w").signer]));
  const counted = await opaque(files);
  assert.equal(counted.verdict, "verified");
  assert.match(checkNamed(counted, "checkpoint").detail, /1 lines? of unknown keys not checked/);
  files.set("checkpoint", checkpointOf(entries, [ml.signer]));
  assert.match((await opaque(files)).first?.reason ?? "", /no Ed25519 key/);
  // Without the log's ML-DSA key a log of records is checked under the one that its record 0 names.
  const report = await verifyLog(sourceOf(publish(leaves, both)), ed.verifier);
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
});

// The log changes its keys in record 299, and again in record 599.
function rotated(): {
  files: Files;
  chained: Uint8Array[];
  periods: { signers: Signer[]; verifiers: Verifier[] }[];
} {
  const periods = [1, 11, 12].map((number) => {
    const pair = [testKey(number), testKey(number + 50, "ml-dsa-44")];
    return { signers: pair.map(({ signer }) => signer), verifiers: pair.map(({ verifier }) => verifier) };
  });
  const [first, second, third] = periods as [(typeof periods)[0], (typeof periods)[0], (typeof periods)[0]];
  const vkeys = ({ verifiers }: typeof first): string[] => verifiers.map(({ vkey }) => vkey);
  const bodies = ordinaryBodies(1000, first.verifiers);
  bodies[299] = { kind: "key-change", by: "operator", old: vkeys(first), new: vkeys(second) };
  bodies[599] = { kind: "key-change", by: "operator", old: vkeys(second), new: vkeys(third) };
  const chained = chainedLeaves(bodies);
  const files = publish(chained, third.signers);
  const keep = (size: number, signers: Signer[]): unknown =>
    files.set(`checkpoints/${size}`, checkpointOf(chained, signers, size));
  keep(200, first.signers);
  keep(300, [...first.signers, ...second.signers]);
  keep(301, second.signers);
  keep(600, [...second.signers, ...third.signers]);
  keep(900, third.signers);
  const row = (signer: Signer | undefined, size: number): Uint8Array =>
    rowOf(chained, signer as Signer, size);
  files.set(
    "recent/502",
    joined(row(first.signers[0], 250), row(second.signers[0], 310), row(third.signers[0], 999)),
  );
  return { files, chained, periods };
}

void test("keys that changed are followed from any of them, old or new", async () => {
  const { files, periods } = rotated();
  for (const { verifiers } of periods) {
    for (const given of [verifiers, verifiers.slice(0, 1)]) {
      const report = await verifyLog(sourceOf(files), { keys: given });
      assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
      assert.deepEqual(
        report.keys,
        periods[2]?.verifiers.map(({ vkey }) => vkey),
      );
    }
  }
  // A server cannot list what it keeps, but says where the keys changed.
  const whole = sourceOf(files);
  const server: LogSource = { hasParts: false, read: async (path) => whole.read(path, noteBytesMax) };
  for (const { verifiers } of periods.filter((_, i) => i !== 1)) {
    const report = await verifyLog(server, { keys: verifiers });
    assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
  }
  const unproven = await verifyLog(sourceOf(files));
  assert.equal(unproven.verdict, "unproven", JSON.stringify(unproven.faults));
  const wrong = await verifyLog(sourceOf(files), { keys: [testKey(99).verifier] });
  assert.equal(wrong.verdict, "failed");
  assert.equal(wrong.first?.place, "checkpoint");
});

void test("without the checkpoint that old and new keys signed, nothing follows from old ones", async () => {
  const { files, periods } = rotated();
  files.delete("checkpoints/600");
  const [first, second, third] = periods;
  for (const given of [first, second]) {
    const report = await verifyLog(sourceOf(files), { keys: given?.verifiers ?? [] });
    assert.equal(report.verdict, "failed");
    assert.match(report.first?.reason ?? "", /no chain of signed key changes/);
  }
  assert.equal((await verifyLog(sourceOf(files), { keys: third?.verifiers ?? [] })).verdict, "verified");
});

void test("a key signs nothing after its time, and nothing before it", async () => {
  const { files, periods, chained } = rotated();
  const [first, second] = periods as [(typeof periods)[0], (typeof periods)[0]];
  for (const [size, signers] of [
    [400, first.signers],
    [100, second.signers],
    [300, second.signers],
  ] as const) {
    const changed = new Map(files);
    changed.set(`checkpoints/${size}`, checkpointOf(chained, signers, size));
    const report = await verifyLog(sourceOf(changed), { keys: first.verifiers });
    assert.equal(report.verdict, "failed", `${size}`);
  }
  const retired = new Map(files);
  retired.set("checkpoint", checkpointOf(chained, first.signers));
  const report = await verifyLog(sourceOf(retired), { keys: first.verifiers });
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.place, "checkpoint");
});

void test("a log that succeeds another quotes a checkpoint that the other signed", async () => {
  const other = "docket-fedcba9876543210/main";
  const oldKey = testKey(40, "ed25519", other);
  const root = asHash(new Uint8Array(32));
  const quoted = (signer: Signer): string =>
    fromUtf8(signCheckpoint({ origin: other, size: 77, root, extensions: [] }, [signer]));
  const verify = async (checkpoint: string): Promise<LogReport> => {
    const [created, ...rest] = ordinaryBodies(3, keys);
    assert.ok(created?.kind === "created");
    const succeeds = { origin: other, keys: [oldKey.verifier.vkey], checkpoint };
    return verifyLog(sourceOf(publish(chainedLeaves([{ ...created, succeeds }, ...rest]), both)), { keys });
  };
  const good = await verify(quoted(oldKey.signer));
  assert.equal(good.verdict, "verified", JSON.stringify(good.faults));
  assert.match(good.notes.join(), /goes on from the log docket-fedcba9876543210\/main, .* 77 records/);
  const forged = await verify(quoted(testKey(41, "ed25519", other).signer));
  assert.equal(forged.verdict, "failed");
  assert.match(forged.first?.reason ?? "", /is not that log's/);
});

void test("an interrupted verification goes on, and says what it did not read again", async () => {
  const files = publish(leaves, both);
  for (const size of [100, 512, 700]) files.set(`checkpoints/${size}`, checkpointOf(leaves, both, size));
  const states: string[] = [];
  const onState = (stateAt: (time: string) => string): unknown =>
    states.push(stateAt("2026-11-23T05:00:00.000Z"));
  assert.equal((await verifyLog(sourceOf(files), { keys }, { onState })).verdict, "verified");
  assert.equal(states.length, 4);
  const whole = await verifyLog(sourceOf(files), { keys });
  for (const [i, resume] of states.entries()) {
    const read = new Set<string>();
    const source = sourceOf(files);
    const counting = { ...source, read: async (path: string) => (read.add(path), source.read(path, 0)) };
    const report = await verifyLog(counting, { keys }, { resume });
    assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
    assert.deepEqual(report.resumed, { size: 256 * (i + 1), checkedAt: "2026-11-23T05:00:00.000Z" });
    assert.deepEqual(report.records, whole.records);
    assert.match(checkNamed(report, "keptCheckpoints").detail, /^3, /);
    assert.match(checkNamed(report, "records").detail, /were read by an earlier run/);
    assert.equal(checkNamed(report, "seen").ok, true);
    // Bundle 0 is read for the key that record 0 names.
    for (let bundle = 1; bundle <= i; bundle++) assert.ok(!read.has(`tile/entries/00${bundle}`));
  }
});

void test("a state is not believed of another log, under other keys, or of a tree that is gone", async () => {
  const files = publish(leaves, both);
  let resume = "";
  const onState = (stateAt: (time: string) => string): unknown =>
    (resume = stateAt("2026-11-23T05:00:00.000Z"));
  await verifyLog(sourceOf(files), { keys }, { onState });
  const again = async (changed: Files, trust: TrustGiven, text = resume): Promise<LogReport> =>
    verifyLog(sourceOf(changed), trust, { resume: text });
  const isAnew = (report: LogReport, why: RegExp): void => {
    assert.equal(report.resumed, null);
    assert.match(report.notes.join(), why);
  };
  isAnew(await again(files, { keys }, resume.replace("1024", "1023")), /not what a verification wrote/);
  isAnew(await again(files, { keys }, "{}"), /not what a verification wrote/);
  const underOther = await again(files, ed.verifier);
  isAnew(underOther, /under other keys/);
  assert.equal(underOther.verdict, "verified");

  // The log was written anew below, with the real key: the state holds the proof.
  const bodies = ordinaryBodies(leaves.length, keys);
  bodies[700] = { kind: "start", by: "operator", version: "1", recovered: 0 };
  const rewritten = await again(publish(chainedLeaves(bodies), both), { keys });
  isAnew(rewritten, /not the one that was checked then/);
  assert.equal(rewritten.conflicts[0]?.kind, "fork");
  assert.equal(rewritten.conflicts[0]?.place, "the state of an earlier run");

  const shorter = await again(publish(leaves.slice(0, 600), both), { keys });
  isAnew(shorter, /covers 1024 records, and the log has 600/);
  assert.equal(shorter.conflicts[0]?.kind, "rollback");

  const without = new Map(files);
  without.delete("tile/entries/002");
  const gone = await again(without, { keys });
  isAnew(gone, /are gone/);
  assert.equal(gone.first?.place, "tile/entries/002");
});

void test("rows of the last day: torn ends are noted, wrong ones named, later ones too", async () => {
  const files = opaqueFiles();
  files.set(
    "recent/501",
    joined(files.get("recent/501") as Uint8Array, new Uint8Array(112), new Uint8Array(50)),
  );
  const torn = await opaque(files);
  assert.equal(torn.verdict, "verified", JSON.stringify(torn.faults));
  assert.match(torn.notes.join(), /recent\/501 at byte 336: .*crash/);
  const longer = opaqueEntries(900);
  files.set("recent/501", rowOf(longer, ed.signer, 850));
  assert.match((await opaque(files)).first?.reason ?? "", /covers 850 records, but the log ends after 808/);
  files.set("recent/501", joined(rowOf(entries, ed.signer, 700), rowOf(entries, ed.signer, 699)));
  assert.match((await opaque(files)).first?.reason ?? "", /does not follow/);
  files.set("recent/501", rowOf(entries, testKey(9).signer, 700));
  assert.match((await opaque(files)).first?.reason ?? "", /not the log's/);
  // A key that a thread knows, but that was not in force at that size.
  const { files: changing, chained, periods } = rotated();
  const threads = (): RangeChecker => ({
    ...checkerOf(sourceOf(changing)),
    checkRoots: async (request) => checkRoots(request),
  });
  const [first] = periods;
  assert.ok(first?.signers[0] !== undefined);
  changing.set("recent/502", rowOf(chained, first.signers[0], 700));
  const late = await verifyLog(sourceOf(changing), { keys: first.verifiers }, { checker: threads });
  assert.match(late.first?.reason ?? "", /not the log's/);
  files.set("recent/501", rowOf(opaqueEntries(808, 1), ed.signer, 700));
  assert.match((await opaque(files)).first?.reason ?? "", /not that of the records/);
});

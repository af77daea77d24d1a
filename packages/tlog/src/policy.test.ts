// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromUtf8, utf8 } from "./base64.ts";
import { formatCheckpoint, signCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { TlogError } from "./error.ts";
import { generateSignerKey, type KeyAlgorithm } from "./key.ts";
import { formatSignature, parseSignerKey, parseVerifierKey, signNote, type Signer } from "./note.ts";
import {
  formatPolicy,
  openWithPolicy,
  parsePolicy,
  policyBytesMax,
  policyItemsMax,
  policySatisfied,
  policyVerifiers,
  type TlogPolicy,
} from "./policy.ts";
import { testHash } from "./testing/naive.ts";

const origin = "example.com/log";
const now = 1_732_313_465;
const log = keyOf(origin, 0, "ed25519");
const logPq = keyOf(origin, 1, "ml-dsa-44");
const x = [2, 3, 4].map((n) => keyOf(`x${n}.example`, n, "ed25519-cosignature"));
const y = [5, 6, 7].map((n) => keyOf(`y${n}.example`, n, n === 5 ? "ml-dsa-44" : "ed25519-cosignature"));
const [x1, x2, x3] = x.map(({ vkey }) => vkey);
const [y1, y2, y3] = y.map(({ vkey }) => vkey);

/** The example of the specification. */
const example = `log ${log.vkey}

witness X1 ${x1}
witness X2 ${x2}
witness X3 ${x3}
group X-witnesses 2 X1 X2 X3

witness Y1 ${y1}
witness Y2 ${y2}
witness Y3 ${y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const parsedExample: TlogPolicy = {
  logs: [{ vkey: log.vkey }],
  witnesses: [...x, ...y].map(({ vkey }, i) => ({ name: `${i < 3 ? "X" : "Y"}${(i % 3) + 1}`, vkey })),
  groups: [
    { name: "X-witnesses", threshold: 2, members: ["X1", "X2", "X3"] },
    { name: "Y-witnesses", threshold: 1, members: ["Y1", "Y2", "Y3"] },
    { name: "X-and-Y", threshold: 2, members: ["X-witnesses", "Y-witnesses"] },
  ],
  quorum: "X-and-Y",
};

void test("the specification's example is read, written and read the same", () => {
  assert.deepEqual(parsePolicy(example), parsedExample);
  assert.deepEqual(parsePolicy(utf8(example)), parsedExample);
  const printed = formatPolicy(parsedExample);
  assert.deepEqual(parsePolicy(printed), parsedExample);
  assert.equal(formatPolicy(parsePolicy(printed)), printed);
  assert.match(printed, /^group X-and-Y 2 X-witnesses Y-witnesses$/m);
});

void test("comments, empty lines, tabs, URLs, odd names and a missing last newline are let be", () => {
  const policy = [
    "",
    "# comment",
    "\t # another \u{200b} é",
    `\twitness \t all  ${x1}   https://witness.example/  `,
    `  log ${log.vkey}\thttps://log.example/?a=#b`,
    `witness \u{212a} ${x2}`,
    `witness K ${x3}`,
    `witness # ${y2}`,
    "group quorum all all \u{212a} K #",
    "\tquorum \t quorum ",
  ].join("\n");
  assert.deepEqual(parsePolicy(policy), {
    logs: [{ vkey: log.vkey, url: "https://log.example/?a=#b" }],
    witnesses: [
      { name: "all", vkey: x1, url: "https://witness.example/" },
      { name: "\u{212a}", vkey: x2 },
      { name: "K", vkey: x3 },
      { name: "#", vkey: y2 },
    ],
    groups: [{ name: "quorum", threshold: 4, members: ["all", "\u{212a}", "K", "#"] }],
    quorum: "quorum",
  });
  assert.deepEqual(parsePolicy("quorum none"), { logs: [], witnesses: [], groups: [], quorum: "none" });
});

void test("what is malformed is refused, with the line that is", () => {
  const w1 = `witness w1 ${x1}\n`;
  const other = parseVerifierKey(x1 ?? "").publicKey;
  assert.equal(other.length, 32);
  const wrong: [number, string][] = [
    [1, "\u{1}quorum none\n"],
    [2, "quorum none\n\u{7f}"],
    [1, "quorum none\r\n"],
    [1, "quorum none\u{0}"],
    [1, "quorum\u{a0}none"],
    [1, "\u{feff}quorum none"],
    [2, "quorum none\n\u{d800}"],
    [1, "quibble w1\nquorum none\n"],
    [1, "Quorum none\n"],
    [1, "log\nquorum none\n"],
    [1, "log garbage\nquorum none\n"],
    [1, `log ${log.vkey} https://a.example/ more\nquorum none\n`],
    [1, `log ${log.vkey} # comment\nquorum none\n`],
    [1, `log ${log.vkey} witness.example\nquorum none\n`],
    [1, `log ${log.vkey}=\nquorum none\n`],
    [1, `log example.com/rsa+00000000+Y2M=\nquorum none\n`],
    [2, `log ${log.vkey}\nlog ${log.vkey} https://log.example/\nquorum none\n`],
    [1, "witness w1\nquorum none\n"],
    [1, `witness ${x1}\nquorum none\n`],
    [1, `witness w1 ${log.vkey}\nquorum w1\n`],
    [1, `witness w1 ${x1} https://a.example/ # comment\nquorum w1\n`],
    [1, `witness none ${x1}\nquorum none\n`],
    [2, `${w1}witness w1 ${x2}\nquorum w1\n`],
    [2, `${w1}witness w2 ${x1}\nquorum w1\n`],
    [2, `${w1}group w1 any w1\nquorum w1\n`],
    [2, `${w1}group g any\nquorum w1\n`],
    [2, `${w1}group g\nquorum w1\n`],
    [2, `${w1}group none any w1\nquorum w1\n`],
    [2, `${w1}group g 0 w1\nquorum w1\n`],
    [2, `${w1}group g 01 w1\nquorum w1\n`],
    [2, `${w1}group g +1 w1\nquorum w1\n`],
    [2, `${w1}group g -1 w1\nquorum w1\n`],
    [2, `${w1}group g 1.0 w1\nquorum w1\n`],
    [2, `${w1}group g 1e0 w1\nquorum w1\n`],
    [2, `${w1}group g ١ w1\nquorum w1\n`],
    [2, `${w1}group g 2 w1\nquorum w1\n`],
    [2, `${w1}group g 99999999999999999999 w1\nquorum w1\n`],
    [2, `${w1}group g ALL w1\nquorum w1\n`],
    [2, `${w1}group g any w2\nquorum w1\n`],
    [2, `${w1}group g any none\nquorum w1\n`],
    [2, `${w1}group g any g\nquorum w1\n`],
    [2, `${w1}group g all w1 w1\nquorum w1\n`],
    [3, `${w1}group g any w1\ngroup h any w1\nquorum h\n`],
    [1, `group g any w1\n${w1}quorum g\n`],
    [1, `quorum w1\n${w1}`],
    [1, "quorum unknown\n"],
    [1, "quorum\n"],
    [1, "quorum none none\n"],
    [2, "quorum none\nquorum none\n"],
  ];
  for (const [line, text] of wrong) {
    assert.throws(
      () => parsePolicy(text),
      (error) =>
        error instanceof TlogError && error.code === "policy" && error.message.startsWith(`line ${line}: `),
      text,
    );
  }
  for (const text of ["", "\n", "# quorum none\n", w1, "x".repeat(policyBytesMax + 1)]) {
    assert.throws(() => parsePolicy(text), { code: "policy" }, text.slice(0, 20));
  }
  assert.throws(() => parsePolicy(Uint8Array.of(0x23, 0xff, 0x0a)), { code: "policy" });
});

void test("one key under two names, or of two types, is one key", () => {
  const seed = testHash(2);
  const twin = generateSignerKey("impostor.example", seed, "ed25519-cosignature").verifierKey;
  assert.throws(() => parsePolicy(`witness a ${x1}\nwitness b ${twin}\nquorum a\n`), {
    message: /^line 2: the key of the witness "impostor.example" is there already/,
  });
  const plain = generateSignerKey("x2.example", seed).verifierKey;
  assert.throws(() => parsePolicy(`log ${x1}\nlog ${plain}\nquorum none\n`), { code: "policy" });
  // A log may be a witness too, of other logs.
  assert.equal(parsePolicy(`log ${plain}\nwitness a ${x1}\nquorum a\n`).witnesses.length, 1);
});

void test("256 logs, witnesses and groups fit, and not one more", () => {
  const items = Array.from({ length: policyItemsMax + 1 }, (_, i) => {
    const { verifierKey } = generateSignerKey(`w${i}.example`, testHash(i), "ed25519-cosignature");
    const lines = [`log ${verifierKey}`, `witness w${i} ${verifierKey}`, `group g${i} any w${i}`];
    return lines.map((line) => `${line}\n`);
  });
  const most = items.slice(0, -1).flat().join("");
  assert.equal(parsePolicy(`${most}quorum g255\n`).groups.length, 256);
  const [extraLog = "", extraWitness = ""] = items.at(-1) ?? [];
  assert.throws(() => parsePolicy(`${most}${extraLog}quorum none\n`), { message: /over 256 logs/ });
  assert.throws(() => parsePolicy(`${most}${extraWitness}quorum none\n`), { message: /over 256 witnesses/ });
  assert.throws(() => parsePolicy(`${most}group g any g1\nquorum none\n`), { message: /over 256 groups/ });
});

void test("a policy that could not be read back is not written", () => {
  const empty: TlogPolicy = { logs: [], witnesses: [], groups: [], quorum: "none" };
  const vkey = x1 ?? "";
  const wrong: TlogPolicy[] = [
    { ...empty, quorum: "a" },
    { ...empty, quorum: "" },
    { ...empty, quorum: "none # comment" },
    { ...empty, witnesses: [{ name: "a b", vkey }] },
    { ...empty, witnesses: [{ name: "a", vkey, url: "https://a.example/ b" }] },
    { ...empty, witnesses: [{ name: "a\nquorum", vkey }] },
    { ...empty, witnesses: [{ name: "none", vkey }] },
    { ...empty, logs: [{ vkey: "x" }] },
    { ...empty, groups: [{ name: "g", threshold: 1, members: [] }] },
    { ...empty, witnesses: [{ name: "a", vkey }], groups: [{ name: "g", threshold: 1.5, members: ["a"] }] },
  ];
  for (const policy of wrong) assert.throws(() => formatPolicy(policy), { code: "policy" });
});

void test("a quorum is met by enough members, and by nobody else", () => {
  const policy = parsePolicy(example);
  const cases: [string[], boolean][] = [
    [["X1", "X2", "Y1"], true],
    [["X1", "X2", "X3", "Y1", "Y2", "Y3"], true],
    [["X3", "X1", "Y3"], true],
    [["X1", "X2"], false],
    [["X1", "Y1"], false],
    [["Y1", "Y2", "Y3"], false],
    [[], false],
  ];
  for (const [names, expected] of cases) {
    const keys = policy.witnesses.filter(({ name }) => names.includes(name));
    const result = policySatisfied(policy, [...keys, ...keys, { vkey: log.vkey }, { vkey: "stranger" }]);
    assert.equal(result.satisfied, expected, names.join());
    assert.deepEqual(
      result.cosigned,
      keys.map(({ name }) => name),
    );
    assert.equal(result.groups[0]?.met, names.filter((name) => name.startsWith("X")).length);
    assert.equal(result.groups[2]?.satisfied, expected);
  }
  assert.ok(policySatisfied({ ...policy, quorum: "none" }, []).satisfied);
  assert.ok(policySatisfied({ ...policy, quorum: "X2" }, [{ vkey: x2 ?? "" }]).satisfied);
  assert.equal(policySatisfied({ ...policy, quorum: "X2" }, [{ vkey: x1 ?? "" }]).satisfied, false);
  // Not what parsePolicy makes: it must not be met by nobody.
  const careless: TlogPolicy = { ...policy, groups: [{ name: "g", threshold: 0, members: [] }], quorum: "g" };
  assert.equal(policySatisfied(careless, []).satisfied, false);
  assert.equal(policySatisfied({ ...policy, quorum: "nobody" }, []).satisfied, false);
});

const checkpoint: Checkpoint = { origin, size: 42, root: testHash(9), extensions: [] };

void test("a checkpoint is opened under a policy: who signed, when, and whether it is enough", () => {
  const policy = parsePolicy(example.replace("\n\n", `\nlog ${logPq.vkey}\n\n`));
  assert.deepEqual(
    policyVerifiers(policy).map(({ vkey }) => vkey),
    [log.vkey, logPq.vkey, ...x.map(({ vkey }) => vkey), ...y.map(({ vkey }) => vkey)],
  );
  const stranger = formatSignature({ name: "stranger", keyId: 1, signature: new Uint8Array(72) });
  const signers = [log, logPq, x[0], x[2], y[0]].flatMap((key) => (key === undefined ? [] : [key.signer]));
  const note = utf8(fromUtf8(signCheckpoint(checkpoint, signers)) + stranger);
  const opened = openWithPolicy(note, policy);
  assert.deepEqual(opened.checkpoint, checkpoint);
  assert.deepEqual(
    opened.logs.map(({ vkey }) => vkey),
    [log.vkey, logPq.vkey],
  );
  assert.deepEqual(
    opened.witnesses.map(({ name, verifier, timeSeconds }) => [name, verifier.vkey, timeSeconds]),
    [
      ["X1", x1, now],
      ["X3", x3, now],
      ["Y1", y1, now],
    ],
  );
  assert.deepEqual(opened.quorum.cosigned, ["X1", "X3", "Y1"]);
  assert.ok(opened.quorum.satisfied);
  assert.equal(opened.unverified.length, 1);
  assert.equal(
    openWithPolicy(signCheckpoint(checkpoint, signers.slice(0, 4)), policy).quorum.satisfied,
    false,
  );
});

void test("the log's signature is asked for, and a forged line of a known key spoils the note", () => {
  const policy = parsePolicy(example);
  const witnessed = signCheckpoint(
    checkpoint,
    [...x, ...y].map(({ signer }) => signer),
  );
  assert.throws(() => openWithPolicy(witnessed, policy), { code: "unverified" });
  assert.throws(() => openWithPolicy(signCheckpoint(checkpoint, [logPq.signer]), policy), {
    code: "unverified",
  });
  const elsewhere = openWithPolicy(signCheckpoint(checkpoint, [logPq.signer]), policy, [
    parseVerifierKey(logPq.vkey),
  ]);
  assert.equal(elsewhere.logs.length, 1);
  const other = { ...checkpoint, origin: "example.com/other" };
  assert.throws(() => openWithPolicy(signCheckpoint(other, [log.signer]), policy), { code: "origin" });
  const { name, keyId } = parseVerifierKey(x2 ?? "");
  for (const length of [64, 72, 1]) {
    const forged = formatSignature({ name, keyId, signature: new Uint8Array(length) });
    const note = utf8(fromUtf8(signCheckpoint(checkpoint, [log.signer])) + forged);
    assert.throws(() => openWithPolicy(note, policy), { code: "signature" });
  }
  assert.throws(() => openWithPolicy(signNote("no checkpoint\n", [log.signer]), policy), {
    code: "checkpoint",
  });
  assert.throws(() => openWithPolicy(utf8(formatCheckpoint(checkpoint)), policy), { code: "note" });
});

void test("an ML-DSA-44 witness does not count where there are extension lines", () => {
  const policy = parsePolicy(`log ${log.vkey}\nwitness Y1 ${y1}\nquorum Y1\n`);
  const good = fromUtf8(signCheckpoint(checkpoint, [log.signer, (y[0] ?? log).signer]));
  assert.ok(openWithPolicy(utf8(good), policy).quorum.satisfied);
  const [line = ""] = /\u{2014} y5.*\n/u.exec(good) ?? [];
  const extended = fromUtf8(signCheckpoint({ ...checkpoint, extensions: ["more"] }, [log.signer]));
  const opened = openWithPolicy(utf8(extended + line), policy);
  assert.equal(opened.quorum.satisfied, false);
  assert.deepEqual(opened.witnesses, []);
});

function keyOf(name: string, n: number, algorithm: KeyAlgorithm): { vkey: string; signer: Signer } {
  const { signerKey, verifierKey } = generateSignerKey(name, testHash(n), algorithm);
  return { vkey: verifierKey, signer: parseSignerKey(signerKey, () => now) };
}

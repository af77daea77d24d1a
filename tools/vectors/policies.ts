// SPDX-License-Identifier: Apache-2.0
// policies.json: trust policies, and which sets of witnesses satisfy them.
import {
  concat,
  hex,
  input,
  keyIdOf,
  keyText,
  makeKey,
  seedOf,
  types,
  unhex,
  type Bytes,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";
import { judgedCases } from "./judged.ts";

const origin = "example.com/log";
const log = makeKey(origin, types.ed25519);
const logLattice = makeKey(origin, types.mlDsa44);
const otherLog = makeKey("example.com/other", types.ed25519);
const [a1, a2, a3, b1, b2] = ["a1", "a2", "a3", "b1", "b2"].map((name) =>
  makeKey(`${name}.witness.example`, types.cosignature),
) as [Key, Key, Key, Key, Key];
const lattice = makeKey("lattice.witness.example", types.mlDsa44);
const keys: Record<string, Key> = { log, logLattice, otherLog, a1, a2, a3, b1, b2, lattice };

const witnesses = [a1, a2, a3, b1, b2].map(
  (key, i) => `witness ${["a1", "a2", "a3", "b1", "b2"][i]} ${key.vkey}\n`,
);
const two = witnesses.slice(0, 2).join("");

/** The vectors of policies. */
export function policyVectors(): VectorFile {
  return {
    name: "policies",
    title: "Trust policies: their meaning, which witnesses satisfy them, and checkpoints judged by them",
    specifications: ["https://c2sp.org/tlog-policy"],
    keys,
    cases: [
      ...goodPolicies(),
      ...spaces(),
      ...badLines(),
      ...badNames(),
      ...badGroups(),
      ...badKeys(),
      ...badBytes(),
      ...judgedCases({ log, otherLog, witnesses: [a1, a2, a3, b1, b2], lattice }),
    ],
  };
}

type Group = { name: string; threshold: number; members: string[] };
type Value = {
  logs: { vkey: string; url?: string }[];
  witnesses: { name: string; vkey: string; url?: string }[];
  groups: Group[];
  quorum: string;
};

function goodPolicies(): Case[] {
  return [...simplePolicies(), ...groupPolicies(), ...sharedKeyPolicies(), ...oddNamePolicies()];
}

function named(...names: string[]): Value["witnesses"] {
  return names.map((name) => ({ name, vkey: keys[name]?.vkey ?? "" }));
}

function value(part: Partial<Value>): Value {
  return { logs: [], witnesses: [], groups: [], quorum: "none", ...part };
}

function group(name: string, threshold: number, ...members: string[]): Group {
  return { name, threshold, members };
}

function simplePolicies(): Case[] {
  return [
    accepted("quorum-none", "quorum none\n", value({}), [[[], true]]),
    accepted("log-alone", `log ${log.vkey}\nquorum none\n`, value({ logs: [{ vkey: log.vkey }] }), [
      [[], true],
    ]),
    accepted(
      "urls",
      [
        `log ${log.vkey} https://example.com/log/\n`,
        `witness a1 ${a1.vkey} https://a1.witness.example/\nquorum a1\n`,
      ].join(""),
      value({
        logs: [{ vkey: log.vkey, url: "https://example.com/log/" }],
        witnesses: [{ name: "a1", vkey: a1.vkey, url: "https://a1.witness.example/" }],
        quorum: "a1",
      }),
      [
        [["a1"], true],
        [[], false],
      ],
    ),
    accepted("one-witness", `${witnesses[0]}quorum a1\n`, value({ witnesses: named("a1"), quorum: "a1" }), [
      [[], false],
      [["a1"], true],
    ]),
    accepted(
      "one-of-two-is-the-quorum",
      `${two}quorum a2\n`,
      value({ witnesses: named("a1", "a2"), quorum: "a2" }),
      [
        [["a1"], false],
        [["a2"], true],
      ],
    ),
    accepted("quorum-none-with-witnesses", `${two}quorum none\n`, value({ witnesses: named("a1", "a2") }), [
      [[], true],
      [["a1"], true],
    ]),
  ];
}

function groupPolicies(): Case[] {
  const all = named("a1", "a2", "a3", "b1", "b2");
  const nested = `${witnesses.join("")}group A 2 a1 a2 a3\ngroup B any b1 b2\ngroup Q all A B\nquorum Q\n`;
  return [
    ...[
      ["any", 1],
      ["all", 3],
      ["1", 1],
      ["2", 2],
      ["3", 3],
    ].map(([word, threshold]) =>
      accepted(
        `group-${word as string}-of-three`,
        `${witnesses.slice(0, 3).join("")}group G ${word as string} a1 a2 a3\nquorum G\n`,
        value({
          witnesses: named("a1", "a2", "a3"),
          groups: [group("G", threshold as number, "a1", "a2", "a3")],
          quorum: "G",
        }),
        [
          [[], false],
          [["a2"], (threshold as number) <= 1],
          [["a1", "a3"], (threshold as number) <= 2],
          [["a1", "a2", "a3"], true],
        ],
      ),
    ),
    accepted(
      "nested-groups",
      nested,
      value({
        witnesses: all,
        groups: [group("A", 2, "a1", "a2", "a3"), group("B", 1, "b1", "b2"), group("Q", 2, "A", "B")],
        quorum: "Q",
      }),
      [
        [[], false],
        [["a1", "a2"], false],
        [["a1", "b1"], false],
        [["b1", "b2"], false],
        [["a1", "a3", "b2"], true],
        [["a1", "a2", "a3", "b1", "b2"], true],
      ],
    ),
    accepted(
      "group-that-is-not-in-the-quorum",
      `${two}group G all a1 a2\nquorum none\n`,
      value({ witnesses: named("a1", "a2"), groups: [group("G", 2, "a1", "a2")] }),
      [[[], true]],
    ),
    accepted(
      "group-of-a-witness-and-a-group",
      `${witnesses.slice(0, 3).join("")}group G any a2 a3\ngroup H all a1 G\nquorum H\n`,
      value({
        witnesses: named("a1", "a2", "a3"),
        groups: [group("G", 1, "a2", "a3"), group("H", 2, "a1", "G")],
        quorum: "H",
      }),
      [
        [["a1"], false],
        [["a2", "a3"], false],
        [["a1", "a3"], true],
      ],
    ),
  ];
}

function sharedKeyPolicies(): Case[] {
  return [
    accepted(
      "ml-dsa-44",
      `log ${logLattice.vkey}\nwitness lattice ${lattice.vkey}\nquorum lattice\n`,
      value({
        logs: [{ vkey: logLattice.vkey }],
        witnesses: named("lattice"),
        quorum: "lattice",
      }),
      [[["lattice"], true]],
    ),
    accepted(
      "two-logs-of-one-name",
      `log ${log.vkey}\nlog ${logLattice.vkey}\nquorum none\n`,
      value({
        logs: [{ vkey: log.vkey }, { vkey: logLattice.vkey }],
      }),
      [[[], true]],
    ),
    accepted(
      "log-and-witness-of-one-key",
      sameKeyPolicy(),
      value({
        logs: [{ vkey: makeKey("x.example", types.ed25519, seedOf("x")).vkey }],
        witnesses: [{ name: "x", vkey: makeKey("x.example", types.cosignature, seedOf("x")).vkey }],
        quorum: "x",
      }),
      [[["x"], true]],
      { comment: "duplicates are forbidden among logs and among witnesses" },
    ),
  ];
}

function oddNamePolicies(): Case[] {
  return [
    accepted(
      "names-outside-ascii",
      `witness K ${a1.vkey}\nwitness \u{212a} ${a2.vkey}\ngroup \u{e9} all K \u{212a}\nquorum \u{e9}\n`,
      value({
        witnesses: [
          { name: "K", vkey: a1.vkey },
          { name: "\u{212a}", vkey: a2.vkey },
        ],
        groups: [group("\u{e9}", 2, "K", "\u{212a}")],
        quorum: "\u{e9}",
      }),
      [
        [["K"], false],
        [["K", "\u{212a}"], true],
      ],
      { comment: "a K and a Kelvin sign are two names" },
    ),
    accepted(
      "names-like-words",
      `witness log ${a1.vkey}\nwitness quorum ${a2.vkey}\ngroup any 2 log quorum\nquorum any\n`,
      value({
        witnesses: [
          { name: "log", vkey: a1.vkey },
          { name: "quorum", vkey: a2.vkey },
        ],
        groups: [group("any", 2, "log", "quorum")],
        quorum: "any",
      }),
      [
        [["log"], false],
        [["log", "quorum"], true],
      ],
    ),
    accepted(
      "name-of-a-digit",
      `witness 1 ${a1.vkey}\ngroup 2 1 1\nquorum 2\n`,
      value({
        witnesses: [{ name: "1", vkey: a1.vkey }],
        groups: [group("2", 1, "1")],
        quorum: "2",
      }),
      [[["1"], true]],
    ),
    accepted("thirty-two-of-each", manyPolicy(32), manyValue(32), [[["w0"], true]], {
      comment: "the least that a reader should support",
    }),
  ];
}

/** A policy with that many logs, witnesses and groups. */
function manyPolicy(count: number): string {
  const { logs, witnesses, groups, quorum } = manyValue(count);
  return [
    ...logs.map(({ vkey }) => `log ${vkey}\n`),
    ...witnesses.map(({ name, vkey }) => `witness ${name} ${vkey}\n`),
    ...groups.map(({ name, members }) => `group ${name} any ${members.join(" ")}\n`),
    `quorum ${quorum}\n`,
  ].join("");
}

function manyValue(count: number): Value {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return {
    logs: numbers.map((i) => ({ vkey: makeKey(`log${i}.example`, types.ed25519).vkey })),
    witnesses: numbers.map((i) => ({
      name: `w${i}`,
      vkey: makeKey(`w${i}.example`, types.cosignature).vkey,
    })),
    groups: numbers.map((i) => ({
      name: `g${i}`,
      threshold: 1,
      members: i === 0 ? ["w0"] : [`g${i - 1}`, `w${i}`],
    })),
    quorum: `g${count - 1}`,
  };
}

function sameKeyPolicy(): string {
  const [signer, cosigner] = [types.ed25519, types.cosignature].map((type) =>
    makeKey("x.example", type, seedOf("x")),
  );
  return `log ${signer?.vkey}\nwitness x ${cosigner?.vkey}\nquorum x\n`;
}

function spaces(): Case[] {
  const value: Value = { logs: [], witnesses: [{ name: "a1", vkey: a1.vkey }], groups: [], quorum: "a1" };
  const line = `witness a1 ${a1.vkey}`;
  const texts: [string, string][] = [
    ["comments", `# a policy\n${line}\n  # indented\n#\n\t#tab\nquorum a1\n# the end\n`],
    ["empty-lines", `\n\n${line}\n \n\t\n \t \nquorum a1\n\n`],
    ["leading-and-trailing", `  ${line}  \n\tquorum a1\t\n`],
    ["tabs-and-many-spaces", `${line.replaceAll(" ", " \t  ")}\nquorum\t\ta1\n`],
    ["comment-outside-ascii", `# é 日本 \u{1f332}\n${line}\nquorum a1\n`],
    ["quorum-before-other-lines", `${line}\nquorum a1\n# nothing\n`],
  ];
  return texts.map(([what, text]) =>
    accepted(`space/${what}`, text, value, [
      [["a1"], true],
      [[], false],
    ]),
  );
}

function badLines(): Case[] {
  const line = `witness a1 ${a1.vkey}\n`;
  const texts: [string, string][] = [
    ["empty", ""],
    ["newline", "\n"],
    ["comment-alone", "# nothing\n"],
    ["no-quorum", line],
    ["quorum-twice", `${line}quorum a1\nquorum a1\n`],
    ["quorum-twice-differing", `${line}quorum a1\nquorum none\n`],
    ["quorum-without-name", "quorum\n"],
    ["quorum-of-two-names", `${two}quorum a1 a2\n`],
    ["quorum-of-an-unknown-name", "quorum a1\n"],
    ["quorum-before-its-witness", `quorum a1\n${line}`],
    ["quorum-in-upper-case", `${line}Quorum a1\n`],
    ["quorum-of-a-log", `log ${log.vkey}\nquorum ${log.name}\n`],
    ["unknown-word", `${line}mirror a2 ${a2.vkey}\nquorum a1\n`],
    ["comment-after-a-line", `${line}quorum a1 # comment\n`],
    ["log-without-key", "log\nquorum none\n"],
    ["log-with-two-urls", `log ${log.vkey} https://a.example https://b.example\nquorum none\n`],
    ["log-with-a-name", `log name ${log.vkey}\nquorum none\n`],
    ["witness-without-key", "witness a1\nquorum none\n"],
    ["witness-without-name", `witness ${a1.vkey}\nquorum none\n`],
    ["witness-with-two-urls", `${line.trim()} https://a.example https://b.example\nquorum a1\n`],
    ["line-continued", `witness a1 \\\n${a1.vkey}\nquorum a1\n`],
  ];
  return [
    ...texts.map(([what, text]) => refused(`line/${what}`, text)),
    {
      ...accepted(
        "line/no-newline-at-the-end",
        `${line}quorum a1`,
        { logs: [], witnesses: [{ name: "a1", vkey: a1.vkey }], groups: [], quorum: "a1" },
        [[["a1"], true]],
      ),
      choice: "each line is terminated by a newline; here the last one is forgiven",
    },
    {
      ...refused("line/url-that-is-none", `witness a1 ${a1.vkey} nowhere\nquorum a1\n`),
      choice: "what a URL means is the application's",
    },
  ];
}

function badNames(): Case[] {
  const texts: [string, string][] = [
    ["witness-none", `witness none ${a1.vkey}\nquorum none\n`],
    ["group-none", `${two}group none any a1 a2\nquorum none\n`],
    ["witness-twice", `witness a1 ${a1.vkey}\nwitness a1 ${a2.vkey}\nquorum a1\n`],
    ["group-twice", `${two}group G any a1\ngroup G any a2\nquorum G\n`],
    ["group-named-as-a-witness", `${two}group a1 any a2\nquorum a1\n`],
    ["witness-named-as-a-group", `${witnesses[0]}group G any a1\nwitness G ${a2.vkey}\nquorum G\n`],
    ["witness-by-its-key-name", `${witnesses[0]}quorum ${a1.name}\n`],
    ["witness-in-another-case", `${witnesses[0]}quorum A1\n`],
    ["group-in-another-case", `${two}group G any a1 a2\nquorum g\n`],
  ];
  return texts.map(([what, text]) => refused(`name/${what}`, text));
}

function badGroups(): Case[] {
  const lines: [string, string][] = [
    ["nothing", "group"],
    ["name-alone", "group G"],
    ["no-members", "group G any"],
    ["no-members-with-number", "group G 1"],
    ["no-threshold", "group G a1 a2"],
    ["threshold-0", "group G 0 a1 a2"],
    ["threshold-past-the-members", "group G 3 a1 a2"],
    ["threshold-negative", "group G -1 a1 a2"],
    ["threshold-with-plus", "group G +1 a1 a2"],
    ["threshold-fraction", "group G 1.5 a1 a2"],
    ["threshold-in-hex", "group G 0x1 a1 a2"],
    ["threshold-in-upper-case", "group G ANY a1 a2"],
    ["threshold-of-another-word", "group G some a1 a2"],
    ["threshold-of-400-digits", `group G ${"1".repeat(400)} a1 a2`],
    ["threshold-exponent", "group G 1e0 a1 a2"],
    ["threshold-in-arabic-digits", "group G \u{661} a1 a2"],
    ["unknown-member", "group G any a1 a9"],
    ["itself", "group G any a1 G"],
    ["none-as-member", "group G any a1 none"],
    ["member-twice", "group G any a1 a1"],
    ["member-defined-later", "group G any H\ngroup H any a1"],
    ["circle", "group G any H\ngroup H any G"],
    ["member-of-two-groups", "group G any a1\ngroup H any a1 a2"],
    ["group-in-two-groups", "group F any a1\ngroup G any F\ngroup H all F a2"],
    ["commas", "group G any a1,a2"],
  ];
  return [
    ...lines.map(([what, text]) => refused(`group/${what}`, `${two}${text}\nquorum none\n`)),
    {
      ...refused("group/threshold-with-leading-zero", `${two}group G 01 a1 a2\nquorum G\n`),
      choice: "decimal, says the specification; a reader may allow leading zeros",
    },
  ];
}

function badKeys(): Case[] {
  const again = makeKey("another.name.example", types.cosignature, a1.seed);
  const shifted = a1.vkey.replace(hex(a1.keyId), "00000000");
  const unknownType = keyText("x.example", keyIdOf("x.example", 0x65, a1.publicKey), 0x65, a1.publicKey);
  const texts: [string, string][] = [
    ["malformed-log", "log x\nquorum none\n"],
    ["malformed-witness", "witness a1 x\nquorum a1\n"],
    ["wrong-key-id", `witness a1 ${shifted}\nquorum a1\n`],
    ["signer-key", `log ${log.skey}\nquorum none\n`],
    ["log-twice", `log ${log.vkey}\nlog ${log.vkey}\nquorum none\n`],
    [
      "log-twice-under-two-names",
      `log ${log.vkey}\nlog ${makeKey("z.example", types.ed25519, log.seed).vkey}\nquorum none\n`,
    ],
    ["witness-twice", `witness a1 ${a1.vkey}\nwitness a2 ${a1.vkey}\nquorum a1\n`],
    ["witness-twice-under-two-key-names", `witness a1 ${a1.vkey}\nwitness a2 ${again.vkey}\nquorum a1\n`],
    ["witness-of-a-note-key", `witness a1 ${log.vkey}\nquorum a1\n`],
  ];
  return [
    ...texts.map(([what, text]) => refused(`key/${what}`, text)),
    {
      ...accepted(
        "key/log-of-a-cosignature-key",
        `log ${a1.vkey}\nquorum none\n`,
        { logs: [{ vkey: a1.vkey }], witnesses: [], groups: [], quorum: "none" },
        [[[], true]],
      ),
      choice: "tlog-checkpoint lets a log sign with any type; a reader may want 0x01 or 0x06",
    },
    {
      ...refused("key/log-of-an-unknown-type", `log ${unknownType}\nquorum none\n`),
      choice: "a reader may know more types",
    },
  ];
}

function badBytes(): Case[] {
  const line = `witness a1 ${a1.vkey}\nquorum a1\n`;
  const texts: [string, Bytes][] = [
    ["carriage-returns", line.replaceAll("\n", "\r\n")],
    ["carriage-returns-alone", line.replaceAll("\n", "\r")],
    ["null", `${line}\0`],
    ["null-in-a-comment", `# \0\n${line}`],
    ["form-feed", line.replace(" ", "\f")],
    ["vertical-tab", line.replace(" ", "\v")],
    ["escape-in-a-comment", `# \u{1b}\n${line}`],
    ["delete-in-a-comment", `# \u{7f}\n${line}`],
    ["no-break-space-instead-of-a-space", line.replace(" ", "\u{a0}")],
    ["line-separator-instead-of-a-newline", line.replace("\n", "\u{2028}")],
    ["byte-order-mark", `\u{feff}${line}`],
  ];
  const octets = concat("witness ", unhex("e9"), ` ${a1.vkey}\nquorum `, unhex("e9"), "\n");
  return [
    ...texts.map(([what, text]) => refused(`bytes/${what}`, text)),
    {
      ...refused("bytes/comment-not-utf-8", concat("# ", unhex("ff"), `\n${line}`)),
      choice: "the specification allows any octets from 0x80 on; a reader may want UTF-8",
    },
    {
      ...refused("bytes/name-not-utf-8", octets),
      choice: "the specification allows any octets from 0x80 on; a reader may want UTF-8",
    },
  ];
}

function accepted(
  name: string,
  policy: string,
  value: Value,
  quorums: [string[], boolean][],
  extra: object = {},
): Case {
  return {
    name,
    result: "accept",
    kind: "policy",
    policy,
    value,
    quorums: quorums.map(([cosigned, satisfied]) => ({ cosigned, satisfied })),
    ...extra,
  };
}

function refused(name: string, policy: Bytes): Case {
  return { name, result: "refuse", reason: "policy", kind: "policy", ...input("policy", policy) };
}

// SPDX-License-Identifier: Apache-2.0
// Cosignatures: the newest checkpoint of a log is cosigned by two witnesses, whom a policy asks for, and
// their lines are changed. Verification under that policy must not count what is not theirs.
import {
  formatSignature,
  generateSignerKey,
  parseNote,
  parsePolicy,
  parseSignerKey,
  utf8,
} from "@docket/tlog";
import type { NoteSignature, Signer, TlogPolicy } from "@docket/tlog";
import type { Random } from "../seeded-random.ts";
import { firstTimeMs, vkeys } from "../writer.ts";
import type { Base } from "./bases.ts";
import { contentOf, edited, pick } from "./mutation.ts";
import type { Mutation, MutationKind } from "./mutation.ts";

const nowSeconds = (): number => Math.floor(firstTimeMs / 1000);
const names = ["witness-1.example", "witness-2.example"];
const algorithms = ["ed25519-cosignature", "ml-dsa-44"] as const;
const witnesses = algorithms.map((algorithm, place) =>
  generateSignerKey(names[place] ?? "", new Uint8Array(32).fill(20 + place), algorithm),
);
const signers: readonly Signer[] = witnesses.map(({ signerKey }) => parseSignerKey(signerKey, nowSeconds));
const strangers: readonly Signer[] = algorithms.map((algorithm, place) =>
  parseSignerKey(
    generateSignerKey(names[place] ?? "", new Uint8Array(32).fill(30 + place), algorithm).signerKey,
    nowSeconds,
  ),
);

/** The policy under which such logs are verified: both witnesses. */
export const witnessPolicy: TlogPolicy = parsePolicy(
  [
    `log ${vkeys[0]}`,
    ...witnesses.map(({ verifierKey }, place) => `witness w${place} ${verifierKey}`),
    "group both all w0 w1",
    "quorum both",
    "",
  ].join("\n"),
);

/** All of them. */
export const witnessKinds: readonly MutationKind[] = [
  ofLine("a cosignature removed", 3, () => undefined),
  ofLine("a cosignature of an older checkpoint", 3, (line, place, base, random) => {
    const [, older] =
      pick(
        random,
        [...base.published].filter(([size]) => size < base.size),
      ) ?? [];
    return older === undefined ? line : cosign(older, signers[place]);
  }),
  ofLine("a cosignature's bytes changed", 4, (line, _place, _base, random) => {
    const signature = Buffer.from(line.signature);
    const at = random.below(signature.length);
    signature[at] = (signature[at] ?? 0) ^ (1 << random.below(8));
    return { ...line, signature };
  }),
  ofLine("a cosignature by a stranger of that name", 3, (_line, place, base) =>
    cosign(contentOf(base, "checkpoint") ?? Buffer.alloc(0), strangers[place]),
  ),
];

/** The log with its newest checkpoint cosigned; it has to be published. */
export function cosigned(base: Base): Base {
  const known = cosignedBases.get(base);
  if (known !== undefined) return known;
  const changes = cosignedPlaces(base).map((place): [string, Uint8Array] => {
    const note = contentOf(base, place) ?? Buffer.alloc(0);
    return [
      place,
      withLines(
        note,
        signers.map((signer) => cosign(note, signer)),
      ),
    ];
  });
  const mutation = edited(base, "cosigned", new Map(changes));
  const made = mutation === undefined ? base : { ...base, image: mutation.image };
  cosignedBases.set(base, made);
  return made;
}

const cosignedBases = new WeakMap<Base, Base>();

function cosignedPlaces(base: Base): string[] {
  return ["checkpoint", `checkpoints/${base.size}`].filter((place) => contentOf(base, place) !== undefined);
}

function ofLine(
  name: string,
  weight: number,
  change: (line: NoteSignature, place: number, base: Base, random: Random) => NoteSignature | undefined,
): MutationKind {
  const make = (base: Base, random: Random): Mutation | undefined => {
    const place = random.below(signers.length);
    const changes = cosignedPlaces(base).map((file): [string, Uint8Array] => {
      const note = contentOf(base, file) ?? Buffer.alloc(0);
      const { signatures } = parseNote(note);
      const lines = signatures.flatMap((line) => {
        if (line.keyId !== signers[place]?.keyId) return [line];
        const changed = change(line, place, base, random);
        return changed === undefined ? [] : [changed];
      });
      return [file, withLines(Buffer.from(`${parseNote(note).text}\n`), lines)];
    });
    return edited(base, `${name}: ${names[place]}`, new Map(changes));
  };
  return { name, weight, make };
}

function cosign(note: Uint8Array, signer: Signer | undefined): NoteSignature {
  if (signer === undefined) throw new Error("there is no such witness");
  const { name, keyId } = signer;
  return { name, keyId, signature: signer.sign(utf8(parseNote(note).text)) };
}

function withLines(note: Uint8Array, lines: readonly NoteSignature[]): Uint8Array {
  return Buffer.concat([note, utf8(lines.map(formatSignature).join(""))]);
}

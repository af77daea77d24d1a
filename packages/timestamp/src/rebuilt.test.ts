// SPDX-License-Identifier: Apache-2.0
// Tokens that are taken apart, changed in their structure and put together again, all lengths right: what a
// forger would do. Each is refused, or says what the good one said.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeDer } from "./der-write.ts";
import { readDer, tags, type DerNode } from "./der.ts";
import { TimestampError } from "./error.ts";
import { at } from "./testing/at.ts";
import { readTimestampCases } from "./testing/vectors.ts";
import { verifyTimestamp } from "./verify-timestamp.ts";

/** A value that can be changed. */
interface Part {
  tag: number;
  /** Bytes of a primitive value. */
  bytes: Uint8Array;
  /** What it holds; an OCTET STRING that holds DER, as the stamp and extensions do, is opened, too. */
  parts: Part[] | undefined;
}

/** For each token. A longer run: DOCKET_FUZZ_RUNS=20000. */
const runs = Number(process.env["DOCKET_FUZZ_RUNS"] ?? 250);

type Change = { kind: number; where: number; other: number; bit: number };

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat({ max: 6 }),
  where: fc.nat(),
  other: fc.nat(),
  bit: fc.nat(),
});

for (const name of ["by hand: P-256", "openssl: P-256, with its certificate", "by hand: RSASSA-PSS"]) {
  test(`rebuilt otherwise, it is refused or says the same: ${name}`, () => {
    const expectation = readTimestampCases().find((each) => each.name === name)?.expectation;
    assert.ok(expectation !== undefined);
    const good = verifyTimestamp(expectation);
    assert.ok(good.ok);
    assert.deepEqual(encodePart(partOf(readDer(expectation.response))), expectation.response);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const root = partOf(readDer(expectation.response));
        for (const each of changes) apply(root, each);
        const verdict = verifyTimestamp({ ...expectation, response: encodePart(root) });
        if (verdict.ok) assert.deepEqual(verdict, good);
      }),
      { numRuns: runs },
    );
  });
}

function apply(root: Part, { kind, where, other, bit }: Change): void {
  const all = walk(root);
  const part = at(all, where % all.length);
  const another = at(all, other % all.length);
  const holder = all.find(({ parts }) => parts?.includes(part))?.parts ?? [part];
  const place = holder.indexOf(part);
  switch (kind) {
    case 0:
      holder.splice(place, 1);
      return;
    case 1:
      holder.splice(place, 0, structuredClone(part));
      return;
    case 2:
      holder.push(...holder.splice(place, 1));
      return;
    case 3:
      part.tag = another.tag;
      return;
    case 4:
      holder.splice(place, 1, structuredClone(another));
      return;
    case 5:
      part.bytes = part.bytes.map((byte, i) =>
        i === bit % part.bytes.length ? byte ^ (1 << (bit % 8)) : byte,
      );
      return;
    default:
      [part.bytes, part.parts] = [new Uint8Array(), undefined];
  }
}

function partOf(node: DerNode): Part {
  if ((node.tag & 0x20) !== 0)
    return { tag: node.tag, bytes: node.content, parts: node.children.map(partOf) };
  const inner = node.tag === tags.octetString ? readWrapped(node.content) : undefined;
  return {
    tag: node.tag,
    bytes: node.content,
    parts: inner === undefined ? undefined : [partOf(inner)],
  };
}

function readWrapped(content: Uint8Array): DerNode | undefined {
  try {
    return readDer(content);
  } catch (error) {
    assert.ok(error instanceof TimestampError);
    return undefined;
  }
}

function encodePart({ tag, bytes, parts }: Part): Uint8Array {
  return parts === undefined ? encodeDer(tag, bytes) : encodeDer(tag, ...parts.map(encodePart));
}

function walk(part: Part): Part[] {
  return [part, ...(part.parts ?? []).flatMap(walk)];
}

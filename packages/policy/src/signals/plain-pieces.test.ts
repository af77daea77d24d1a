// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LinkifyIt } from "linkify-it";
import { Expressions, linkifyOptions } from "./candidates.ts";
import { findLinks, readPlainUrl } from "./links.ts";
import { isPlainMail, isPlainUrl, plainUrlOf } from "./plain-pieces.ts";

const linkify = new LinkifyIt({ rebuilder: new Expressions(), ...linkifyOptions });

const labels = fc.array(fc.stringMatching(/^[0-9a-z]([0-9a-zA-Z-]{0,10}[0-9a-zA-Z])?$/), {
  minLength: 2,
  maxLength: 4,
});
const paths = fc.array(
  fc.constantFrom(
    ...Array.from("aZ09/%#&=_~*+-bxyz"),
    ".",
    ",x",
    "?a",
    "..",
    "_at_",
    "/www.a.com",
    "=www.b.org",
    "/c.net/x",
  ),
  { maxLength: 8 },
);
const opening = fc.constantFrom("", "", "<", "(", '"', ".");
const closing = fc.constantFrom("", "", ">", ")", ".", ",", ">.", "),", "-", "_");

const pieces = fc
  .tuple(
    opening,
    fc.constantFrom("", "http://", "HTTPS://", "http://", "me@", "first.last-1_x@", "ftp://"),
    labels,
    fc.constantFrom("", "", "", ":80", ":8080", ":0"),
    fc.constantFrom("", "/"),
    paths,
    closing,
  )
  .map(([before, scheme, names, port, slash, path, after]) =>
    [before, scheme, names.join("."), port, slash, ...(slash === "" ? [] : path), after].join(""),
  );

test("what is found in plain URLs and addresses is what linkify-it finds", () => {
  let plain = 0;
  fc.assert(
    fc.property(pieces, (piece) => {
      const found = (linkify.match(piece) ?? [])
        .filter(({ schema }) => schema !== "mailto:")
        .map(({ schema, raw, index }) => ({ schema, raw, at: index }));
      const url = plainUrlOf(piece);
      if (url !== undefined) assert.deepEqual(found, [url], piece);
      if (isPlainMail(piece)) assert.deepEqual(found, [], piece);
      if (url !== undefined || isPlainMail(piece)) plain += 1;
    }),
    { numRuns: 4_000 },
  );
  assert.ok(plain > 200, `only ${plain} were plain`);
});

test("a URL that is all of a text leads where it leads in the text", () => {
  fc.assert(
    fc.property(pieces, (piece) => {
      if (isPlainUrl(piece)) assert.deepEqual(readPlainUrl(piece), findLinks(piece).links, piece);
    }),
    { numRuns: 2_000 },
  );
});

// SPDX-License-Identifier: Apache-2.0
// URLs and addresses that are written in the plainest way: what linkify-it finds in them is known beforehand,
// and it takes its time. A test compares both.

const label = "[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?";
const host = String.raw`(?:${label}\.){1,8}[0-9a-z]{1,40}`;
/** Signs of a path that stand for themselves, whatever comes after them. */
const sign = "0-9a-z/%#&=_~*+-";
const path = String.raw`\/(?:[${sign}]|[.,?](?=[${sign}])){0,1500}`;
const url = String.raw`(https?:)\/\/${host}(?::[1-9][0-9]{1,3})?(?:${path})?`;

/** In brackets, or with a sign at its end, as in running text. */
const urlPiece = new RegExp(String.raw`^[<(]?(${url})[>)]?[.,]?$`, "i");
const mailPiece = new RegExp(
  String.raw`^[<(]?[0-9a-z](?:[0-9a-z_-]|\.(?=[0-9a-z])){0,40}@${host}[>)]?[.,]?$`,
  "i",
);
const urlAlone = new RegExp(`^${url}$`, "i");
/** What is read otherwise: names in punycode, and disguises within. */
const odd = /xn--|[_*~](?:dot|at)[_*~]|:\/\/.*\/\//i;

/** A URL in a piece of text. */
export type PlainUrl = { readonly schema: string; readonly raw: string; readonly at: number };

/** The URL that a piece of text is, apart from brackets around it and a sign behind it. */
export function plainUrlOf(piece: string): PlainUrl | undefined {
  const [, raw, schema] = urlPiece.exec(piece) ?? [];
  if (raw === undefined || schema === undefined || odd.test(piece)) return undefined;
  return { schema: schema.toLowerCase(), raw, at: isOpening(piece) ? 1 : 0 };
}

/** Whether a text is a URL, and nothing in it may be a disguise of something else. */
export function isPlainUrl(text: string): boolean {
  return urlAlone.test(text) && !odd.test(text);
}

/** Whether a piece of text is an e-mail address and nothing else, but for brackets and a sign. */
export function isPlainMail(piece: string): boolean {
  return piece.includes("@") && mailPiece.test(piece) && !odd.test(piece);
}

function isOpening(piece: string): boolean {
  return piece.startsWith("<") || piece.startsWith("(");
}

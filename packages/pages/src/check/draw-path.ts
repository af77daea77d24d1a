// SPDX-License-Identifier: Apache-2.0
// The Merkle path, drawn: the record at the bottom, the root at the top, and at each step the hash that
// stands beside.
import { encodeBase64 } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import type { MerklePath, PathStep } from "@docket/verify";
import { el, svg } from "../dom.ts";
import { filled } from "../language.ts";
import type { CheckWords } from "./words.ts";

const width = 340;
const rowHeight = 46;
const boxWidth = 104;
const boxHeight = 26;
/** Characters of a hash that a box shows. */
const shownCharacters = 10;
const middle = width / 2;

/** The drawing, with the same in words. */
export function drawPath(path: MerklePath, words: CheckWords): HTMLElement {
  const { steps, index, size, arrives } = path;
  const said = filled(arrives ? words.pathArrives : words.pathFails, { index, size });
  const items = steps.map(({ side, sibling, result }) =>
    el(
      "li",
      {},
      filled(side === "left" ? words.pathLeft : words.pathRight, {
        sibling: encodeBase64(sibling),
        result: encodeBase64(result),
      }),
    ),
  );
  return el(
    "figure",
    { class: "path" },
    el("figcaption", {}, said),
    drawing(path, words),
    el(
      "details",
      {},
      el("summary", {}, words.pathSteps),
      el(
        "ol",
        { class: "steps" },
        el("li", {}, `${leafWords(path, words)}: ${encodeBase64(path.leaf)}`),
        ...items,
      ),
    ),
  );
}

function drawing(path: MerklePath, words: CheckWords): SVGElement {
  const { steps, arrives, size, root } = path;
  // Where it ends elsewhere, the root that was signed stands above.
  const top = arrives ? 34 : 54;
  const height = top + steps.length * rowHeight + boxHeight + 34;
  const yOf = (row: number): number => height - 30 - boxHeight - row * rowHeight;
  // A lone record is its own root.
  const rows = steps.flatMap((step, place) => row(step, place, yOf, place === steps.length - 1, arrives));
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": filled(words.path, {}) },
    ...rows,
    box(middle, yOf(0), path.leaf, steps.length === 0 && !arrives ? "node wrong" : "node record"),
    label(height - 12, leafWords(path, words)),
    label(20, filled(words.pathRoot, { size })),
  );
  if (!arrives) {
    picture.append(label(38, `\u2260 ${short(root)}`, "wrong"));
  }
  return picture;
}

function row(
  { side, sibling, result }: PathStep,
  place: number,
  yOf: (row: number) => number,
  isLast: boolean,
  arrives: boolean,
): SVGElement[] {
  const y = yOf(place);
  const above = yOf(place + 1) + boxHeight;
  const beside = side === "left" ? boxWidth / 2 + 2 : width - boxWidth / 2 - 2;
  const end = isLast ? (arrives ? "node root" : "node wrong") : "node";
  return [
    svg("path", { class: "edge", d: `M${middle} ${y} L${middle} ${above}` }),
    svg("path", {
      class: "edge",
      d: `M${beside} ${y} C${beside} ${above + 6} ${middle} ${y - 4} ${middle} ${above}`,
    }),
    box(beside, y, sibling, "node beside"),
    box(middle, yOf(place + 1), result, end),
  ];
}

function box(x: number, y: number, hash: Hash, kind: string): SVGElement {
  const place = { x: x - boxWidth / 2, y, width: boxWidth, height: boxHeight, rx: 6 };
  return svg(
    "g",
    { class: kind },
    svg("rect", place),
    svg("text", { x, y: y + boxHeight / 2 + 4 }, short(hash)),
  );
}

function label(y: number, text: string, kind = "label"): SVGElement {
  return svg("text", { class: kind, x: middle, y }, text);
}

function leafWords({ index }: MerklePath, words: CheckWords): string {
  return filled(words.pathLeaf, { index });
}

function short(hash: Hash): string {
  return encodeBase64(hash).slice(0, shownCharacters);
}

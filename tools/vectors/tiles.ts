// SPDX-License-Identifier: Apache-2.0
// tiles.json and bundles.json: what a tiled log stores, and under which paths.
import { base64, concat, hex, unhex, type Case, type VectorFile } from "./kit.ts";
import { leaf, root } from "./twin.ts";

const specifications = ["https://c2sp.org/tlog-tiles"];

/** Entry i is the text `entry <i>`. */
const leaves = Array.from({ length: 70_000 }, (_, i) => leaf(`entry ${i}`));

/** The vectors of tiles and their paths. */
export function tileVectors(): VectorFile {
  return {
    name: "tiles",
    title: "Tiles: paths, which ones a tree has, and their bytes where entry i is the text `entry <i>`",
    specifications,
    cases: [...goodPaths(), ...badPaths(), ...lists(), ...contents()],
  };
}

function goodPaths(): Case[] {
  const paths: [string, number | "entries", number, number][] = [
    ["tile/0/000", 0, 0, 256],
    ["tile/0/000.p/1", 0, 0, 1],
    ["tile/0/000.p/255", 0, 0, 255],
    ["tile/0/007", 0, 7, 256],
    ["tile/0/999", 0, 999, 256],
    ["tile/0/x001/000", 0, 1_000, 256],
    ["tile/0/x001/067.p/12", 0, 1_067, 12],
    ["tile/0/x001/x234/067", 0, 1_234_067, 256],
    ["tile/1/x999/999", 1, 999_999, 256],
    ["tile/1/x001/x000/000", 1, 1_000_000, 256],
    ["tile/9/000.p/9", 9, 0, 9],
    ["tile/10/000.p/10", 10, 0, 10],
    ["tile/63/000.p/99", 63, 0, 99],
    ["tile/0/x009/x007/x199/x254/x740/991", 0, 9_007_199_254_740_991, 256],
    ["tile/entries/000", "entries", 0, 256],
    ["tile/entries/000.p/1", "entries", 0, 1],
    ["tile/entries/x001/x234/067.p/255", "entries", 1_234_067, 255],
  ];
  return paths.map(([path, level, index, width]) => ({
    name: `path/${path}`,
    result: "accept",
    kind: "path",
    path,
    value: { level, index, width },
  }));
}

function badPaths(): Case[] {
  const paths: [string, string][] = [
    ["empty", ""],
    ["slash", "/"],
    ["slash-at-the-start", "/tile/0/000"],
    ["slash-at-the-end", "tile/0/000/"],
    ["dot-at-the-start", "./tile/0/000"],
    ["dots-inside", "tile/0/../0/000"],
    ["no-tile", "0/000"],
    ["another-word", "tiles/0/000"],
    ["upper-case", "TILE/0/000"],
    ["no-level", "tile/000"],
    ["empty-level", "tile//000"],
    ["no-index", "tile/0"],
    ["empty-index", "tile/0/"],
    ["level-64", "tile/64/000"],
    ["level-100", "tile/100/000"],
    ["level-with-leading-zero", "tile/00/000"],
    ["level-with-plus", "tile/+1/000"],
    ["level-negative", "tile/-1/000"],
    ["level-in-hex", "tile/0x1/000"],
    ["level-of-a-word", "tile/data/000"],
    ["level-in-fullwidth-digits", "tile/\u{ff10}/000"],
    ["height-as-in-sumdb", "tile/8/0/000"],
    ["index-of-one-digit", "tile/0/0"],
    ["index-of-two-digits", "tile/0/00"],
    ["index-of-four-digits", "tile/0/0000"],
    ["index-of-four-digits-over-999", "tile/0/1000"],
    ["index-with-a-superfluous-group", "tile/0/x000/001"],
    ["index-with-x-at-the-end", "tile/0/x001"],
    ["index-without-x", "tile/0/001/002"],
    ["index-with-x-everywhere", "tile/0/x001/x002"],
    ["index-with-upper-case-x", "tile/0/X001/000"],
    ["index-of-letters", "tile/0/abc"],
    ["index-in-arabic-digits", "tile/0/\u{660}\u{660}\u{660}"],
    ["index-of-seven-groups", "tile/0/x001/x000/x000/x000/x000/x000/000"],
    ["index-negative", "tile/0/-01"],
    ["width-0", "tile/0/000.p/0"],
    ["width-256", "tile/0/000.p/256"],
    ["width-1000", "tile/0/000.p/1000"],
    ["width-with-leading-zero", "tile/0/000.p/01"],
    ["width-negative", "tile/0/000.p/-1"],
    ["width-with-plus", "tile/0/000.p/+1"],
    ["width-empty", "tile/0/000.p/"],
    ["width-missing", "tile/0/000.p"],
    ["width-twice", "tile/0/000.p/1.p/1"],
    ["width-of-another-suffix", "tile/0/000.P/1"],
    ["width-without-dot", "tile/0/000p/1"],
    ["newline-at-the-end", "tile/0/000\n"],
    ["space-at-the-end", "tile/0/000 "],
    ["null-at-the-end", "tile/0/000\0"],
    ["query", "tile/0/000?x"],
    ["percent", "tile/0/%30%30%30"],
    ["backslashes", "tile\\0\\000"],
    ["two-slashes", "tile/0//000"],
    ["entries-with-level", "tile/entries/0/000"],
    ["entries-of-width-0", "tile/entries/000.p/0"],
    ["entries-in-the-singular", "tile/entry/000"],
    ["checkpoint", "checkpoint"],
  ];
  return [
    ...paths.map(([what, path]) => refused(what, path)),
    {
      ...refused("index-beyond-53-bits", "tile/0/x009/x007/x199/x254/x740/992"),
      choice: "a reader may count further than 2^53 - 1",
    },
  ];
}

function refused(what: string, path: string, reason = "path"): Case {
  return { name: `path/bad-${what}`, result: "refuse", reason, kind: "path", path };
}

/** Which tiles a tree has: all of them where they are few, else how many there are of each level. */
function lists(): Case[] {
  const sizes = [
    0,
    1,
    2,
    255,
    256,
    257,
    511,
    512,
    513,
    1_000,
    65_535,
    65_536,
    65_537,
    70_000,
    16_777_216,
    2 ** 40 + 1,
  ];
  const steps: [number, number][] = [
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 2],
    [0, 256],
    [255, 256],
    [256, 257],
    [250, 520],
    [65_535, 65_536],
    [65_536, 65_537],
    [69_999, 70_000],
  ];
  return [
    ...sizes.map((size): Case => {
      const tiles = size <= 1_000 ? tilesOf(0, size) : undefined;
      return {
        name: `tiles-of/${size}`,
        result: "accept",
        kind: "tiles",
        size,
        levels: levelsOf(size),
        ...(tiles && { paths: tiles }),
      };
    }),
    ...steps.map(([before, after]): Case => ({
      name: `new-tiles/${before}-${after}`,
      result: "accept",
      kind: "new-tiles",
      before,
      after,
      paths: tilesOf(before, after),
    })),
  ];
}

/** For each level, lowest first: how many full tiles, and the width of the partial one, 0 for none. */
function levelsOf(size: number): { full: number; partial: number }[] {
  const levels = [];
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / 256)) {
    levels.push({ full: Math.floor(hashes / 256), partial: hashes % 256 });
  }
  return levels;
}

function tilesOf(before: number, after: number): string[] {
  const paths: string[] = [];
  let [level, old, now] = [0, before, after];
  while (now > old) {
    for (let n = Math.floor(old / 256); n * 256 < now; n++) {
      const width = Math.min(256, now - n * 256);
      paths.push(`tile/${level}/${nameOf(n)}${width === 256 ? "" : `.p/${width}`}`);
    }
    [level, old, now] = [level + 1, Math.floor(old / 256), Math.floor(now / 256)];
  }
  return paths;
}

function nameOf(n: number): string {
  const group = String(n % 1_000).padStart(3, "0");
  const rest = Math.floor(n / 1_000);
  return rest === 0 ? group : `${nameOf(rest).replace(/\d{3}$/, "x$&")}/${group}`;
}

function contents(): Case[] {
  const tiles: [number, number, number][] = [
    [0, 0, 1],
    [0, 0, 3],
    [0, 0, 4],
    [0, 1, 2],
    [0, 273, 112],
    [1, 0, 3],
    [1, 1, 17],
    [2, 0, 1],
  ];
  return [
    ...tiles.map(([level, index, width]): Case => ({
      name: `bytes/${level}-${index}-${width}`,
      result: "accept",
      kind: "bytes",
      path: `tile/${level}/${nameOf(index)}.p/${width}`,
      data: base64(dataOf(level, index, width)),
    })),
    ...[
      ["too-short", 3, 95],
      ["too-long", 3, 97],
      ["a-hash-too-many", 3, 128],
      ["a-hash-too-few", 3, 64],
      ["empty", 3, 0],
      ["one-byte", 1, 1],
    ].map(([what, width, length]): Case => ({
      name: `bytes/${what as string}`,
      result: "refuse",
      reason: "tile",
      kind: "bytes",
      path: `tile/0/000.p/${width as number}`,
      data: base64(concat(dataOf(0, 0, 4)).subarray(0, length as number)),
    })),
  ];
}

function dataOf(level: number, index: number, width: number): Uint8Array {
  const span = 256 ** level;
  const hashes = Array.from({ length: width }, (_, i) => {
    const start = (index * 256 + i) * span;
    return root(leaves.slice(start, start + span));
  });
  return concat(...hashes);
}

/** The vectors of entry bundles. */
export function bundleVectors(): VectorFile {
  const good: [string, string[]][] = [
    ["one-entry", [hex("one")]],
    ["three-entries", ["one", "two", "three"].map((entry) => hex(entry))],
    ["an-empty-entry", [""]],
    ["three-empty-entries", ["", "", ""]],
    ["an-entry-of-256-bytes", ["ab".repeat(256)]],
    ["entries-like-lengths", ["0000", "0001", "ffff"]],
    ["256-entries", Array.from({ length: 256 }, (_, i) => hex(`e${i}`))],
    ["255-empty-entries", Array.from({ length: 255 }, () => "")],
  ];
  const three = bundleOf(["one", "two", "three"].map((entry) => hex(entry)));
  const bad: [string, number, string][] = [
    ["empty", 1, ""],
    ["half-a-length", 1, "00"],
    ["length-alone", 1, "0001"],
    ["cut-within-the-last-entry", 3, three.slice(0, -2)],
    ["cut-within-a-length", 3, three.slice(0, 12)],
    ["cut-between-entries", 3, three.slice(0, 20)],
    ["a-byte-too-many", 3, `${three}00`],
    ["an-entry-too-many", 3, `${three}0000`],
    ["an-entry-too-few", 4, three],
    ["newline-at-the-end", 3, `${three}0a`],
    ["length-little-endian", 1, `0300${hex("one")}`],
    ["length-of-four-bytes", 1, `00000003${hex("one")}`],
    ["length-of-three-bytes", 1, `000003${hex("one")}`],
    ["length-one-less", 1, `0002${hex("one")}`],
    ["length-one-more", 1, `0004${hex("one")}`],
    ["length-65535-and-nothing", 1, "ffff"],
    ["gzip", 3, `1f8b0800${three}`],
  ];
  return {
    name: "bundles",
    title: "Entry bundles: bytes to the entries of a level-0 tile of that width",
    specifications,
    cases: [
      ...good.map(([name, entries]): Case => ({
        name,
        result: "accept",
        width: entries.length,
        bundle: bundleOf(entries),
        entries,
      })),
      ...bad.map(([name, width, bundle]): Case => ({
        name: `bad/${name}`,
        result: "refuse",
        reason: "bundle",
        width,
        bundle,
      })),
    ],
  };
}

function bundleOf(entries: string[]): string {
  return entries
    .map((entry) => {
      const length = unhex(entry).length;
      return hex(Uint8Array.of(length >> 8, length & 0xff)) + entry;
    })
    .join("");
}

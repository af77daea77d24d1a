// SPDX-License-Identifier: Apache-2.0
// HTML taken apart: what its reader sees, and its tags. No parser of HTML, for it need not be right about
// every page: it must be quick, bounded, and never change.

/** A text without its tags, and the tags. */
export type Split = {
  /** What the reader sees, more or less. */
  readonly visible: string;
  /** The inside of each opening tag, as it stands; comments are `!--`. */
  readonly tags: readonly string[];
  readonly isHtml: boolean;
};

/** The most tags that are kept. */
const tagsMax = 300;
/** The most code units of a tag that are read. */
const tagUnitsMax = 600;

const names: ReadonlySet<string> = new Set(
  `a abbr acronym address applet area b base basefont bgsound big blink blockquote body br button
  caption center cite code col colgroup dd del dfn dir div dl dt em embed fieldset font form frame
  frameset h1 h2 h3 h4 h5 h6 head hr html i iframe img input ins kbd label layer legend li link map
  marquee menu meta nobr noframes noscript object ol optgroup option p param pre q s samp script
  select small span strike strong style sub sup table tbody td textarea tfoot th thead title tr tt u
  ul var xml !doctype`.split(/\s+/),
);

/** Between what stands before and after such a tag, the reader sees a gap. */
const breaking: ReadonlySet<string> = new Set(
  `address blockquote body br caption center dd div dl dt fieldset form h1 h2 h3 h4 h5 h6 head hr html li ol
  option p pre table tbody td tfoot th thead title tr ul`.split(/\s+/),
);

/** Splits a text that may be HTML, or have HTML in it. Only tags that HTML knows are tags. */
export function splitMarkup(text: string): Split {
  const tags: string[] = [];
  if (!text.includes("<")) return { visible: text, tags, isHtml: false };
  const tagStart = /<(!--|\/?[a-z!][a-z0-9]*)/gi;
  const pieces: string[] = [];
  let isHtml = false;
  let at = 0;
  for (let found = tagStart.exec(text); found !== null; found = tagStart.exec(text)) {
    const name = (found[1] ?? "").toLowerCase();
    const isEnd = name.startsWith("/");
    const base = isEnd ? name.slice(1) : name;
    if (name !== "!--" && !names.has(base)) continue;
    isHtml = true;
    pieces.push(text.slice(at, found.index));
    if (breaking.has(base)) pieces.push(" ");
    const closing = name === "!--" ? "-->" : ">";
    const end = text.indexOf(closing, found.index);
    const inside = end < 0 ? text.length : end;
    if (!isEnd && tags.length < tagsMax) {
      tags.push(
        name === "!--" ? name : text.slice(found.index + 1, Math.min(inside, found.index + tagUnitsMax)),
      );
    }
    at = end < 0 ? text.length : end + closing.length;
    if (!isEnd && (name === "script" || name === "style")) at = skipTo(text, name, at);
    tagStart.lastIndex = at;
  }
  pieces.push(text.slice(at));
  const visible = pieces.join("");
  return { visible: isHtml ? decodeEntities(visible) : visible, tags, isHtml };
}

/** Where the end tag of a script or style begins, or where to go on without one. */
function skipTo(text: string, name: "script" | "style", from: number): number {
  const endTag = name === "script" ? /<\/script/gi : /<\/style/gi;
  endTag.lastIndex = from;
  // Without one, all that follows is the script's.
  return endTag.exec(text)?.index ?? text.length;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  copy: "©",
  gt: ">",
  lt: "<",
  nbsp: " ",
  quot: '"',
  reg: "®",
};

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});?/gi, (whole, entity: string) => {
    if (!entity.startsWith("#")) return entities[entity.toLowerCase()] ?? whole;
    const isHex = entity[1] === "x" || entity[1] === "X";
    const point = isHex ? Number.parseInt(entity.slice(2), 16) : Number.parseInt(entity.slice(1), 10);
    const isCharacter = point > 0 && point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff);
    return isCharacter ? String.fromCodePoint(point) : whole;
  });
}

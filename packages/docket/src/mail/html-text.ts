// SPDX-License-Identifier: Apache-2.0
// A page as text: what a reader sees of it, with the targets of its links.
import { decodeReferences } from "./character-references.ts";

/**
 * Turns HTML into text. Tags within a word vanish, so that a word split by them is whole again; blocks
 * and line breaks become lines; what is not shown (comments, scripts, styles, the title) is left out; a
 * picture is its alternative text; the target of a link stands in angle brackets behind the words that
 * show it, unless they are the target. Never throws; time is linear in the length.
 */
export function htmlToText(html: string): string {
  const writer = new TextWriter();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    writer.text(html.slice(at, open < 0 ? html.length : open));
    if (open < 0) break;
    at = readMarkup(html, open, writer);
  }
  return writer.finish();
}

/** @returns where reading goes on */
function readMarkup(html: string, open: number, writer: TextWriter): number {
  if (html.startsWith("<!--", open)) {
    const close = html.indexOf("-->", open + 4);
    return close < 0 ? html.length : close + 3;
  }
  const name = tagName(html, open);
  if (name === undefined) {
    writer.text("<");
    return open + 1;
  }
  const end = tagEnd(html, open);
  if (name.startsWith("/")) writer.close(name.slice(1));
  else writer.open(name, html.slice(open, Math.min(end, open + tagLengthMax)));
  if (!unshown.has(name)) return end;
  const close = new RegExp(`</${name}`, "gi");
  close.lastIndex = end;
  const found = close.exec(html);
  return found === null ? html.length : tagEnd(html, found.index);
}

/** Longest tag of which attributes are read, in characters. */
const tagLengthMax = 8_192;
const tagNameLengthMax = 32;
/** Elements whose content is not shown. */
const unshown: ReadonlySet<string> = new Set(["script", "style", "title", "noembed", "noframes", "template"]);

/** The name in lower case, with `/` before it for an end tag; `!` or `?` for a declaration. */
function tagName(html: string, open: number): string | undefined {
  const first = html.charCodeAt(open + 1);
  if (first === 0x21 || first === 0x3f) return "!";
  const start = first === 0x2f ? open + 2 : open + 1;
  let end = start;
  while (end < start + tagNameLengthMax && isNameUnit(html.charCodeAt(end))) end += 1;
  if (end === start || isDigitUnit(html.charCodeAt(start))) return undefined;
  return (start === open + 2 ? "/" : "") + html.slice(start, end).toLowerCase();
}

function isNameUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || isDigitUnit(unit) || unit === 0x3a
  );
}

function isDigitUnit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Behind the tag's `>`, which does not count within quotes of an attribute. */
function tagEnd(html: string, open: number): number {
  let quote = 0;
  let before = 0;
  for (let index = open + 1; index < html.length; index++) {
    const unit = html.charCodeAt(index);
    if (quote !== 0) {
      if (unit === quote) quote = 0;
    } else if (unit === 0x3e) {
      return index + 1;
    } else if ((unit === 0x22 || unit === 0x27) && before === 0x3d) {
      quote = unit;
    }
    if (unit > 0x20) before = unit;
  }
  return html.length;
}

const paragraphs: ReadonlySet<string> = new Set(
  "p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote hr pre form body".split(" "),
);
const lines: ReadonlySet<string> = new Set(
  "br div tr li dt dd center address article aside section header footer main caption option".split(" "),
);
const cells: ReadonlySet<string> = new Set(["td", "th"]);

/** Collects text; holds the link that is open. */
class TextWriter {
  #pieces: string[] = [];
  #pre = 0;
  #link: { target: string; from: number } | undefined;

  text(written: string): void {
    if (written === "") return;
    const text = decodeReferences(written);
    this.#pieces.push(this.#pre > 0 ? text.replace(/[ \t\f\r]+/g, " ") : text.replace(/[ \t\f\r\n]+/g, " "));
  }

  open(name: string, tag: string): void {
    this.#layOut(name);
    if (name === "pre") this.#pre += 1;
    if (name === "a" || name === "area") {
      this.#closeLink();
      const target = attribute(tag, "href");
      if (target !== undefined) this.#link = { target, from: this.#pieces.length };
    } else if (name === "img") {
      this.#pieces.push(attribute(tag, "alt") ?? "");
    } else if (name === "form" || name === "iframe" || name === "frame") {
      this.#target(attribute(tag, name === "form" ? "action" : "src"), "");
    }
  }

  close(name: string): void {
    this.#layOut(name);
    if (name === "pre" && this.#pre > 0) this.#pre -= 1;
    if (name === "a") this.#closeLink();
  }

  finish(): string {
    this.#closeLink();
    const text = this.#pieces.join("");
    return text
      .replace(/[ \u00a0]+/g, " ")
      .replace(/ ?\n ?/g, "\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  }

  #layOut(name: string): void {
    if (paragraphs.has(name)) this.#pieces.push("\n\n");
    else if (lines.has(name)) this.#pieces.push("\n");
    else if (cells.has(name)) this.#pieces.push(" ");
  }

  #closeLink(): void {
    if (this.#link === undefined) return;
    const { target, from } = this.#link;
    this.#link = undefined;
    this.#target(target, this.#pieces.slice(from).join(""));
  }

  #target(target: string | undefined, shown: string): void {
    if (target === undefined || !/^\s*(?:https?|ftp|mailto|tel|sms|whatsapp|tg):|^\s*\/\//i.test(target))
      return;
    // Browsers drop line ends and tabs within an address (URL Standard, basic URL parser).
    const address = target.replace(/[\t\n\r]+/g, "").trim();
    if (!shown.includes(address.replace(/^mailto:/i, ""))) this.#pieces.push(` <${address}> `);
  }
}

/** The value of an attribute of a tag, references decoded. */
function attribute(tag: string, name: "href" | "alt" | "action" | "src"): string | undefined {
  const match = attributePatterns[name].exec(tag);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decodeReferences(value);
}

const attributePatterns = {
  href: /[\s"'/]href\s{0,64}=\s{0,64}(?:"([^"]*)|'([^']*)|([^\s>"']+))/i,
  alt: /[\s"'/]alt\s{0,64}=\s{0,64}(?:"([^"]*)|'([^']*)|([^\s>"']+))/i,
  action: /[\s"'/]action\s{0,64}=\s{0,64}(?:"([^"]*)|'([^']*)|([^\s>"']+))/i,
  src: /[\s"'/]src\s{0,64}=\s{0,64}(?:"([^"]*)|'([^']*)|([^\s>"']+))/i,
} as const;

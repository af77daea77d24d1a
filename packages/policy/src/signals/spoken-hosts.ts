// SPDX-License-Identifier: Apache-2.0
// Whether words between which no dot stands as it should are the name of a host: "example dot com",
// "example . com", "example .com". Chosen on public corpora; docs/reference/signals.md says how well it does.

/** What stands around the place of a dot. */
export type Surroundings = {
  /** Where the label before it starts. */
  start: number;
  /** That label, in lower case. */
  label: string;
  /** What stands before the label, as written; bounded. */
  before: string;
  /** What stands after the suffix, as written; bounded. */
  after: string;
};

/** Suffixes that are looked for beside a space, as alternatives of an expression. */
export const spacedSuffixes =
  "com|net|org|info|biz|ru|xyz|co|me|tv|io|de|fr|pl|it|us|uk|eu|site|online|shop|store|club|top|live|link|tk";

/** Suffixes that are believed without more ado. */
const sureSuffixes: ReadonlySet<string> = new Set(
  (
    "com net org biz ru xyz co.uk org.uk com.br com.au co.za co.in com.tr com.cn com.mx com.ar co.jp co.kr " +
    "co.nz com.ua tk"
  ).split(" "),
);
/** Suffixes that are words, or say little: something else must tell that a host is meant. */
const hintedSuffixes: ReadonlySet<string> = new Set(
  "info me tv io de fr pl it us uk eu site online shop store club top live link co".split(" "),
);

/** Words that stand before "dot com" and ".com" without being somebody's. */
const noLabels: ReadonlySet<string> = new Set(
  (
    "a an the this that these those is it its and or of in on at to for from with my your our his her " +
    "their any some no not you i we he she they me us him them so very all one two go get new old asp " +
    "ado vb ms visual microsoft learn learning using use early late big small red blue green polka " +
    "micro first last next each every per another other via as by be are was were will would can do " +
    "does did what which who de da do el la le un une ein der die das und con com por para que"
  ).split(" "),
);

/** What is said of the years around 2000. */
const boom = new RegExp(
  String.raw`^[\s-]?(?:bubble|boom|bust|crash|era|days|compan|firm|billionaire|millionaire|stock|startup` +
    String.raw`|craze|burst|busines|econom)`,
  "i",
);

/** Words after which the name of a host may come. */
const hint = new RegExp(
  String.raw`(?:www[ .]{0,3}|\/\/|\b(?:visit|sites?|website|web|webpage|url|link|page|homepage|go ?to` +
    String.raw`|check(?: ?out)?|see|at|on|search|google|domain|blog|type|сайт|besuch\w*|seite|visita` +
    String.raw`|visite|адрес)(?: (?:my|our|the|is|it|at|this|out|for|us|me))?[ :]{1,3}|[@>] ?)$`,
  "i",
);

/** What leaves no doubt that the name of a host follows. */
const strongHint =
  /(?:www[ .]{0,3}|\/\/|\b(?:visit|(?:web)?site|url|link|goto|go to|check out) ?[:=>]? ?|[@>:]\s?)$/i;

/** Words after ".com" that speak of such names. */
const ofNames =
  /^ (?:names?|domains?|address|extension|tld|suffix|websites?|sites?|framework|core|developer)\b/i;

/** Words of running English that come after a name, and open no sentence in Spanish or Portuguese. */
const goesOn = new RegExp(
  String.raw`^(?:$|[^\s\w]|\s*$|\s+(?:$|[^\w\s]|(?:for|and|to|or|is|now|it|its|you|they|if|has|free|the` +
    String.raw`|just|then|but|i|we|where|there|today|was|will|with)\b)|\/)`,
  "i",
);

/** Whether a suffix is believed where hardly anything else tells that a host is meant. */
export function isSureSuffix(suffix: string): boolean {
  return sureSuffixes.has(suffix);
}

/** Whether "LABEL dot SUFFIX" is a host. */
export function isSpokenSuffix(suffix: string, { label, before, after }: Surroundings): boolean {
  if (noLabels.has(label) || label.length < 2 || boom.test(after)) return false;
  if (sureSuffixes.has(suffix)) return true;
  if (!hintedSuffixes.has(suffix)) return false;
  return hint.test(before) || after.startsWith("/") || isContrived(label);
}

/**
 * Whether LABEL and SUFFIX with a dot and spaces between them are a host.
 *
 * @param separator " .", " . " or ". "
 */
export function isNamedHost(suffix: string, separator: string, surroundings: Surroundings): boolean {
  const { label, before, after } = surroundings;
  if (label.length < 2 || noLabels.has(label)) return false;
  const lower = suffix.toLowerCase();
  if (ofNames.test(after)) return false;
  if (!sureSuffixes.has(lower)) {
    return hintedSuffixes.has(lower) && suffix === lower && strongHint.test(before) && goesOn.test(after);
  }
  const hinted = hint.test(before);
  if (hinted) return separator !== ". " || suffix === lower;
  // ".NET" and "Net" are no suffixes, and "ended. Com" is a sentence.
  if (suffix !== lower) return false;
  if (separator === " .") return lower !== "net" || isContrived(label) || after.startsWith("/");
  return separator === " . " ? goesOn.test(after) && label.length > 3 : after.startsWith("/");
}

/** Hosts at which many people have their mail. */
const mailHosts: ReadonlySet<string> = new Set(
  (
    "gmail googlemail yahoo ymail hotmail outlook live msn aol icloud me proton protonmail gmx web mail " +
    "yandex rambler qq 163 126 rediffmail zoho tutanota comcast verizon att bk list inbox"
  ).split(" "),
);

const mailHint = /\b(?:e-?mails?|mail|contact|write|reach|почта|мыло|correo|adresse|address)\b[^.!?]{0,30}$/i;

/** Whether "NAME at LABEL dot com" is an e-mail address: "look at example dot com" is none. */
export function isDeliberateAt(name: string, label: string, before: string): boolean {
  if (name.length < 2 || noLabels.has(name.toLowerCase()) || noNames.test(name)) return false;
  return mailHosts.has(label) || mailHint.test(before);
}

const noNames = new RegExp(
  String.raw`^(?:look|looking|available|online|out|here|there|find|found|visit|us|site|page|website` +
    String.raw`|online|work|works|located|mail|email|contact)$`,
  "i",
);

function isContrived(label: string): boolean {
  return label.length > 11 || /[a-z]-?[0-9]|[0-9]-?[a-z]|[a-z]-[a-z]/.test(label);
}

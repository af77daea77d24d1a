// SPDX-License-Identifier: Apache-2.0
// Policy files as somebody changes them. A draft stays in this tab until it is proposed or thrown away.
import type { File } from "./answers.ts";

/** What is kept of a draft. */
type Kept = { readonly base: string; readonly files: readonly File[] };

const name = "docket-policy-draft";

/** A draft that was made from a release, if this tab has one. */
export function keptDraft(base: string): readonly File[] | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name) ?? "null") as Kept | null;
    return kept?.base === base ? kept.files : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a draft; without files it is forgotten. */
export function keepDraft(base: string, files: readonly File[] | undefined): void {
  try {
    if (files === undefined) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify({ base, files } satisfies Kept));
  } catch {
    // Where there is no room it lasts as long as the page.
  }
}

/** Whether two sets of files are the same. */
export function sameFiles(one: readonly File[], other: readonly File[]): boolean {
  const texts = new Map(other.map(({ path, text }) => [path, text]));
  return one.length === other.length && one.every(({ path, text }) => texts.get(path) === text);
}

/** Files with one of them changed, or put in. */
export function withText(files: readonly File[], path: string, text: string): readonly File[] {
  if (!files.some((file) => file.path === path)) return [...files, { path, text }].sort(byPath);
  return files.map((file) => (file.path === path ? { path, text } : file));
}

/** What is wrong with the name of a new file; `undefined` if it will do. */
export function wrongPath(path: string, files: readonly File[]): string | undefined {
  if (files.some((file) => file.path === path)) return "There is one of that name.";
  if (!/^[\w][\w.-]*(\/[\w][\w.-]*)*\.ya?ml$/.test(path))
    return "Write letters, digits, - and _, and .yaml at the end.";
  return undefined;
}

/** What a new file begins with. */
export function newPolicy(path: string): string {
  const id = (path.split("/").at(-1) ?? "")
    .replace(/\.ya?ml$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-");
  const links = ["a", "b", "c", "d", "e"].map((each) => `https://${each}.example`).join(" ");
  return `policy: ${/^[a-z]/.test(id) ? id : `p-${id}`}
on: [comment]
rules:
  - id: many-links
    when: signals.linkCount >= 5
    mode: shadow
    then: { outcome: hold }
    reason: { en: Your comment has many links and is being looked at. }
tests:
  - name: five links
    given: { content: { text: "${links}" } }
    expect: { outcome: hold, rules: [many-links] }
`;
}

function byPath(one: File, other: File): number {
  return one.path < other.path ? -1 : 1;
}

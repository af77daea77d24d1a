// SPDX-License-Identifier: Apache-2.0
// Checks the links of a Markdown page that stay inside the repository.
import { type Problem, type RepositoryFile, lineAt } from "./problem.ts";

/** Whether every relative link leads to a file or folder, and its `#…` to a heading. */
export function checkLinks(
  { path, text }: RepositoryFile,
  /** The text of a file, `""` for a folder, `undefined` where there is neither. */
  read: (path: string) => string | undefined,
): Problem[] {
  const page = withoutCode(text);
  const links = [...page.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*(\S+)/gm)];
  return links.flatMap((match) => {
    const wrong = linkFault(path, text, match[1] ?? match[2] ?? "", read);
    return wrong === undefined
      ? []
      : [{ check: "link" as const, path, line: lineAt(text, match.index), message: wrong }];
  });
}

function linkFault(
  from: string,
  text: string,
  link: string,
  read: (path: string) => string | undefined,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined;
  if (link.startsWith("/")) return `links to ${link}; write it relative to this page`;
  const [file = "", heading] = link.split("#");
  const steps = from.split("/").slice(0, -1);
  for (const step of file.split("/")) {
    if (step === "..") {
      if (steps.pop() === undefined) return `links to ${link}, outside of the repository`;
    } else if (step !== "" && step !== ".") {
      steps.push(decodeURIComponent(step));
    }
  }
  const target = file === "" ? text : read(steps.join("/"));
  if (target === undefined) return `links to ${link}, which does not exist`;
  if (heading === undefined || !/\.md$|^$/.test(file)) return undefined;
  return headingsOf(target).includes(decodeURIComponent(heading))
    ? undefined
    : `links to ${link}: no such heading`;
}

/** The anchors of the headings of a page, as the usual renderers make them. */
function headingsOf(text: string): string[] {
  const counts = new Map<string, number>();
  return [...withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map((match) => {
    const words = (match[1] ?? "").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/** The page with its code made blank, so that offsets stay. */
function withoutCode(text: string): string {
  return withoutFences(text).replaceAll(/(`+)[^`\n]+?\1/g, (code) => " ".repeat(code.length));
}

function withoutFences(text: string): string {
  return text.replaceAll(/^( *)(```+|~~~+)[^\n]*\n[^]*?^\1\2[^\n]*$/gm, (code) =>
    code.replaceAll(/[^\n]/g, " "),
  );
}

// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";

type Props = { readonly path: string; readonly change: string; readonly diff: string };

/** Lines that differ, in unified form. Who can't see colours reads the signs. */
export function DiffView({ path, change, diff }: Props): ReactElement {
  const lines = diff
    .split("\n")
    .filter((line, at) => !(at < 2 && /^(---|\+\+\+) /.test(line)) && line !== "");
  return (
    <figure className="policy-diff">
      <figcaption>
        <code>{path}</code> <span className="quiet">{change}</span>
      </figcaption>
      {diff === "" ? (
        <p className="quiet">It is too long to be sealed line by line.</p>
      ) : (
        <pre tabIndex={0} aria-label={`What differs in ${path}`}>
          {lines.map((line, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- lines have no other name, and never move
            <span key={at} className={`policy-line policy-line-${kindOf(line)}`}>
              {line}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </figure>
  );
}

function kindOf(line: string): "added" | "removed" | "place" | "same" {
  if (line.startsWith("@@")) return "place";
  return line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
}

// SPDX-License-Identifier: Apache-2.0
// A rule with its clauses: what each asked, what it read, and whether it held.
import type { ReactElement } from "react";
import { Badge } from "../../parts/badge.tsx";
import type { Clause, Rule } from "./answers.ts";
import { nameOf } from "./outline.ts";

/** One rule, folded up unless it decided. */
export function RuleCard({ rule, open }: { readonly rule: Rule; readonly open: boolean }): ReactElement {
  return (
    <details className="try-rule" open={open}>
      <summary>
        <Mark result={rule.result} /> <code>{nameOf(rule)}</code> <span className="quiet">{rule.does}</span>
        {rule.heldWords !== undefined && <Badge kind="open">{rule.heldWords}</Badge>}
      </summary>
      <ul className="try-clauses">
        {rule.clauses.map((clause, place) => (
          <OneClause key={clause.clause} clause={clause} kept={rule.keptFrom === place} />
        ))}
      </ul>
    </details>
  );
}

function OneClause({ clause, kept }: { readonly clause: Clause; readonly kept: boolean }): ReactElement {
  return (
    <li className={kept ? "try-kept" : undefined}>
      <Mark result={clause.result} /> {clause.words}
      {clause.words !== clause.clause && (
        <>
          {" "}
          <code className="quiet">{clause.clause}</code>
        </>
      )}
      {kept && <Badge kind="accent">this alone kept it from firing</Badge>}
      {clause.values.length > 0 && (
        <ul className="try-values">
          {clause.values.map(({ path, name, words }) => (
            <li key={path} className="quiet">
              {name}: <strong>{words}</strong>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Mark({ result }: { readonly result: boolean | "missing" }): ReactElement {
  if (result === "missing") return <span className="try-mark try-open">? missing</span>;
  return result ? <span className="try-mark try-yes">✓ holds</span> : <span className="try-mark">✗ no</span>;
}

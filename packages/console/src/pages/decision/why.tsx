// SPDX-License-Identifier: Apache-2.0
// Why a decision came out as it did: the rules that fired, clause by clause, with the values that made it so;
// then what nearly fired, was held back or lacked something.
import type { ExplainedClause, ExplainedRule, Explanation } from "@docket/policy";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Note } from "../../parts/note.tsx";

/** The explanation of a decision. */
export function WhyCard({ explanation }: { readonly explanation: Explanation | null }): ReactElement {
  if (explanation === null) {
    return (
      <Card title="Why">
        <Note kind="open" title="It cannot be explained any more.">
          Its facts were dropped by age, or the release that decided is not kept here.
        </Note>
      </Card>
    );
  }
  const { refusedBy, fired, release } = explanation;
  return (
    <Card
      title="Why"
      actions={
        <Link href={`/policy/history?release=${release}`} className="quiet">
          release {release.slice(0, 8)}
        </Link>
      }
    >
      {refusedBy !== null && (
        <Note kind="bad" title="Refused because of a restriction in force">
          {refusedBy}
        </Note>
      )}
      {fired.length === 0 && refusedBy === null && <p>No rule with effect fired.</p>}
      <Rules rules={fired} />
      <Strikes explanation={explanation} />
      <Besides explanation={explanation} />
    </Card>
  );
}

function Strikes({ explanation }: { readonly explanation: Explanation }): ReactElement | null {
  const { strikes, ladder } = explanation;
  if (strikes.length + ladder.length === 0) return null;
  return (
    <ul className="decision-follows">
      {strikes.map(({ rule, words }) => (
        <li key={rule}>
          <code>{rule}</code> {words}
        </li>
      ))}
      {ladder.map(({ policy, strikes: step, state, words }) => (
        <li key={`${policy} ${step}`}>
          {words} {state === "proposed" && <Badge kind="open">waits for a person</Badge>}
        </li>
      ))}
    </ul>
  );
}

function Besides({ explanation }: { readonly explanation: Explanation }): ReactElement {
  const { near, held, missing, points, counters, limits, hits } = explanation;
  return (
    <>
      <More title="Points" of={points}>
        {points.map((each) => (
          <Points key={each.policy} points={each} />
        ))}
      </More>
      <More title="What nearly fired" of={near}>
        <Rules rules={near} />
      </More>
      <More title="What fired without effect" of={held}>
        <Rules rules={held} />
      </More>
      <More title="What could not be decided" of={missing}>
        <Rules rules={missing} />
      </More>
      <More title="Counters, limits and lists that were asked" of={[...counters, ...limits, ...hits]}>
        <ul>
          {counters.map(({ policy, path, name, words }) => (
            <li key={`${policy} ${path}`}>
              {name}: {words}
            </li>
          ))}
          {limits.map(({ policy, limit, words }) => (
            <li key={`${policy} ${limit}`}>{words}</li>
          ))}
          {hits.map(({ list, words }) => (
            <li key={list}>{words}</li>
          ))}
        </ul>
      </More>
    </>
  );
}

function Points({ points }: { readonly points: Explanation["points"][number] }): ReactElement {
  const { policy, points: sum, rules, thresholds } = points;
  return (
    <div>
      <p>
        <code>{policy}</code>: {sum}, of {rules.map((each) => `${each.rule} ${each.points}`).join(", ")}
      </p>
      <ul>
        {thresholds.map(({ points: at, words }) => (
          <li key={at}>{words}</li>
        ))}
      </ul>
    </div>
  );
}

function Rules({ rules }: { readonly rules: readonly ExplainedRule[] }): ReactElement[] {
  return rules.map((rule) => <Rule key={`${rule.policy}/${rule.rule}`} rule={rule} />);
}

function More(props: {
  readonly title: string;
  readonly of: readonly unknown[];
  readonly children: ReactNode;
}): ReactElement | null {
  if (props.of.length === 0) return null;
  return (
    <details className="decision-more">
      <summary>
        {props.title} <span className="quiet">({props.of.length})</span>
      </summary>
      {props.children}
    </details>
  );
}

function Rule({ rule }: { readonly rule: ExplainedRule }): ReactElement {
  const { policy, rule: id, does, clauses, heldWords, keptFrom, lacks } = rule;
  return (
    <section className="decision-rule" aria-label={`Rule ${policy}/${id}`}>
      <h3>
        <Link href={`/decisions?rule=${encodeURIComponent(`${policy}/${id}`)}`}>
          <code>
            {policy}/{id}
          </code>
        </Link>{" "}
        <span className="quiet">{does}</span>
      </h3>
      {heldWords !== undefined && <p className="quiet">{heldWords}</p>}
      {lacks !== undefined && lacks.length > 0 && <p className="quiet">Lacking: {lacks.join(", ")}</p>}
      <ul className="decision-clauses">
        {clauses.map((clause, place) => (
          <Clause key={clause.clause} clause={clause} decisive={keptFrom === place} />
        ))}
      </ul>
    </section>
  );
}

const results = { true: ["✓", "true"], false: ["✗", "false"], missing: ["?", "missing"] } as const;

function Clause(props: { readonly clause: ExplainedClause; readonly decisive: boolean }): ReactElement {
  const { clause, words, result, values } = props.clause;
  const [sign, said] = results[`${result}`];
  return (
    <li className={`decision-clause decision-clause-${said}`}>
      <span className="decision-sign" aria-hidden="true">
        {sign}
      </span>
      <div>
        <span className="unseen">{said}: </span>
        {words}
        {props.decisive && (
          <>
            {" "}
            <Badge kind="plain">kept it from firing</Badge>
          </>
        )}
        {words !== clause && <code className="decision-written">{clause}</code>}
        {values.length > 0 && (
          <dl className="decision-values">
            {values.map((value) => (
              <div key={value.path}>
                <dt title={value.path}>{value.name}</dt>
                <dd>{value.words}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </li>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Fragment } from "react";
import type { ReactElement } from "react";
import { Badge } from "../../parts/badge.tsx";
import { Loading } from "../../parts/loading.tsx";
import type { Checked, Finding, TestOutcome } from "./check.ts";
import type { LeftList } from "./test-lists.ts";

type Props = {
  readonly checked: Checked | undefined;
  readonly busy: boolean;
  /** Lists that tests ran without, or that are empty. */
  readonly left: readonly LeftList[];
  readonly onGo: (place: { file: string; line: number }) => void;
};

const kinds = { error: "bad", test: "bad", warning: "open" } as const;
const words = { error: "mistake", test: "test", warning: "note" } as const;

/** What a check says of all files, each with its line. */
export function Findings({ checked, busy, left, onGo }: Props): ReactElement {
  if (checked === undefined) return <Loading what="Checking" />;
  const { findings, tests } = checked;
  const mistakes = findings.filter(({ kind }) => kind === "error").length;
  const passed = tests.filter((test) => test.passed).length;
  const untold = tests.filter((test) => stateOf(test) === "not told").length;
  const failed = tests.length - passed - untold;
  return (
    <>
      <h2>Check</h2>
      <p role="status" aria-busy={busy}>
        {mistakes > 0 ? (
          <Badge kind="bad">{mistakes === 1 ? "1 mistake" : `${mistakes} mistakes`}</Badge>
        ) : (
          <>
            <Badge kind="good">no mistakes</Badge>{" "}
            <Badge kind={failed > 0 ? "bad" : untold > 0 ? "open" : "good"}>
              {passed} of {tests.length} tests pass
              {untold > 0 && `, ${untold} not told here`}
            </Badge>
          </>
        )}
      </p>
      {mistakes === 0 && !busy && left.length > 0 && (
        <p className="quiet">
          The tests ran without entries of{" "}
          {left.map(({ name, why }, at) => (
            <Fragment key={name}>
              {at > 0 && ", "}
              <code>{name}</code> ({why})
            </Fragment>
          ))}
          . The server runs them with its lists when the change is proposed.
        </p>
      )}
      <ul className="policy-findings">
        {findings.map((finding) => (
          <li key={`${finding.file}:${finding.line}:${finding.column}:${finding.message}`}>
            <button type="button" onClick={() => onGo(finding)}>
              <KindBadge kind={finding.kind} /> <code>{placeOf(finding)}</code> {finding.message}
            </button>
          </li>
        ))}
      </ul>
      {mistakes === 0 && tests.length > 0 && (
        <details className="policy-tests">
          <summary>Tests</summary>
          <ul className="policy-findings">
            {tests.map((test) => (
              <li key={`${test.file}:${test.line}:${test.name}`}>
                <button type="button" onClick={() => onGo(test)}>
                  <Badge kind={states[stateOf(test)]}>{stateOf(test)}</Badge> {test.policy}: {test.name}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

const states = { passes: "good", fails: "bad", "not told": "open" } as const;

function stateOf({ passed, without }: TestOutcome): keyof typeof states {
  if (passed) return "passes";
  return without.length === 0 ? "fails" : "not told";
}

function KindBadge({ kind }: Pick<Finding, "kind">): ReactElement {
  return <Badge kind={kinds[kind]}>{words[kind]}</Badge>;
}

function placeOf({ file, line }: Pick<Finding, "file" | "line">): string {
  return `${file}:${line}`;
}

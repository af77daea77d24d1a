// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Time } from "../../parts/time.tsx";
import type { Held, KeptRelease } from "./answers.ts";
import type { ShownExemption } from "./check.ts";
import { PolicyFrame } from "./frame.tsx";
import { useCheck } from "./use-check.ts";
import { endWords } from "./words.ts";

const weekMs = 604_800_000;

/** Who is exempt from which rules, who answers for it, and until when. */
export function ExemptionsPage(): ReactElement {
  const { data, error } = useGet<KeptRelease>("/v1/policy/releases/in-force");
  const { checked } = useCheck(data?.files);
  return (
    <PolicyFrame
      title="Exemptions"
      lead="Who is exempt from which rules, who answers for it, and until when, as the files have it."
    >
      {error !== null && <ErrorNote error={error} />}
      {checked === undefined && error === null && <Loading />}
      {checked?.exemptions.length === 0 && (
        <Empty title="Nobody is exempt from anything.">
          An exemption is written under <code>exempt</code> in a policy file.{" "}
          <Link href="/policy/edit">Go to the files</Link>
        </Empty>
      )}
      {checked !== undefined && checked.exemptions.length > 0 && (
        <div className="card">
          <Exemptions rows={checked.exemptions} />
        </div>
      )}
    </PolicyFrame>
  );
}

function Exemptions({ rows }: { readonly rows: readonly ShownExemption[] }): ReactElement {
  const nowMs = Date.now();
  const held = useGet<Held>("/v1/policy/held?days=7").data;
  const sorted = rows.toSorted((one, other) => (one.untilMs ?? Infinity) - (other.untilMs ?? Infinity));
  const used = ({ policy, from }: ShownExemption): number =>
    (held?.rules ?? [])
      .filter((rule) => rule.mode === "exempt" && rule.policy === policy && from.includes(rule.rule))
      .reduce((sum, { events }) => sum + events, 0);
  return (
    <DataTable
      caption="Exemptions, those that end first on top"
      rows={sorted}
      rowKey={({ id }) => id}
      columns={[
        { title: "Exemption", cell: ({ id, policy }) => <code>{`${policy}/${id}`}</code> },
        { title: "Ends", cell: ({ untilMs }) => <End untilMs={untilMs} nowMs={nowMs} /> },
        { title: "Who answers", cell: ({ owner }) => owner },
        { title: "To whom", cell: ({ when }) => <code>{when}</code> },
        { title: "From", cell: ({ from }) => from.join(", ") },
        {
          title: "Its rules let pass, 7 days",
          numeric: true,
          cell: (row) => (held === undefined ? "…" : used(row).toLocaleString("en")),
        },
      ]}
    />
  );
}

function End({ untilMs, nowMs }: { readonly untilMs: number | null; readonly nowMs: number }): ReactElement {
  const kind =
    untilMs === null
      ? "open"
      : untilMs <= nowMs
        ? "bad"
        : untilMs - nowMs < weekMs
          ? "open"
          : ("plain" as const);
  return (
    <>
      <Badge kind={kind}>{endWords(untilMs, nowMs)}</Badge>{" "}
      {untilMs !== null && (
        <span className="quiet">
          <Time at={untilMs} exact />
        </span>
      )}
    </>
  );
}

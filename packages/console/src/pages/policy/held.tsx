// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import type { Held } from "./answers.ts";
import { Bars } from "./bars.tsx";
import { PolicyFrame } from "./frame.tsx";
import { share } from "./words.ts";

const periods = [
  { value: "1", title: "the last day" },
  { value: "7", title: "the last 7 days" },
  { value: "30", title: "the last 30 days" },
  { value: "92", title: "the last 92 days" },
];
const modeWords: Readonly<Record<string, string>> = {
  shadow: "in shadow",
  rollout: "outside its share of the rollout",
  warming: "a counter that it reads is still filling",
  brake: "stopped by a brake",
  exempt: "an exemption applied",
};

/** What rules found while something held them back. */
export function HeldPage(): ReactElement {
  const [days, setDays] = useState("7");
  const { data, error } = useGet<Held>(`/v1/policy/held?days=${days}`, { keep: true });
  return (
    <PolicyFrame
      title="Found without effect"
      lead={
        "What rules in shadow would have done, and what others found where a rollout, a brake or an " +
        "exemption held them back. Look here before a rule goes live."
      }
    >
      <div className="policy-pick">
        <Select label="Over" value={days} onChange={setDays} options={periods} />
      </div>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.rules.length === 0 && (
        <Empty title="No rule found anything without effect in that time.">
          Give a new rule <code>mode: shadow</code>, and come back in a day.
        </Empty>
      )}
      {data !== undefined && data.rules.length > 0 && (
        <div className="card">
          <HeldTable held={data} />
        </div>
      )}
    </PolicyFrame>
  );
}

function HeldTable({ held: { rules, decisions } }: { readonly held: Held }): ReactElement {
  return (
    <DataTable
      caption="Rules that found something without effect"
      rows={rules}
      rowKey={({ policy, rule, mode }) => `${policy}/${rule}:${mode}`}
      columns={[
        {
          title: "Rule",
          cell: ({ policy, rule, mode }) => (
            <Link href={`/decisions?rule=${encodeURIComponent(`${policy}/${rule}:${mode}`)}`}>
              {policy}/{rule}
            </Link>
          ),
        },
        { title: "Held back", cell: ({ mode }) => modeWords[mode] ?? mode },
        { title: "Events", numeric: true, cell: ({ events }) => events.toLocaleString("en") },
        { title: "Of all", numeric: true, cell: ({ events }) => share(events, decisions) },
        {
          title: "Were let through",
          numeric: true,
          cell: ({ outcomes }) => ((outcomes["allow"] ?? 0) + (outcomes["flag"] ?? 0)).toLocaleString("en"),
        },
        {
          title: "By day",
          cell: ({ days, rule }) => <Bars label={`Events of ${rule} by day`} days={days} />,
        },
      ]}
    />
  );
}

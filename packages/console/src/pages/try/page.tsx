// SPDX-License-Identifier: Apache-2.0
// Tries an event: what would be decided, and what each rule made of it. Nothing is counted or sealed.
import { useState } from "react";
import type { FormEvent, KeyboardEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { TextField } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import type { Rule, Trial } from "./answers.ts";
import { eventOf, groupRules, nameOf, whyText } from "./outline.ts";
import type { Typed } from "./outline.ts";
import { RuleCard } from "./rule-card.tsx";
import "../settings/settings.css";
import "./try.css";

const nothing: Typed = { text: "", account: "somebody-new", type: "comment", attributes: "" };

/** The page on which events are tried. */
export function Page(): ReactElement {
  const [typed, setTyped] = useState(nothing);
  const [tries, setTries] = useState(0);
  const trial = useAct((event: object) => post<Trial>("/v1/trials", event));
  const made = eventOf(typed, `trial-${tries + 1}`);
  const ready = "event" in made && typed.text !== "" && typed.account !== "" && typed.type !== "";
  const put = (name: keyof Typed) => (value: string) => setTyped({ ...typed, [name]: value });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (!ready) return;
    setTries(tries + 1);
    trial.mutate(made.event);
  };
  const onKey = (event: KeyboardEvent<HTMLFormElement>): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return (
    <PageFrame
      title="Try it"
      lead="What would be decided of a text, and why. Nothing is counted, sealed or sent to anybody."
    >
      <Card title="An event">
        <form className="try-form" onSubmit={send} onKeyDown={onKey}>
          <div className="try-wide">
            <TextField label="Text" value={typed.text} onChange={put("text")} lines={4} required />
          </div>
          <TextField
            label="Account, as your app knows it"
            value={typed.account}
            onChange={put("account")}
            hint="One that is known brings its strikes and restrictions along."
            maxLength={256}
            required
          />
          <TextField
            label="Type of event"
            value={typed.type}
            onChange={put("type")}
            maxLength={64}
            required
          />
          <TextField
            label="Attributes of the account, JSON"
            value={typed.attributes}
            onChange={put("attributes")}
            placeholder='{"role": "member"}'
            wrong={"wrong" in made ? made.wrong : undefined}
          />
          <div className="try-wide actions">
            <Button kind="primary" type="submit" busy={trial.isPending} disabled={!ready} keys="Ctrl Enter">
              Try it
            </Button>
          </div>
        </form>
      </Card>
      {trial.error !== null && <ErrorNote error={trial.error} />}
      {trial.data === undefined && trial.error === null && (
        <Empty title="Type a text, and see what every rule makes of it." />
      )}
      {trial.data !== undefined && trial.error === null && (
        <div className="settings-body">
          <Came trial={trial.data} />
        </div>
      )}
    </PageFrame>
  );
}

function Came({ trial }: { readonly trial: Trial }): ReactElement {
  const { decision, explanation, actor } = trial;
  return (
    <>
      <Card title="What would be decided">
        <p className="try-said" role="status">
          <OutcomeBadge outcome={decision.outcome} /> {whyText(trial)}
        </p>
        {explanation !== undefined && (
          <Figures
            figures={[
              {
                label: "Account",
                value: actor === null ? "not known yet" : <Link href={`/actors/${actor}`}>{actor}</Link>,
              },
              { label: "Strikes that count now", value: explanation.standing.strikes },
              ...followings(explanation),
            ]}
          />
        )}
        {explanation === undefined && (
          <p className="quiet">Which rules there are is not shown to a key of this role.</p>
        )}
      </Card>
      {explanation !== undefined && <Rules explanation={explanation} />}
      {explanation !== undefined && explanation.counters.length > 0 && (
        <Card title="Counters as they stand">
          <DataTable
            caption="Counters"
            columns={[
              { title: "Counter", cell: ({ path }) => <code>{path}</code> },
              { title: "What it counts", cell: ({ name }) => name },
              { title: "Now", cell: ({ words }) => words },
            ]}
            rows={explanation.counters}
            rowKey={({ policy, path }) => `${policy} ${path}`}
          />
        </Card>
      )}
    </>
  );
}

function followings(explanation: NonNullable<Trial["explanation"]>): { label: string; value: string }[] {
  const { next, strikes, restrictions, points, hits, standing } = explanation;
  return [
    ...(next === null ? [] : [{ label: "Then", value: next }]),
    ...strikes.map(({ rule, words }) => ({ label: `Strike by ${rule}`, value: words })),
    ...restrictions.map(({ id, words }) => ({ label: `Would follow (${id})`, value: words })),
    ...standing.restrictions.map(({ id, words }) => ({ label: `In force (${id})`, value: words })),
    ...points.map(({ policy, points: sum }) => ({ label: `Points of ${policy}`, value: String(sum) })),
    ...hits.map(({ list, words }) => ({ label: `List ${list}`, value: words })),
  ];
}

function Rules({ explanation }: { readonly explanation: NonNullable<Trial["explanation"]> }): ReactElement {
  const { fired, held, near, rest } = groupRules(explanation);
  const groups: { title: string; rules: Rule[]; open: boolean }[] = [
    { title: "Fired", rules: fired, open: true },
    { title: "Fired, without effect", rules: held, open: true },
    { title: "Nearly fired", rules: near, open: true },
    { title: "Did not fire", rules: rest, open: false },
  ];
  return (
    <>
      {groups
        .filter(({ rules }) => rules.length > 0)
        .map(({ title, rules, open }) => (
          <Card key={title} title={`${title} (${rules.length})`}>
            {rules.map((rule) => (
              <RuleCard key={nameOf(rule)} rule={rule} open={open} />
            ))}
          </Card>
        ))}
    </>
  );
}

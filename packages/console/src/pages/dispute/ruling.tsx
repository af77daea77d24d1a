// SPDX-License-Identifier: Apache-2.0
// Decides a dispute: how, why as a code and in words, what would change, and then for good.
import type { RecordedRestriction } from "@docket/protocol";
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, Select, TextField } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonSelect } from "../case/reason-select.tsx";
import type { DisputeCase, RulingEffect } from "./answers.ts";
import { effectLines, missingIn, rulingWish, rulingWords } from "./ruling-wish.ts";
import type { Milder, Ruling, RulingDraft } from "./ruling-wish.ts";

const rulings = ["upheld", "overturned", "modified"] as const;
const textLengthMax = 10_000;
const noteLengthMax = 4_000;
const verdicts = [
  { value: "", title: "as it is" },
  { value: "restore", title: "restored" },
  { value: "release", title: "released" },
  { value: "remove", title: "removed" },
];

type Props = {
  readonly view: DisputeCase;
  readonly language: string | undefined;
  /** Told once it is decided. */
  readonly onDone: (done: RulingEffect) => void;
};

/** The ruling on a dispute. */
export function RulingCard({ view, language, onDone }: Props): ReactElement {
  const [ruling, setRuling] = useState<Ruling>();
  useShortcuts(
    rulings.map((each, at) => ({
      key: String(at + 1),
      does: `${rulingWords[each].title} the decision`,
      run: () => setRuling(each),
    })),
  );
  return (
    <Card title="Your ruling">
      <div className="case-findings" role="group" aria-label="Ruling">
        {rulings.map((each, at) => (
          <Button
            key={each}
            keys={String(at + 1)}
            aria-pressed={ruling === each}
            {...(ruling === each ? { kind: "primary" as const } : {})}
            onClick={() => setRuling(each)}
          >
            {rulingWords[each].title}
          </Button>
        ))}
      </div>
      {ruling === undefined ? (
        <p className="quiet">Choose one; nothing is decided before you confirm it.</p>
      ) : (
        <RulingForm key={ruling} {...{ view, ruling, language, onDone }} />
      )}
    </Card>
  );
}

type RulingFormProps = Props & { readonly ruling: Ruling };

function RulingForm({ view, ruling, language = "en", onDone }: RulingFormProps): ReactElement {
  const { dispute } = view;
  const [draft, setDraft] = useState<RulingDraft>({
    ruling,
    reason: rulingWords[ruling].reason,
    told: {},
    note: "",
    verdict: "",
    ends: [],
    milder: undefined,
  });
  const preview = useAct(() =>
    post<RulingEffect>(`/v1/disputes/${dispute}/preview`, rulingWish(draft, true)),
  );
  // Told within the act: once the dispute is asked for again, it is over and its form is gone.
  const act = useAct(
    async () => onDone(await post<RulingEffect>(`/v1/disputes/${dispute}/ruling`, rulingWish(draft, false))),
    { refresh: ["/v1/disputes", "/v1/queue", "/v1/overview"] },
  );
  const change = (part: Partial<RulingDraft>): void => {
    setDraft({ ...draft, ...part });
    if (!("told" in part) && !("note" in part)) preview.reset();
  };
  const missing = missingIn(draft);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    act.mutate(undefined);
  };
  const canPreview = ruling !== "modified" || missing === undefined || !missing.startsWith("Say");
  const main = language.split("-")[0] ?? "en";
  return (
    <form onSubmit={send} className="dispute-form">
      <p>
        <strong>{rulingWords[ruling].means}</strong>
      </p>
      {ruling === "modified" && <Modifying view={view} draft={draft} onChange={change} />}
      <ReasonSelect value={draft.reason} onChange={(reason) => change({ reason })} />
      <Words draft={draft} main={main} onChange={change} />
      {preview.data !== undefined && <Effect title="What would change" effect={preview.data} />}
      {preview.error !== null && <ErrorNote error={preview.error} />}
      {act.error !== null && <ErrorNote error={act.error} />}
      <div className="actions">
        <Button kind="primary" type="submit" busy={act.isPending} disabled={missing !== undefined}>
          {rulingWords[ruling].title} and answer
        </Button>
        {ruling !== "upheld" && (
          <Button onClick={() => preview.mutate(undefined)} busy={preview.isPending} disabled={!canPreview}>
            What would change?
          </Button>
        )}
      </div>
      {missing !== undefined && <p className="quiet">{missing}</p>}
    </form>
  );
}

type WordsProps = {
  readonly draft: RulingDraft;
  /** The language that the user reads. */
  readonly main: string;
  readonly onChange: (part: Partial<RulingDraft>) => void;
};

function Words({ draft: { told, note }, main, onChange }: WordsProps): ReactElement {
  const tell = (tongue: string) => (text: string) => onChange({ told: { ...told, [tongue]: text } });
  return (
    <>
      <TextField
        label={`What the user is told (${main})`}
        value={told[main] ?? ""}
        onChange={tell(main)}
        maxLength={textLengthMax}
        lines={4}
        required
      />
      <details className="dispute-more">
        <summary>In another language, note for your team</summary>
        {["en", "de"]
          .filter((tongue) => tongue !== main)
          .map((tongue) => (
            <TextField
              key={tongue}
              label={`What the user is told (${tongue})`}
              value={told[tongue] ?? ""}
              onChange={tell(tongue)}
              maxLength={textLengthMax}
              lines={3}
            />
          ))}
        <TextField
          label="Note for your team"
          hint="Sealed with the site's key."
          value={note}
          onChange={(text) => onChange({ note: text })}
          maxLength={noteLengthMax}
          lines={2}
        />
      </details>
    </>
  );
}

type ModifyingProps = {
  readonly view: DisputeCase;
  readonly draft: RulingDraft;
  readonly onChange: (part: Partial<RulingDraft>) => void;
};

function Modifying({ view, draft, onChange }: ModifyingProps): ReactElement {
  const { restrictions } = view.standingNow;
  const { milder, ends } = draft;
  const toggle = (id: string, on: boolean): void =>
    onChange({ ends: on ? [...ends, id] : ends.filter((each) => each !== id) });
  return (
    <fieldset className="dispute-modify">
      <legend>What changes</legend>
      {view.decision !== undefined && (
        <Select
          label="The content is then"
          value={draft.verdict}
          onChange={(verdict) => onChange({ verdict })}
          options={verdicts}
        />
      )}
      {restrictions.map((restriction) => (
        <Checkbox
          key={restriction.id}
          label={`end: ${restrictionText(restriction)}`}
          checked={ends.includes(restriction.id)}
          onChange={(on) => toggle(restriction.id, on)}
        />
      ))}
      <Select
        label="In their place"
        value={milder?.kind ?? ""}
        onChange={(kind) =>
          onChange({
            milder: kind === "" ? undefined : { kind: kind as Milder["kind"], days: milder?.days ?? 7 },
          })
        }
        options={[
          { value: "", title: "nothing" },
          { value: "warn", title: "a warning" },
          { value: "throttle", title: "one a minute" },
          { value: "suspend", title: "a suspension" },
        ]}
      />
      {milder !== undefined && (
        <TextField
          label="For how many days"
          type="number"
          min={1}
          max={365}
          value={String(milder.days)}
          onChange={(days) => onChange({ milder: { ...milder, days: Math.max(1, Number(days) || 1) } })}
        />
      )}
    </fieldset>
  );
}

function restrictionText(restriction: RecordedRestriction): string {
  const { until } = restriction as { until?: string | null };
  const end = until === undefined || until === null ? "without an end" : `until ${until.slice(0, 16)}`;
  return `${restriction.kind} ${end}`;
}

/** What a ruling changed, or would. */
export function Effect({
  title,
  effect,
}: {
  readonly title: string;
  readonly effect: RulingEffect;
}): ReactElement {
  return (
    <Note kind="open" title={title}>
      <ul>
        {effectLines(effect).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Note>
  );
}

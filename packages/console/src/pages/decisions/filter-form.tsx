// SPDX-License-Identifier: Apache-2.0
// What decisions are looked for by. Outcomes, labels and times count at once; what is typed, with Enter.
import { useRef, useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Field, Select, TextField } from "../../parts/field.tsx";
import type { FilterName, Filters } from "./filters.ts";
import { fromInput, outcomes, toggleOutcome, toInput, withFilter, writeFilters } from "./filters.ts";

type Props = { readonly filters: Filters; readonly onChange: (filters: Filters) => void };

const typed: readonly { name: FilterName; label: string; hint: string }[] = [
  { name: "actor", label: "Actor", hint: "the app's id, or a_…" },
  { name: "rule", label: "Rule", hint: "policy/rule, or rule" },
  { name: "type", label: "Kind of event", hint: "comment" },
  { name: "list", label: "List that was hit", hint: "bad_domains" },
  { name: "campaign", label: "Campaign", hint: "c_…" },
  { name: "domain", label: "Domain of a link", hint: "shop.example" },
];
const labels = [
  { value: "", title: "any or none" },
  { value: "spam", title: "spam" },
  { value: "notSpam", title: "not spam" },
  { value: "unsure", title: "unsure" },
];

/** The filters of the page. */
export function FilterForm({ filters, onChange }: Props): ReactElement {
  const [draft, setDraft] = useState(filters);
  const words = useRef<HTMLDivElement>(null);
  useShortcuts([
    { key: "/", does: "Search by text", run: () => words.current?.querySelector("input")?.focus() },
  ]);
  const { text: _, outcome: __, ...others } = filters;
  const [isOpen, setOpen] = useState(Object.keys(others).length > 0);
  const set = (name: FilterName, value: string): void => setDraft((last) => withFilter(last, name, value));
  const apply = (next: Filters): void => {
    setDraft(next);
    onChange(next);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    onChange(draft);
  };
  return (
    <form className="decisions-filters" role="search" aria-label="Find decisions" onSubmit={onSubmit}>
      <div className="decisions-words" ref={words}>
        <TextField
          label="Words that were posted"
          value={draft.text ?? ""}
          onChange={(value) => set("text", value)}
          maxLength={200}
          type="search"
          autoComplete="off"
          spellCheck={false}
          placeholder="cheap watch*"
        />
        <Button type="submit" kind="primary">
          Search
        </Button>
        <Button onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? "Fewer filters" : "More filters"}
        </Button>
        {writeFilters(filters).size > 0 && <Button onClick={() => apply({})}>Clear</Button>}
      </div>
      <OutcomeToggles filters={draft} onChange={apply} />
      {isOpen && <MoreFilters filters={draft} onType={set} onChange={apply} />}
    </form>
  );
}

type MoreProps = Props & { readonly onType: (name: FilterName, value: string) => void };

function MoreFilters({ filters, onType, onChange }: MoreProps): ReactElement {
  return (
    <div className="decisions-more">
      {typed.map(({ name, label, hint }) => (
        <TextField
          key={name}
          label={label}
          placeholder={hint}
          value={filters[name] ?? ""}
          onChange={(value) => onType(name, value)}
          autoComplete="off"
          spellCheck={false}
        />
      ))}
      <Select
        label="Label in force"
        value={filters.label ?? ""}
        onChange={(value) => onChange(withFilter(filters, "label", value))}
        options={labels}
      />
      {(["from", "to"] as const).map((name) => (
        <Field key={name} label={name === "from" ? "Decided from (UTC)" : "Decided before (UTC)"}>
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              value={toInput(filters[name])}
              onChange={(event) => onType(name, fromInput(event.target.value))}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

function OutcomeToggles({ filters, onChange }: Props): ReactElement {
  const chosen = new Set((filters.outcome ?? "").split(","));
  return (
    <fieldset className="decisions-outcomes">
      <legend className="unseen">Outcomes; none chosen is all</legend>
      {outcomes.map((outcome) => (
        <label key={outcome} className="decisions-outcome">
          <input
            type="checkbox"
            checked={chosen.has(outcome)}
            onChange={() => onChange(toggleOutcome(filters, outcome))}
          />
          <span>{outcome}</span>
        </label>
      ))}
    </fieldset>
  );
}

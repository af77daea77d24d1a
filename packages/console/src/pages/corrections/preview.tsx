// SPDX-License-Identifier: Apache-2.0
// What a correction would do, before anything is sealed.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { leftOutText } from "./answers.ts";
import type { BatchPreview } from "./answers.ts";

type Props = {
  readonly preview: BatchPreview;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onBegin: () => void;
};

/** Figures, examples, and the button that begins it. */
export function PreviewCard({ preview, busy, error, onBegin }: Props): ReactElement {
  const { selection, looked, count, more, leftOut, actors, cap, alone, needsSecondPerson, notes } = preview;
  const out = leftOutText(leftOut);
  return (
    <Card title="What would change">
      <p role="status">
        Of {looked.toLocaleString("en")} decisions ({selection}), {count.toLocaleString("en")} would change,
        of {actors.toLocaleString("en")} accounts.
        {out !== "" && ` Left out: ${out}.`}
        {more && " There are more: another correction goes on with them."}
      </p>
      <Figures figures={figuresOf(preview)} />
      {notes.map((note) => (
        <Note key={note} kind="open">
          {note}
        </Note>
      ))}
      <Examples preview={preview} />
      {needsSecondPerson && (
        <Note kind="open" title="It takes a second person.">
          One person may change {cap.toLocaleString("en")} decisions within a day; you have changed{" "}
          {alone.toLocaleString("en")}. It waits on the page of approvals.
        </Note>
      )}
      {error !== null && <ErrorNote error={error} />}
      <div className="actions corrections-begin">
        <Button kind="danger" busy={busy} disabled={count === 0} onClick={onBegin}>
          {needsSecondPerson
            ? `Ask for ${count.toLocaleString("en")} to be corrected`
            : `Correct ${count.toLocaleString("en")} now`}
        </Button>
      </div>
    </Card>
  );
}

function figuresOf(preview: BatchPreview): { label: string; value: string }[] {
  const { verdicts, strikesVoid, strikesGiven, restrictionsEnding, restrictionsBeginning } = preview;
  const of = preview.effectsOf < preview.count ? ` (of the first ${preview.effectsOf})` : "";
  const figures = Object.entries(verdicts).map(([verdict, count]) => ({
    label: `Verdict: ${verdict}`,
    value: count.toLocaleString("en"),
  }));
  for (const [label, count] of [
    ["Strikes void", strikesVoid],
    ["Strikes given", strikesGiven],
    ["Restrictions that end", restrictionsEnding],
    ["Restrictions that begin", restrictionsBeginning],
  ] as const) {
    if (count > 0) figures.push({ label, value: `${count.toLocaleString("en")}${of}` });
  }
  return figures;
}

function Examples({ preview: { examples } }: { readonly preview: BatchPreview }): ReactElement | null {
  if (examples.length === 0) return null;
  return (
    <DataTable
      caption="Examples of what would change"
      rows={examples}
      rowKey={({ of }) => of}
      columns={[
        { title: "Decision", cell: ({ of }) => <Link href={`/decisions/${of}`}>{of}</Link> },
        { title: "Decided", cell: ({ decidedAt }) => <Time at={decidedAt} /> },
        { title: "Was", cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
        { title: "Would be", cell: ({ verdict }) => verdict ?? "noted" },
        { title: "Because of", cell: ({ fired }) => fired.join(", ") },
        { title: "Actor", cell: ({ actor }) => <Link href={`/actors/${actor}`}>{actor.slice(0, 10)}…</Link> },
      ]}
    />
  );
}

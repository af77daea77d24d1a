// SPDX-License-Identifier: Apache-2.0
// What a reviewer says: what it is, why, and what follows. A key chooses, Enter decides.
import { useEffect, useRef, useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import type { CaseView, Finding, OpenTask, Reviewed } from "./answers.ts";
import { findingWords, followsText, taskText, usualReason } from "./case-words.ts";
import { ReasonSelect } from "./reason-select.tsx";

const findings: readonly { finding: Finding; key: string }[] = [
  { finding: "spam", key: "s" },
  { finding: "notSpam", key: "n" },
  { finding: "unsure", key: "u" },
];
const verdicts = [
  { value: "", title: "What follows from the finding" },
  { value: "keep", title: "It stays as it is" },
  { value: "remove", title: "It is removed" },
  { value: "release", title: "It is released" },
  { value: "restore", title: "It is restored" },
];
const noteLengthMax = 4_000;

type Props = {
  readonly view: CaseView;
  readonly onDone: (done: Reviewed) => void;
};

/** The answer to a case. */
export function DecideCard({ view, onDone }: Props): ReactElement {
  const { of, tasks, follows } = view;
  const [finding, setFinding] = useState<Finding>();
  const [task, setTask] = useState<OpenTask | undefined>(
    tasks.find((each) => each.task !== "ladder") ?? tasks[0],
  );
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (finding !== undefined) form.current?.querySelector<HTMLElement>("[type=submit]")?.focus();
  }, [finding]);
  useShortcuts(
    findings.map(({ finding: each, key }) => ({
      key,
      does: `Say: ${findingWords[each].toLowerCase()}`,
      run: () => setFinding(each),
    })),
  );
  return (
    <Card title="What is it?">
      {task?.blind === true && (
        <Note kind="open" title="You are the second to look.">
          What the first found is hidden until you have said what you find, so that it doesn't sway you.
        </Note>
      )}
      {tasks.length > 1 && (
        <Select
          label="This answers"
          value={task?.task ?? ""}
          onChange={(name) => setTask(tasks.find((each) => each.task === name))}
          options={tasks.map((each) => ({ value: each.task, title: taskText(each) }))}
        />
      )}
      <div className="case-findings" role="group" aria-label="What it is">
        {findings.map(({ finding: each, key }) => (
          <Button
            key={each}
            keys={key}
            aria-pressed={finding === each}
            {...(finding === each ? { kind: "primary" as const } : {})}
            onClick={() => setFinding(each)}
          >
            {task?.task === "ladder" ? ladderWords[each] : findingWords[each]}
          </Button>
        ))}
      </div>
      <div ref={form}>
        {finding === undefined ? (
          <p className="quiet">Choose one; nothing is decided before you confirm it.</p>
        ) : (
          <Confirm
            key={finding}
            {...{ of, finding, task, onDone }}
            follows={followsText(finding, task, follows)}
            onLeave={() => setFinding(undefined)}
          />
        )}
      </div>
    </Card>
  );
}

const ladderWords: Readonly<Record<Finding, string>> = {
  spam: "Take the step",
  notSpam: "Decline it",
  unsure: "Can't tell",
};

type ConfirmProps = {
  readonly of: number;
  readonly finding: Finding;
  readonly task: OpenTask | undefined;
  readonly follows: string;
  readonly onDone: (done: Reviewed) => void;
  readonly onLeave: () => void;
};

function Confirm({ of, finding, task, follows, onDone, onLeave }: ConfirmProps): ReactElement {
  const [reason, setReason] = useState(usualReason[finding]);
  const [note, setNote] = useState("");
  const [verdict, setVerdict] = useState("");
  const [told, setTold] = useState("");
  const mayOverride = task?.blind !== true && task?.task !== "ladder";
  // Told within the act: once the queue is asked again, this case is answered and its form is gone.
  const act = useAct(
    async () => {
      const done = await post<Reviewed>("/v1/reviews", {
        of,
        finding,
        reason,
        ...(task === undefined ? {} : { task: task.task }),
        ...(note.trim() === "" ? {} : { note: note.trim() }),
        ...(verdict === "" ? {} : { verdict }),
        ...(told.trim() === "" ? {} : { told: { en: told.trim() } }),
      });
      onDone(done);
    },
    { refresh: ["/v1/queue", "/v1/reports", "/v1/overview"] },
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    act.mutate(undefined);
  };
  return (
    <form onSubmit={send} className="case-confirm">
      <p>
        <strong>{verdict === "" ? follows : "The content is treated as you say."}</strong>
      </p>
      <ReasonSelect value={reason} onChange={setReason} />
      <details>
        <summary>Note, words for the user, another verdict</summary>
        <TextField
          label="Note for your team"
          hint="Sealed with the site's key."
          value={note}
          onChange={setNote}
          maxLength={noteLengthMax}
          lines={2}
        />
        {mayOverride && <Override told={told} onTold={setTold} verdict={verdict} onVerdict={setVerdict} />}
      </details>
      {act.error !== null && <ErrorNote error={act.error} />}
      <div className="actions">
        <Button kind="primary" type="submit" busy={act.isPending} keys="Enter">
          Decide and go on
        </Button>
        <Button onClick={onLeave}>Not yet</Button>
      </div>
    </form>
  );
}

type OverrideProps = {
  readonly told: string;
  readonly onTold: (told: string) => void;
  readonly verdict: string;
  readonly onVerdict: (verdict: string) => void;
};

function Override({ told, onTold, verdict, onVerdict }: OverrideProps): ReactElement {
  return (
    <>
      <TextField
        label="What the affected user is told"
        hint="The reason's own text, if you write nothing."
        value={told}
        onChange={onTold}
        maxLength={noteLengthMax}
        lines={2}
      />
      <Select label="What becomes of the content" value={verdict} onChange={onVerdict} options={verdicts} />
    </>
  );
}

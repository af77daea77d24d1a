// SPDX-License-Identifier: Apache-2.0
// What the user and the site wrote to each other.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { TextField } from "../../parts/field.tsx";
import { Time } from "../../parts/time.tsx";
import type { DisputeCase, ShownText } from "./answers.ts";

const textLengthMax = 10_000;

type Props = {
  readonly view: DisputeCase;
  readonly mayWrite: boolean;
  /** The language that the complainant wrote in, if they said so. */
  readonly language: string | undefined;
};

/** The dialogue of a dispute. */
export function DialogueCard({ view, mayWrite, language }: Props): ReactElement {
  const { dispute, texts, told, ruling, phase } = view;
  return (
    <Card title="What they say">
      <ol className="dispute-texts" aria-label="Dialogue">
        {texts.map((text) => (
          <Written key={text.index} text={text} />
        ))}
        {ruling !== undefined && (
          <li className="dispute-site">
            <p className="quiet">
              <Badge kind="accent">ruling: {ruling.ruling}</Badge> by <code>{ruling.by}</code>,{" "}
              <Time at={ruling.at} />
            </p>
            {Object.entries(told ?? {}).map(([tongue, text]) => (
              <p key={tongue} lang={tongue}>
                {text}
              </p>
            ))}
          </li>
        )}
      </ol>
      {mayWrite && phase === "open" && <Answer dispute={dispute} language={language} />}
    </Card>
  );
}

function Written({ text: { from, at, text } }: { readonly text: ShownText }): ReactElement {
  return (
    <li className={from === "site" ? "dispute-site" : "dispute-user"}>
      <p className="quiet">
        {from === "site" ? "The site" : "The user"}, <Time at={at} />
        {text?.language !== undefined && ` (${text.language})`}
      </p>
      {text === undefined ? (
        <p className="quiet">What was written is erased.</p>
      ) : (
        <p className="dispute-words" {...(text.language === undefined ? {} : { lang: text.language })}>
          {text.text}
        </p>
      )}
      {text?.attachments?.map(({ name, type, data }) => (
        <p key={name}>
          <Button kind="plain" onClick={() => saveFile(name, type, data)}>
            Save {name}
          </Button>{" "}
          <span className="quiet">{type}, from the user: open it with care</span>
        </p>
      ))}
    </li>
  );
}

function Answer({
  dispute,
  language,
}: {
  readonly dispute: number;
  readonly language: string | undefined;
}): ReactElement {
  const [text, setText] = useState("");
  const act = useAct(
    () =>
      post(`/v1/disputes/${dispute}/messages`, {
        text: text.trim(),
        ...(language === undefined ? {} : { language }),
      }),
    { refresh: ["/v1/disputes"] },
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    act.mutate(undefined, { onSuccess: () => setText("") });
  };
  return (
    <form onSubmit={send} className="dispute-answer">
      <TextField
        label="Ask or tell the user"
        hint="They read it on their dispute page; the dispute stays open."
        value={text}
        onChange={setText}
        maxLength={textLengthMax}
        lines={2}
        required
      />
      {act.error !== null && <ErrorNote error={act.error} />}
      <Button type="submit" busy={act.isPending} disabled={text.trim() === ""}>
        Send
      </Button>
    </form>
  );
}

function saveFile(name: string, type: string, data: string): void {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

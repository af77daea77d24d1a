// SPDX-License-Identifier: Apache-2.0
// The settings of the site: whole numbers with their bounds. A change is a record of the log.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { useCaller } from "../../session/session.tsx";
import { changedNumbers, wrongWith } from "./number-wish.ts";
import type { KnownSetting } from "./number-wish.ts";
import "./settings.css";

type Answer = { settings: Record<string, number>; known: KnownSetting[] };
type Changed = { settings: Record<string, number>; index: number | null };

/** Those of the settings whose name is wanted, to be read or changed. */
export function Numbers({
  only,
  label,
}: {
  readonly only: (name: string) => boolean;
  readonly label: string;
}): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<Answer>("/v1/settings");
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const change = useAct((wish: Record<string, number>) => post<Changed>("/v1/settings", wish), {
    refresh: ["/v1/settings", "/v1/alerts"],
  });
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  const known = data.known.filter(({ name }) => only(name));
  const mayChange = caller.may("changeSettings");
  const wish = changedNumbers(data.settings, typed, known);
  const isWrong = known.some((setting) => wrongWith(setting, typed[setting.name]) !== undefined);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(wish, { onSuccess: () => setTyped({}) });
  };
  return (
    <form onSubmit={send} aria-label={label}>
      <div className="settings-numbers">
        {known.map((setting) => (
          <TextField
            key={setting.name}
            label={setting.about}
            hint={`${setting.name}: ${setting.least} to ${setting.most}, default ${setting.default}`}
            wrong={wrongWith(setting, typed[setting.name])}
            value={typed[setting.name] ?? String(data.settings[setting.name] ?? setting.default)}
            onChange={(value) => setTyped({ ...typed, [setting.name]: value })}
            inputMode="numeric"
            readOnly={!mayChange}
          />
        ))}
      </div>
      {change.error !== null && <ErrorNote error={change.error} />}
      {change.data !== undefined && Object.keys(wish).length === 0 && (
        <Note kind="good">
          {change.data.index === null ? (
            "That is how it was."
          ) : (
            <>
              Changed, as record <Link href={`/log/${change.data.index}`}>{change.data.index}</Link>.
            </>
          )}
        </Note>
      )}
      {mayChange && (
        <p className="actions">
          <Button
            kind="primary"
            type="submit"
            busy={change.isPending}
            disabled={isWrong || Object.keys(wish).length === 0}
          >
            Save
          </Button>
          {Object.keys(wish).length > 0 && <Button onClick={() => setTyped({})}>Put back</Button>}
        </p>
      )}
    </form>
  );
}

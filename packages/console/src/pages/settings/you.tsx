// SPDX-License-Identifier: Apache-2.0
// One's own: who one is here, password, second factor, sessions.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { del, post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { TextField } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";

type Session = { name: string; factor: boolean; method: string; endsAt: string };

/** Who has signed in, and what they decide for themselves. */
export function You(): ReactElement {
  const caller = useCaller();
  const isPerson = caller.via === "session";
  const { data, error } = useGet<Session>(isPerson ? "/v1/session" : undefined);
  return (
    <>
      <Card title="You" actions={<Button onClick={() => void caller.leave()}>Sign out</Button>}>
        <Figures
          figures={[
            { label: "Name", value: caller.name ?? "an API key" },
            { label: "In records", value: <code>{caller.id}</code> },
            { label: "Roles", value: caller.roles.join(", ") || "none" },
            ...(data === undefined ? [] : [{ label: "This session ends", value: <Time at={data.endsAt} /> }]),
          ]}
        />
        {error !== null && <ErrorNote error={error} />}
        {!isPerson && (
          <p className="quiet">
            This tab goes by an API key until it is closed. People with a password of their own sign in with
            it, and set up a second factor.
          </p>
        )}
      </Card>
      {data !== undefined && data.method !== "oidc" && <Password />}
      {data !== undefined && data.method !== "oidc" && <Factor has={data.factor} />}
      {isPerson && <Elsewhere />}
    </>
  );
}

function Password(): ReactElement {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const change = useAct(() => post("/v1/session/password", { password: old, newPassword: next }));
  const send = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(undefined, {
      onSuccess: () => {
        setOld("");
        setNext("");
      },
    });
  };
  return (
    <Card title="Password">
      <form className="settings-form" onSubmit={send}>
        <TextField
          label="The password that you have"
          type="password"
          autoComplete="current-password"
          value={old}
          onChange={setOld}
          required
        />
        <TextField
          label="A new one"
          type="password"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          required
        />
        {change.error !== null && <ErrorNote error={change.error} />}
        {change.isSuccess && (
          <Note kind="good">Your password is changed; your other sessions have ended.</Note>
        )}
        <Button kind="primary" type="submit" busy={change.isPending} disabled={old === "" || next === ""}>
          Change it
        </Button>
      </form>
    </Card>
  );
}

type Offer = { uri: string; secret: string };

function Factor({ has }: { readonly has: boolean }): ReactElement {
  const [code, setCode] = useState("");
  const offer = useAct(() => post<Offer>("/v1/session/factor", has ? { code } : {}), { refresh: [] });
  const confirm = useAct(
    (typed: string) => post<{ recoveryCodes: string[] }>("/v1/session/factor/confirm", { code: typed }),
    { refresh: ["/v1/session"] },
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (offer.data === undefined) offer.mutate(undefined, { onSuccess: () => setCode("") });
    else confirm.mutate(code);
  };
  const failed = offer.error ?? confirm.error;
  return (
    <Card title="Second factor">
      <p>{has ? <Badge kind="good">set up</Badge> : <Badge>not set up</Badge>}</p>
      {confirm.data !== undefined ? (
        <Note kind="good" title="Set up. Keep these recovery codes where your device is not:">
          <p>Each works once; they are not shown again.</p>
          <pre tabIndex={0} role="region" aria-label="Recovery codes">
            {confirm.data.recoveryCodes.join("\n")}
          </pre>
        </Note>
      ) : (
        <form className="settings-form" onSubmit={send}>
          {offer.data !== undefined && (
            <p>
              Add this to your authenticator app:{" "}
              <a href={offer.data.uri}>open it on the device that has it</a>, or type in{" "}
              <code className="settings-secret">{offer.data.secret}</code>
            </p>
          )}
          {(has || offer.data !== undefined) && (
            <TextField
              label={
                offer.data === undefined ? "The code that your app shows now" : "The code that it shows now"
              }
              value={code}
              onChange={setCode}
              autoComplete="one-time-code"
              required
            />
          )}
          {failed !== null && <ErrorNote error={failed} />}
          <Button kind="primary" type="submit" busy={offer.isPending || confirm.isPending}>
            {offer.data !== undefined ? "Confirm" : has ? "Set up another" : "Set it up"}
          </Button>
        </form>
      )}
    </Card>
  );
}

function Elsewhere(): ReactElement {
  const caller = useCaller();
  const end = useAct(() => del("/v1/session?all=true"));
  return (
    <Card title="Other places">
      <p>Signs you out everywhere, here too.</p>
      {end.error !== null && <ErrorNote error={end.error} />}
      <Button
        kind="danger"
        busy={end.isPending}
        onClick={() =>
          end.mutate(undefined, { onSuccess: () => void caller.leave().catch(() => location.reload()) })
        }
      >
        Sign out everywhere
      </Button>
    </Card>
  );
}

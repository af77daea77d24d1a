// SPDX-License-Identifier: Apache-2.0
// A second factor, which whoever has power here sets up before anything else.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { useAct } from "../api/use-act.ts";
import { post } from "../api/request.ts";
import { Button } from "../parts/button.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { TextField } from "../parts/field.tsx";

type Offer = { uri: string; secret: string };
type Confirmed = { recoveryCodes: string[] };

/** Offers a second factor and confirms it. */
export function SetUpFactor({ onDone }: { readonly onDone: () => void }): ReactElement {
  const [code, setCode] = useState("");
  const offer = useAct(() => post<Offer>("/v1/session/factor"));
  const confirm = useAct((typed: string) => post<Confirmed>("/v1/session/factor/confirm", { code: typed }));
  const send = (event: FormEvent): void => {
    event.preventDefault();
    confirm.mutate(code);
  };
  return (
    <main className="gate">
      <h1>Set up a second factor</h1>
      <p>Your roles let you do what others rely on, so a password alone is not enough here.</p>
      {offer.error !== null && <ErrorNote error={offer.error} />}
      {offer.data === undefined && (
        <Button kind="primary" busy={offer.isPending} onClick={() => offer.mutate(undefined)}>
          Begin
        </Button>
      )}
      {offer.data !== undefined && confirm.data === undefined && (
        <form onSubmit={send}>
          <p>
            Add this to your authenticator app: open <a href={offer.data.uri}>the link</a> on the device that
            has it, or type the secret in.
          </p>
          <p>
            <code>{offer.data.secret}</code> <CopyButton text={offer.data.secret} />
          </p>
          <TextField
            label="The code that it shows now"
            value={code}
            onChange={setCode}
            autoComplete="one-time-code"
            required
          />
          {confirm.error !== null && <ErrorNote error={confirm.error} />}
          <Button kind="primary" type="submit" busy={confirm.isPending}>
            Confirm
          </Button>
        </form>
      )}
      {confirm.data !== undefined && (
        <>
          <p>
            Keep these recovery codes where your device is not. Each works once; they are not shown again.
          </p>
          <pre>{confirm.data.recoveryCodes.join("\n")}</pre>
          <CopyButton text={confirm.data.recoveryCodes.join("\n")} />
          <Button kind="primary" onClick={onDone}>
            I have kept them
          </Button>
        </>
      )}
    </main>
  );
}

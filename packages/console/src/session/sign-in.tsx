// SPDX-License-Identifier: Apache-2.0
// The way in: a person's name and password, or a token to choose one with; the organisation's sign-in; or an
// API key.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { ApiError, get, holdKey, post } from "../api/request.ts";
import { Button } from "../parts/button.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { TextField } from "../parts/field.tsx";
import { Mark } from "../parts/mark.tsx";
import { Note } from "../parts/note.tsx";
import { Tabs } from "../parts/tabs.tsx";

type Props = { readonly refused: boolean; readonly onIn: () => Promise<unknown> };

/** Shown to whoever has not signed in. */
export function SignIn({ refused, onIn }: Props): ReactElement {
  return (
    <main className="gate">
      <h1>
        <Mark /> Docket
      </h1>
      <p>Sign in to see what is decided here, and why.</p>
      {refused && <Note kind="bad" title="That API key is not known here, or was revoked." />}
      <Tabs
        label="How to sign in"
        tabs={[
          { id: "person", title: "Name and password", content: <ByPassword onIn={onIn} /> },
          { id: "first", title: "First time", content: <ByPassword first onIn={onIn} /> },
          { id: "key", title: "API key", content: <ByKey onIn={onIn} /> },
        ]}
      />
      <p className="gate-more">
        <a href="/v1/session/oidc">Sign in with your organisation</a>, if it is set up here. Without an
        account: <a href="/check">check a receipt</a>, <a href="/transparency">look at the log</a>.
      </p>
    </main>
  );
}

type ByPasswordProps = Pick<Props, "onIn"> & {
  /** Whether a token is had, and a password is chosen with it. */
  readonly first?: boolean;
};

function ByPassword({ first = false, onIn }: ByPasswordProps): ReactElement {
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [wantsCode, setWantsCode] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const typed = code.replaceAll(" ", "");
      const second = /^\d{6}$/.test(typed) ? { code: typed } : typed === "" ? {} : { recoveryCode: typed };
      const proof = first ? { token: token.trim(), newPassword: password } : { password };
      await post("/v1/session", { name, ...proof, ...second });
      holdKey(undefined);
      await onIn();
    } catch (failed) {
      const said = failed as ApiError;
      if (said.code === "factor_needed") setWantsCode(true);
      if (said.code !== "factor_needed" || wantsCode) setError(said);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void enter(event)}>
      <TextField label="Name" value={name} onChange={setName} autoComplete="username" required />
      {first && (
        <TextField
          label="Token that you were given"
          value={token}
          onChange={setToken}
          autoComplete="off"
          hint="dt_…: it works once. Lost or too old? Whoever gave it to you can make another."
          required
        />
      )}
      <TextField
        label={first ? "Password that you choose" : "Password"}
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete={first ? "new-password" : "current-password"}
        required
      />
      {wantsCode && (
        <TextField
          label="Code of your authenticator app, or a recovery code"
          value={code}
          onChange={setCode}
          autoComplete="one-time-code"
          autoFocus
        />
      )}
      {error !== undefined && <ErrorNote error={error} />}
      <Button kind="primary" type="submit" busy={busy}>
        {first ? "Choose it and sign in" : "Sign in"}
      </Button>
    </form>
  );
}

function ByKey({ onIn }: Pick<Props, "onIn">): ReactElement {
  const [key, setKey] = useState("");
  const [error, setError] = useState<ApiError>();
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    holdKey(key.trim());
    try {
      await get("/v1/caller");
      await onIn();
    } catch (failed) {
      holdKey(undefined);
      setError(failed as ApiError);
    }
  };
  return (
    <form onSubmit={(event) => void enter(event)}>
      <TextField
        label="API key"
        type="password"
        value={key}
        onChange={setKey}
        autoComplete="off"
        hint="docket serve prints one the first time. This tab forgets it when you close it."
        required
      />
      {error !== undefined && <ErrorNote error={error} />}
      <Button kind="primary" type="submit">
        Go on
      </Button>
    </form>
  );
}

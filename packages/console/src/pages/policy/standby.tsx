// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Changes, Proposal } from "./answers.ts";
import { shortId } from "./words.ts";

const hourMs = 3_600_000;
const times = [1, 4, 12, 24].map((hours) => ({
  value: String(hours * hourMs),
  title: hours === 1 ? "1 hour" : `${hours} hours`,
}));

type Props = {
  readonly changes: Changes;
  /** Approved releases that stand by. */
  readonly ready: readonly Proposal[];
};

/** The stricter release that was approved beforehand, as a switch. */
export function StandbyCard({ changes, ready }: Props): ReactElement {
  const caller = useCaller();
  return (
    <Card title="Stricter release, ready">
      <p className="quiet">
        Approved beforehand, so that one person can switch to it in an attack, whatever is in force then. It
        goes back by itself.
      </p>
      {ready.length === 0 ? (
        <p>
          None stands by.{" "}
          {caller.may("proposePolicy") && (
            <>
              <Link href="/policy/edit">Write one</Link>, and propose it to stand by.
            </>
          )}
        </p>
      ) : (
        <ul className="policy-switches">
          {ready.map((proposal) => (
            <li key={proposal.index}>
              <StandbySwitch proposal={proposal} changes={changes} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function StandbySwitch({
  proposal: { index, candidate, at, by },
  changes,
}: {
  readonly proposal: Proposal;
  readonly changes: Changes;
}): ReactElement {
  const caller = useCaller();
  const [asks, setAsks] = useState<"on" | "off">();
  const isOn = changes.release === candidate;
  const refresh = { refresh: ["/v1/policy"] };
  const on = useAct((forMs: number) => post("/v1/policy/publications", { of: index, forMs }), refresh);
  const off = useAct((why: string) => post("/v1/policy/rollbacks", { why }), refresh);
  const close = (): void => {
    setAsks(undefined);
    on.reset();
    off.reset();
  };
  return (
    <>
      <button
        type="button"
        role="switch"
        aria-checked={isOn}
        aria-label={`Stricter release ${shortId(candidate ?? "")}`}
        className="policy-switch"
        disabled={!caller.may("publishPolicy")}
        onClick={() => setAsks(isOn ? "off" : "on")}
      >
        <span aria-hidden="true" />
      </button>
      <span>
        <Link href={`/policy/changes/${index}`}>Release {shortId(candidate ?? "")}</Link>{" "}
        <span className="quiet">
          proposed by {by} <Time at={at} />
        </span>
        {isOn && changes.revertsAt !== null && (
          <>
            {" "}
            · on, goes back <Time at={changes.revertsAt} />
          </>
        )}
      </span>
      <SwitchOn
        name={shortId(candidate ?? "")}
        open={asks === "on"}
        onClose={close}
        busy={on.isPending}
        error={on.error}
        onTime={(forMs) => on.mutate(forMs, { onSuccess: close })}
      />
      <ReasonDialog
        title="Switch back"
        open={asks === "off"}
        onClose={close}
        does="Switch back"
        busy={off.isPending}
        error={off.error}
        onReason={(why) => off.mutate(why, { onSuccess: close })}
      />
    </>
  );
}

type SwitchOnProps = {
  readonly name: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onTime: (forMs: number) => void;
};

function SwitchOn({ name, open, onClose, busy, error, onTime }: SwitchOnProps): ReactElement {
  const [time, setTime] = useState(times[1]?.value ?? "");
  const send = (event: FormEvent): void => {
    event.preventDefault();
    onTime(Number(time));
  };
  return (
    <Dialog title={`Switch to release ${name}`} open={open} onClose={onClose}>
      <form onSubmit={send}>
        <p className="policy-said">
          Events are decided by it from now on. That you did it, and for how long, is a record.
        </p>
        <Select label="For how long" value={time} onChange={setTime} options={times} />
        {error !== null && <ErrorNote error={error} />}
        <div className="actions">
          <Button kind="primary" type="submit" busy={busy}>
            Switch to it
          </Button>
          <Button onClick={onClose}>Leave it</Button>
        </div>
      </form>
    </Dialog>
  );
}

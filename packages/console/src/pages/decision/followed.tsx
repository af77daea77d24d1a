// SPDX-License-Identifier: Apache-2.0
// What came of a decision: restrictions, records that name it, and disputes.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { TextField } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { CasePage, ChainEntry } from "./answers.ts";
import { chainLink, chainWords } from "./chain-words.ts";

/** Longest objection, in characters. */
const objectionLengthMax = 10_000;

/** Restrictions that followed, whether they are in force, and every record that came after. */
export function FollowedCard({ page }: { readonly page: CasePage }): ReactElement {
  const { record, standing, explanation, chain, blind } = page;
  const inForce = new Set(standing?.restrictions.map(({ id }) => id));
  const wordsOf = new Map(explanation?.restrictions.map(({ id, words }) => [id, words]));
  return (
    <Card title="What followed">
      {record.restrictions.length === 0 ? (
        <p className="quiet">No restriction followed for the actor.</p>
      ) : (
        <ul className="decision-restrictions">
          {record.restrictions.map(({ id, kind }) => (
            <li key={id}>
              {wordsOf.get(id) ?? kind}{" "}
              {standing !== null &&
                (inForce.has(id) ? <Badge kind="bad">in force</Badge> : <Badge>over</Badge>)}
            </li>
          ))}
        </ul>
      )}
      {blind && (
        <Note kind="open" title="What others found is left out.">
          Your own review of it is a blind one: look again after it.
        </Note>
      )}
      {chain.length > 0 && (
        <ol className="decision-chain">
          {chain.map((entry) => (
            <li key={entry.index}>
              <Link href={chainLink(entry)}>{chainWords(entry)}</Link>
              <div className="quiet">
                <Time at={entry.at} /> by <code>{entry.by}</code>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** The disputes of a decision, and a way to object for the user. */
export function DisputesCard(props: {
  readonly index: number;
  readonly chain: readonly ChainEntry[];
  readonly blind: boolean;
  /** The app's id of the account, once the evidence is open. */
  readonly account: string | undefined;
}): ReactElement {
  const { index, chain, blind, account } = props;
  const mayObject = useCaller().may("dispute");
  const disputes = chain.filter(({ kind }) => kind === "dispute");
  const rulings = new Map(
    chain.filter(({ kind }) => kind === "ruling").map((entry) => [entry["of"], String(entry["ruling"])]),
  );
  return (
    <Card title="Disputes">
      {disputes.length === 0 ? (
        <p className="quiet">
          {blind ? "They are shown once you have reviewed it." : "Nobody objected to it."}
          {" The affected user objects with the link in their notice."}
        </p>
      ) : (
        <ul>
          {disputes.map(({ index: dispute, at }) => (
            <li key={dispute}>
              <Link href={`/disputes/${dispute}`}>Dispute {dispute}</Link>{" "}
              <Phase ruling={rulings.get(dispute)} />{" "}
              <span className="quiet">
                <Time at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {mayObject && disputes.length === 0 && <Object index={index} account={account} />}
    </Card>
  );
}

function Phase({ ruling }: { readonly ruling: string | undefined }): ReactElement {
  return <Badge kind={ruling === undefined ? "open" : "plain"}>{ruling ?? "open"}</Badge>;
}

function Object({
  index,
  account,
}: {
  readonly index: number;
  readonly account: string | undefined;
}): ReactElement {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const act = useAct(
    (said: string) =>
      post<{ dispute: number }>(`/v1/actors/${encodeURIComponent(account ?? "")}/disputes`, {
        index,
        text: said,
      }),
    { refresh: [`/v1/queue/${index}`, "/v1/disputes"] },
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    act.mutate(text.trim(), { onSuccess: () => setOpen(false) });
  };
  if (account === undefined) {
    return <p className="quiet">To object for them, open the evidence first: it says whose account it is.</p>;
  }
  return (
    <>
      <p className="actions">
        <Button onClick={() => setOpen(true)}>Object for the user</Button>
      </p>
      <Dialog title="Object for the user" open={open} onClose={() => setOpen(false)}>
        <form onSubmit={send}>
          <p>What the user says is sealed with their key; they see the dispute as their own.</p>
          <TextField
            label="What the user says"
            value={text}
            onChange={setText}
            lines={5}
            maxLength={objectionLengthMax}
            required
          />
          {act.error !== null && <ErrorNote error={act.error} />}
          <div className="actions">
            <Button kind="primary" type="submit" busy={act.isPending} disabled={text.trim() === ""}>
              Open the dispute
            </Button>
            <Button onClick={() => setOpen(false)}>Leave it</Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

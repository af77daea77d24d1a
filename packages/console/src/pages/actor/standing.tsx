// SPDX-License-Identifier: Apache-2.0
// How an account stands: restrictions, strikes, links, campaigns.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import { Time } from "../../parts/time.tsx";
import type { RestrictionInForce, Standing } from "../decision/answers.ts";
import type { ActorFigures } from "./answers.ts";

/** Strikes and restrictions; `onEnd` is given the id of a restriction that is to end. */
export function StandingCard({
  standing,
  onEnd,
}: {
  readonly standing: Standing;
  readonly onEnd: ((id: string) => void) | undefined;
}): ReactElement {
  const { restrictions, strikes } = standing;
  return (
    <Card title="Standing">
      <h3>Restrictions in force</h3>
      {restrictions.length === 0 ? (
        <p className="quiet">None.</p>
      ) : (
        <ul className="actor-restrictions">
          {restrictions.map((each) => (
            <li key={each.id}>
              <Restriction restriction={each} />
              {onEnd !== undefined && each.on === undefined && (
                <Button onClick={() => onEnd(each.id)} aria-label={`End it: ${each.kind}`}>
                  End it
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <h3 className="actor-next">Strikes</h3>
      {strikes.length === 0 ? (
        <p className="quiet">None.</p>
      ) : (
        <DataTable
          caption="Strikes"
          rows={strikes}
          rowKey={({ policy, rule, at }) => `${policy}/${rule} ${at}`}
          columns={[
            {
              title: "Rule",
              cell: ({ policy, rule }) => (
                <code>
                  {policy}/{rule}
                </code>
              ),
            },
            { title: "Strikes", numeric: true, cell: ({ count }) => count },
            { title: "When", cell: ({ at }) => <Time at={at} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Restriction({ restriction }: { readonly restriction: RestrictionInForce }): ReactElement {
  const { kind, imposed, on } = restriction;
  return (
    <div>
      <Badge kind="bad">{kind}</Badge> {"rate" in restriction && <>to {restriction.rate} </>}
      {"ability" in restriction && <>of {restriction.ability} </>}
      {"until" in restriction ? (
        <>
          ends <Time at={restriction.until} />
        </>
      ) : (
        "without end"
      )}
      <div className="quiet">
        {imposed === undefined ? (
          "where it comes from is not known"
        ) : (
          <>
            by{" "}
            <Link
              href={imposed.kind === "decision" ? `/decisions/${imposed.index}` : `/log/${imposed.index}`}
            >
              {imposed.kind} {imposed.index}
            </Link>
            {imposed.reason !== undefined && <> ({imposed.reason})</>}, <Time at={imposed.at} />
          </>
        )}
        {on !== undefined && <>, on its {on.kind}</>}
      </div>
    </div>
  );
}

const relations = [
  { value: "samePerson", title: "They are the same person" },
  { value: "sameDevice", title: "They use the same device" },
] as const;

type LinksProps = {
  readonly actor: string;
  readonly standing: Standing;
  readonly mayLink: boolean;
  readonly onDone: () => void;
};

/** Accounts that are one with this, and a way to say so. */
export function LinksCard({ actor, standing, mayLink, onDone }: LinksProps): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <Card
      title="Linked accounts"
      actions={mayLink && <Button onClick={() => setOpen(true)}>Link an account</Button>}
    >
      {standing.links.length === 0 ? (
        <p className="quiet">None: no one has said that it belongs together with another.</p>
      ) : (
        <ul>
          {standing.links.map(({ actor: other, relation, reason, index, at }) => (
            <li key={other}>
              <Link href={`/actors/${other}`}>
                <code>{other}</code>
              </Link>{" "}
              <span className="quiet">
                {relation} ({reason}), by <Link href={`/log/${index}`}>record {index}</Link>, <Time at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <Dialog title="Link an account" open={open} onClose={() => setOpen(false)}>
        <LinkForm
          actor={actor}
          onDone={() => {
            setOpen(false);
            onDone();
          }}
        />
      </Dialog>
    </Card>
  );
}

function LinkForm({ actor, onDone }: { readonly actor: string; readonly onDone: () => void }): ReactElement {
  const [other, setOther] = useState("");
  const [relation, setRelation] = useState<string>(relations[0].value);
  const [records, setRecords] = useState("");
  const act = useAct(() => {
    const id = other.trim();
    const isPseudonym = /^a_[A-Za-z0-9_-]{22}$/.test(id);
    const named = isPseudonym ? { kind: "actor", actor: id } : { kind: "actor", id };
    const of = Array.from(records.matchAll(/\d+/g), ([index]) => Number(index));
    return post("/v1/links", { actors: [{ kind: "actor", actor }, named], relation, of, reason: "linked" });
  });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    act.mutate(undefined, { onSuccess: onDone });
  };
  return (
    <form onSubmit={send}>
      <p className="actor-about">Strikes and restrictions of either count for both from then on.</p>
      <TextField
        label="The other account's id, or its pseudonym"
        value={other}
        onChange={setOther}
        required
      />
      <Select label="How they are one" value={relation} onChange={setRelation} options={relations} />
      <TextField
        label="Records that show it"
        hint="Their numbers, with commas between them. May be left empty."
        value={records}
        onChange={setRecords}
      />
      {act.error !== null && <ErrorNote error={act.error} />}
      <Button kind="primary" type="submit" busy={act.isPending} disabled={other.trim() === ""}>
        Link them
      </Button>
    </form>
  );
}

/** Campaigns that it had a part in, and the rules that caught it. */
export function CampaignsCard({ figures }: { readonly figures: ActorFigures }): ReactElement {
  const { campaigns, rules } = figures;
  return (
    <Card title="Campaigns and rules">
      {campaigns.length === 0 ? (
        <p className="quiet">No part in a campaign of several accounts.</p>
      ) : (
        <ul>
          {campaigns.map(({ campaign, own, decisions, actors }) => (
            <li key={campaign}>
              <Link href={`/campaigns/${encodeURIComponent(campaign)}`}>
                <code>{campaign.slice(0, 12)}</code>
              </Link>{" "}
              {own} of {decisions} decisions, with {actors - 1} other accounts
            </li>
          ))}
        </ul>
      )}
      {rules.length > 0 && (
        <>
          <h3 className="actor-next">Rules that fired</h3>
          <ul>
            {rules.slice(0, rulesShown).map(({ rule, count }) => (
              <li key={rule}>
                <code>{rule}</code> {count === 1 ? "once" : `${count} times`}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

/** Most rules that are named. */
const rulesShown = 8;

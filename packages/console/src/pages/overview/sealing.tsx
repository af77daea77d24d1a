// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import type { BadgeKind } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import type { Health } from "./answers.ts";
import { countText } from "./change-text.ts";

/** How sealing fares: how far the log is, and who else has seen it. */
export function Sealing({ health }: { readonly health: Health }): ReactElement {
  const { log, status, warnings, witnesses, anchors, clock, checkpoint } = health;
  const stages = stagesOf(health);
  const kind: BadgeKind = status === "ok" ? "good" : "bad";
  return (
    <Card title="Sealing" actions={<Badge kind={kind}>{status === "ok" ? "all is sealed" : status}</Badge>}>
      {warnings.map((warning) => (
        <Note key={warning} kind="bad">
          {warning}
        </Note>
      ))}
      <ol className="overview-stages">
        {stages.map(([name, size, hint]) => (
          <li key={name} title={hint}>
            <span>{name}</span>
            <strong>{countText(size)}</strong>
            <Behind by={log.size - size} />
          </li>
        ))}
      </ol>
      <dl className="overview-facts">
        <Fact name="Checkpoint">
          {checkpoint === null ? (
            "none yet"
          ) : (
            <>
              published <Time at={checkpoint.publishedAt} />
            </>
          )}
        </Fact>
        <Fact name="Witnesses">
          {witnesses === null
            ? "none are asked"
            : witnesses.witnesses.map((each) => (
                <One
                  key={each.name}
                  name={each.name}
                  well={each.state === "cosigned"}
                  said={each.fault ?? each.state}
                />
              ))}
        </Fact>
        <Fact name="Outside clocks">
          {anchors.length === 0
            ? "none are asked"
            : anchors.map(({ name, fault, lastAt }) => (
                <One
                  key={name}
                  name={name}
                  well={fault === null && lastAt !== null}
                  said={fault ?? (lastAt === null ? "no stamp yet" : "stamped")}
                  at={fault === null ? lastAt : null}
                />
              ))}
        </Fact>
        <Fact name="Own clock">{clockText(clock)}</Fact>
        <Fact name="Last batch">{log.lastBatchMs < 1 ? "under 1" : Math.round(log.lastBatchMs)} ms</Fact>
      </dl>
      <p className="overview-more">
        <Link href="/log">See the log</Link>
      </p>
    </Card>
  );
}

function stagesOf({ log, witnesses }: Health): [name: string, size: number, hint: string][] {
  const stages: [string, number, string][] = [
    ["Answered", log.size, "records whose callers have their answer"],
    ["Durable", log.durableSize, "records that survive power loss"],
    ["Integrated", log.integratedSize, "records under the tree's signed root"],
    ["Published", log.publishedSize, "records under the checkpoint that others fetch"],
  ];
  if (witnesses === null) return stages;
  return [...stages, ["Cosigned", witnesses.cosignedSize, "records that enough witnesses have seen"]];
}

function Behind({ by }: { readonly by: number }): ReactElement | null {
  if (by <= 0) return null;
  return <span className="overview-behind">{countText(by)} behind</span>;
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type OneProps = {
  readonly name: string;
  readonly well: boolean;
  readonly said: string;
  readonly at?: string | null;
};

function One({ name, well, said, at = null }: OneProps): ReactElement {
  return (
    <span className="overview-one">
      {name} <Badge kind={well ? "good" : "open"}>{said}</Badge> {at !== null && <Time at={at} />}
    </span>
  );
}

function clockText(clock: Health["clock"]): string {
  if (clock === null || clock.state === "unwatched")
    return "not compared with others: times have no known error";
  if (clock.state === "unchecked") return "being compared with its sources";
  const within = clock.uncertaintyMs === null ? "error unknown" : `right within ${clock.uncertaintyMs} ms`;
  const said = clock.stopped ? "not in order, sealing waits" : within;
  return `${said}; ${clock.agreeing} of ${clock.asked} sources agree`;
}

// SPDX-License-Identifier: Apache-2.0
// Checkpoints that are kept for good, and the witnesses that cosign them.
import type { ReactElement } from "react";
import { Badge } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { grouped } from "./answers.ts";
import type { CheckpointAnswer, LogAnswer, WitnessAnswer } from "./answers.ts";

/** The newest checkpoints. */
export function Checkpoints({ log }: { readonly log: LogAnswer }): ReactElement {
  const { published, cosigned, kept, origin } = log;
  const named = [
    ...(published === null ? [] : [{ ...published, what: "published" }]),
    ...(cosigned === null ? [] : [{ ...cosigned, what: "cosigned" }]),
    ...kept.map((each) => ({ ...each, what: "kept for good" })),
  ];
  if (named.length === 0) return <Empty title="Nothing is published yet." />;
  return (
    <>
      <p className="log-lead">
        A checkpoint is the signed size and root of the log. Whoever keeps one elsewhere can prove that what
        it covers was changed. One a minute is kept for good while records come.
      </p>
      <DataTable
        caption="Checkpoints, the newest first"
        rows={named}
        rowKey={({ what, size }) => `${what} ${size}`}
        columns={[
          {
            title: "Records",
            numeric: true,
            cell: ({ size }) => (
              <a href={`/checkpoints/${size}`} download={`checkpoint-${size}`}>
                {grouped(size)}
              </a>
            ),
          },
          { title: "State", cell: ({ what }) => <Badge>{what}</Badge> },
          { title: "Root", cell: Root },
          {
            title: "Signed by",
            cell: ({ signers }) => signers.map((name) => (name === origin ? "the log" : name)).join(", "),
          },
        ]}
      />
    </>
  );
}

function Root({ root }: CheckpointAnswer): ReactElement {
  return (
    <span className="log-root">
      <code>{root.slice(0, 16)}…</code>
      <CopyButton text={root} />
    </span>
  );
}

const states: Readonly<Record<string, { kind: "good" | "bad" | "open" | "plain"; title: string }>> = {
  cosigned: { kind: "good", title: "cosigned" },
  unasked: { kind: "plain", title: "not asked yet" },
  ahead: { kind: "bad", title: "has seen more of this log" },
  conflict: { kind: "bad", title: "has seen another log" },
  refused: { kind: "open", title: "refuses" },
  invalid: { kind: "open", title: "answers nonsense" },
  unreachable: { kind: "open", title: "does not answer" },
  unproved: { kind: "open", title: "wants a proof that is not there" },
};

/** The witnesses, and how they fare. */
export function Witnesses({ log }: { readonly log: LogAnswer }): ReactElement {
  if (log.witnesses.length === 0) {
    return (
      <Empty title="This log has no witnesses.">
        A witness is somebody else who cosigns checkpoints and remembers them: with one, nobody can show two
        people two different logs. <code>witnesses.policy</code> in the data directory names them; see{" "}
        <code>docs/operations/log-witnesses.md</code>.
      </Empty>
    );
  }
  return (
    <DataTable<WitnessAnswer>
      caption="Witnesses"
      rows={log.witnesses}
      rowKey={({ name }) => name}
      columns={[
        { title: "Witness", cell: ({ name }) => name },
        {
          title: "State",
          cell: ({ state }) => {
            const { kind, title } = states[state] ?? { kind: "plain", title: state };
            return <Badge kind={kind}>{title}</Badge>;
          },
        },
        { title: "Cosigned up to", numeric: true, cell: ({ cosignedSize }) => grouped(cosignedSize) },
        { title: "Cosignatures", numeric: true, cell: ({ cosignatures }) => grouped(cosignatures) },
        { title: "Failures", numeric: true, cell: ({ failures }) => grouped(failures) },
        { title: "What is wrong", cell: ({ fault }) => fault ?? "" },
        { title: "Where", cell: ({ url }) => <code>{url}</code> },
      ]}
    />
  );
}

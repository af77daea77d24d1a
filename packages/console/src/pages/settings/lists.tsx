// SPDX-License-Identifier: Apache-2.0
// The lists that policies ask, and the models that score texts.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";

type List = { name: string; kind: string; size: number; fromFile: boolean };
type Model = {
  name: string;
  file: string | null;
  kind: string;
  sha256?: string;
  examples: { spam: number; ham: number };
};

/** Lists and models in force. */
export function ListsAndModels(): ReactElement {
  const lists = useGet<{ lists: List[] }>("/v1/lists");
  const models = useGet<{ models: Model[] }>("/v1/models");
  return (
    <>
      <Card title="Lists">
        {lists.error !== null && <ErrorNote error={lists.error} />}
        {lists.data === undefined && lists.error === null && <Loading />}
        {lists.data?.lists.length === 0 && (
          <Empty title="No policy asks a list.">
            Declare one in a <Link href="/policy">policy</Link>: docs/operations/lists.md.
          </Empty>
        )}
        {lists.data !== undefined && lists.data.lists.length > 0 && (
          <DataTable
            caption="Lists"
            columns={[
              { title: "List", cell: ({ name }) => <strong>{name}</strong> },
              { title: "Of", cell: ({ kind }) => kind },
              { title: "Entries", cell: ({ size }) => size.toLocaleString("en"), numeric: true },
              { title: "From", cell: ({ fromFile }) => (fromFile ? "a file, and people" : "people") },
              {
                title: "Hits",
                cell: ({ name }) => (
                  <Link href={`/decisions?list=${encodeURIComponent(name)}`}>Decisions</Link>
                ),
              },
            ]}
            rows={lists.data.lists}
            rowKey={({ name }) => name}
          />
        )}
        <p className="quiet">
          Entries are added from a case or a decision, or with <code>docket list add</code>; above level solo
          a change waits under <Link href="/approvals">Approvals</Link>.
        </p>
      </Card>
      <Card title="Models">
        {models.error !== null && <ErrorNote error={models.error} />}
        {models.data === undefined && models.error === null && <Loading />}
        {models.data?.models.length === 0 && (
          <Empty title="No policy asks a model.">docs/operations/models.md says how one is trained.</Empty>
        )}
        {models.data !== undefined && models.data.models.length > 0 && (
          <DataTable
            caption="Models"
            columns={[
              { title: "Model", cell: ({ name }) => <strong>{name}</strong> },
              { title: "Kind", cell: ({ kind }) => kind },
              { title: "File", cell: ({ file }) => file ?? "the general one" },
              {
                title: "Trained on spam",
                cell: ({ examples }) => examples.spam.toLocaleString("en"),
                numeric: true,
              },
              {
                title: "and on ham",
                cell: ({ examples }) => examples.ham.toLocaleString("en"),
                numeric: true,
              },
            ]}
            rows={models.data.models}
            rowKey={({ name }) => name}
          />
        )}
      </Card>
    </>
  );
}

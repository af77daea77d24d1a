// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { useCaller } from "../../session/session.tsx";
import type { KeptRelease } from "./answers.ts";
import type { Checked } from "./check.ts";
import { PolicyFrame } from "./frame.tsx";
import { useCheck } from "./use-check.ts";

type ListView = { readonly name: string; readonly kind: string; readonly size: number };
type ModelView = {
  readonly name: string;
  readonly kind: string;
  readonly file: string | null;
  readonly sha256: string;
  readonly examples: { readonly spam: number; readonly ham: number };
};

/** The lists and models of the release in force, and which rules read them. */
export function UsesPage(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<KeptRelease>("/v1/policy/releases/in-force");
  const lists = useGet<{ lists: readonly ListView[] }>(caller.may("readLists") ? "/v1/lists" : undefined);
  const models = useGet<{ models: readonly ModelView[] }>("/v1/models");
  const { checked } = useCheck(data?.files);
  const failed = error ?? models.error;
  return (
    <PolicyFrame
      title="Lists and models in use"
      lead="What the rules in force ask besides the event itself. A change of a list is a release of its own."
    >
      {failed !== null && <ErrorNote error={failed} />}
      {checked === undefined && failed === null && <Loading />}
      {checked !== undefined && (
        <>
          <Card title="Lists" actions={<Link href="/settings/lists">Change entries</Link>}>
            <Lists checked={checked} views={lists.data?.lists ?? []} />
          </Card>
          <Card title="Models">
            <Models checked={checked} views={models.data?.models ?? []} />
          </Card>
        </>
      )}
    </PolicyFrame>
  );
}

type Of<View> = { readonly checked: Checked; readonly views: readonly View[] };

function Lists({ checked: { lists, readers }, views }: Of<ListView>): ReactElement {
  if (lists.length === 0) return <p className="quiet">No policy declares a list.</p>;
  const sizes = new Map(views.map(({ name, size }) => [name, size]));
  return (
    <DataTable
      caption="Lists of the policies in force"
      rows={lists}
      rowKey={({ name }) => name}
      columns={[
        { title: "List", cell: ({ name }) => <code>{name}</code> },
        { title: "Of", cell: ({ kind }) => kind },
        { title: "Entries", numeric: true, cell: ({ name }) => sizes.get(name)?.toLocaleString("en") ?? "–" },
        { title: "From a file", cell: ({ file }) => (file === null ? "–" : <code>{file}</code>) },
        { title: "Read by", cell: ({ name }) => readers[`lists.${name}`]?.join(", ") ?? "–" },
      ]}
    />
  );
}

function Models({ checked: { models, readers }, views }: Of<ModelView>): ReactElement {
  if (models.length === 0) return <p className="quiet">No policy reads a model.</p>;
  const kept = new Map(views.map((view) => [view.name, view]));
  return (
    <DataTable
      caption="Models of the policies in force"
      rows={models}
      rowKey={({ name }) => name}
      columns={[
        { title: "Model", cell: ({ name }) => <code>{name}</code> },
        { title: "Of", cell: ({ kind }) => kind },
        { title: "From", cell: ({ file }) => file ?? "the general model" },
        {
          title: "Learned from",
          cell: ({ name }) => {
            const examples = kept.get(name)?.examples;
            if (examples === undefined) return "–";
            return `${examples.spam.toLocaleString("en")} spam, ${examples.ham.toLocaleString("en")} not`;
          },
        },
        { title: "Bytes", cell: ({ name }) => <code>{kept.get(name)?.sha256.slice(0, 10) ?? "–"}</code> },
        { title: "Read by", cell: ({ name }) => readers[`models.${name}`]?.join(", ") ?? "–" },
      ]}
    />
  );
}

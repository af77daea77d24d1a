// SPDX-License-Identifier: Apache-2.0
// Campaigns: near copies, or texts that lead to one place, by several accounts.
import type { ReactElement } from "react";
import { Link, useSearchParams } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { OutcomeMix } from "../../parts/outcome-mix.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { shortName } from "../../parts/sharing-layout.ts";
import { Time } from "../../parts/time.tsx";
import type { CampaignsPage, ListedCampaign } from "./answers.ts";
import { campaignsPath, countsOf, timesOf } from "./query.ts";
import "./campaigns.css";

/** Campaigns of a time. */
export function Page(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const { data, error, isFetching } = useGet<CampaignsPage>(campaignsPath(search), { keep: true });
  const put = (name: string, value: string): void => {
    setSearch(
      (was) => {
        const next = new URLSearchParams(was);
        next.set(name, value);
        return next;
      },
      { replace: true },
    );
  };
  useShortcuts(
    timesOf.map(({ value, title }, at) => ({
      key: String(at + 1),
      does: title,
      run: () => put("time", value),
    })),
  );
  return (
    <PageFrame
      title="Campaigns"
      lead="Near copies, or texts that lead to one place, by several accounts, and what was decided of them."
    >
      <form className="campaigns-filter" onSubmit={(event) => event.preventDefault()}>
        <Select
          label="Time, before the last decision"
          value={search.get("time") ?? "week"}
          onChange={(value) => put("time", value)}
          options={timesOf}
        />
        <Select
          label="By at least"
          value={search.get("actors") ?? "2"}
          onChange={(value) => put("actors", value)}
          options={countsOf}
        />
      </form>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Listed page={data} />}
      <More
        shown={data?.more === true && search.get("limit") !== "500"}
        busy={isFetching}
        onMore={() => put("limit", "500")}
      />
    </PageFrame>
  );
}

function Listed({ page: { campaigns } }: { readonly page: CampaignsPage }): ReactElement {
  if (campaigns.length === 0) {
    return (
      <Empty title="No campaigns in this time.">
        A policy that reads <code>campaign.id</code> or near-copy counters puts alike texts together. Look at
        a longer time, or <Link href="/policy">see what the policy reads</Link>.
      </Empty>
    );
  }
  return (
    <section className="card">
      <DataTable
        caption="Campaigns"
        rows={campaigns}
        rowKey={({ campaign }: ListedCampaign) => campaign}
        columns={[
          {
            title: "Campaign",
            cell: ({ campaign }) => (
              <Link className="campaigns-id" href={`/campaigns/${encodeURIComponent(campaign)}`}>
                {shortName(campaign)}
              </Link>
            ),
          },
          { title: "Decisions", numeric: true, cell: ({ decisions }) => decisions },
          { title: "Accounts", numeric: true, cell: ({ actors }) => actors },
          { title: "Outcomes", cell: ({ outcomes }) => <OutcomeMix outcomes={outcomes} /> },
          { title: "First", cell: ({ from }) => <Time at={from} /> },
          { title: "Last", cell: ({ to }) => <Time at={to} /> },
        ]}
      />
    </section>
  );
}

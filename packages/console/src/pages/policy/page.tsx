// SPDX-License-Identifier: Apache-2.0
// The policy: what is in force, how it is changed, and what would come of a change.
import { lazy, Suspense } from "react";
import type { ReactElement } from "react";
import { Route, Switch } from "wouter";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { BacktestsPage } from "./backtests.tsx";
import { ChangePage } from "./change.tsx";
import { ExemptionsPage } from "./exemptions.tsx";
import { HeldPage } from "./held.tsx";
import { HistoryPage } from "./history.tsx";
import { InForcePage } from "./in-force.tsx";
import { UsesPage } from "./uses.tsx";
import "./policy.css";

// These bring the editor and the plots.
const EditPage = lazy(async () => ({ default: (await import("./edit.tsx")).EditPage }));
const BacktestPage = lazy(async () => ({ default: (await import("./backtest.tsx")).BacktestPage }));

/** All pages about the policy. */
export function Page(): ReactElement {
  return (
    <Suspense fallback={<Loading />}>
      <Switch>
        <Route path="/policy" component={InForcePage} />
        <Route path="/policy/edit" component={EditPage} />
        <Route path="/policy/history" component={HistoryPage} />
        <Route path="/policy/changes/:index">{({ index }) => <ChangePage index={index} />}</Route>
        <Route path="/policy/held" component={HeldPage} />
        <Route path="/policy/exemptions" component={ExemptionsPage} />
        <Route path="/policy/uses" component={UsesPage} />
        <Route path="/policy/backtests" component={BacktestsPage} />
        <Route path="/policy/backtests/:id">{({ id }) => <BacktestPage id={id} />}</Route>
        <Route>
          <Empty title="There is no such page about the policy." />
        </Route>
      </Switch>
    </Suspense>
  );
}

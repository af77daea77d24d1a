// SPDX-License-Identifier: Apache-2.0
// The pages of the console: where they are, what they are called, and who may see them. Each is loaded when
// somebody goes there.
import type { ComponentType } from "react";

/** A page's module. */
type PageModule = { readonly Page: ComponentType };

/** A page. */
export type Route = {
  /** Below /console, as wouter matches it. */
  readonly path: string;
  readonly title: string;
  /** An action of the table of roles that its visitor must be allowed; `undefined` for everybody. */
  readonly action: string | undefined;
  /** The group of the navigation that names it; pages without one are reached from others. */
  readonly group?: "Watch" | "Decide" | "Rule" | "Prove" | "Run";
  /** After g, the key that goes there. */
  readonly key?: string;
  readonly load: () => Promise<PageModule>;
};

/** All pages, in the order of the navigation. The first that matches an address is shown. */
export const routes: readonly Route[] = [
  {
    path: "/",
    title: "Overview",
    action: "readFacts",
    group: "Watch",
    key: "o",
    load: () => import("./pages/overview/page.tsx"),
  },
  {
    path: "/decisions",
    title: "Decisions",
    action: "readFacts",
    group: "Watch",
    key: "d",
    load: () => import("./pages/decisions/page.tsx"),
  },
  {
    path: "/decisions/:index",
    title: "Decision",
    action: "readFacts",
    load: () => import("./pages/decision/page.tsx"),
  },
  {
    path: "/actors",
    title: "Actors",
    action: "readPatterns",
    group: "Watch",
    key: "a",
    load: () => import("./pages/actors/page.tsx"),
  },
  {
    path: "/actors/:id",
    title: "Actor",
    action: "readPatterns",
    load: () => import("./pages/actor/page.tsx"),
  },
  {
    path: "/campaigns",
    title: "Campaigns",
    action: "readPatterns",
    group: "Watch",
    key: "c",
    load: () => import("./pages/campaigns/page.tsx"),
  },
  {
    path: "/campaigns/:id",
    title: "Campaign",
    action: "readPatterns",
    load: () => import("./pages/campaign/page.tsx"),
  },
  {
    path: "/findings",
    title: "Findings",
    action: "readPatterns",
    group: "Watch",
    key: "f",
    load: () => import("./pages/findings/page.tsx"),
  },
  {
    path: "/queue",
    title: "Queue",
    action: "readCases",
    group: "Decide",
    key: "q",
    load: () => import("./pages/queue/page.tsx"),
  },
  {
    path: "/queue/:index",
    title: "Case",
    action: "readCases",
    load: () => import("./pages/case/page.tsx"),
  },
  {
    path: "/reports",
    title: "Reports",
    action: "readCases",
    group: "Decide",
    key: "r",
    load: () => import("./pages/reports/page.tsx"),
  },
  {
    path: "/disputes",
    title: "Disputes",
    action: "readCases",
    group: "Decide",
    key: "i",
    load: () => import("./pages/disputes/page.tsx"),
  },
  {
    path: "/disputes/:index",
    title: "Dispute",
    action: "readCases",
    load: () => import("./pages/dispute/page.tsx"),
  },
  {
    path: "/corrections",
    title: "Corrections",
    action: "readCases",
    group: "Decide",
    load: () => import("./pages/corrections/page.tsx"),
  },
  {
    path: "/approvals",
    title: "Approvals",
    action: "readPolicy",
    group: "Decide",
    key: "p",
    load: () => import("./pages/approvals/page.tsx"),
  },
  {
    path: "/policy",
    title: "Policy",
    action: "readPolicy",
    group: "Rule",
    key: "l",
    load: () => import("./pages/policy/page.tsx"),
  },
  {
    path: "/policy/*",
    title: "Policy",
    action: "readPolicy",
    load: () => import("./pages/policy/page.tsx"),
  },
  {
    path: "/try",
    title: "Try it",
    action: "tryEvent",
    group: "Rule",
    key: "t",
    load: () => import("./pages/try/page.tsx"),
  },
  {
    path: "/log",
    title: "Log",
    action: "readFacts",
    group: "Prove",
    key: "g",
    load: () => import("./pages/log/page.tsx"),
  },
  {
    path: "/log/verify",
    title: "Verify the log",
    action: "readEntries",
    group: "Prove",
    key: "v",
    load: () => import("./pages/verify/page.tsx"),
  },
  {
    path: "/log/:index",
    title: "Record",
    action: "readFacts",
    load: () => import("./pages/record/page.tsx"),
  },
  {
    path: "/developer",
    title: "Developer",
    action: "readKeys",
    group: "Run",
    load: () => import("./pages/developer/page.tsx"),
  },
  {
    path: "/alerts",
    title: "Alerts",
    action: "readSettings",
    group: "Run",
    load: () => import("./pages/alerts/page.tsx"),
  },
  {
    path: "/settings",
    title: "Settings",
    action: undefined,
    group: "Run",
    key: "s",
    load: () => import("./pages/settings/page.tsx"),
  },
  {
    path: "/settings/*",
    title: "Settings",
    action: undefined,
    load: () => import("./pages/settings/page.tsx"),
  },
];

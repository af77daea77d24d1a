// SPDX-License-Identifier: Apache-2.0
// What the people who run a site decide besides its policy, and what each decides for themselves.
import type { ComponentType, ReactElement } from "react";
import { Link, useLocation } from "wouter";
import { Card } from "../../parts/card.tsx";
import { Empty } from "../../parts/empty.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { useCaller } from "../../session/session.tsx";
import { Keys } from "./keys.tsx";
import { ListsAndModels } from "./lists.tsx";
import { Numbers } from "./numbers.tsx";
import { People } from "./people.tsx";
import { Retention } from "./retention.tsx";
import { Sources } from "./sources.tsx";
import { Webhooks } from "./webhooks.tsx";
import { You } from "./you.tsx";
import "./settings.css";

type Section = {
  readonly path: string;
  readonly title: string;
  /** What its visitor must be allowed. */
  readonly action: string | undefined;
  readonly Shown: ComponentType;
};

const sections: readonly Section[] = [
  { path: "/settings", title: "You", action: undefined, Shown: You },
  { path: "/settings/site", title: "Site", action: "readSettings", Shown: SiteNumbers },
  { path: "/settings/people", title: "People", action: "readPeople", Shown: People },
  { path: "/settings/keys", title: "API keys", action: "readKeys", Shown: Keys },
  { path: "/settings/webhooks", title: "Webhooks", action: "manageWebhooks", Shown: Webhooks },
  { path: "/settings/lists", title: "Lists and models", action: "readPolicy", Shown: ListsAndModels },
  { path: "/settings/retention", title: "Retention and holds", action: "readErasures", Shown: Retention },
  { path: "/settings/sources", title: "Clocks and copies", action: "readAnchors", Shown: Sources },
];

/** The page of settings: one section at a time, each at an address of its own. */
export function Page(): ReactElement {
  const caller = useCaller();
  const [location] = useLocation();
  const shown = sections.filter(({ action }) => action === undefined || caller.may(action));
  const section = shown.find(({ path }) => path === location);
  return (
    <PageFrame
      title={
        section === undefined || section.path === "/settings" ? "Settings" : `Settings: ${section.title}`
      }
      lead="What the people who run this site decide besides its policy. Each change is a record of the log."
    >
      <nav className="settings-nav" aria-label="Settings">
        <ul>
          {shown.map(({ path, title }) => (
            <li key={path}>
              <Link href={path} aria-current={path === location ? "page" : undefined}>
                {title}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="settings-body">
        {section === undefined ? (
          <Empty title="There are no such settings, or not for you." />
        ) : (
          <section.Shown />
        )}
      </div>
    </PageFrame>
  );
}

function SiteNumbers(): ReactElement {
  return (
    <Card title="Site">
      <Numbers only={(name) => !name.startsWith("alert")} label="Settings of the site" />
      <p className="quiet">
        From how much on there is an alert stands under <Link href="/alerts">Alerts</Link>.
      </p>
    </Card>
  );
}

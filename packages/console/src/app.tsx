// SPDX-License-Identifier: Apache-2.0
// The frame around all pages: navigation, who one is, and the page of the address.
import { Component, lazy, Suspense, useEffect, useRef, useState } from "react";
import type { ComponentType, ReactElement, ReactNode } from "react";
import { Link, Route as At, Router, Switch, useLocation } from "wouter";
import { ShortcutsProvider, useShortcuts } from "./keys/shortcuts.tsx";
import { Empty } from "./parts/empty.tsx";
import { Loading } from "./parts/loading.tsx";
import { Mark } from "./parts/mark.tsx";
import { Note } from "./parts/note.tsx";
import { routes } from "./routes.ts";
import type { Route } from "./routes.ts";
import { useCaller } from "./session/session.tsx";
import { ThemeButton } from "./theme.tsx";

const groups = ["Watch", "Decide", "Rule", "Prove", "Run"] as const;
const pages = new Map<Route, ComponentType>(
  routes.map((route) => [route, lazy(async () => ({ default: (await route.load()).Page }))]),
);

/** The console of whoever has signed in. */
export function App(): ReactElement {
  return (
    <Router base="/console">
      <ShortcutsProvider>
        <Shell />
      </ShortcutsProvider>
    </Router>
  );
}

function Shell(): ReactElement {
  const caller = useCaller();
  const [place, go] = useLocation();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const before = useRef(place);
  const visible = routes.filter(({ action }) => action === undefined || caller.may(action));
  useEffect(() => {
    setOpen(false);
    const title = routes.find(({ path }) => path === place)?.title;
    document.title = title === undefined ? "Docket" : `${title} · Docket`;
    main.current?.scrollTo(0, 0);
    // Whoever goes by keys goes on in the page, not in the link that led there.
    if (before.current !== place) main.current?.focus({ preventScroll: true });
    before.current = place;
  }, [place]);
  useShortcuts(
    visible.flatMap(({ key, title, path }) =>
      key === undefined ? [] : [{ key: `g ${key}`, does: `Go to ${title}`, run: () => go(path) }],
    ),
  );
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="shell-bar">
        <button
          className="shell-menu"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          Menu
        </button>
        <Link href="/" className="shell-name">
          <Mark /> Docket
        </Link>
        <span className="shell-who" title={`${caller.id} · ${caller.roles.join(", ")}`}>
          {caller.name ?? "API key"} <span className="quiet">{caller.roles.at(-1)}</span>
        </span>
        <ThemeButton />
        <button className="plain" onClick={() => void caller.leave()}>
          Sign out
        </button>
      </header>
      <nav id="navigation" className="shell-navigation" data-open={open} aria-label="Pages">
        {groups.map((group) => (
          <Group key={group} title={group} items={visible.filter((route) => route.group === group)} />
        ))}
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <Failing key={place}>
          <Suspense fallback={<Loading />}>
            <Switch>
              {visible.map((route) => (
                <At key={route.path} path={route.path} component={pages.get(route) ?? NotHere} />
              ))}
              <At component={NotHere} />
            </Switch>
          </Suspense>
        </Failing>
      </main>
    </div>
  );
}

function Group({ title, items }: { readonly title: string; readonly items: readonly Route[] }): ReactNode {
  const [place] = useLocation();
  if (items.length === 0) return null;
  const isAt = (path: string): boolean =>
    place === path ||
    (path !== "/" && path !== "/log/verify" && place.startsWith(`${path}/`) && place !== "/log/verify");
  return (
    <>
      <h2>{title}</h2>
      <ul>
        {items.map(({ path, title: name }) => (
          <li key={path}>
            <Link href={path} aria-current={isAt(path) ? "page" : undefined}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function NotHere(): ReactElement {
  return (
    <Empty title="There is no such page, or your roles don't show it to you.">
      <Link href="/">Go to the overview</Link>
    </Empty>
  );
}

/** A page that fails says so, and the others go on. */
class Failing extends Component<{ readonly children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Note kind="bad" title="This page failed.">
        {error.message} <button onClick={() => location.reload()}>Load it again</button>
      </Note>
    );
  }
}

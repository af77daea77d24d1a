// SPDX-License-Identifier: Apache-2.0
// Keys that do something on a page, and the list of them at "?".
import { createContext, use, useEffect, useMemo, useRef, useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { isTyping, KeyReader } from "./key-reader.ts";

/** A key, or two after each other ("g o"), and what it does. */
export type Shortcut = { readonly key: string; readonly does: string; readonly run: () => void };

type Registry = { add: (get: () => readonly Shortcut[]) => () => void };

const RegistryContext = createContext<Registry | undefined>(undefined);

/** Has keys do something while the page that says so is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const registry = use(RegistryContext);
  const newest = useRef(shortcuts);
  useEffect(() => {
    newest.current = shortcuts;
  });
  useEffect(() => registry?.add(() => newest.current), [registry]);
}

/** Listens to keys for all that is in it. */
export function ShortcutsProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [sources] = useState(() => new Set<() => readonly Shortcut[]>());
  const [listed, setListed] = useState<readonly Shortcut[]>();
  const registry = useMemo<Registry>(
    () => ({
      add: (source) => {
        sources.add(source);
        return () => sources.delete(source);
      },
    }),
    [sources],
  );
  useEffect(() => {
    const reader = new KeyReader();
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
      // What a page says goes before what all pages say: the latest to come is asked first.
      const all = [...sources].reverse().flatMap((source) => source());
      if (event.key === "?") {
        setListed(all);
        event.preventDefault();
        return;
      }
      const keys = reader.read(event.key, event.timeStamp);
      const found = all.find(({ key }) => key === keys.pair) ?? all.find(({ key }) => key === keys.single);
      if (found === undefined) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [sources]);
  return (
    <RegistryContext value={registry}>
      {children}
      <Dialog title="Keys" open={listed !== undefined} onClose={() => setListed(undefined)}>
        <dl className="keys">
          {listed?.map(({ key, does }) => (
            <div key={key + does}>
              <dt>
                {key.split(" ").map((each) => (
                  <kbd key={each}>{each}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </RegistryContext>
  );
}

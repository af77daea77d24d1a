// SPDX-License-Identifier: Apache-2.0
import type { RefObject } from "react";
import { useShortcuts } from "./shortcuts.tsx";

/**
 * Has j and k go from row to row of the tables in a box: to the first link of each, which Return then opens.
 *
 * @param what a row is, for the list of keys
 */
export function useRowKeys(box: RefObject<HTMLElement | null>, what: string): void {
  const go = (by: 1 | -1): void => {
    const rows = Array.from(box.current?.querySelectorAll("tbody tr") ?? []);
    const links = rows.flatMap((row) => row.querySelector("a") ?? []);
    const at = links.findIndex((link) => link.closest("tr")?.contains(document.activeElement) === true);
    const next = at === -1 ? links.at(by === 1 ? 0 : -1) : links[Math.max(0, at + by)];
    next?.focus();
  };
  useShortcuts([
    { key: "j", does: `Next ${what}`, run: () => go(1) },
    { key: "k", does: `${what.charAt(0).toUpperCase()}${what.slice(1)} before`, run: () => go(-1) },
  ]);
}

// SPDX-License-Identifier: Apache-2.0
// Light or dark: as the system says, unless somebody chose.
import { useState } from "react";
import type { ReactElement } from "react";

const kept = "docket-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? system.matches : chosen === "dark";
}

const chosen = localStorage.getItem(kept);
if (chosen === "dark" || chosen === "light") document.documentElement.dataset["theme"] = chosen;

/** Changes between light and dark. */
export function ThemeButton(): ReactElement {
  const [dark, setDark] = useState(isDark);
  const change = (): void => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(kept, theme);
    setDark(!dark);
  };
  return (
    <button className="plain" onClick={change}>
      {dark ? "Light" : "Dark"}
    </button>
  );
}

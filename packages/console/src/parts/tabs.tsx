// SPDX-License-Identifier: Apache-2.0
import { Tabs as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

/** A part of a page of which one is shown at a time. */
export type Tab = { readonly id: string; readonly title: ReactNode; readonly content: ReactNode };

type Props = {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Which is shown, where the page decides it. */
  readonly value?: string;
  readonly onChange?: (id: string) => void;
};

/** Several parts in one place; arrow keys go between them. */
export function Tabs({ label, tabs, value, onChange }: Props): ReactElement {
  const controlled = value === undefined ? { defaultValue: tabs[0]?.id ?? "" } : { value };
  return (
    <Radix.Root
      className="tabs"
      {...controlled}
      {...(onChange === undefined ? {} : { onValueChange: onChange })}
    >
      <Radix.List className="tabs-list" aria-label={label}>
        {tabs.map(({ id, title }) => (
          <Radix.Trigger key={id} value={id} className="tabs-tab">
            {title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className="tabs-content">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

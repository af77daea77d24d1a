// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { useGet } from "../../api/use-get.ts";
import { Select } from "../../parts/field.tsx";
import type { Reasons } from "./answers.ts";

/** The site's reasons, of which one is chosen by its code. */
export function ReasonSelect({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (reason: string) => void;
}): ReactElement {
  const { data } = useGet<Reasons>("/v1/reasons");
  return (
    <Select
      label="Reason, which anyone may see in the log"
      value={value}
      onChange={onChange}
      options={(data?.reasons ?? [{ code: value, text: {} }]).map(({ code, text }) => ({
        value: code,
        title: text["en"] === undefined ? code : `${code}: ${text["en"]}`,
      }))}
    />
  );
}

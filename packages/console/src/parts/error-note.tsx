// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import type { ApiError } from "../api/request.ts";
import { Note } from "./note.tsx";

/** What went wrong, as the server says it, and what to do. */
export function ErrorNote({ error }: { readonly error: ApiError | Error }): ReactElement {
  const { message, remedy, code } = error as Partial<ApiError> & Error;
  return (
    <Note kind="bad" title={message.charAt(0).toUpperCase() + message.slice(1)}>
      {remedy} {code !== undefined && <code className="quiet">{code}</code>}
    </Note>
  );
}

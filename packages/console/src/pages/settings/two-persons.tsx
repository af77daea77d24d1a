// SPDX-License-Identifier: Apache-2.0
// What takes a second person: it is asked for first, and done once somebody else has approved it.
import type { ReactElement } from "react";
import { Link } from "wouter";
import type { ApiError } from "../../api/request.ts";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Note } from "../../parts/note.tsx";

/** What is answered: what was done, or the request that waits. */
export type DoneOrWaits<Done> = Done | { readonly request: { readonly index: number } };

/** The request that waits, if that is what was answered. */
export function waitingRequest(
  answer: { request?: { index: number } } | object | undefined,
): number | undefined {
  return answer !== undefined && "request" in answer ? answer.request?.index : undefined;
}

type Props = {
  readonly answer: object | undefined;
  readonly error: ApiError | null;
  readonly busy: boolean;
  /** Does it under a request that was approved. */
  readonly onApproved: (request: number) => void;
};

/** Says that a request waits, with what does it once it is approved; or what went wrong. */
export function Waits({ answer, error, busy, onApproved }: Props): ReactElement | null {
  const request = waitingRequest(answer);
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {request !== undefined && (
        <Note kind="open" title={`This takes a second person: it waits as request ${request}.`}>
          <p>
            Somebody else approves it under <Link href="/approvals">Approvals</Link>. Then do it here.
          </p>
          <Button busy={busy} onClick={() => onApproved(request)}>
            It is approved: do it
          </Button>
        </Note>
      )}
    </>
  );
}

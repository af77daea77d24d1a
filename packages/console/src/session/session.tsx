// SPDX-License-Identifier: Apache-2.0
// Who has signed in to the console, and what they may do.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo } from "react";
import type { ReactElement, ReactNode } from "react";
import { ApiError, del, get, heldKey, holdKey } from "../api/request.ts";
import { Loading } from "../parts/loading.tsx";
import { Note } from "../parts/note.tsx";
import { takeKey } from "./key-in-address.ts";
import { SetUpFactor } from "./set-up-factor.tsx";
import { SignIn } from "./sign-in.tsx";

/** Whoever looks at the console. */
export type ConsoleCaller = {
  /** What records say: `k_…` of a key, `p_…` of a person. */
  readonly id: string;
  /** Of a person; `null` for a key. */
  readonly name: string | null;
  readonly via: "key" | "session";
  readonly roles: readonly string[];
  /** Whether they may do this, an action of the table of roles. */
  readonly may: (action: string) => boolean;
  /** Ends the session, or forgets the key. */
  readonly leave: () => Promise<void>;
};

type CallerAnswer = {
  id: string;
  name: string | null;
  via: "key" | "session";
  roles: string[];
  may: string[];
  factorWanted: boolean;
};

const CallerContext = createContext<ConsoleCaller | undefined>(undefined);
const callerPath = "/v1/caller";

/** Whoever has signed in. Only below {@link SessionProvider}. */
export function useCaller(): ConsoleCaller {
  const caller = use(CallerContext);
  if (caller === undefined) throw new Error("a page was shown to nobody");
  return caller;
}

// A link that the server printed brings the first key along; it stands in the address no longer than this.
const broughtKey = takeKey(location, history);
if (broughtKey !== undefined) holdKey(broughtKey);

/** Shows its children to whoever has signed in, and to others the way in. */
export function SessionProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const client = useQueryClient();
  const { data, error, refetch, isPending } = useQuery<CallerAnswer, ApiError>({
    queryKey: [callerPath],
    queryFn: ({ signal }) => get<CallerAnswer>(callerPath, { signal }),
    staleTime: Infinity,
  });
  const outside = error?.code === "unauthenticated";
  useEffect(() => {
    // Elsewhere in the page a session may turn out to have ended: then the way in is shown again.
    return client.getQueryCache().subscribe(({ query }) => {
      const failed = query.state.error;
      if (query.queryKey[0] === callerPath || !(failed instanceof ApiError)) return;
      if (failed.code === "unauthenticated") void client.invalidateQueries({ queryKey: [callerPath] });
    });
  }, [client]);
  const caller = useMemo<ConsoleCaller | undefined>(() => {
    if (data === undefined || error !== null) return undefined;
    const may = new Set(data.may);
    const leave = async (): Promise<void> => {
      let end: string | undefined;
      if (data.via === "session") ({ end } = await del<{ end?: string }>("/v1/session"));
      holdKey(undefined);
      // What this caller was shown the next one may not see.
      client.removeQueries({ predicate: ({ queryKey: [path] }) => path !== callerPath });
      if (end === undefined) await client.resetQueries({ queryKey: [callerPath] });
      else location.assign(end);
    };
    return { ...data, may: (action) => may.has(action), leave };
  }, [client, data, error]);
  if (outside) {
    const wasKey = heldKey() !== undefined;
    if (wasKey) holdKey(undefined);
    return <SignIn refused={wasKey} onIn={() => client.resetQueries({ queryKey: [callerPath] })} />;
  }
  if (error !== null && data === undefined) {
    return (
      <main className="gate">
        <Note kind="bad" title={error.message}>
          {error.remedy} <button onClick={() => void refetch()}>Try again</button>
        </Note>
      </main>
    );
  }
  if (isPending || caller === undefined) return <Loading />;
  if (data?.factorWanted) return <SetUpFactor onDone={() => void refetch()} />;
  return <CallerContext value={caller}>{children}</CallerContext>;
}

// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "react";
import { openStream } from "../../api/stream.ts";
import { nothingYet, told } from "./live-list.ts";
import type { Live } from "./live-list.ts";

/** What the stream told, and whether it is open. While `paused`, what comes is shown afterwards. */
export function useLive(paused: boolean): { live: Live; open: boolean; fault: Error | undefined } {
  const [live, setLive] = useState(nothingYet);
  const [open, setOpen] = useState(false);
  const [fault, setFault] = useState<Error>();
  const newest = useRef(nothingYet);
  const isPaused = useRef(paused);
  useEffect(() => {
    isPaused.current = paused;
    if (!paused) setLive(newest.current);
  }, [paused]);
  useEffect(() => {
    const leaving = new AbortController();
    openStream(
      "/v1/stream",
      (event) => {
        newest.current = told(newest.current, event, Date.now());
        if (!isPaused.current) setLive(newest.current);
      },
      leaving.signal,
      setOpen,
    ).catch((error: unknown) => {
      if (!leaving.signal.aborted) setFault(error as Error);
    });
    return () => leaving.abort();
  }, []);
  return { live, open, fault };
}

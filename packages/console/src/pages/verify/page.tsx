// SPDX-License-Identifier: Apache-2.0
// The whole log verified in this browser.
import { useEffect, useRef, useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { ask, heldKey } from "../../api/request.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { TextField } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { startWorker } from "../../parts/worker.ts";
import type { VerifyDone, VerifyProgress } from "./job.ts";
import { forgetLog, keepLog, keptLog } from "./kept.ts";
import type { KeptLog } from "./kept.ts";
import type { FromVerifier } from "./messages.ts";
import { Outcome } from "./outcome.tsx";
import { progressText } from "./words.ts";
// oxlint-disable-next-line import/default -- the bundler makes it
import workerUrl from "./verify.worker.ts?worker&url";
import "./verify.css";

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly progress: VerifyProgress | undefined; readonly begunMs: number }
  | {
      readonly kind: "done";
      readonly done: VerifyDone;
      readonly tookMs: number;
      readonly fromServer: boolean;
    }
  | { readonly kind: "failed"; readonly message: string };

/** Verifies every record, hash and signature of the log, and says what was found. */
export function Page(): ReactElement {
  const { kept, keep, forget } = useKept();
  const [served, serverFault] = useServedKeys();
  const [given, setGiven] = useState<string>();
  const [elsewhere, setElsewhere] = useState("");
  const keys = given ?? kept?.keys ?? served ?? "";
  const { state, start, stop } = useVerifier();
  const run = (event: FormEvent): void => {
    event.preventDefault();
    const fromServer = given === undefined && kept === undefined;
    start(
      { base: location.origin, apiKey: heldKey(), keys, kept: elsewhere, last: kept?.checkpoint },
      fromServer,
      (done) => keep(done, keys),
    );
  };
  const startAnew = (): void => {
    forget();
    setGiven(undefined);
  };
  return (
    <PageFrame
      title="Verify the log"
      lead={
        "This browser fetches the whole log and checks every record, hash and signature by itself. Nothing " +
        "that the server says of itself counts."
      }
    >
      <Card title="What to hold it against">
        <form onSubmit={run}>
          <TextField
            label="The log's verifier keys"
            hint={keysHint(given, kept)}
            wrong={served === undefined && keys === "" ? serverFault : undefined}
            value={keys}
            onChange={setGiven}
            lines={4}
          />
          <TextField
            label="A checkpoint or receipt that was kept elsewhere (may be empty)"
            hint={
              "With it, a log that went back to an older state, or shows others something else, is found " +
              "out."
            }
            value={elsewhere}
            onChange={setElsewhere}
            lines={2}
          />
          {kept !== undefined && <Kept kept={kept} onForget={startAnew} />}
          <div className="actions">
            <Button
              kind="primary"
              type="submit"
              busy={state.kind === "running"}
              disabled={keys.trim() === ""}
            >
              Verify the whole log
            </Button>
            {state.kind === "running" && <Button onClick={stop}>Stop</Button>}
          </div>
        </form>
      </Card>
      <Shown state={state} />
    </PageFrame>
  );
}

function Kept({ kept, onForget }: { readonly kept: KeptLog; readonly onForget: () => void }): ReactElement {
  return (
    <p className="verify-kept">
      This browser kept the checkpoint over {kept.size.toLocaleString("en")} records that it verified{" "}
      <Time at={kept.at} />: the log must still contain it.{" "}
      <Button kind="plain" onClick={onForget}>
        Forget it
      </Button>
    </p>
  );
}

function Shown({ state }: { readonly state: State }): ReactElement | null {
  if (state.kind === "idle") return null;
  if (state.kind === "failed") {
    return (
      <Note kind="bad" title="The log could not be verified.">
        {state.message}
      </Note>
    );
  }
  if (state.kind === "done") {
    return <Outcome done={state.done} tookMs={state.tookMs} fromServer={state.fromServer} />;
  }
  const { progress, begunMs } = state;
  return (
    <Card title="Verifying">
      <progress
        className="verify-progress"
        aria-label="Records verified"
        max={progress?.total ?? 1}
        value={progress?.records ?? 0}
      />
      <p role="status">{progressText(progress, performance.now() - begunMs)}</p>
    </Card>
  );
}

function keysHint(given: string | undefined, kept: KeptLog | undefined): string {
  if (given !== undefined) return "As you put them in.";
  if (kept !== undefined) return "Those that this browser verified the log with before.";
  return (
    "From this server. Whoever wants proof compares them with those that they got another way, from " +
    "log.vkey."
  );
}

type Keeper = {
  kept: KeptLog | undefined;
  /** Keeps what was verified with these keys; what was not verified is not kept. */
  keep: (done: VerifyDone, keys: string) => void;
  forget: () => void;
};

// What this browser verified before: the next look must find it again.
function useKept(): Keeper {
  const [kept, setKept] = useState<KeptLog | undefined>(() => keptLog(localStorage));
  return {
    kept,
    keep: ({ report, checkpoint }, keys) => {
      if (report.verdict !== "verified" || checkpoint === undefined || report.size === null) return;
      const at = new Date().toISOString();
      const log = { origin: report.origin ?? "", keys, checkpoint, size: report.size, at };
      keepLog(localStorage, log);
      setKept(log);
    },
    forget: () => {
      forgetLog(localStorage);
      setKept(undefined);
    },
  };
}

// The keys as the server says them: good for a beginning, since a second look compares them.
function useServedKeys(): [string | undefined, string | undefined] {
  const [keys, setKeys] = useState<string>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    const end = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const response = await ask("GET", "/log.vkey", undefined, { signal: end.signal });
        setKeys((await response.text()).trim());
      } catch (error) {
        if (!end.signal.aborted) setFault(`The server shows no keys: ${(error as Error).message}.`);
      }
    };
    void read();
    return () => end.abort();
  }, []);
  return [keys, fault];
}

type Verifier = {
  state: State;
  start: (job: object, fromServer: boolean, onDone: (done: VerifyDone) => void) => void;
  stop: () => void;
};

function useVerifier(): Verifier {
  const [state, setState] = useState<State>({ kind: "idle" });
  const worker = useRef<Worker>(undefined);
  const end = (): void => {
    worker.current?.terminate();
    worker.current = undefined;
  };
  useEffect(() => end, []);
  return {
    state,
    start: (job, fromServer, onDone) => {
      end();
      const begunMs = performance.now();
      setState({ kind: "running", progress: undefined, begunMs });
      const begun = startWorker(workerUrl);
      worker.current = begun;
      begun.addEventListener("error", (event) => {
        setState({ kind: "failed", message: event.message || "the worker could not be started" });
        end();
      });
      begun.addEventListener("message", ({ data }: MessageEvent<FromVerifier>) => {
        if (data.kind === "progress") {
          setState({ kind: "running", progress: data.progress, begunMs });
          return;
        }
        end();
        if (data.kind === "failed") setState({ kind: "failed", message: data.message });
        else {
          setState({ kind: "done", done: data.done, tookMs: performance.now() - begunMs, fromServer });
          onDone(data.done);
        }
      });
      begun.postMessage(job);
    },
    stop: () => {
      end();
      setState({ kind: "idle" });
    },
  };
}

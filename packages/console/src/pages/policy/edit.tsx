// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useState } from "react";
import type { ReactElement } from "react";
import { useLocation } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Backtest, File, KeptRelease } from "./answers.ts";
import type { Checked, Finding } from "./check.ts";
import type { Construct } from "./constructs.ts";
import { keepDraft, keptDraft, sameFiles, withText } from "./drafts.ts";
import { EditorHost } from "./editor-host.tsx";
import { FileTabs } from "./file-tabs.tsx";
import { Findings } from "./findings.tsx";
import { PolicyFrame } from "./frame.tsx";
import { ProposeDialog } from "./propose-dialog.tsx";
import { useCheck } from "./use-check.ts";

/** The files of the policy: read, changed, checked as they are typed, tried and proposed. */
export function EditPage(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<KeptRelease>("/v1/policy/releases/in-force");
  return (
    <PolicyFrame
      title="Policy files"
      lead={
        caller.may("proposePolicy")
          ? "Change them here: mistakes show as you type, tests run by themselves, and nothing comes into " +
            "force before it is proposed and approved."
          : "The rules as they are in force."
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Workbench key={data.id} release={data} />}
    </PolicyFrame>
  );
}

function Workbench({ release }: { readonly release: KeptRelease }): ReactElement {
  const readOnly = !useCaller().may("proposePolicy");
  const [files, setFiles] = useState<readonly File[]>(() => keptDraft(release.id) ?? release.files);
  const [path, setPath] = useState(files[0]?.path ?? "");
  const [shows, setShows] = useState(false);
  const [goTo, setGoTo] = useState<{ readonly line: number }>();
  const [construct, setConstruct] = useState<Construct>();
  const isChanged = !sameFiles(files, release.files);
  const { checked, busy, vocabulary, left } = useCheck(files, true);
  useEffect(() => {
    keepDraft(release.id, isChanged ? files : undefined);
  }, [release.id, files, isChanged]);
  const file = files.find((each) => each.path === path) ?? files[0];
  const findings = useFindings(checked, file?.path);
  const onText = useCallback((text: string) => setFiles((now) => withText(now, path, text)), [path]);
  const onGo = (place: { file: string; line: number }): void => {
    setPath(place.file);
    setGoTo(place);
  };
  const replace = (changed: readonly File[]): void => {
    setFiles(changed);
    if (!changed.some((each) => each.path === path)) setPath(changed[0]?.path ?? "");
  };
  return (
    <>
      <Doing
        files={files}
        release={release}
        isChanged={isChanged}
        isRight={checked !== undefined && !busy && checked.findings.every(({ kind }) => kind === "warning")}
        shows={shows}
        onShows={setShows}
        onFiles={replace}
      />
      <div className="policy-bench">
        <div className="policy-bench-text">
          <FileTabs
            files={files}
            inForce={release.files}
            path={file?.path ?? ""}
            readOnly={readOnly}
            onPath={setPath}
            onFiles={replace}
          />
          {file !== undefined && (
            <EditorHost
              key={file.path}
              path={file.path}
              text={file.text}
              original={shows ? textOf(release.files, file.path) : undefined}
              findings={findings}
              vocabulary={vocabulary}
              readOnly={readOnly}
              onText={onText}
              onConstruct={setConstruct}
              goTo={goTo}
            />
          )}
          <AtCursor construct={construct} />
        </div>
        <aside className="policy-bench-side">
          <Findings checked={checked} busy={busy} left={left} onGo={onGo} />
        </aside>
      </div>
    </>
  );
}

function useFindings(checked: Checked | undefined, path: string | undefined): readonly Finding[] {
  return useMemo(() => checked?.findings.filter(({ file }) => file === path) ?? [], [checked, path]);
}

function textOf(files: readonly File[], path: string): string {
  return files.find((each) => each.path === path)?.text ?? "";
}

function AtCursor({ construct }: { readonly construct: Construct | undefined }): ReactElement {
  return (
    <p className="policy-construct" aria-live="polite">
      {construct === undefined ? (
        <span className="quiet">At the cursor: nothing with a meaning of its own. Ctrl+Space completes.</span>
      ) : (
        <>
          <code>{construct.name}</code> {construct.type !== undefined && <span>({construct.type})</span>}{" "}
          {construct.says}
        </>
      )}
    </p>
  );
}

type DoingProps = {
  readonly files: readonly File[];
  readonly release: KeptRelease;
  readonly isChanged: boolean;
  /** Without mistakes, and every test passes. */
  readonly isRight: boolean;
  readonly shows: boolean;
  readonly onShows: (shows: boolean) => void;
  readonly onFiles: (files: readonly File[]) => void;
};

/** What can be done with the files. */
function Doing({
  files,
  release,
  isChanged,
  isRight,
  shows,
  onShows,
  onFiles,
}: DoingProps): ReactElement | null {
  const caller = useCaller();
  const [, go] = useLocation();
  const [proposes, setProposes] = useState(false);
  const backtest = useAct((name: string) => post<Backtest>("/v1/backtests", { files, name }), {
    refresh: ["/v1/backtests"],
  });
  if (!caller.may("proposePolicy")) return null;
  return (
    <>
      <div className="actions">
        <Button kind="primary" disabled={!isChanged || !isRight} onClick={() => setProposes(true)}>
          Propose
        </Button>
        <Button
          disabled={!isChanged || !isRight}
          busy={backtest.isPending}
          onClick={() => backtest.mutate("draft", { onSuccess: ({ id }) => go(`/policy/backtests/${id}`) })}
        >
          Backtest
        </Button>
        <Checkbox label="Show what differs" checked={shows} onChange={onShows} />
        {isChanged ? (
          <Button kind="plain" onClick={() => onFiles(release.files)}>
            Throw the draft away
          </Button>
        ) : (
          <span className="quiet">These are the files in force. Change something to try or propose it.</span>
        )}
      </div>
      {backtest.error !== null && <ErrorNote error={backtest.error} />}
      <ProposeDialog files={files} open={proposes} onClose={() => setProposes(false)} base={release.id} />
    </>
  );
}

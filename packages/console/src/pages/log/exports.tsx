// SPDX-License-Identifier: Apache-2.0
// What an auditor takes along.
import { useState } from "react";
import type { ReactElement } from "react";
import { get } from "../../api/request.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { download } from "../../parts/download.ts";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { useCaller } from "../../session/session.tsx";
import { grouped } from "./answers.ts";
import type { LogAnswer, RecordsAnswer } from "./answers.ts";
import { kindGroups, noFilters, recordsPath } from "./filters.ts";

/** Records of one question, and most of one file: more of them are the log itself. */
const recordsAtOnce = 200;
const recordsMax = 20_000;

/** Files to take out, and how to check them without this server. */
export function Exports({ log }: { readonly log: LogAnswer | undefined }): ReactElement {
  const caller = useCaller();
  return (
    <>
      <Card title="What proves it">
        <p>
          Keep these elsewhere. With them anyone can show that the log was changed, whatever this server says.
        </p>
        <div className="actions log-files">
          <a className="button" href="/log.vkey" download="log.vkey">
            Verifier keys
          </a>
          <a className="button" href="/checkpoint" download={`checkpoint-${log?.published?.size ?? 0}`}>
            Newest checkpoint
          </a>
          {log?.cosigned !== undefined && log.cosigned !== null && (
            <a
              className="button"
              href="/cosigned/checkpoint"
              download={`checkpoint-${log.cosigned.size}-cosigned`}
            >
              Newest cosigned checkpoint
            </a>
          )}
        </div>
        <p>
          Without this console: <code>docket verify {location.origin} --key log.vkey --api-key …</code>, or
          any tool that speaks C2SP tlog-tiles.
        </p>
      </Card>
      <Records />
      {caller.may("exportStatements") && (
        <Card title="Other exports">
          <p>
            Statements of reasons for the EU&rsquo;s transparency database, and everything about one person,
            are made by <code>docket statements</code> and <code>docket subject export</code>. Case files are
            made on an actor&rsquo;s page. Each export is a record.
          </p>
        </Card>
      )}
    </>
  );
}

function Records(): ReactElement {
  const [kind, setKind] = useState("policy");
  const [count, setCount] = useState<number>();
  const [error, setError] = useState<Error>();
  const save = async (): Promise<void> => {
    setError(undefined);
    setCount(0);
    try {
      const lines: string[] = [];
      let before: number | undefined;
      do {
        const page: RecordsAnswer = await get(recordsPath({ ...noFilters, kind }, recordsAtOnce, before));
        for (const { record } of page.records) lines.push(JSON.stringify(record));
        before = page.next ?? undefined;
        setCount(lines.length);
      } while (before !== undefined && lines.length < recordsMax);
      download(`records-${kind || "all"}.ndjson`, `${lines.join("\n")}\n`, "application/x-ndjson");
    } catch (failed) {
      setError(failed as Error);
    }
    setCount(undefined);
  };
  return (
    <Card title="Records as a file">
      <p>The newest {grouped(recordsMax)} of a kind, one a line, exactly as they are hashed.</p>
      <div className="log-save">
        <Select
          label="Kind"
          value={kind}
          onChange={setKind}
          options={[
            { value: "", title: "All kinds" },
            ...kindGroups.map(({ id, title }) => ({ value: id, title })),
          ]}
        />
        <Button onClick={() => void save()} busy={count !== undefined}>
          {count === undefined ? "Save as NDJSON" : `${grouped(count)} so far`}
        </Button>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
    </Card>
  );
}

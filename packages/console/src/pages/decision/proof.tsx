// SPDX-License-Identifier: Apache-2.0
// The proof of a decision, verified in this browser as soon as it is here.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ReactElement } from "react";
import { ApiError, ask } from "../../api/request.ts";
import { Badge } from "../../parts/badge.tsx";
import type { BadgeKind } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { download } from "../../parts/download.ts";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { MerklePathPicture } from "../../parts/merkle-path.tsx";
import { Note } from "../../parts/note.tsx";
import { checkReceipt } from "../../parts/verify-receipt.ts";
import type { CheckedReceipt } from "../../parts/verify-receipt.ts";
import { useCaller } from "../../session/session.tsx";

/** A receipt, the keys that the server names, and what this browser found. */
export type ReceiptHere = {
  readonly allowed: boolean;
  readonly text: string | undefined;
  /** The log's keys as the server gives them, a line each. */
  readonly keys: string;
  readonly checked: CheckedReceipt | undefined;
  readonly error: Error | null;
  readonly ready: boolean;
  /** Gives the person the file. */
  readonly save: () => void;
};

/** Fetches and checks the receipt of a record. */
export function useReceipt(index: number): ReceiptHere {
  const allowed = useCaller().may("readReceipt");
  const path = `/v1/receipts/${index}`;
  const receipt = useText(allowed ? path : undefined);
  const keys = useText(allowed ? "/log.vkey" : undefined);
  const { data: text } = receipt;
  const vkeys = keys.data ?? "";
  const checked = useMemo(
    () => (text === undefined || keys.isPending ? undefined : checkReceipt(text, vkeys)),
    [text, vkeys, keys.isPending],
  );
  return {
    allowed,
    text,
    keys: vkeys,
    checked,
    error: receipt.error ?? keys.error,
    ready: text !== undefined,
    save: () => {
      if (text !== undefined) download(`docket-${index}.json`, text);
    },
  };
}

// As it came, byte by byte: what is verified is the text, and not what a parser made of it.
function useText(path: string | undefined): {
  readonly data: string | undefined;
  readonly error: ApiError | null;
  readonly isPending: boolean;
} {
  return useQuery<string, ApiError>({
    queryKey: [path, "text"],
    queryFn: async ({ signal }) => (await ask("GET", path ?? "", undefined, { signal })).text(),
    enabled: path !== undefined,
    staleTime: Infinity,
  });
}

const verdicts: Readonly<
  Record<CheckedReceipt["report"]["verdict"], { kind: "good" | "bad" | "open"; title: string }>
> = {
  verified: { kind: "good", title: "Verified in this browser." },
  unproven: { kind: "open", title: "Consistent, but no known key signed it." },
  incomplete: { kind: "open", title: "Not all of it could be checked." },
  failed: { kind: "bad", title: "It does not verify." },
};

/** The verdict in a word, which leads to the proof. */
export function ProofLine({ receipt }: { readonly receipt: ReceiptHere }): ReactElement | null {
  if (!receipt.allowed) return null;
  const { checked, error } = receipt;
  if (error !== null) return <a href="#proof">not verified</a>;
  if (checked === undefined) return <span className="quiet">verifying…</span>;
  const { kind, title } = verdicts[checked.report.verdict];
  return (
    <a href="#proof" className="decision-line">
      <Badge kind={kind}>
        {kind === "good" ? "✓ " : ""}
        {title.replace(/\.$/, "")}
      </Badge>
    </a>
  );
}

/** The proof: the verdict, each check, the keys, and the way to the root drawn. */
export function ProofCard({ receipt }: { readonly receipt: ReceiptHere }): ReactElement | null {
  if (!receipt.allowed) return null;
  return (
    <div id="proof">
      <Card
        title="Proof"
        actions={
          <a href="/check" target="_blank" rel="noreferrer">
            Check any receipt
          </a>
        }
      >
        {receipt.error !== null && <ErrorNote error={receipt.error} />}
        {receipt.error === null && receipt.checked === undefined && <Loading what="Verifying" />}
        {receipt.checked !== undefined && <Checked checked={receipt.checked} keys={receipt.keys} />}
      </Card>
    </div>
  );
}

function Checked({
  checked,
  keys,
}: {
  readonly checked: CheckedReceipt;
  readonly keys: string;
}): ReactElement {
  const { report, path } = checked;
  const { kind, title } = verdicts[report.verdict];
  return (
    <div className="decision-proof">
      <div>
        <div data-verdict={report.verdict}>
          <Note kind={kind} title={title}>
            The record, its place in the log and the signature over it were computed here, from the receipt
            alone. The key is the one that this server names: compare it with one that you have from
            elsewhere.
          </Note>
        </div>
        <ul className="decision-checks">
          {report.checks.map(({ name, ok, detail }) => (
            <li key={name}>
              <Badge kind={checkKind(ok)}>{ok === null ? "not checked" : ok ? "ok" : "failed"}</Badge>
              <div>
                <strong>{name}</strong>
                <div className="quiet">{detail}</div>
              </div>
            </li>
          ))}
        </ul>
        <details>
          <summary>Keys, and what a receipt alone cannot show</summary>
          <pre tabIndex={0} role="region" aria-label="The log's keys">
            {keys.trim()}
          </pre>
          <CopyButton text={keys} what="Copy the keys" />
          <ul>
            {report.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </details>
      </div>
      {path !== undefined && <MerklePathPicture path={path} />}
    </div>
  );
}

function checkKind(ok: boolean | null): BadgeKind {
  return ok === null ? "open" : ok ? "good" : "bad";
}

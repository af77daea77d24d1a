// SPDX-License-Identifier: Apache-2.0
// `docket policy log` and `docket policy show`: the records of changes, and one of them or a release whole.
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { proposalView } from "../../releases/change-views.ts";
import type { KeptView, ProposalView } from "../../releases/contract.ts";
import type { ReleaseManifest } from "../../releases/release.ts";
import type { ChangePart } from "../../releases/review.ts";
import { earlierRelease } from "../../releases/rollback.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { recordText } from "../record-text.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { changePartText, idText, listText, plain, proposalLine } from "./change-text.ts";
import type { DeskOptions } from "./desk.ts";
import { inForceName } from "./diff.ts";
import { readPublishedChanges } from "./published-changes.ts";
import { askPolicy } from "./server.ts";

type Reading = DeskOptions & { json: boolean };
type Change = { record: DocketRecord; proposal: ProposalView | null; change: ChangePart | null };

/** Lists the records of changes, newest first. */
export async function runPolicyLog(
  options: Reading & { limit: number },
  terminal: Terminal,
): Promise<number> {
  const { data, url, apiKey, limit, json } = options;
  const published = url === undefined ? await readPublishedChanges(data) : undefined;
  const records =
    published === undefined
      ? (await askPolicy<unknown[]>({ url: url as string, apiKey }, `/log?limit=${limit}`)).map((record) =>
          parseLeaf(JSON.stringify(record)),
        )
      : published.records.slice(-limit).reverse();
  if (json) {
    await write(terminal, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  } else if (records.length === 0) {
    await write(terminal, "No policy was ever in force here.\n");
  } else {
    const changeAt = async (index: number): Promise<ChangePart | null | undefined> =>
      published === undefined
        ? (await askPolicy<Change>({ url: url as string, apiKey }, `/records/${index}`)).change
        : published.changeOf(index);
    const rows = await Promise.all(
      records.map(async (record) => {
        const { index, time, by } = record;
        // The counts of a list's change say little without a reason.
        const isOfList = record.kind === "proposal" && record.list !== undefined;
        const why = isOfList ? (await changeAt(index))?.why : undefined;
        return [String(index), time, by, `${whatText(record)}${why ? ` (${plain(why)})` : ""}`];
      }),
    );
    const table = [["RECORD", "SEALED", "BY", "WHAT"], ...rows];
    await write(terminal, alignColumns(table, new Set([0])));
  }
  return exitFine;
}

/** Shows a change by its record, or a release by its id. */
export async function runPolicyShow(
  options: Reading & { name: string },
  terminal: Terminal,
): Promise<number> {
  const { name, json } = options;
  if (/^\d{1,16}$/.test(name)) {
    const shown = await changeOf(Number(name), options);
    await write(terminal, json ? `${JSON.stringify(shown)}\n` : changeText(shown));
    return exitFine;
  }
  const kept = await keptOf(name, options);
  await write(terminal, json ? `${JSON.stringify(kept)}\n` : keptText(kept));
  return exitFine;
}

async function changeOf(index: number, { data, url, apiKey }: Reading): Promise<Change> {
  if (url !== undefined) {
    const shown = await askPolicy<Change>({ url, apiKey }, `/records/${index}`);
    return { ...shown, record: parseLeaf(JSON.stringify(shown.record)) };
  }
  const { state, records, changeOf: read } = await readPublishedChanges(data);
  const record = records.find((each) => each.index === index);
  if (record === undefined) {
    throw new DocketError(
      "not_found",
      `record ${index} is no change of the policy; docket policy log lists them`,
    );
  }
  const proposal = state.proposals.get(index);
  return {
    record,
    proposal: proposal === undefined ? null : proposalView(state, proposal),
    change: (await read(index)) ?? null,
  };
}

async function keptOf(name: string, { data, url, apiKey }: Reading): Promise<KeptView> {
  if (url !== undefined) return askPolicy({ url, apiKey }, `/releases/${encodeURIComponent(name)}`);
  const { state, kept } = await readPublishedChanges(data);
  const id = name === inForceName ? state.inForce?.release : earlierRelease(state, name);
  if (id === undefined) throw new DocketError("not_found", `no release is in force in ${data} yet`);
  const { text, files } = kept(id);
  return { id, manifest: text, files };
}

function changeText({ record, proposal, change }: Change): string {
  const head = recordText({ record, facts: undefined, note: undefined, counterNames: new Map() });
  const stands = proposal === null ? "" : `${proposalLine(proposal)}\n`;
  const diffs = (change?.files ?? []).map(({ diff }) => diff).join("");
  const what = change === null ? "" : `\n${changePartText(change)}${diffs === "" ? "" : `\n${diffs}`}`;
  return `${head}${stands}${what}`;
}

function keptText({ id, manifest, files }: KeptView): string {
  const { language, signals, lists = [] } = JSON.parse(manifest) as ReleaseManifest;
  const rows = [
    ["language", language],
    ["signals", signals],
    ...files.map(({ path, text }) => [
      "file",
      `${path} (${Buffer.byteLength(text).toLocaleString("en")} bytes)`,
    ]),
    ...lists.map(({ name, kind, version }) => ["list", `${name} (${kind}) ${version}`]),
  ];
  const texts = files.map(({ path, text }) => `\n# ${path}\n${text}`);
  const table = alignColumns(rows.map(([key = "", value = ""]) => [`  ${key}`, value]));
  return `Release ${id}\n${table}${texts.join("")}`;
}

function whatText(record: DocketRecord): string {
  // Records of other kinds are not of this way.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (record.kind) {
    case "proposal": {
      const release =
        record.level === undefined ? `release ${idText(record.candidate ?? null)}` : `level ${record.level}`;
      const what = record.list === undefined ? release : listText(record);
      return `proposed ${what}${record.standby ? ", to stand by" : ""}`;
    }
    case "approval":
      return `approved ${record.of}${record.alone ? ", alone" : ""}`;
    case "cancel":
      return `cancelled ${record.of}`;
    case "level":
      return `level ${record.level} (${record.of})`;
    case "list": {
      const { list, added, removed, of, until } = record;
      const end = until === undefined ? "" : ` until ${until}`;
      return `list ${list}: ${added} added, ${removed} removed${of === undefined ? "" : ` (${of})`}${end}`;
    }
    case "release": {
      const { release, via, of, until, alone } = record;
      const how = via === undefined ? "" : ` by ${via}${of === undefined ? "" : ` (${of})`}`;
      const end = until === undefined ? "" : ` until ${until}`;
      return `in force: release ${idText(release)}${how}${end}${alone === true ? ", alone" : ""}`;
    }
    default:
      return record.kind;
  }
}

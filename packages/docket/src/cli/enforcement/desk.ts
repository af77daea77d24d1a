// SPDX-License-Identifier: Apache-2.0
// Whoever enforces: a server that is asked over HTTP, or, while none runs, the data directory itself, opened
// as a server would open it.
import { DocketError } from "../../error.ts";
import type {
  LinkDone,
  LinkWish,
  MeasureDone,
  MeasurePreview,
  MeasureWish,
  RestrictedSubject,
  StandingNow,
  StepWish,
  SubjectWish,
  VerdictDone,
  VerdictPreview,
  VerdictWish,
} from "../../enforcement/contract.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { Terminal } from "../terminal.ts";

/** Where it is done. */
export type EnforcementWhere = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** What commands ask for. */
export type EnforcementCommandDesk = {
  verdict(wish: VerdictWish): Promise<VerdictDone>;
  previewVerdict(wish: VerdictWish): Promise<VerdictPreview>;
  measure(wish: MeasureWish): Promise<MeasureDone>;
  previewMeasure(wish: MeasureWish): Promise<MeasurePreview>;
  takeSteps(wish: StepWish): Promise<MeasureDone>;
  link(wish: LinkWish): Promise<LinkDone>;
  unlink(wish: LinkWish): Promise<LinkDone>;
  /** Ids of the restrictions in force on an account. */
  inForce(subject: SubjectWish): Promise<string[]>;
  close(): Promise<void>;
};

/**
 * Opens the desk that is meant.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then
 */
export async function openEnforcementDesk(
  { data, url, apiKey }: EnforcementWhere,
  terminal: Terminal,
): Promise<EnforcementCommandDesk> {
  return url === undefined ? directoryDesk(data, terminal) : serverDesk({ url, apiKey });
}

function serverDesk(server: { url: string; apiKey?: string | undefined }): EnforcementCommandDesk {
  return {
    verdict: (wish) => askServer(server, "v1/verdicts", verdictBody(wish)),
    previewVerdict: (wish) => askServer(server, "v1/verdicts/preview", verdictBody(wish)),
    measure: (wish) => askServer(server, "v1/measures", wish),
    previewMeasure: (wish) => askServer(server, "v1/measures/preview", wish),
    takeSteps: (wish) => askServer(server, "v1/measures/steps", wish),
    link: (wish) => askServer(server, "v1/links", wish),
    unlink: (wish) => askServer(server, "v1/links", { ...wish, change: "unlinked" }),
    inForce: async (subject) => {
      if ("id" in subject) {
        const path = `v1/actors/${encodeURIComponent(subject.id)}/standing`;
        const { restrictions } = await askServer<Pick<StandingNow, "restrictions">>(server, path);
        return restrictions.map(({ id }) => id);
      }
      if (!("value" in subject)) {
        throw new DocketError("usage", "a server is asked for an account by the app's id; name restrictions");
      }
      const { restricted } = await askServer<{ restricted: RestrictedSubject[] }>(server, "v1/restricted");
      return idsOn(restricted, subject);
    },
    close: () => Promise.resolve(),
  };
}

// Over HTTP a verdict is always by hand.
function verdictBody(wish: VerdictWish): object {
  const { cause, ...body } = wish;
  if (cause !== "manual") throw new Error(`a command makes no verdict of cause ${cause}`);
  return body;
}

async function directoryDesk(data: string, terminal: Terminal): Promise<EnforcementCommandDesk> {
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  const { enforcement, site } = opened;
  const author = { by: "operator", role: "operator" };
  return {
    verdict: (wish) => enforcement.verdict(author, wish),
    previewVerdict: (wish) => enforcement.previewVerdict(wish),
    measure: (wish) => enforcement.measure(author, wish),
    previewMeasure: (wish) => enforcement.previewMeasure(wish),
    takeSteps: (wish) => enforcement.takeSteps(author, wish),
    link: (wish) => enforcement.link(author, wish),
    unlink: (wish) => enforcement.unlink(author, wish),
    inForce: async (subject) => {
      if ("value" in subject) return idsOn(enforcement.restricted(), subject);
      if ("subject" in subject) return [];
      const actor = "actor" in subject ? subject.actor : await site.actorNamed(subject.id);
      if (actor === undefined) return [];
      return enforcement.standingOf(actor, terminal.clock()).restrictions.map(({ id }) => id);
    },
    close: () => opened.close(),
  };
}

function idsOn(
  restricted: readonly RestrictedSubject[],
  { kind, value }: { readonly kind: string; readonly value: string },
): string[] {
  const found = restricted.find((each) => each.kind === kind && each.value === value.trim());
  return (found?.restrictions ?? []).map(({ id }) => id);
}

// SPDX-License-Identifier: Apache-2.0
// Docket's part: what the way of an event does to a text before the policy reads it.
import { createSecretKey } from "node:crypto";
import { modelTextOf, scoreText } from "@docket/policy";
import { siteSignals } from "../../../packages/docket/src/intake/site-signals.ts";
import { contentOf } from "../../../packages/docket/src/mail/mail-event.ts";
import { readMail } from "../../../packages/docket/src/mail/read-mail.ts";
import { train } from "../../accuracy/docket.ts";
import type { Workload } from "./workloads.ts";

/** Something that looks at texts, measured by the processor time that it takes. */
export interface Contestant {
  readonly name: string;
  readonly run: () => Sample | Promise<Sample>;
  readonly stop: () => void | Promise<void>;
}

/** One measure. */
export interface Sample {
  readonly texts: number;
  readonly processorSeconds: number;
}

const hashing = createSecretKey(Buffer.alloc(32, 7));

/** As a site computes them whose policies read campaigns. */
function signalsOf(content: Content | undefined): unknown {
  return siteSignals(
    { id: "", type: "", actor: { id: "" }, ...(content !== undefined && { content }) },
    hashing,
    true,
  );
}

/** The whole way first, then its parts. */
export function docketContestants({ kind, taught, texts }: Workload): Contestant[] {
  const model = train(kind, taught);
  const raws = texts.map(({ raw }) => (raw === undefined ? undefined : Buffer.from(raw, "latin1")));
  const content = (index: number): Content => {
    const raw = raws[index];
    return raw === undefined ? { text: texts[index]?.text ?? "" } : contentOf(readMail(raw));
  };
  const contents = texts.map((_, index) => content(index));
  const over = (name: string, look: (index: number) => unknown): Contestant => ({
    name,
    run: () => measure(texts.length, look),
    stop: () => undefined,
  });
  return [
    over("Docket, signals and classifier", (index) => {
      const read = content(index);
      return [signalsOf(read), scoreText(model, modelTextOf(read))];
    }),
    ...(kind === "email" ? [over("its reading of MIME alone", content)] : []),
    over("its signals alone", (index) => signalsOf(contents[index])),
    over("its classifier alone", (index) => scoreText(model, modelTextOf(contents[index]))),
  ];
}

type Content = ReturnType<typeof contentOf>;

function measure(texts: number, look: (index: number) => unknown): Sample {
  let kept: unknown;
  const before = process.cpuUsage();
  for (let index = 0; index < texts; index++) kept = look(index);
  const { user, system } = process.cpuUsage(before);
  if (kept === undefined) throw new Error("nothing was looked at");
  return { texts, processorSeconds: (user + system) / 1e6 };
}

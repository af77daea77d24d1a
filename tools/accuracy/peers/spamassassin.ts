// SPDX-License-Identifier: Apache-2.0
// SpamAssassin: Bayes trained on the training part, and the rules that come with it, without network (-L).
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, aboveHalf, missingProgram, programVersion, runProgram, writeMessages } from "./peer.ts";

const siteConfiguration = "/etc/spamassassin";
const program = fileURLToPath(new URL("spamassassin.pl", import.meta.url));

/**
 * What differs from Debian's defaults. It learns from what it is given only; a small training part counts
 * too, where by default Bayes waits for 200 of each class.
 */
const settings = [
  "use_bayes 1",
  "bayes_auto_learn 0",
  "bayes_min_ham_num 1",
  "bayes_min_spam_num 1",
  "skip_rbl_checks 1",
  "dns_available no",
];

/** SpamAssassin (Debian: spamassassin). */
export const spamassassin: Peer = {
  name: "SpamAssassin",
  identity: () => `${programVersion("spamassassin", "-V")}, -L, ${settings.join("; ")}`,
  scorers: { "SA-Bayes": aboveHalf, "SA-total": 5 },
  parts: {
    "sa-text-chrono": { folds: 1, every: 3 },
    "enron-chrono": { folds: 1, every: 5 },
    "sms-turkish": { folds: 2, every: 3 },
    youtube: { folds: 2, every: 1 },
    "sa-raw": { folds: 1, every: 3 },
    "sa-text": { folds: 1, every: 3 },
    enron: { folds: 1, every: 9 },
  },
  missing: () => missingProgram("sa-learn"),
  run: async ({ train, test }, directory) => {
    const site = join(directory, "site");
    const env = { ...process.env, HOME: directory };
    writeSite(site, join(directory, "bayes"));
    const paths = writeMessages(train, join(directory, "train"));
    for (const spam of [true, false]) {
      const list = paths.filter((_, index) => train[index]?.spam === spam).join("\n");
      const listPath = join(directory, spam ? "spam.list" : "ham.list");
      writeFileSync(listPath, `${list}\n`);
      const args = ["--siteconfigpath", site, "-p", "/dev/null", "--local", "--no-sync"];
      await runProgram("sa-learn", [...args, spam ? "--spam" : "--ham", "-f", listPath], "", { env });
    }
    await runProgram("sa-learn", ["--siteconfigpath", site, "-p", "/dev/null", "--local", "--sync"], "", {
      env,
    });
    const asked = writeMessages(test, join(directory, "test"));
    const text = await runProgram("perl", [program, site], `${asked.join("\n")}\n`, { env });
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ").map(Number));
    if (rows.length !== test.length) throw new Error(`${rows.length} scores for ${test.length} messages`);
    return {
      "SA-total": rows.map(([total = Number.NaN]) => total),
      "SA-Bayes": rows.map(([, bayes = Number.NaN]) => bayes),
    };
  },
};

function writeSite(site: string, bayesPath: string): void {
  mkdirSync(site);
  for (const name of readdirSync(siteConfiguration)) {
    if (/\.(?:pre|cf)$/.test(name)) cpSync(join(siteConfiguration, name), join(site, name));
  }
  writeFileSync(join(site, "zz-accuracy.cf"), [...settings, `bayes_path ${bayesPath}`, ""].join("\n"));
}

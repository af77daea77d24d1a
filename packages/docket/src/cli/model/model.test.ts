// SPDX-License-Identifier: Apache-2.0
// `docket model train`, `score`, `eval`, `explain`, `calibrate` and `show`, on files as people have them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { directoryOf, docket } from "../testing/run-docket.ts";
import { labelledLines, textOf } from "./testing/labelled-texts.ts";

type Scored = {
  text?: string;
  score?: number;
  known?: number;
  missing?: true;
  line?: number;
  error?: object;
};

function lines(out: string): Scored[] {
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Scored);
}

describe("a model", () => {
  let model: Uint8Array;

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), "docket-model-"));
    const file = join(directory, "a.model");
    const trained = await docket(
      labelledLines(200),
      "model",
      "train",
      "--kind",
      "comment",
      "--in",
      "-",
      "--out",
      file,
    );
    assert.equal(trained.code, 0, trained.err);
    assert.match(trained.out, /a model of kind comment, [\d,]+ bytes, trained on 100 spam and 100 ham/);
    model = readFileSync(file);
    rmSync(directory, { recursive: true });
  });

  /** The model as a file of a test. */
  function modelIn(directory: string): string {
    const file = join(directory, "a.model");
    writeFileSync(file, model);
    return file;
  }

  test("is the same from a file, from gzip, with CRLF and a byte order mark", async (t) => {
    const directory = directoryOf(t);
    const odd = `\ufeff${labelledLines(200).replaceAll("\n", "\r\n\r\n")}`;
    for (const [name, bytes] of [
      ["plain", Buffer.from(labelledLines(200))],
      ["packed", gzipSync(labelledLines(200))],
      ["odd", Buffer.from(odd)],
    ] as const) {
      const from = join(directory, name);
      writeFileSync(from, bytes);
      const out = join(directory, `${name}.model`);
      const ran = await docket(
        "",
        "model",
        "train",
        "--kind",
        "comment",
        "--in",
        from,
        "--out",
        out,
        "--json",
      );
      assert.equal(ran.code, 0, ran.err);
      assert.deepEqual(readFileSync(out), Buffer.from(model), name);
      const said = JSON.parse(ran.out) as { spam: number; ham: number; faults: number };
      assert.deepEqual([said.spam, said.ham, said.faults], [100, 100, 0]);
    }
  });

  test("scores each line in order, spam above ham", async (t) => {
    const file = modelIn(directoryOf(t));
    const given = labelledLines(40, 1_000);
    const { code, out, err } = await docket(given, "model", "score", "--model", file);
    assert.equal(code, 0, err);
    const scored = out.trimEnd().split("\n");
    for (const [place, line] of given.trimEnd().split("\n").entries()) {
      const { score, known } = JSON.parse(scored[place] ?? "") as Scored;
      assert.ok(Number.isInteger(score) && Number.isInteger(known));
      const missing = (scored[place] ?? "").includes("missing") ? ',"missing":true' : "";
      assert.equal(scored[place], `${line.slice(0, -1)},"score":${score},"known":${known}${missing}}`);
      assert.equal((score ?? 0) > 500_000, place % 2 === 0, line);
    }
  });

  test("gives a line at fault an error and goes on, and reads any bytes", async (t) => {
    const file = modelIn(directoryOf(t));
    const input = Buffer.concat([
      Buffer.from(`${JSON.stringify({ text: textOf(true, 1) })}\r\n{bad\n\n[]\n{"text":7}\n`),
      Buffer.from('{"text":"a\xff\xfe\\ud800"}\n', "latin1"),
      Buffer.from(
        `{"text":"","score":1}\n{"text":"${"win cash ".repeat(200_000)}"}\n{"raw_latin1":"\\u0000\\u00ff"}`,
      ),
    ]);
    const { code, out, err } = await docket(input, "model", "score", "--model", file);
    assert.equal(code, 1);
    assert.match(err, /3 lines have an error instead of a score/);
    const scored = lines(out);
    assert.equal(scored.length, 8);
    assert.deepEqual(
      scored.map(({ line }) => line),
      [undefined, 2, 4, 5, undefined, undefined, undefined, undefined],
    );
    assert.match(JSON.stringify(scored[1]?.error), /json_syntax/);
    for (const { score, error } of scored) assert.ok(error !== undefined || Number.isInteger(score));
    assert.equal(scored[5]?.missing, true, "nothing is known of an empty text");
  });

  test("nothing in, nothing out", async (t) => {
    const file = modelIn(directoryOf(t));
    assert.deepEqual(await docket("", "model", "score", "--model", file), { code: 0, out: "", err: "" });
  });

  test("is evaluated, with a page", async (t) => {
    const directory = directoryOf(t);
    const file = modelIn(directory);
    const html = join(directory, "r.html");
    const words = ["model", "eval", "--model", file, "--in", "-", "--html", html, "--json"];
    const { code, out, err } = await docket(labelledLines(60, 500), ...words);
    assert.equal(code, 0, err);
    const { scores } = JSON.parse(out) as { scores: { oneMinusAuc: number; spam: number; ham: number } };
    assert.deepEqual([scores.spam, scores.ham, scores.oneMinusAuc], [30, 30, 0]);
    assert.match(readFileSync(html, "utf8"), /^<!doctype html>/);
  });

  test("is explained by what was written", async (t) => {
    const file = modelIn(directoryOf(t));
    const { out } = await docket("", "model", "explain", "--model", file, textOf(true, 3));
    assert.match(out, /^score 9\d\d,\d{3}: spam with a probability of/);
    assert.match(out, /^ *ADDS +TO +FEATURE$/m);
    assert.match(out, /\+\d+\.\d{3} +spam +/);
    const piped = await docket(textOf(false, 3), "model", "explain", "--model", file, "--json", "--top", "3");
    const said = JSON.parse(piped.out) as { score: number; features: { feature: string }[] };
    assert.ok(said.score < 500_000 && said.features.length <= 3);
  });

  test("is given a cut by the operator's own ham", async (t) => {
    const file = modelIn(directoryOf(t));
    const ham = Array.from({ length: 300 }, (_, place) => JSON.stringify({ text: textOf(false, place) }));
    const given = `${ham.join("\n")}\n${JSON.stringify({ label: "spam", text: textOf(true, 1) })}\n`;
    const words = ["model", "calibrate", "--model", file, "--in", "-", "--fpr"];
    const { code, out, err } = await docket(given, ...words, "1%", "--name", "mine");
    assert.equal(code, 0);
    assert.match(err, /1 texts labelled spam were left out/);
    const [, cut = ""] = /^cut (\d+): flags \d of 300 hams/.exec(out) ?? assert.fail(out);
    assert.ok(out.includes(`when: models.mine.score >= ${cut}`));
    assert.match(out, /that rate allows 3 flagged: bring 1,000/);
    assert.equal((await docket(given, ...words, "1.2")).code, 2);
    assert.equal((await docket("", ...words, "1%")).code, 2);
  });

  test("is shown, and refused where its bytes are others", async (t) => {
    const directory = directoryOf(t);
    const file = modelIn(directory);
    assert.match((await docket("", "model", "show", file)).out, /^model {5}[\w-]{43}\nkind {6}comment\n/);
    for (const [name, bytes] of [
      ["cut.model", model.subarray(0, 100)],
      ["text.model", Buffer.from("a text")],
      ["empty.model", Buffer.alloc(0)],
    ] as const) {
      writeFileSync(join(directory, name), bytes);
      const { code, err } = await docket("", "model", "show", join(directory, name));
      assert.equal(code, 2);
      assert.match(err, /is no model: .*\n {2}model_invalid: /);
    }
  });
});

describe("training", () => {
  const cases: [string, string, RegExp][] = [
    ["nothing", "", /there is no labelled text/],
    ["one class", '{"label":"spam","text":"a"}\n', /no text is ham/],
    ["no label that is understood", '{"label":"maybe","text":"a"}\n', /label is "maybe"[^]*no labelled text/],
  ];
  for (const [what, input, message] of cases) {
    test(`on ${what} does nothing, and says so`, async (t) => {
      const out = join(directoryOf(t), "x.model");
      const ran = await docket(input, "model", "train", "--kind", "message", "--in", "-", "--out", out);
      assert.equal(ran.code, 2);
      assert.match(ran.err, message);
      assert.throws(() => readFileSync(out), /ENOENT/);
    });
  }

  test("names lines at fault, five of them, and learns from the rest", async (t) => {
    const out = join(directoryOf(t), "x.model");
    const input = `${"{bad\n".repeat(7)}{"label":"unsure","text":"a"}\n${labelledLines(40)}`;
    const ran = await docket(input, "model", "train", "--kind", "message", "--in", "-", "--out", out);
    assert.equal(ran.code, 0, ran.err);
    assert.equal(ran.err.match(/left out: the line is not JSON/g)?.length, 5);
    assert.match(ran.err, /standard input:1: left out[^]*7 lines in all were left out/);
    assert.match(ran.err, /1 texts labelled "unsure" were left out/);
  });

  test("takes mails as files, and directories of them", async (t) => {
    const directory = directoryOf(t);
    for (const spam of [true, false]) {
      const box = join(directory, spam ? "junk" : "inbox", "2026");
      mkdirSync(box, { recursive: true });
      for (let number = 0; number < 30; number++) {
        const mail = `Subject: ${textOf(spam, number)}\n\n${textOf(spam, number + 50)}\n`;
        writeFileSync(join(box, `${number}.eml`), mail);
      }
    }
    const file = join(directory, "m.model");
    const [junk, inbox] = [join(directory, "junk"), join(directory, "inbox")];
    const words = ["model", "train", "--kind", "email", "--spam", junk, "--ham", inbox, "--out", file];
    const trained = await docket("", ...words);
    assert.equal(trained.code, 0, trained.err);
    assert.match(trained.out, /30 spam and 30 ham/);
    const { out } = await docket("", "model", "score", "--model", file, "--mail", junk);
    const scored = lines(out);
    assert.equal(scored.length, 30);
    assert.ok(scored.every(({ score = 0 }) => score > 500_000));
  });

  test("by a split tests each text once, with a model that didn't see it", async (t) => {
    const directory = directoryOf(t);
    const split = join(directory, "s.tsv");
    const rows = Array.from({ length: 90 }, (_, place) => `t${place}\t${place % 3}\n`);
    writeFileSync(split, rows.join(""));
    const words = ["model", "eval", "--kind", "comment", "--in", "-", "--split", split];
    const { code, out, err } = await docket(labelledLines(100), ...words, "--json");
    assert.equal(code, 0, err);
    const report = JSON.parse(out) as { scores: { texts: number; folds: unknown[] }; leftOut: object };
    assert.deepEqual([report.scores.texts, report.scores.folds.length], [90, 3]);
    assert.deepEqual(report.leftOut, { faults: 0, unsure: 0, notInSplit: 10 });
    for (const wrong of [
      ["model", "eval", "--in", "-"],
      ["model", "eval", "--kind", "comment", "--in", "-"],
      ["model", "eval", "--model", "x", "--split", split, "--in", "-"],
      [...words.slice(0, -1), "/nowhere.tsv"],
    ]) {
      assert.equal((await docket(labelledLines(4), ...wrong)).code, 2, wrong.join(" "));
    }
  });
});

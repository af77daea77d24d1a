// SPDX-License-Identifier: Apache-2.0
// What files say: labels, rows, splits.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProtocolError } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { readLabel } from "./label.ts";
import { labelOf, readRow, withoutMark } from "./row.ts";
import { scriptOf } from "./script-of.ts";
import { readSplit } from "./split.ts";

const row = (value: unknown, kind: "comment" | "email" = "comment"): ReturnType<typeof readRow> =>
  readRow(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), kind);

test("labels are understood as corpora write them, and nothing is guessed", () => {
  for (const each of ["spam", "SPAM", " Spam ", 1, "1", true, "true"]) assert.equal(readLabel(each), true);
  for (const each of ["ham", "notSpam", "not spam", "not_spam", 0, "0", -1, false]) {
    assert.equal(readLabel(each), false);
  }
  assert.equal(readLabel("unsure"), "unsure");
  for (const each of ["", "maybe", 2, null, undefined, [], {}, "spam?"]) {
    assert.equal(readLabel(each), undefined, JSON.stringify(each));
  }
});

describe("rows", () => {
  test("text with its subject, and what else is known of it", () => {
    const read = row({
      id: 7,
      label: "ham",
      subject: "Hi",
      text: "there",
      lang: "en",
      actor: "u1",
      group: "g",
    });
    assert.deepEqual(read.text, { title: "Hi", text: "there" });
    assert.deepEqual(read.notes, { id: "7", actor: "u1", language: "en" });
    assert.equal(labelOf(read), false);
    assert.deepEqual(row({ text: "", subject: null }).text, { text: "" });
  });

  test("a whole mail, one character a byte", () => {
    const raw =
      "Subject: =?utf-8?q?caf=C3=A9?=\nContent-Type: text/plain; charset=utf-8\n\nna\u00c3\u00afve\n";
    const mail = row({ raw_latin1: raw }, "email").text;
    assert.equal(mail.title, "café");
    assert.match(mail.text ?? "", /naïve/);
    assert.match(mail.headers ?? "", /^Subject:/);
    assert.equal(row({ raw_latin1: raw }).text.headers, undefined, "comments have no headers");
    assert.deepEqual(row({ raw_latin1: raw, text: "own" }).text, { text: "own" });
  });

  test("bytes that are no UTF-8 and halves of surrogates are read, not refused", () => {
    const bytes = Buffer.from('{"text":"a\xffb\\ud800"}', "latin1");
    assert.equal(readRow(bytes, "comment").text.text, "a\ufffdb\ud800");
  });

  const wrong: [string, RegExp, string][] = [
    ["{bad", /is not JSON/, "json_syntax"],
    ["[1]", /no JSON object/, "text_invalid"],
    ["{}", /neither text nor raw_latin1/, "text_invalid"],
    ['{"text":5}', /text is no string/, "text_invalid"],
  ];
  for (const [text, message, code] of wrong) {
    test(`${text} is refused`, () => {
      assert.throws(
        () => row(text),
        (error: ProtocolError) => error.code === code && message.test(error.message),
      );
    });
  }

  test("a label that isn't understood is said with what is", () => {
    assert.throws(() => labelOf(row({ text: "a", label: "perhaps" })), /label is "perhaps"; write "spam"/);
    assert.throws(() => labelOf(row({ text: "a" })), /has no label/);
    assert.equal(labelOf(row({ text: "a", label: "unsure" })), undefined);
  });

  test("a byte order mark is no part of the line", () => {
    assert.equal(Buffer.from(withoutMark(Buffer.from("\ufeff{}"))).toString(), "{}");
  });
});

describe("splits", () => {
  const names = (text: string): string[] => readSplit(text, "s.tsv").folds.map(({ name }) => name);

  test("train and test are one test, other folds one each", () => {
    const { folds, ids } = readSplit("id\tfold\na\ttrain\r\nb\ttest\n", "s.tsv");
    assert.equal(folds.length, 1);
    assert.deepEqual(
      ["a", "b", "c"].map((id) => folds[0]?.trains(id)),
      [true, false, false],
    );
    assert.deepEqual(
      ["a", "b", "c"].map((id) => folds[0]?.tests(id)),
      [false, true, false],
    );
    assert.equal(ids.size, 2);
    assert.deepEqual(names("a\t0\nb\t1\nc\t0\n"), ["0", "1"]);
  });

  const wrong: [string, RegExp][] = [
    ["a 0", /s\.tsv:1: a line is an id, a tab, and its fold/],
    ["a\t0\nb\t1\na\t1", /s\.tsv:3: a is in two folds, 0 and 1/],
    ["a\ttrain\nb\t1", /train and test, or others/],
    ["a\t0", /two folds at least, this one 1/],
    ["", /two folds at least, this one 0/],
  ];
  for (const [text, message] of wrong) {
    test(JSON.stringify(text), () => {
      assert.throws(
        () => readSplit(text, "s.tsv"),
        (error: DocketError) => error.code === "usage" && message.test(error.message),
      );
    });
  }
});

test("the script of most letters", () => {
  const cases: [string, string][] = [
    ["Привет всем, hi", "Cyrillic"],
    ["hello мир", "Latin"],
    ["123 !?", "none"],
    ["你好", "Han"],
    ["ᚠᚢᚦ", "other"],
  ];
  for (const [text, script] of cases) assert.equal(scriptOf(text), script);
});

// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { chanceFrom, tricks } from "./camouflage.ts";
import { type Item, foldsOf, missingCorpus, readCorpus } from "./corpora.ts";
import { answersOf, configurationHash, modelText } from "./docket.ts";
import { worstMistakes } from "./failures.ts";
import { readOpenings } from "./openings.ts";
import { bogofilter } from "./peers/bogofilter.ts";
import { peerResult } from "./peers/cache.ts";
import { messageBytes } from "./peers/peer.ts";
import { rows } from "./rows.ts";
import { barsTable, recallText, share } from "./tables.ts";

const absent = missingCorpus("telegram") ?? missingCorpus("youtube") ?? missingCorpus("enron");
const corporaSkip = { skip: absent ?? false };

suite("splits", corporaSkip, () => {
  test("of folds test each text once, with a model that never saw a copy of it", () => {
    const corpus = readCorpus("telegram");
    const folds = foldsOf(corpus, "5fold", false);
    assert.equal(folds.length, 5);
    assert.equal(folds.flatMap((fold) => fold.test).length, corpus.items.length);
    assert.equal(new Set(folds.flatMap((fold) => fold.test.map(({ id }) => id))).size, corpus.items.length);
    for (const { train, test: tested } of folds) {
      const copies = new Set(train.map(({ copy }) => copy));
      assert.deepEqual(
        tested.filter(({ copy }) => copies.has(copy)),
        [],
      );
    }
  });
  test("in rehearsals leave the first fold alone", () => {
    const corpus = readCorpus("telegram");
    const first = new Set(foldsOf(corpus, "5fold", false)[0]?.test);
    const rehearsed = foldsOf(corpus, "5fold", true);
    assert.equal(rehearsed.length, 4);
    assert.ok(
      rehearsed.every(({ train, test: tested }) => ![...train, ...tested].some((item) => first.has(item))),
    );
  });
  test("by time in rehearsals are made of the training part alone", () => {
    const corpus = readCorpus("enron");
    const [real] = foldsOf(corpus, "chrono", false);
    const [rehearsed] = foldsOf(corpus, "chrono", true);
    assert.ok(real !== undefined && rehearsed !== undefined);
    const training = new Set(real.train);
    assert.ok([...rehearsed.train, ...rehearsed.test].every((item) => training.has(item)));
    assert.equal(rehearsed.train.length + rehearsed.test.length, real.train.length);
    assert.ok(Math.abs(rehearsed.test.length / real.train.length - 0.25) < 0.01);
  });
  test("of rows exist", () => {
    for (const { corpus, split } of rows.filter((row) => row.corpus === "youtube")) {
      assert.equal(foldsOf(readCorpus(corpus), split, false).length, 5);
    }
  });
});

suite("our part", () => {
  test("learns, answers, and keeps its answers", () => {
    const folder = mkdtempSync(join(tmpdir(), "docket-accuracy-"));
    try {
      const fold = { name: "a", train: madeUp(60), test: madeUp(10) };
      const answers = answersOf("message", fold, folder);
      assert.deepEqual(answersOf("message", fold, folder), answers);
      const [spam, ham] = answers;
      assert.ok((spam?.computed ?? 0) > (ham?.computed ?? 0));
      assert.match(configurationHash("message"), /^[0-9a-f]{16}$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  test("reads raw mails as the command does, and no id, group or label", () => {
    const raw = "Subject: Hello\nX-Test: 1\n\nText\n";
    const { title, text, headers } = modelText({ id: "x", spam: true, group: "g", copy: "", text: "", raw });
    assert.deepEqual([title, text?.trim(), headers?.includes("X-Test")], ["Hello", "Text", true]);
    assert.deepEqual(modelText({ id: "x", spam: true, group: "g", copy: "", text: "a" }), { text: "a" });
  });
  test("writes down each opening of test labels", () => {
    for (const { at, measured } of readOpenings()) {
      assert.ok(!Number.isNaN(Date.parse(at)));
      assert.ok(measured.length > 0);
    }
  });
});

suite("camouflage", () => {
  const text = "Congratulations winner! Call 0906 or visit http://win.example.com/x <b>today</b>";
  for (const [name, trick] of Object.entries(tricks)) {
    test(`${name} follows from its seed, changes the text and leaves markup whole`, () => {
      const hidden = trick(text, chanceFrom(name), ["see you at lunch"]);
      assert.equal(trick(text, chanceFrom(name), ["see you at lunch"]), hidden);
      assert.notEqual(hidden, text);
      assert.ok(hidden.includes("<b>") && hidden.includes("</b>"));
      if (name !== "links") assert.ok(hidden.includes("http://win.example.com/x"));
    });
  }
  test("takes any text", () => {
    for (const trick of Object.values(tricks)) {
      for (const odd of ["", " ", "\ud800", "<", "&", "🎉"])
        assert.equal(typeof trick(odd, chanceFrom("a"), []), "string");
    }
  });
});

suite("peers", () => {
  test("are given other texts as a mail", () => {
    const bytes = messageBytes({ id: "x", spam: true, copy: "", title: "Grüße", text: "Größe" });
    assert.match(
      bytes.toString("utf8"),
      /^Subject: =\?utf-8\?B\?R3LDvMOfZQ==\?=\n[^]*charset=utf-8\n[^]*\n\nGröße\n$/,
    );
    assert.equal(messageBytes({ id: "x", spam: true, copy: "", text: "", raw: "\xff" })[0], 0xff);
  });
  test(
    "bogofilter learns, scores, and its scores are kept",
    { skip: bogofilter.missing() ?? false },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "docket-accuracy-"));
      try {
        const fold = { name: "a", train: madeUp(40), test: madeUp(6) };
        assert.equal(await peerResult(bogofilter, fold, folder, true), undefined);
        const result = await peerResult(bogofilter, fold, folder, false);
        const scores = result?.scores["bogofilter"] ?? [];
        assert.ok((scores[0] ?? 0) > (scores[1] ?? 1), JSON.stringify(scores));
        assert.deepEqual(await peerResult(bogofilter, fold, folder, true), result);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

suite("tables", () => {
  test("put in brackets what rests on few hams", () => {
    const recall = { hamsPerThousand: 1, hamsFlagged: 0, spamsCaught: 9, recall: 0.9, above: 1 };
    assert.equal(recallText({ ...recall, hamsAllowed: 4 }), "(0.900 / 4)");
    assert.equal(recallText({ ...recall, hamsAllowed: 12 }), "0.900 / 12");
    assert.deepEqual([share(0.99987), share(1), share(Number.NaN)], ["0.9999", "1.000", "–"]);
  });
  test("are empty of rows without bars", () => {
    assert.equal(barsTable([]).split("\n").length, 2);
  });
  test("list the worst mistakes once for each text", () => {
    const judged = madeUp(8).map((item, place) => ({
      item,
      answer: { computed: place * 1_000, scored: true, known: 1_000, margin: 0 },
    }));
    const { flagged, missed } = worstMistakes({ judged: [...judged, ...judged] });
    assert.deepEqual([flagged.length, flagged[0]?.answer.computed], [4, 7_000]);
    assert.deepEqual([missed.length, missed[0]?.answer.computed], [4, 0]);
  });
});

/** Spam and ham in turns, each text its own. */
function madeUp(count: number): Item[] {
  return Array.from({ length: count }, (_, place): Item => {
    const spam = place % 2 === 0;
    const words = spam
      ? `claim your free prize now, winner ${place}`
      : `see you at lunch tomorrow, number ${place}`;
    return { id: `${place}`, spam, copy: `${place}`, text: words };
  });
}

// SPDX-License-Identifier: Apache-2.0
// Kappa against values computed by hand and published ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cohenKappa } from "./kappa.ts";

function near(value: number | null, expected: number, within = 1e-9): void {
  assert.ok(value !== null && Math.abs(value - expected) < within, `${value}, expected ${expected}`);
}

test("a table of two categories, by hand", () => {
  // 50 cases: both yes 20, both no 15. Yes by the first 25 of 50, by the second 30 of 50.
  // observed 35/50 = 0.7; chance 0.5*0.6 + 0.5*0.4 = 0.5; kappa 0.2/0.5 = 0.4.
  const { cases, observed, byChance, kappa, low, high } = cohenKappa([
    [20, 5],
    [10, 15],
  ]);
  assert.equal(cases, 50);
  near(observed, 0.7);
  near(byChance, 0.5);
  near(kappa, 0.4);
  // Equation 13 by hand, with p = (0.4, 0.1; 0.2, 0.3), rows (0.5, 0.5), columns (0.6, 0.4), 1 - kappa = 0.6:
  //   0.4 (1 - 1.1*0.6)^2 + 0.3 (1 - 0.9*0.6)^2         = 0.4*0.1156 + 0.3*0.2116 = 0.10972
  //   0.1 ((0.6 + 0.5)*0.6)^2 + 0.2 ((0.4 + 0.5)*0.6)^2 = 0.1*0.4356 + 0.2*0.2916 = 0.10188
  //   (0.4 - 0.5*0.6)^2                                 = 0.01
  const error = Math.sqrt((0.10972 + 0.10188 - 0.01) / 50) / 0.5;
  near(low, 0.4 - 1.959963984540054 * error);
  near(high, 0.4 + 1.959963984540054 * error);
});

test("the table of Fleiss, Cohen and Everitt (1969): three categories, chance 0.475, kappa 0.429", () => {
  // Shares of 200 cases in percent.
  const table = [
    [53, 5, 2],
    [11, 14, 5],
    [1, 6, 3],
  ].map((row) => row.map((percent) => percent * 2));
  const { byChance, kappa, low, high } = cohenKappa(table);
  near(byChance, 0.475);
  near(kappa, 0.4286, 5e-5);
  assert.ok(low !== null && high !== null && low > 0.3 && high < 0.56);
});

test("full agreement is one, agreement as by chance is none, and always the other is less", () => {
  const full = cohenKappa([
    [7, 0],
    [0, 9],
  ]);
  near(full.kappa, 1);
  near(full.low, 1);
  near(
    cohenKappa([
      [4, 4],
      [4, 4],
    ]).kappa,
    0,
  );
  near(
    cohenKappa([
      [0, 5],
      [5, 0],
    ]).kappa,
    -1,
  );
});

test("kappa is nothing where nobody could have disagreed, and where there was nothing to look at", () => {
  assert.equal(
    cohenKappa([
      [12, 0],
      [0, 0],
    ]).kappa,
    null,
  );
  assert.equal(cohenKappa([]).kappa, null);
  assert.equal(cohenKappa([[0]]).cases, 0);
  assert.equal(
    cohenKappa([
      [0, 1],
      [0, 0],
    ]).low,
    null,
  );
  assert.throws(() => cohenKappa([[1, 2]]), RangeError);
  assert.throws(() => cohenKappa([[-1]]), RangeError);
});

test("exchanging the two sides changes nothing", () => {
  const table = [
    [31, 4, 1],
    [2, 17, 3],
    [0, 5, 6],
  ];
  const turned = table.map((_, row) => table.map((_, column) => table[column]?.[row] ?? 0));
  const [one, other] = [cohenKappa(table), cohenKappa(turned)];
  near(one.kappa, other.kappa ?? Number.NaN);
  near(one.low, other.low ?? Number.NaN);
});

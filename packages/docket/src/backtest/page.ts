// SPDX-License-Identifier: Apache-2.0
import type { BacktestReport } from "./report.ts";
export function backtestPage(report: BacktestReport): string {
  return JSON.stringify(report);
}

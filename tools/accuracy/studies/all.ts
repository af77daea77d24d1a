// SPDX-License-Identifier: Apache-2.0
// The tables besides the main one, by name.
import { studyCalibration } from "./calibration.ts";
import { studyCamouflage } from "./camouflage.ts";
import { studyCross } from "./cross.ts";
import { studyCurves } from "./curves.ts";
import { studyDelayed } from "./delayed.ts";
import { studyLanguages } from "./languages.ts";
import { studyShipped } from "./shipped.ts";
import type { StudyContext, StudyResult } from "./study.ts";

/** Measures one thing and shows it as a table. */
export type Study = (context: StudyContext) => StudyResult | Promise<StudyResult>;

/** All studies. */
export const studies: Readonly<Record<string, Study>> = {
  calibration: studyCalibration,
  languages: studyLanguages,
  camouflage: studyCamouflage,
  curves: studyCurves,
  cross: studyCross,
  shipped: studyShipped,
  delayed: studyDelayed,
};

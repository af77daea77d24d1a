// SPDX-License-Identifier: Apache-2.0
// What a model is trained on.
import type { ModelText } from "../model-text.ts";

/** One text whose class is known. */
export type Example = ModelText & {
  readonly spam: boolean;
  /** Who wrote it: no actor counts for more than a share of the training. */
  readonly actor?: string | undefined;
  /** Texts of one group are never on both sides of an inner fold. Equal texts are a group anyway. */
  readonly group?: string | undefined;
};

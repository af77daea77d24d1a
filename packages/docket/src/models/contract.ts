// SPDX-License-Identifier: Apache-2.0
// What people do with a site's models, as HTTP and the command line see it.
import type { ModelKind } from "@docket/policy";

/** A model, as it is shown. */
export type ModelView = {
  sha256: string;
  kind: ModelKind;
  /** How many texts it was trained on. */
  examples: { spam: number; ham: number };
};

/** A model in force, as it is shown. */
export type ModelInForce = ModelView & {
  name: string;
  /** The file that the policy names; `null` where it uses the general one, or what was published since. */
  file: string | null;
};

/** The models of a site. Rejections are a `DocketError`. */
export interface Models {
  /** The models that the release in force names. */
  inForce(): readonly ModelInForce[];
  /**
   * Keeps a model, so that a change of the policy can name it. It scores nothing by that.
   *
   * @throws {DocketError} `model_invalid`; `overloaded` where too many are kept that no release names
   */
  keep(bytes: Uint8Array): Promise<ModelView>;
  /**
   * The bytes of a kept model.
   *
   * @throws {DocketError} `not_found`, `directory_damaged`
   */
  bytes(sha256: string): Promise<Uint8Array>;
}

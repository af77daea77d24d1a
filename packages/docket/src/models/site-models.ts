// SPDX-License-Identifier: Apache-2.0
// The models of a site: those that releases name, and what a declaration comes to now.
import type { Model, ModelDeclaration, ModelKind } from "@docket/policy";
import { DocketError } from "../error.ts";
import type { ModelVersion, ReleaseModels } from "../releases/release.ts";
import { declaredFileFault } from "./declared-file.ts";
import { modelId, readModel } from "./model-file.ts";

/** Models that stay in memory besides those in force. */
const modelsHeld = 16;

/** What the models of a site are made of. */
export type SiteModelsPorts = {
  /** The bytes of a kept model. @throws {DocketError} `directory_damaged` */
  readonly read: (id: string) => Uint8Array;
  /** Keeps a model, durably and at once. */
  readonly keep: (bytes: Uint8Array) => void;
  /** Files beside the policies. */
  readonly files: (path: string) => Uint8Array | undefined;
  /** The model that comes with Docket. */
  readonly general: (kind: ModelKind) => Uint8Array;
};

/** The models of a site. Fulfils `ReleaseModelStore` of releases/contract.ts. */
export class SiteModels {
  readonly #ports: SiteModelsPorts;
  #inForce: readonly ModelVersion[] = [];
  #inFiles: ReadonlySet<string> = new Set();
  /** By hash; the one that was used last comes last. */
  readonly #held = new Map<string, Model>();

  constructor(ports: SiteModelsPorts) {
    this.#ports = ports;
  }

  /** The models that the release in force names. */
  get inForce(): readonly ModelVersion[] {
    return this.#inForce;
  }

  /**
   * The declared models: of a file its content now, of the general one the version in force under that name
   * and kind, or else the one that comes with this version of Docket. Each is kept.
   *
   * @param given hashes of kept models by the path of their file
   * @throws {DocketError} `policy_invalid` if a file is missing, no model, or one of another kind
   */
  current(
    declared: ReadonlyMap<string, ModelDeclaration>,
    given?: ReadonlyMap<string, string>,
  ): ReleaseModels {
    return this.#loaded([...declared.values()].map((each) => this.#current(each, given)));
  }

  /**
   * Models of these hashes.
   *
   * @throws {DocketError} `directory_damaged` if one isn't kept, or isn't what its hash says; `model_invalid`
   *   if it is none that this version of Docket scores with, or of another kind
   */
  at(versions: readonly ModelVersion[]): ReleaseModels {
    return this.#loaded(versions);
  }

  /** A release came into force; these of its models are from files of the policy. */
  adopted(versions: readonly ModelVersion[], inFiles: ReadonlySet<string>): void {
    this.#inForce = versions;
    this.#inFiles = inFiles;
  }

  #current(declaration: ModelDeclaration, given: ReadonlyMap<string, string> | undefined): ModelVersion {
    const { name, kind, file } = declaration;
    if (file !== undefined) return { name, kind, sha256: this.#ofFile(declaration, file, given?.get(file)) };
    const before = this.#inForce.find((model) => model.name === name && model.kind === kind);
    if (before !== undefined && !this.#inFiles.has(name) && this.#isReadable(before)) return before;
    const bytes = this.#ports.general(kind);
    this.#ports.keep(bytes);
    return { name, kind, sha256: modelId(bytes) };
  }

  #ofFile(declaration: ModelDeclaration, file: string, given: string | undefined): string {
    const bytes = given === undefined ? this.#ports.files(file) : this.#ports.read(given);
    const fault = declaredFileFault(declaration, bytes);
    if (bytes === undefined || fault !== undefined) {
      throw new DocketError("policy_invalid", `${declaration.place}: ${fault ?? file}`);
    }
    if (given !== undefined) return given;
    this.#ports.keep(bytes);
    return modelId(bytes);
  }

  #isReadable(version: ModelVersion): boolean {
    try {
      this.#model(version);
      return true;
    } catch (error) {
      if (error instanceof DocketError && error.code === "model_invalid") return false;
      throw error;
    }
  }

  #loaded(versions: readonly ModelVersion[]): ReleaseModels {
    return { versions, models: new Map(versions.map((each) => [each.name, this.#model(each)])) };
  }

  #model({ name, kind, sha256 }: ModelVersion): Model {
    const model =
      this.#held.get(sha256) ?? readModel(this.#ports.read(sha256), `the model ${name}, ${sha256},`);
    if (model.kind !== kind) {
      const message = `the model ${sha256} is of kind ${model.kind}, and ${name} is of kind ${kind}`;
      throw new DocketError("model_invalid", message);
    }
    this.#held.delete(sha256);
    this.#held.set(sha256, model);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= modelsHeld) break;
      this.#held.delete(oldest);
    }
    return model;
  }
}

// SPDX-License-Identifier: Apache-2.0
// What the server answers of what takes a second person.

/** A request, as `/v1/requests` lists it. */
export type RequestView = {
  readonly index: number;
  readonly act: string;
  readonly of: number | null;
  readonly subject: string | null;
  readonly by: string;
  readonly role: string;
  readonly at: string;
  readonly state: string;
  readonly approvals: readonly { readonly index: number; readonly by: string; readonly alone: boolean }[];
  readonly from: string | null;
  readonly expires: string | null;
};

/** A request with what exactly it asks for. */
export type RequestDetail = RequestView & {
  readonly what: Readonly<Record<string, unknown>>;
  readonly reach: Readonly<Record<string, unknown>> | null;
  readonly why: string;
  readonly hash: string;
};

/** A change of a list that is in force for a time. */
export type ListGlass = {
  readonly index: number;
  readonly by: string;
  readonly at: string;
  readonly until: string;
  readonly list: string;
  readonly added: number;
  readonly removed: number;
  readonly approvals: readonly { readonly by: string }[];
  readonly approvalsNeeded: number;
};

const acts: Readonly<Record<string, string>> = {
  erasure: "Erase an account's data for good",
  liftHold: "Lift a legal hold",
  keyRotation: "Change a key of the evidence",
  apiKey: "Make an API key with power over others",
  person: "Give a person power over others",
  bulkRead: "Take much out at once",
};

/** What a request asks for, in words. */
export function actWords(act: string): string {
  return acts[act] ?? act;
}

/** The values of what is asked for, or of whom it reaches, each by its name. */
export function valuesOf(asked: Readonly<Record<string, unknown>>): { label: string; value: string }[] {
  return Object.entries(asked).map(([label, value]) => ({
    label,
    value: typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value),
  }));
}

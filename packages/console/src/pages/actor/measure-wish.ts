// SPDX-License-Identifier: Apache-2.0
// A measure as somebody fills it in, and as the server is asked for it.

/** What a person filled in. Texts as they were typed. */
export type MeasureForm = {
  readonly kind: "warn" | "throttle" | "limit" | "suspend" | "ban";
  /** Of a throttle: `COUNT/UNIT`. */
  readonly rate: string;
  /** Of a limit. */
  readonly ability: string;
  /** How long, in hours; nothing of a ban. */
  readonly hours: string;
  readonly reason: string;
  readonly note: string;
  /** What the affected user is told; the reason's own text if left empty. */
  readonly told: string;
};

/** The body of `POST /v1/measures`. */
export type MeasureWish = {
  readonly subject: { readonly kind: "actor"; readonly actor: string };
  readonly restrictions?: readonly Readonly<Record<string, string | number>>[];
  readonly ends?: readonly string[];
  readonly reason: string;
  readonly note?: string;
  readonly told?: Readonly<Record<string, string>>;
};

/** What is filled in to begin with. */
export const emptyMeasure: MeasureForm = {
  kind: "warn",
  rate: "1/m",
  ability: "",
  hours: "24",
  reason: "spam",
  note: "",
  told: "",
};

const hourMs = 3_600_000;
/** Longest that a form takes, in hours: ten years. */
const hoursMax = 87_600;

/** What is to be asked for, or what is missing, in words. */
export function measureWish(actor: string, form: MeasureForm): MeasureWish | { readonly lacks: string } {
  const { kind, rate, ability, hours, reason } = form;
  const length = Number(hours);
  if (kind !== "ban" && !(length > 0 && length <= hoursMax)) {
    return { lacks: `Say for how many hours, at most ${hoursMax}.` };
  }
  if (kind === "throttle" && !/^[1-9]\d{0,6}\/[smhd]$/.test(rate.trim())) {
    return { lacks: "Give a rate as 1/m or 20/h: how many, and in which unit of s, m, h or d." };
  }
  if (kind === "limit" && ability.trim() === "") return { lacks: "Say what may not be done." };
  if (reason.trim() === "") return { lacks: "Choose a reason." };
  const restriction = {
    kind,
    ...(kind === "throttle" ? { rate: rate.trim() } : {}),
    ...(kind === "limit" ? { ability: ability.trim() } : {}),
    ...(kind === "ban" ? {} : { forMs: Math.round(length * hourMs) }),
  };
  return { subject: { kind: "actor", actor }, restrictions: [restriction], ...said(form) };
}

/** What ends a restriction. */
export function endingWish(
  actor: string,
  restriction: string,
  form: Pick<MeasureForm, "reason" | "note" | "told">,
): MeasureWish {
  return { subject: { kind: "actor", actor }, ends: [restriction], ...said(form) };
}

function said({
  reason,
  note,
  told,
}: Pick<MeasureForm, "reason" | "note" | "told">): Pick<MeasureWish, "reason" | "note" | "told"> {
  return {
    reason: reason.trim(),
    ...(note.trim() === "" ? {} : { note: note.trim() }),
    ...(told.trim() === "" ? {} : { told: { en: told.trim() } }),
  };
}

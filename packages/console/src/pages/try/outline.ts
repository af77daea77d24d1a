// SPDX-License-Identifier: Apache-2.0
// What is made of what was typed, and how rules are ordered by what they came to.
import type { Rule, Trial } from "./answers.ts";

/** What was typed. */
export type Typed = {
  readonly text: string;
  readonly account: string;
  readonly type: string;
  /** JSON; empty for none. */
  readonly attributes: string;
};

/** The event to try, or what is wrong with what was typed. */
export function eventOf(
  { text, account, type, attributes }: Typed,
  id: string,
): { readonly event: object } | { readonly wrong: string } {
  let parsed: unknown;
  if (attributes.trim() !== "") {
    try {
      parsed = JSON.parse(attributes);
    } catch {
      return { wrong: 'This is no JSON; write it as {"karma": 12}' };
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      return { wrong: 'Attributes are an object, as {"karma": 12}' };
    }
  }
  const actor = { id: account, ...(parsed === undefined ? {} : { attributes: parsed }) };
  return { event: { id, type, actor, content: { text } } };
}

/** A rule in one of the groups in which a page shows them. */
export type Grouped = {
  readonly fired: Rule[];
  readonly held: Rule[];
  readonly near: Rule[];
  readonly rest: Rule[];
};

/** Rules by what they came to: those that decided, were held back, nearly fired, and the rest. */
export function groupRules(explanation: NonNullable<Trial["explanation"]>): Grouped {
  const held = new Map(explanation.held.map((rule) => [nameOf(rule), rule]));
  const near = new Set(explanation.near.map(nameOf));
  const grouped: Grouped = { fired: [], held: [], near: [], rest: [] };
  for (const rule of explanation.rules) {
    const heldRule = held.get(nameOf(rule));
    if (heldRule !== undefined) grouped.held.push({ ...rule, ...heldRule });
    else if (rule.result === true) grouped.fired.push(rule);
    else if (near.has(nameOf(rule))) grouped.near.push(rule);
    else grouped.rest.push(rule);
  }
  return grouped;
}

/** What tells a rule from others. */
export function nameOf({ policy, rule }: Pick<Rule, "policy" | "rule">): string {
  return `${policy}/${rule}`;
}

/** Why it came to this outcome, in a sentence. */
export function whyText(trial: Trial): string {
  const { explanation, decision } = trial;
  if (explanation === undefined) return "";
  if (explanation.refusedBy !== null) return `Refused whatever it says: ${explanation.refusedBy}.`;
  const { fired, held, near } = groupRules(explanation);
  if (fired.length > 0) {
    const names = fired.map(nameOf).join(", ");
    return fired.length === 1 ? `One rule fired: ${names}.` : `${fired.length} rules fired: ${names}.`;
  }
  if (decision.outcome !== "allow") return "Points of rules reached a threshold.";
  const all = explanation.rules.length;
  const none =
    all === 0 ? "No policy is about events of this type." : `None of ${all} rules has its way here.`;
  const heldText = held.length === 0 ? "" : ` ${held.length} fired and had no effect.`;
  const nearText = near.length === 0 ? "" : ` ${near.length} lacked a single clause.`;
  return none + heldText + nearText;
}

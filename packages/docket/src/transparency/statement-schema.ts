// SPDX-License-Identifier: Apache-2.0
// Statements of reasons as the EU's DSA Transparency Database takes them: the schema in force since 1 July
// 2025 (API documentation of the database, "Statement Attributes"). What it would refuse is found here first.

/** What may be in `decision_visibility`. */
export const visibilities = [
  "DECISION_VISIBILITY_CONTENT_REMOVED",
  "DECISION_VISIBILITY_CONTENT_DISABLED",
  "DECISION_VISIBILITY_CONTENT_DEMOTED",
  "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
  "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
  "DECISION_VISIBILITY_CONTENT_LABELLED",
  "DECISION_VISIBILITY_OTHER",
] as const;
const monetaries = ["SUSPENSION", "TERMINATION", "OTHER"].map((each) => `DECISION_MONETARY_${each}`);
const provisions = ["PARTIAL_SUSPENSION", "TOTAL_SUSPENSION", "PARTIAL_TERMINATION", "TOTAL_TERMINATION"].map(
  (each) => `DECISION_PROVISION_${each}`,
);
const accounts = ["DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"];
const accountTypes = ["ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"];
const grounds = ["DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"];
/** What may be in `content_type`. */
export const contentTypes: readonly string[] = [
  "APP",
  "AUDIO",
  "IMAGE",
  "PRODUCT",
  "SYNTHETIC_MEDIA",
  "TEXT",
  "VIDEO",
  "OTHER",
].map((each) => `CONTENT_TYPE_${each}`);
/** What `category` may be. */
export const categories: readonly string[] = [
  "ANIMAL_WELFARE",
  "CONSUMER_INFORMATION",
  "CYBER_VIOLENCE",
  "CYBER_VIOLENCE_AGAINST_WOMEN",
  "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
  "ILLEGAL_OR_HARMFUL_SPEECH",
  "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
  "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
  "NOT_SPECIFIED_NOTICE",
  "OTHER_VIOLATION_TC",
  "PROTECTION_OF_MINORS",
  "RISK_FOR_PUBLIC_SECURITY",
  "SCAMS_AND_FRAUD",
  "SELF_HARM",
  "UNSAFE_AND_PROHIBITED_PRODUCTS",
  "VIOLENCE",
].map((each) => `STATEMENT_CATEGORY_${each}`);
/** The official languages of the Union, as `content_language` has them. */
export const contentLanguages: readonly string[] =
  "EN BG HR CS DA NL ET FI FR DE EL HU GA IT LV LT MT PL PT RO SK SL ES SV".split(" ");
/** The member states of the Union, as `territorial_scope` has them. */
export const memberStates: readonly string[] =
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" ");
/** The other states of the European Economic Area. */
const otherStates = ["IS", "LI", "NO"];
const sources = [
  "SOURCE_ARTICLE_16",
  "SOURCE_TRUSTED_FLAGGER",
  "SOURCE_TYPE_OTHER_NOTIFICATION",
  "SOURCE_VOLUNTARY",
];
const automations = ["FULLY", "PARTIALLY", "NOT_AUTOMATED"].map((each) => `AUTOMATED_DECISION_${each}`);
const yesOrNo = ["Yes", "No"];

/** Longest texts, in characters. */
export const shortTextMax = 500;
export const explanationMax = 2000;
export const factsMax = 5000;
/** Most statements of one request. */
export const statementsPerRequestMax = 100;
const earliestContent = "2000-01-01";
const earliestApplication = "2020-01-01";
const latestDate = "2038-01-01";

/** A statement of reasons: the attributes that Docket fills. Dates are `YYYY-MM-DD`. */
export type Statement = {
  puid: string;
  decision_visibility?: (typeof visibilities)[number][];
  decision_provision?: string;
  decision_account?: string;
  decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT";
  decision_ground_reference_url?: string;
  incompatible_content_ground: string;
  incompatible_content_explanation: string;
  incompatible_content_illegal: "No";
  content_type: string[];
  content_type_other?: string;
  category: string;
  category_specification?: string[];
  category_specification_other?: string;
  territorial_scope: string[];
  content_language: string | null;
  content_date: string;
  application_date: string;
  end_date_account_restriction: string | null;
  end_date_service_restriction: string | null;
  end_date_visibility_restriction: string | null;
  decision_facts: string;
  source_type: string;
  automated_detection: "Yes" | "No";
  automated_decision: string;
};

/** The attributes in the order in which a table has them. */
export const statementColumns: readonly (keyof Statement)[] = [
  "puid",
  "decision_visibility",
  "decision_provision",
  "decision_account",
  "decision_ground",
  "decision_ground_reference_url",
  "incompatible_content_ground",
  "incompatible_content_explanation",
  "incompatible_content_illegal",
  "content_type",
  "content_type_other",
  "category",
  "category_specification",
  "category_specification_other",
  "territorial_scope",
  "content_language",
  "content_date",
  "application_date",
  "end_date_account_restriction",
  "end_date_service_restriction",
  "end_date_visibility_restriction",
  "decision_facts",
  "source_type",
  "automated_detection",
  "automated_decision",
];

/** What the database would refuse a statement for: an attribute, and what is wrong with it. */
export type StatementFault = { field: string; message: string };

/** What is wrong with a statement, by the documented rules of each attribute. */
export function statementFaults(statement: unknown): StatementFault[] {
  if (typeof statement !== "object" || statement === null || Array.isArray(statement)) {
    return [{ field: "", message: "is an object" }];
  }
  const given = statement as Readonly<Record<string, unknown>>;
  const faults: StatementFault[] = [];
  const check = (field: string, right: boolean, message: string): void => {
    if (!right) faults.push({ field, message });
  };
  for (const [field, { test, message, required = false }] of Object.entries(attributes)) {
    const value = given[field];
    if (isAbsent(value)) check(field, !required, "is required");
    else check(field, test(value), message);
  }
  const measures = ["decision_visibility", "decision_monetary", "decision_provision", "decision_account"];
  const some = measures.some((field) => !isAbsent(given[field]));
  check("decision_visibility", some, "or another of the four decisions is required");
  for (const [field, when, value] of dependent) {
    const needed = [given[when]].flat().includes(value);
    check(field, !needed || !isAbsent(given[field]), `is required with ${value}`);
  }
  const { application_date: from } = given;
  for (const field of endDates) {
    const end = given[field];
    const late = isAbsent(end) || typeof end !== "string" || typeof from !== "string" || end >= from;
    check(field, late, "is not before application_date");
  }
  return faults;
}

/** What looks like personal data in a text: an address, a number to call. The database takes none. */
export function personalDataIn(text: string): string | undefined {
  for (const [what, pattern] of personalPatterns) if (pattern.test(text)) return what;
  return undefined;
}

const personalPatterns: readonly (readonly [string, RegExp])[] = [
  ["an e-mail address", /[^\s@]{1,64}@[^\s@]{1,190}\.[A-Za-z]{2,}/],
  ["an IPv4 address", /(^|[^\d.])(\d{1,3}\.){3}\d{1,3}([^\d.]|$)/],
  ["an IPv6 address", /(^|[^0-9a-fA-F:])([0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}/],
  ["a telephone number", /\+\d[\d ()/-]{7,}\d/],
  ["a pseudonym of the log", /(^|[^A-Za-z0-9_-])a_[A-Za-z0-9_-]{22}/],
];

type Attribute = {
  readonly test: (value: unknown) => boolean;
  readonly message: string;
  readonly required?: boolean;
};

const attributes: Readonly<Record<string, Attribute>> = {
  puid: {
    required: true,
    test: (value) => isText(shortTextMax)(value) && /^[a-zA-Z0-9_-]+$/.test(value as string),
    message: "has 1 to 500 letters, digits, hyphens and underscores",
  },
  decision_visibility: manyOf(visibilities),
  decision_visibility_other: text(shortTextMax),
  decision_monetary: oneOf(monetaries),
  decision_monetary_other: text(shortTextMax),
  decision_provision: oneOf(provisions),
  decision_account: oneOf(accounts),
  account_type: oneOf(accountTypes),
  decision_ground: { ...oneOf(grounds), required: true },
  decision_ground_reference_url: {
    test: (value) => isText(shortTextMax)(value) && URL.canParse(value as string),
    message: "is a URL of at most 500 characters",
  },
  illegal_content_legal_ground: text(shortTextMax),
  illegal_content_explanation: text(explanationMax),
  incompatible_content_ground: text(shortTextMax),
  incompatible_content_explanation: text(explanationMax),
  incompatible_content_illegal: oneOf(yesOrNo),
  content_type: { ...manyOf(contentTypes), required: true },
  content_type_other: text(shortTextMax),
  category: { ...oneOf(categories), required: true },
  category_addition: manyOf(categories),
  category_specification: {
    test: (value) => isList(value) && value.every((each) => /^KEYWORD_[A-Z_]{1,80}$/.test(String(each))),
    message: "is a list of keywords, KEYWORD_…",
  },
  category_specification_other: text(shortTextMax),
  territorial_scope: { ...manyOf([...memberStates, ...otherStates]), required: true },
  content_language: {
    test: (value) => typeof value === "string" && /^[A-Z]{2}$/.test(value),
    message: "is a language of two upper-case letters (ISO 639-1)",
  },
  content_date: { ...dateFrom(earliestContent), required: true },
  application_date: { ...dateFrom(earliestApplication), required: true },
  end_date_account_restriction: dateFrom(earliestApplication),
  end_date_monetary_restriction: dateFrom(earliestApplication),
  end_date_service_restriction: dateFrom(earliestApplication),
  end_date_visibility_restriction: dateFrom(earliestApplication),
  decision_facts: { ...text(factsMax), required: true },
  source_type: { ...oneOf(sources), required: true },
  source_identity: text(shortTextMax),
  automated_detection: { ...oneOf(yesOrNo), required: true },
  automated_decision: { ...oneOf(automations), required: true },
  content_id: {
    test: (value) => {
      const { "EAN-13": code, ...more } = Object(value) as Record<string, unknown>;
      return Object.keys(more).length === 0 && /^\d{13}$/.test(String(code));
    },
    message: 'is {"EAN-13": 13 digits}',
  },
};
const endDates = [
  "end_date_account_restriction",
  "end_date_monetary_restriction",
  "end_date_service_restriction",
  "end_date_visibility_restriction",
];
/** An attribute that is required where another one has a value. */
const dependent: readonly (readonly [string, string, string])[] = [
  ["decision_visibility_other", "decision_visibility", "DECISION_VISIBILITY_OTHER"],
  ["decision_monetary_other", "decision_monetary", "DECISION_MONETARY_OTHER"],
  ["illegal_content_legal_ground", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"],
  ["illegal_content_explanation", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"],
  ["incompatible_content_ground", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"],
  ["incompatible_content_explanation", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"],
  ["content_type_other", "content_type", "CONTENT_TYPE_OTHER"],
];

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && new Set(value).size === value.length;
}

function isText(most: number): (value: unknown) => boolean {
  return (value) => typeof value === "string" && value.trim() !== "" && value.length <= most;
}

function text(most: number): Attribute {
  return { test: isText(most), message: `is a text of 1 to ${most} characters` };
}

function oneOf(values: readonly string[]): Attribute {
  return { test: (value) => values.includes(value as string), message: `is one of ${values.join(", ")}` };
}

function manyOf(values: readonly string[]): Attribute {
  return {
    test: (value) => isList(value) && value.every((each) => values.includes(each as string)),
    message: `is a list of ${values.join(", ")}`,
  };
}

function dateFrom(earliest: string): Attribute {
  return {
    test: (value) => {
      if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
      const isReal = !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().startsWith(value);
      return isReal && value >= earliest && value <= latestDate;
    },
    message: `is a date from ${earliest} to ${latestDate}`,
  };
}

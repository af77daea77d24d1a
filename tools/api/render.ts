// SPDX-License-Identifier: Apache-2.0
// The reference of the API as a page: what a server says of itself in OpenAPI, for people.

/** The parts of a JSON schema that are shown. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
};
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
};
type Operation = {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
};
/** A document of OpenAPI 3.1. */
export type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Deeper than this a shape is not told: a reader has the document itself. */
const depthMax = 5;
/** Values of an enumeration that a line names. */
const valuesMax = 24;

const head = `# API reference

Every operation of \`docket serve\`, as a server describes itself at \`/openapi.json\` (OpenAPI %): this page
is made from that document by \`npm run api-reference\`. [HTTP](http.md) has the same as one table, with what
holds for all: keys, roles, limits, errors.
`;

/** The page. */
export function apiPage(document: Document): string {
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? "other";
      byTag.set(tag, [
        ...(byTag.get(tag) ?? []),
        operationText(`${method.toUpperCase()} ${path}`, operation),
      ]);
    }
  }
  const sections = [...byTag].map(([tag, texts]) => `## ${tag}\n\n${texts.join("\n")}`);
  const shapes = Object.entries(document.components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${described(schema)}${shapeLines(schema, 0).join("\n")}\n`,
  );
  return [head.replace("%", document.openapi), ...sections, `## Shapes\n\n${shapes.join("\n")}`].join("\n");
}

function operationText(title: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const lines = [`### ${title}`, "", `${summary ?? ""}.`.replace(/\.\.$/, "."), ""];
  if (description !== undefined) lines.push(oneLine(description), "");
  if (parameters.length > 0) {
    lines.push("| parameter | in | what |", "|---|---|---|", ...parameters.map(parameterRow), "");
  }
  if (requestBody !== undefined) lines.push(...contentLines("Body", requestBody.content));
  const errors: string[] = [];
  for (const [status, answer] of Object.entries(responses)) {
    const codes = [...(answer.description ?? "").matchAll(/`([a-z_]+)`:/g)].map(([, code]) => `\`${code}\``);
    if (Number(status) >= 400) {
      errors.push(codes.length === 0 ? status : `${status} ${codes.join(" ")}`);
      continue;
    }
    const what = `${status}: ${oneLine(answer.description ?? "").replace(/\.$/, "")}`;
    lines.push(...contentLines(what, answer.content ?? {}));
  }
  if (errors.length > 0) lines.push(`Errors: ${errors.join(", ")}.`, "");
  return lines.join("\n");
}

function parameterRow({ name, in: where, required, description, schema }: Parameter): string {
  const must = required === true && where !== "path" ? " (required)" : "";
  const facts = [description ?? schema?.description ?? "", ...bounds(schema ?? {})];
  const what = cell(facts.filter((each) => each !== "").join("; "));
  return `| \`${name}\` | ${where}${must} | ${what} |`;
}

function contentLines(title: string, content: Content): string[] {
  const lines: string[] = [];
  for (const [type, { schema = {} }] of Object.entries(content)) {
    const shape = schema.$ref === undefined ? shapeLines(schema, 0) : [];
    const link = schema.$ref === undefined ? "" : ` ${typeOf(schema)}`;
    lines.push(`**${title}** (\`${type}\`)${link}`, "", ...shape, ...(shape.length > 0 ? [""] : []));
  }
  return lines.length > 0 ? lines : [`**${title}**`, ""];
}

function shapeLines(schema: Schema, depth: number): string[] {
  const indent = "  ".repeat(depth);
  if (schema.$ref !== undefined || depth > depthMax) return [];
  if (schema.items !== undefined) return shapeLines(schema.items, depth);
  const choices = schema.anyOf ?? schema.allOf ?? [];
  if (choices.length > 0) {
    if (choices.every((choice) => choice.properties === undefined)) return [];
    return choices.flatMap((choice) => [
      `${indent}- ${schema.anyOf === undefined ? "with" : "either"} ${typeOf(choice)}`,
      ...shapeLines(choice, depth + 1),
    ]);
  }
  const entries = Object.entries(schema.properties ?? {});
  const { additionalProperties: rest } = schema;
  if (typeof rest === "object") entries.push(["…", rest]);
  return entries.flatMap(([name, member]) => {
    const must = schema.required?.includes(name) === true ? ", always" : "";
    const facts = [typeOf(member), ...bounds(member)].join(", ");
    const what = described(member).trim();
    return [
      `${indent}- \`${name}\` (${facts}${must})${what === "" ? "" : `: ${what}`}`,
      ...shapeLines(member, depth + 1),
    ];
  });
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return valuesOf(schema.enum);
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  return [schema.type ?? "anything"].flat().join(" or ");
}

function valuesOf(values: readonly unknown[]): string {
  const shown = values.slice(0, valuesMax).map((value) => `\`${JSON.stringify(value)}\``);
  return `${shown.join(" or ")}${values.length > valuesMax ? " or …" : ""}`;
}

function bounds({ minimum, maximum, maxLength, maxItems }: Schema): string[] {
  const facts: string[] = [];
  if (minimum !== undefined && minimum > 0) facts.push(`at least ${minimum}`);
  if (maximum !== undefined) facts.push(`at most ${maximum}`);
  if (maxLength !== undefined) facts.push(`at most ${maxLength} characters`);
  if (maxItems !== undefined) facts.push(`at most ${maxItems}`);
  return facts;
}

function described({ description }: Schema): string {
  return description === undefined ? "" : `${oneLine(description)}\n\n`;
}

// What a description says is text, and no table or heading of the page.
function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll("<", "&lt;");
}

function cell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}

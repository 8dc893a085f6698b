/** As much of a JSON Schema as the scenario's needs. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

export const SIZE: JsonSchema = { $ref: "#/definitions/size" };
export const TIME: JsonSchema = { $ref: "#/definitions/time" };
export const SHARE: JsonSchema = { $ref: "#/definitions/share" };

/** What the parts above refer to. */
export const DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  size: {
    description: "Bytes: a number, or a text such as 512MiB or 1.5TiB (powers of 1024).",
    type: ["string", "integer"],
    minimum: 0,
  },
  time: {
    description: "A text such as 300ms, 90s, 10min or 2h; or 0.",
    type: ["string", "integer"],
  },
  share: { description: "From 0 to 1.", type: "number", minimum: 0, maximum: 1 },
};

export function described(schema: JsonSchema, description: string): JsonSchema {
  // beside a reference draft 7 ignores everything else
  return "$ref" in schema ? { allOf: [schema], description } : { ...schema, description };
}

export function object(
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return { description, type: "object", additionalProperties: false, required, properties };
}

/** One of several objects, told apart by their key `kind`. */
export function oneOfKind(kinds: Readonly<Record<string, JsonSchema>>, suffix = ""): JsonSchema {
  const names = Object.keys(kinds);
  return {
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: names } },
    allOf: names.map((kind) => ({
      if: { required: ["kind"], properties: { kind: { const: kind } } },
      then: { $ref: `#/definitions/${kind}${suffix}` },
    })),
  };
}

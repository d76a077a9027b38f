// Looking into the schema: which keys a table has, what an array holds, what a key is for.
import type * as v from "valibot";

/** What a schema is once the wrappers for defaults and descriptions are taken off. */
export function unwrap(schema: v.GenericSchema): v.GenericSchema {
  let inner = schema;
  while (inner.type === "optional") {
    inner = (inner as v.OptionalSchema<v.GenericSchema, unknown>).wrapped;
  }
  return inner;
}

/** The keys of a table's schema, or null for anything but a table. */
export function tableEntries(
  schema: v.GenericSchema,
): Readonly<Record<string, v.GenericSchema>> | null {
  const inner = unwrap(schema);
  if (inner.type !== "strict_object") return null;
  return (inner as v.StrictObjectSchema<v.ObjectEntries, undefined>).entries as Record<
    string,
    v.GenericSchema
  >;
}

/** The schema of an array's elements, or null for anything but an array. */
export function arrayItem(schema: v.GenericSchema): v.GenericSchema | null {
  const inner = unwrap(schema);
  if (inner.type !== "array") return null;
  return (inner as v.ArraySchema<v.GenericSchema, undefined>).item;
}

/** The default of a key as written in the schema, or undefined where there is none. */
export function fallbackOf(schema: v.GenericSchema): unknown {
  return schema.type === "optional"
    ? (schema as v.OptionalSchema<v.GenericSchema, unknown>).default
    : undefined;
}

/** The sentence about a key, or "". */
export function descriptionOf(schema: v.GenericSchema): string {
  const { pipe } = unwrap(schema) as { readonly pipe?: readonly v.GenericPipeItem[] };
  for (const item of pipe ?? []) {
    if (item.kind === "metadata" && item.type === "description") {
      return (item as v.DescriptionAction<unknown, string>).description;
    }
  }
  return "";
}

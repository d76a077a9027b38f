// The JSON Schema of the file, for editors: made from the definition that also checks the file.
import { FileSchema } from "./schema.ts";

/** A JSON Schema (draft 7) as a plain value. What it cannot say (CIDR, globs) it leaves out. */
export async function jsonSchema(): Promise<Record<string, unknown>> {
  const { toJsonSchema } = await import("@valibot/to-json-schema");
  const schema = toJsonSchema(FileSchema, { typeMode: "input", errorMode: "ignore" });
  return { ...schema, title: "Configuration of bootsrv" };
}

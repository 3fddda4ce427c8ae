// Reads metadata, one JSON object a line, and checks each by the official schemas, both kinds.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import Ajv from "ajv";
import { AccountMetadataSchema, PostMetadataSchema, formatZodError } from "@lens-protocol/metadata";
import { say } from "./lines.mjs";

const here = createRequire(import.meta.url);
const root = join(dirname(here.resolve("@lens-protocol/metadata/package.json")), "jsonschemas");
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

/** The official JSON Schema of that id, as the package's folders are named after it. */
function validator(id) {
  const path = /^https:\/\/json-schemas\.lens\.dev\/((?:posts\/)?[a-z0-9-]+)\/(\d+\.\d+\.\d+)\.json$/.exec(id ?? "");
  if (!path) return undefined;
  const folder = join(root, path[1]);
  const file = `${path[2]}.json`;
  if (!readdirSync(folder).includes(file)) return undefined;
  return ajv.getSchema(id) ?? ajv.compile({ ...JSON.parse(readFileSync(join(folder, file), "utf8")), $id: id });
}

function faultsOf(metadata) {
  const schema = validator(metadata.$schema);
  if (!schema) return [`no such schema: ${metadata.$schema}`];
  const faults = [];
  if (!schema(metadata)) faults.push(...schema.errors.map((it) => `${it.instancePath} ${it.message}`));
  const isPost = metadata.$schema.includes("/posts/");
  const parsed = (isPost ? PostMetadataSchema : AccountMetadataSchema).safeParse(metadata);
  if (!parsed.success) faults.push(formatZodError(parsed.error));
  return faults;
}

let [checked, wrong] = [0, 0];
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  checked += 1;
  let faults;
  let schema;
  try {
    const metadata = JSON.parse(line);
    schema = metadata.$schema;
    faults = faultsOf(metadata);
  } catch (error) {
    faults = [String(error.message)];
  }
  if (faults.length > 0) wrong += 1;
  say({ line: checked, schema, faults });
}
say({ checked, wrong });
process.exit(checked > 0 && wrong === 0 ? 0 : 1);

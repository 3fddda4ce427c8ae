// Validates GraphQL documents against the true schema by all rules, and reads their sample variables.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Kind, parse, print, visit } from "graphql";
import { checkRequest } from "./checking/request.mjs";
import { flagsOf, say } from "./lines.mjs";

const usage = "documents.mjs --folder FOLDER --samples FILE";
const flags = flagsOf(usage, ["folder", "samples"]);
const samples = JSON.parse(readFileSync(flags.samples, "utf8"));
const faults = [];

const files = readdirSync(flags.folder, { recursive: true }).map(String).filter((it) => it.endsWith(".graphql"));
const documents = [];
for (const file of files.sort()) {
  try {
    documents.push([file, parse(readFileSync(join(flags.folder, file), "utf8"))]);
  } catch (error) {
    faults.push(`${file}: ${error.message}`);
  }
}

const isFragment = (it) => it.kind === Kind.FRAGMENT_DEFINITION;
const shared = new Map(
  documents
    .filter(([, document]) => document.definitions.every(isFragment))
    .flatMap(([, document]) => document.definitions.map((it) => [it.name.value, it])),
);

/** An operation with every fragment that it spreads: its own file's, or one from a file of fragments. */
function whole(document) {
  const have = new Map(document.definitions.filter(isFragment).map((it) => [it.name.value, it]));
  const definitions = [...document.definitions];
  for (let at = 0; at < definitions.length; at += 1) {
    visit(definitions[at], {
      FragmentSpread({ name }) {
        const found = have.has(name.value) ? undefined : shared.get(name.value);
        if (!found) return;
        have.set(name.value, found);
        definitions.push(found);
      },
    });
  }
  return definitions.map(print).join("\n");
}

const operations = new Set();
let read = 0;
for (const [file, document] of documents) {
  const own = document.definitions.filter((it) => !isFragment(it));
  if (own.length === 0) continue;
  const query = whole(document);
  for (const operation of own) {
    const name = operation.name?.value;
    if (!name) faults.push(`${file}: an operation without a name`);
    const sample = file.replace(/\.graphql$/, "");
    operations.add(sample);
    const given = samples[sample];
    if (!given?.length) faults.push(`${file}: no sample variables for ${sample} in ${flags.samples}`);
    for (const variables of given ?? []) {
      const { errors } = checkRequest({ query, operationName: name, variables }, { isStrict: true });
      faults.push(...(errors ?? []).map((error) => `${file}: ${error}`));
      read += 1;
    }
    // A document has to be refused with a variable that the schema does not know.
    const extra = { query, operationName: name, variables: { ...given?.[0], "no such": 1 } };
    if (!checkRequest(extra, { isStrict: true }).errors) faults.push(`${file}: takes anything`);
  }
}
const unused = Object.keys(samples).filter((name) => !operations.has(name));
if (unused.length > 0) faults.push(`samples for no document: ${unused}`);
say({ documents: documents.length, operations: operations.size, samples: read, faults: [...new Set(faults)] });
process.exit(faults.length === 0 && operations.size > 0 ? 0 : 1);

// Whether a request is one that a server on the true schema takes.
import { Kind, parse, validate } from "graphql";
import { getVariableValues } from "graphql";
import { ALL_RULES, CLIENT_RULES, schema } from "../schema.mjs";

const known = new Map();

function document(query, rules) {
  if (known.has(query)) return known.get(query);
  let result;
  try {
    const parsed = parse(query);
    result = { parsed, errors: validate(schema, parsed, rules) };
  } catch (error) {
    result = { errors: [error] };
  }
  if (known.size > 2000) known.clear();
  known.set(query, result);
  return result;
}

/** Returns `{document, operation, variables}`, or `{errors}` with sentences on what is wrong. */
export function checkRequest(body, { isStrict = false } = {}) {
  const fault = (error) => ({ errors: [error] });
  if (typeof body !== "object" || body === null) return fault("the body is no JSON object");
  const extra = Object.keys(body).filter(
    (key) => !["query", "variables", "operationName", "extensions"].includes(key),
  );
  if (extra.length > 0) return fault(`unknown members in the body: ${extra}`);
  if (typeof body.query !== "string") return fault("no query");
  const { parsed, errors } = document(body.query, isStrict ? ALL_RULES : CLIENT_RULES);
  if (errors.length > 0) return { errors: errors.map((error) => error.message) };
  const operations = parsed.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
  const named = body.operationName ?? undefined;
  const operation = named
    ? operations.find((it) => it.name?.value === named)
    : operations.length === 1
      ? operations[0]
      : undefined;
  if (!operation) return fault(`which operation? ${named ?? "none is named"}`);
  const declared = (operation.variableDefinitions ?? []).map((it) => it.variable.name.value);
  const unknown = Object.keys(body.variables ?? {}).filter((name) => !declared.includes(name));
  if (unknown.length > 0) return fault(`variables that are not declared: ${unknown}`);
  const read = getVariableValues(schema, operation.variableDefinitions ?? [], body.variables ?? {});
  if (read.errors) return { errors: read.errors.map((error) => error.message) };
  const oneField = operation.selectionSet.selections[0];
  const name = operation.name?.value ?? oneField?.name?.value ?? "?";
  return { document: parsed, operation, name, variables: body.variables ?? {} };
}

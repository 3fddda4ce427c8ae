// Whether a reply is one that a server on the true schema gives to this request.
import { execute } from "graphql";
import { schema } from "../schema.mjs";

const CODES = [
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "INTERNAL_SERVER_ERROR",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
];

/** Takes every field from the reply itself, under the name that the request gave it. */
function fieldResolver(source, _arguments, _context, info) {
  const value = source[info.path.key];
  if (value === undefined) throw new Error("was asked for and is missing");
  // The API sends null for a Void; nobody reads it.
  if (String(info.returnType) === "Void!" && value === null) return "";
  return value;
}

const typeResolver = (value) => value.__typename ?? "(no __typename in the reply)";

/** Returns sentences on what is wrong with the reply; none if all is well. */
export async function checkReply(request, reply) {
  if (typeof reply !== "object" || reply === null) return ["the reply is no JSON object"];
  const { data, errors, extensions, ...rest } = reply;
  const faults = Object.keys(rest).map((key) => `unknown member of the reply: ${key}`);
  if (errors !== undefined) faults.push(...checkErrors(errors));
  if (data === undefined && errors === undefined) faults.push("neither data nor errors");
  if (data === undefined || (data === null && errors?.length > 0)) return faults;
  if (data === null) return [...faults, "data is null without a reason"];
  const result = await execute({
    schema,
    document: request.document,
    operationName: request.operation.name?.value,
    variableValues: request.variables,
    rootValue: data,
    fieldResolver,
    typeResolver,
  });
  for (const error of result.errors ?? []) {
    faults.push(`${(error.path ?? []).join(".")}: ${error.message}`);
  }
  if (!result.errors) faults.push(...differences(data, result.data, ""));
  return faults;
}

function checkErrors(errors) {
  if (!Array.isArray(errors) || errors.length === 0) return ["errors is no list with something in it"];
  const faults = [];
  for (const error of errors) {
    if (typeof error?.message !== "string") faults.push("an error without a message");
    const code = error?.extensions?.code;
    if (code !== undefined && !CODES.includes(code)) faults.push(`an error of unknown code ${code}`);
  }
  return faults;
}

/** What the reply has that nobody asked for, or that reads otherwise by the schema. */
function differences(reply, read, path) {
  const at = (key) => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(reply) && Array.isArray(read)) {
    return reply.flatMap((item, index) => differences(item, read[index], at(index)));
  }
  if (typeof read === "object" && read !== null && typeof reply === "object" && reply !== null) {
    return Object.keys(reply).flatMap((key) =>
      key in read ? differences(reply[key], read[key], at(key)) : [`${at(key)}: nobody asked for it`],
    );
  }
  const isVoid = reply === null && read === "";
  return isVoid || reply === read ? [] : [`${path}: is ${JSON.stringify(reply)}, should read ${JSON.stringify(read)}`];
}

// JSON lines to whoever started the script, and its command line flags.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

/** Numbers too large for JSON become text, bytes base64. */
function plain(_, value) {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  // Buffers come here as what their own `toJSON` made of them.
  if (value?.type === "Buffer" && Array.isArray(value.data)) {
    return { base64: Buffer.from(value.data).toString("base64") };
  }
  return value;
}

export const say = (line) => process.stdout.write(JSON.stringify(line, plain) + "\n");

/** Keeps standard output for JSON lines: the official client writes to the console. */
export function keepConsoleAway() {
  for (const level of ["log", "info", "debug", "warn"]) {
    console[level] = (...what) => process.stderr.write(what.map(String).join(" ") + "\n");
  }
}

/** The flags of these names; ends the process with how it is used if a needed one is missing. */
export function flagsOf(usage, needed, optional = []) {
  const names = [...needed, ...optional];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  let values = {};
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
  }
  if (needed.some((name) => values[name] === undefined)) {
    process.stderr.write(`usage: ${usage}\n`);
    process.exit(2);
  }
  return values;
}

async function obey(commands, line) {
  let command;
  try {
    command = JSON.parse(line);
  } catch {
    return say({ ok: false, error: "not JSON" });
  }
  const { id, do: verb } = command;
  const act = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (!act) return say({ id, ok: false, error: `unknown command: ${verb}` });
  try {
    say({ id, ok: true, ...(await act(command)) });
  } catch (error) {
    say({ id, ok: false, code: error.code ?? error.name, error: String(error.message ?? error) });
  }
}

/** Obeys one command after the other, so that things happen in the order in which they were asked. */
export async function obeyAll(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim()) await obey(commands, line);
  }
}

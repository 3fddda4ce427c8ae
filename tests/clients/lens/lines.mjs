// JSON lines to whoever started the script, and command line flags.
import { parseArgs } from "node:util";

export const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

/** Keeps standard output for JSON lines: the official client writes to the console. */
export function keepConsoleAway() {
  for (const level of ["log", "info", "debug", "warn"]) {
    console[level] = (...what) => process.stderr.write(what.map(String).join(" ") + "\n");
  }
}

/** The flags of these names; ends the process with how it is used if a needed one is missing. */
export function flagsOf(usage, needed, optional = [], switches = []) {
  const options = Object.fromEntries([
    ...[...needed, ...optional].map((name) => [name, { type: "string" }]),
    ...switches.map((name) => [name, { type: "boolean", default: false }]),
  ]);
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

/** Runs `end` when standard input ends: whoever started the script is gone, or has had enough. */
export function atTheEndOfInput(end) {
  process.stdin.on("end", end);
  process.stdin.resume();
}

// Pages of ten or fifty, with cursors that belong to the query that they were given for.
import { createHash } from "node:crypto";
import { badInput } from "./fault.mjs";

const SIZES = { TEN: 10, FIFTY: 50 };

const fingerprint = (scope) =>
  createHash("sha256").update(JSON.stringify(scope)).digest("hex").slice(0, 12);

function read(cursor, print) {
  let place;
  try {
    place = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    throw badInput("the cursor is none of ours");
  }
  if (place?.of !== print) throw badInput("the cursor is of another query");
  return place;
}

/** One page of `items`, which have an order and a `key` that stays. */
export function page(items, { pageSize = "FIFTY", cursor, ...scope }, field, key = (it) => it.id) {
  const print = fingerprint([field, scope]);
  const size = SIZES[pageSize];
  let start = 0;
  if (cursor != null) {
    const place = read(cursor, print);
    const found = items.findIndex((it) => key(it) === place.key);
    if (found < 0) throw badInput("the cursor has expired");
    start = place.isBefore ? Math.max(0, found - size) : found + 1;
  }
  const shown = items.slice(start, start + size);
  const at = (it, isBefore) =>
    Buffer.from(JSON.stringify({ of: print, key: key(it), isBefore })).toString("base64url");
  return {
    items: shown,
    pageInfo: {
      prev: start > 0 && shown.length > 0 ? at(shown[0], true) : null,
      next: start + size < items.length ? at(shown.at(-1), false) : null,
    },
  };
}

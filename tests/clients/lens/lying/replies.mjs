// Lies in the form of a reply: what comes in place of an answer, or around it.
import { gzipSync } from "node:zlib";

const MEGABYTE = 1024 * 1024;
const html = "<!doctype html><title>Just a moment...</title>";
const always = (change) => (response, tools) => change(response, tools) ?? response;
const json = (value, status = 200) => always(() => ({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) }));
const failure = (code, message = "no") => json({ data: null, errors: [{ message, extensions: { code } }] });
const refuse = (status, headers = {}) => always(() => ({ status, headers: { "content-type": "text/plain", ...headers }, body: "no" }));

/** `name → lie about the whole response`; nothing of it may cross, and all goes on once it ends. */
export const replies = {
  "a page for people": always(() => ({ status: 200, headers: { "content-type": "text/html" }, body: html })),
  "a page for people that calls itself JSON": always(() => ({ status: 200, headers: { "content-type": "application/json" }, body: html })),
  "nothing": always(() => ({ status: 200, headers: { "content-type": "application/json" }, body: "" })),
  "half an answer": always((it) => ({ ...it, body: it.body.slice(0, it.body.length / 2) })),
  "bytes that are no text": always(() => ({ status: 200, headers: { "content-type": "application/json" }, body: Buffer.alloc(1000, 0xff) })),
  "null": json(null),
  "a list": json([]),
  "a number": json(5),
  "no data": json({}),
  "data that is nothing": json({ data: null }),
  "data that is a text": json({ data: "all" }),
  "errors that are no list": json({ data: null, errors: { message: "no" } }),
  "an error without a message": json({ data: null, errors: [{}] }),
  "an error of ten megabytes": failure("INTERNAL_SERVER_ERROR", "x".repeat(10 * MEGABYTE)),
  "an error of an unknown code": failure("FUTURE_CODE"),
  "an error of ours": failure("BAD_USER_INPUT"),
  "an error of theirs": failure("INTERNAL_SERVER_ERROR"),
  "an answer with an error beside it": always((it) => {
    const reply = JSON.parse(it.body);
    const data = Object.fromEntries(Object.keys(reply.data ?? {}).map((key) => [key, null]));
    return { ...it, body: JSON.stringify({ data, errors: [{ message: "some of it failed" }] }) };
  }),
  "fields that were not asked for": always((it) => ({ ...it, body: it.body.replace('{"data":{', '{"future":1,"data":{"future":{"a":[1]},') })),
  "fields in each other's place": always((it) => {
    const { data, ...rest } = JSON.parse(it.body);
    const entries = Object.entries(data ?? {});
    const values = entries.map(([, value]) => value).reverse();
    return { ...it, body: JSON.stringify({ ...rest, data: Object.fromEntries(entries.map(([key], at) => [key, values[at]])) }) };
  }),
  "lists in lists in lists": always(() => ({ status: 200, headers: { "content-type": "application/json" }, body: "[".repeat(200_000) })),
  "sixty megabytes of blanks": always(() => ({ status: 200, headers: { "content-type": "application/json" }, body: Buffer.alloc(60 * MEGABYTE, 0x20) })),
  "a megabyte that unpacks to a hundred": always(() => ({
    status: 200,
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    body: gzipSync(Buffer.alloc(100 * MEGABYTE, 0x20)),
  })),
  "a way elsewhere": refuse(302, { location: "http://127.0.0.1:9/graphql" }),
  "a way in a circle": always((_it, { path }) => ({ status: 307, headers: { location: path }, body: "" })),
  "too many requests": refuse(429),
  "too many requests, for ever": refuse(429, { "retry-after": "99999999999" }),
  "too many requests, until nobody knows when": refuse(429, { "retry-after": "soon" }),
  "a broken gateway": refuse(502),
  "a success of the wrong kind": refuse(204),
  "a teapot": refuse(418),
  "an answer that never begins": always(() => ({ isNever: true })),
  "an answer that never ends": always((it) => ({ ...it, isEndless: true })),
  "a line that is cut": always(() => ({ isCut: true })),
};

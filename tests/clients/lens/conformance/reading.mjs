// Lists: filters, pages, cursors, timelines, batches, accounts and feeds.
import { postId } from "@lens-protocol/client";
import {
  fetchAccount,
  fetchAccounts,
  fetchAccountsBulk,
  fetchFeed,
  fetchPost,
  fetchPostReferences,
  fetchPosts,
  fetchTimeline,
  fetchUsername,
} from "@lens-protocol/client/actions";
import { equal, holds } from "../../farcaster/probing.mjs";
import { must, pages, same } from "../official.mjs";
import { codeOf } from "./world.mjs";

const MANY = 23;
const POSTS = `query Posts($request: PostsRequest!) { posts(request: $request) {
  items { __typename ... on Post { id } ... on Repost { id } } pageInfo { prev next } } }`;
const REFERENCES = `query References($request: PostReferencesRequest!) { postReferences(request: $request) {
  items { __typename } pageInfo { prev next } } }`;

export async function reading(stage) {
  const { probes } = stage;
  const ann = await stage.writer("ann");
  const bob = await stage.writer("bob");
  const root = await ann.writes({ text: "of many", inline: true });
  const said = [];
  for (let at = 0; at < MANY; at += 1) said.push((await bob.writes({ text: `${at}`, on: root.id, inline: true })).id);
  const newest = [...said].reverse();
  const references = { referencedPost: root.id, referenceTypes: ["COMMENT_ON"], pageSize: "TEN" };
  const page = (cursor) => must(fetchPostReferences(ann.session, { ...references, cursor }));

  await probes.check("pages have ten, newest first, and an end", async () => {
    const first = await page();
    equal(first.items.map((it) => it.id), newest.slice(0, 10), "first page");
    equal(first.pageInfo.prev, null, "prev of the first page");
    const second = await page(first.pageInfo.next);
    equal(second.items.map((it) => it.id), newest.slice(10, 20), "second page");
    const third = await page(second.pageInfo.next);
    equal(third.items.map((it) => it.id), newest.slice(20), "third page");
    equal(third.pageInfo.next, null, "next of the last page");
    const back = await page(third.pageInfo.prev);
    equal(back.items.map((it) => it.id), newest.slice(10, 20), "the page before");
  });
  await probes.check("pages have fifty at the most, and by default", async () => {
    const more = Array.from({ length: 55 }, (_, at) => at);
    await Promise.all(more.map((at) => ann.writes({ text: `more ${at}`, on: said[0], inline: true })));
    const request = { referencedPost: said[0], referenceTypes: ["COMMENT_ON"] };
    const fifty = await must(fetchPostReferences(ann.session, { ...request, pageSize: "FIFTY" }));
    const usual = await must(fetchPostReferences(ann.session, request));
    equal([fifty.items.length, usual.items.map((it) => it.id)], [50, fifty.items.map((it) => it.id)]);
    const rest = await must(fetchPostReferences(ann.session, { ...request, cursor: usual.pageInfo.next }));
    equal([rest.items.length, rest.pageInfo.next], [5, null], "the rest");
  });
  await probes.check("a page goes on where it ended, though something new came", async () => {
    const first = await page();
    const more = await bob.writes({ text: "meanwhile", on: root.id, inline: true });
    equal((await page(first.pageInfo.next)).items.map((it) => it.id), newest.slice(10, 20));
    newest.unshift(more.id);
  });
  await probes.check("a cursor of another query is refused", async () => {
    const { pageInfo } = await page();
    const request = { pageSize: "TEN", cursor: pageInfo.next, filter: { authors: [bob.account] } };
    equal(codeOf(await stage.raw(POSTS, { variables: { request } })), "BAD_USER_INPUT");
    const other = { ...references, referencedPost: said[0], cursor: pageInfo.next };
    equal(codeOf(await stage.raw(REFERENCES, { variables: { request: other } })), "BAD_USER_INPUT");
  });
  await probes.check("a cursor that is none is refused", async () => {
    const request = { ...references, cursor: "nonsense" };
    equal(codeOf(await stage.raw(REFERENCES, { variables: { request } })), "BAD_USER_INPUT");
  });
  await probes.check("posts are those of a feed, of an author, of a kind", async () => {
    const there = await ann.writes({ text: "in the feed", feed: stage.feed });
    const list = (filter) => pages((it) => fetchPosts(stage.client(), { filter, ...it }));
    const feed = await list({ feeds: [{ feed: stage.feed }] });
    holds(feed.some((it) => it.id === there.id), "not in its feed");
    holds(feed.every((it) => same(it.feed.address, stage.feed)), "others in the feed");
    const everybody = await list({ feeds: [{ globalFeed: true }] });
    holds(everybody.some((it) => it.id === root.id) && !everybody.some((it) => it.id === there.id), "the global feed");
    const comments = await list({ authors: [bob.account], postTypes: ["COMMENT"] });
    holds(comments.length >= MANY && comments.every((it) => it.commentOn && same(it.author.address, bob.account)), "comments");
    const roots = await list({ authors: [ann.account], postTypes: ["ROOT"] });
    holds(roots.every((it) => !it.commentOn && !it.quoteOf), "roots");
    equal((await list({ posts: [there.id] })).map((it) => it.id), [there.id], "by id");
  });
  await probes.check("references are of the kind that was asked for", async () => {
    const quote = await bob.writes({ text: "quoted", of: root.id });
    const kinds = async (referenceTypes) =>
      (await must(fetchPostReferences(stage.client(), { ...references, referenceTypes }))).items.map((it) => it.id);
    equal(await kinds(["QUOTE_OF"]), [quote.id]);
    equal(await kinds(["REPOST_OF"]), []);
  });
  await probes.check("a timeline has posts", async () => {
    const list = await must(fetchTimeline(ann.session, { account: ann.account }));
    holds(Array.isArray(list.items), "no list");
    holds(list.items.every((it) => it.primary.id), "an item without a post");
  });
  await probes.check("several questions go in one request", async () => {
    const client = stage.client();
    const [one, two, three] = await must(
      client.batch((c) => [fetchPost(c, { post: root.id }), fetchPost(c, { post: postId("1") }), fetchAccount(c, { address: bob.account })]),
    );
    equal([one.id, two, three.address.toLowerCase()], [root.id, null, bob.account.toLowerCase()]);
  });
  await accounts(stage);
}

async function accounts(stage) {
  const { probes } = stage;
  const ann = stage.person("ann");
  const client = stage.client();
  await probes.check("an account is found by address, name and owner", async () => {
    const byAddress = await must(fetchAccount(client, { address: ann.account }));
    holds(same(byAddress.owner, ann.wallet.address), "another owner");
    equal(byAddress.username?.value, "lens/ann");
    const byName = await must(fetchAccount(client, { username: { localName: "ann" } }));
    holds(same(byName?.address, ann.account), "not by name");
    const owned = await must(fetchAccountsBulk(client, { ownedBy: [ann.wallet.address] }));
    holds(owned.some((it) => same(it.address, ann.account)), "not by owner");
    const found = await must(fetchAccounts(client, { filter: { searchBy: { localNameQuery: "ann" } } }));
    holds(found.items.some((it) => same(it.address, ann.account)), "not by search");
    equal(await must(fetchAccount(client, { username: { localName: "nobody-has-this" } })), null);
  });
  await probes.check("a username is linked to its account", async () => {
    const username = await must(fetchUsername(client, { username: { localName: "ann" } }));
    holds(same(username?.linkedTo, ann.account), "linked to another");
  });
  await probes.check("a feed has an address", async () => {
    const feed = await must(fetchFeed(client, { feed: stage.feed }));
    holds(same(feed?.address, stage.feed), "no such feed");
    equal(await must(fetchFeed(client, { feed: `0x${"77".repeat(20)}` })), null);
  });
  await probes.check("what the schema does not know is refused", async () => {
    for (const query of [
      "query { noSuchField }",
      "query { account(request: {}) { noSuchField } }",
      "query { posts(request: { noSuchFilter: 1 }) { pageInfo { next } } }",
      "query {",
    ]) {
      holds((await stage.malformed(query)).errors?.length > 0, `took ${query}`);
    }
  });
}

// Groups: who belongs to them, and what is said in their feed.
import { fetchGroup, fetchGroupMembers, fetchGroups, joinGroup, leaveGroup } from "@lens-protocol/client/actions";
import { equal, holds } from "../../farcaster/probing.mjs";
import { hashOf, must, pages, same } from "../official.mjs";

export async function groups(stage) {
  const { probes } = stage;
  const { address: group, feed } = stage.group;
  const ann = await stage.writer("ann");
  const members = () => pages((page) => fetchGroupMembers(stage.client(), { group, ...page }), (it) => it.account.address);
  const isIn = async () => (await members()).some((it) => same(it.account.address, ann.account));

  await probes.check("a group has a feed", async () => {
    const found = await must(fetchGroup(ann.session, { group }));
    holds(same(found.feed.address, feed), "another feed");
    equal(found.operations.isMember, false);
    equal(await must(fetchGroup(stage.client(), { group: feed })), null, "a feed is no group");
  });
  await probes.check("who joins is a member", async () => {
    await must(ann.session.waitForTransaction(hashOf(await must(joinGroup(ann.session, { group })))));
    holds(await isIn(), "is not listed");
    equal((await must(fetchGroup(ann.session, { group }))).operations.isMember, true);
    const mine = await must(fetchGroups(ann.session, { filter: { member: ann.account } }));
    holds(mine.items.some((it) => same(it.address, group)), "is not among theirs");
  });
  await probes.check("a post in the group's feed names the group", async () => {
    const made = await ann.writes({ text: "among us", feed });
    holds(same(made.feed.address, feed), "another feed");
    holds(same(made.feed.group?.address, group), "no group");
  });
  await probes.check("who leaves is no member any more", async () => {
    await must(ann.session.waitForTransaction(hashOf(await must(leaveGroup(ann.session, { group })))));
    holds(!(await isIn()), "is still listed");
  });
}

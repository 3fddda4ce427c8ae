//! Who belongs to a group and how it is called, as they were when they were looked at last. Lens lists
//! members, not who came and went: what changed between two looks is what happened.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use serde::Deserialize;
use serde_json::json;
use threadbridge_core::{
    adapter::{Batch, Cursor, Inbound},
    model::id::RemoteConversation,
};

use super::{Ear, Ended, leg::Leg};
use crate::{
    api::failure::ApiError,
    moved::{How, Moved},
    name::{Place, presentable},
    wire::{
        address::Address,
        document::{GROUP, MEMBERS},
        outcome::{GroupFeed, Member, Members},
        time,
    },
};

/// How many pages of members are looked at. Of larger groups nobody is told who comes and goes.
const PAGES: usize = 20;

/// A group when it was looked at last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Roster {
    /// Whether it was ever looked at.
    #[n(0)]
    has_begun: bool,
    #[n(1)]
    members: Vec<By>,
    #[n(2)]
    title: Option<String>,
    /// Who was not listed the last time: a list may leave somebody out.
    #[cbor(skip)]
    missed: BTreeSet<By>,
}

/// An account's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct By(#[cbor(n(0), with = "minicbor::bytes")] [u8; 20]);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MembersAnswer {
    group_members: Members,
}

#[derive(Deserialize)]
struct GroupAnswer {
    group: Option<GroupFeed>,
}

impl Roster {
    pub(super) fn resume(conversation: &RemoteConversation, inbound: &Inbound) -> Self {
        let cursor = inbound.cursor(&stream(conversation));
        cursor.and_then(|bytes| minicbor::decode(bytes).ok()).unwrap_or_default()
    }

    fn to_cursor(&self, conversation: &RemoteConversation) -> Cursor {
        // Writing to memory cannot fail.
        let position = minicbor::to_vec(self).unwrap_or_default();
        Cursor { stream: stream(conversation), position }
    }

    /// What happened since, if these are all the members now; `at` is now.
    fn compare(&mut self, listed: Vec<Member>, at: i64) -> Vec<(i64, How)> {
        let by = |member: &Member| By(*member.account.address.as_bytes());
        let now: BTreeMap<By, Member> = listed.into_iter().map(|it| (by(&it), it)).collect();
        let before: BTreeSet<By> = self.members.iter().copied().collect();
        let missed = std::mem::take(&mut self.missed);
        let (gone, missing): (Vec<By>, Vec<By>) = before
            .iter()
            .filter(|who| !now.contains_key(who))
            .copied()
            .partition(|who| missed.contains(who));
        self.missed = missing.into_iter().collect();
        let mut news: Vec<_> =
            gone.iter().map(|By(who)| (at, How::Went(Address::from_bytes(*who)))).collect();
        let mut came = Vec::new();
        for (by, member) in &now {
            if before.contains(by) {
                continue;
            }
            let joined = time::parse(&member.joined_at).map_or(at, |it| it.as_micros());
            came.push((joined.min(at), How::Came(Box::new(member.account.clone()))));
        }
        came.sort_by_key(|(joined, _)| *joined);
        news.extend(came);
        let is_still = |who: &By| now.contains_key(who) || self.missed.contains(who);
        self.members = before.into_iter().filter(is_still).collect();
        self.members.extend(now.into_keys());
        self.members.sort_unstable();
        self.members.dedup();
        let had_begun = std::mem::replace(&mut self.has_begun, true);
        if had_begun { news } else { Vec::new() }
    }

    /// Whether the group is called otherwise than before.
    fn is_renamed(&mut self, title: Option<String>) -> Option<String> {
        let title = title.map(|it| presentable(&it)).filter(|it| !it.is_empty());
        if title.is_none() || title == self.title {
            return None;
        }
        let had_one = std::mem::replace(&mut self.title, title.clone()).is_some();
        title.filter(|_| had_one)
    }
}

impl Leg {
    /// Tells what happened to the group. What is wrong with that list is wrong with nothing else.
    pub(super) async fn roll_call(&mut self, ear: Ear<'_>, inbound: &Inbound) -> Result<(), Ended> {
        let Place::Group(group) = self.place else { return Ok(()) };
        let (listed, title) = match self.members(ear, group).await {
            Ok(listed) => listed,
            Err(error) if error.is_about_the_question() => {
                tracing::debug!(%error, "the members of a group could not be listed");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let now = ear.clock.now().as_micros();
        let mut roster = self.roster.clone();
        let mut news = listed.map_or_else(Vec::new, |listed| roster.compare(listed, now));
        if let Some(title) = roster.is_renamed(title) {
            news.push((now, How::Renamed { group, title }));
        }
        if roster != self.roster {
            let conversation = self.conversation.as_str();
            let moved = |(at, how)| Moved { conversation: conversation.to_owned(), at, how };
            let envelopes = news.into_iter().map(moved).filter_map(Moved::into_envelope).collect();
            let cursors = vec![roster.to_cursor(&self.conversation)];
            inbound.accept(Batch { envelopes, cursors }).await?;
        }
        self.roster = roster;
        Ok(())
    }

    /// All members, unless there are too many, and the name.
    async fn members(
        &self,
        ear: Ear<'_>,
        group: Address,
    ) -> Result<(Option<Vec<Member>>, Option<String>), ApiError> {
        let answer: GroupAnswer = ear.api.read(GROUP, json!({ "group": group })).await?;
        let title = answer.group.and_then(|it| it.metadata?.name);
        let (mut members, mut cursor) = (Vec::new(), None::<String>);
        for _page in 0..PAGES {
            let request = json!({
                "group": group, "orderBy": "FIRST_JOINED", "pageSize": "FIFTY", "cursor": cursor,
            });
            let answer: MembersAnswer = ear.api.read(MEMBERS, request).await?;
            members.extend(answer.group_members.items);
            cursor = answer.group_members.page.next;
            if cursor.is_none() {
                return Ok((Some(members), title));
            }
        }
        Ok((None, title))
    }
}

fn stream(conversation: &RemoteConversation) -> String {
    format!("{conversation}#members")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::post::Account;

    fn member(byte: u8) -> Member {
        let address = Address::from_bytes([byte; 20]);
        let account = Account { address, owner: None, username: None, metadata: None };
        Member { account, joined_at: format!("2025-08-21T10:00:{byte:02}Z") }
    }

    fn told(roster: &mut Roster, members: &[u8]) -> Vec<String> {
        let news = roster.compare(members.iter().map(|it| member(*it)).collect(), i64::MAX);
        let told = |(_, how): &(i64, How)| match how {
            How::Came(who) => format!("+{}", who.address.as_bytes()[0]),
            How::Went(who) => format!("-{}", who.as_bytes()[0]),
            How::Renamed { title, .. } => title.clone(),
        };
        news.iter().map(told).collect()
    }

    #[test]
    fn who_comes_and_goes_is_told_and_who_was_there_is_not() {
        let mut roster = Roster::default();
        assert!(told(&mut roster, &[1, 2]).is_empty(), "they were there before anybody looked");
        assert_eq!(told(&mut roster, &[5, 1, 2, 4]), ["+4", "+5"]);
        assert!(told(&mut roster, &[1, 2, 4]).is_empty(), "a list may leave somebody out");
        assert!(told(&mut roster, &[1, 2, 4, 5]).is_empty());
        assert!(told(&mut roster, &[2, 4, 5]).is_empty());
        assert_eq!(told(&mut roster, &[2, 4, 5, 6]), ["-1", "+6"]);
        assert!(told(&mut roster, &[2, 4, 5, 6]).is_empty(), "once");
        assert_eq!(told(&mut roster, &[1, 2, 4, 5, 6]), ["+1"], "and back");
    }

    #[test]
    fn a_name_is_told_when_it_is_another() {
        let mut roster = Roster::default();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(roster.is_renamed(named("tea")), None, "it was called so already");
        assert_eq!(roster.is_renamed(named("tea")), None);
        assert_eq!(roster.is_renamed(None), None);
        assert_eq!(roster.is_renamed(named("coffee")), named("coffee"));
    }

    #[test]
    fn a_roster_reads_what_it_wrote() {
        let mut roster = Roster::default();
        told(&mut roster, &[1, 2]);
        let cursor = roster.to_cursor(&RemoteConversation::parse("group/0x01").unwrap());
        assert_eq!(minicbor::decode::<Roster>(&cursor.position).unwrap(), roster);
    }
}

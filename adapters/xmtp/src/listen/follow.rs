//! Following: a sign says where something was said, and that is read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::FutureExt as _;
use threadbridge_core::adapter::{Health, Opinion};
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::model::person::Attitude;
use tokio::time::{Instant, interval_at};
use tokio_stream::StreamExt as _;

use super::{Ended, Reader, WELCOMES, stream_of};
use crate::api::{Sighting, Signs, Since};
use crate::arrival::{Arrival, Thought};
use crate::identity::inbox::InboxId;
use crate::place::strangers;

/// A sign that comes so much later than what it is for has not come.
const SIGNED_WITHIN: Duration = Duration::from_millis(500);
/// How many groups are asked about in one call.
const GROUPS_A_CALL: usize = 100;

/// Of how many people it is told what the owner thinks.
const MAX_OPINIONS: usize = 4096;

/// What came first.
enum Sign {
    Welcome,
    Said(Sighting),
    Linked,
    Look,
    Missed,
}

/// Something was said of which there was no sign: where, and since when one is awaited.
#[derive(Debug, Default)]
struct Doubt {
    groups: BTreeSet<Vec<u8>>,
    since: Option<Instant>,
    is_told: bool,
}

impl Doubt {
    fn begins(&mut self, groups: BTreeSet<Vec<u8>>) {
        if self.since.is_none() && !groups.is_empty() {
            (self.groups, self.since) = (groups, Some(Instant::now()));
        }
    }

    /// Waits until the sign has not come; for ever, if none is awaited.
    async fn lasts(&self) {
        match self.since {
            Some(since) => tokio::time::sleep_until(since + SIGNED_WITHIN).await,
            None => std::future::pending().await,
        }
    }
}

impl Reader<'_> {
    /// Follows welcomes and groups until a stream ends.
    pub(super) async fn follow(&mut self) -> Result<(), Ended> {
        let mut linked = self.inbound.conversations();
        let every = self.ear.config.look_every;
        let mut looks = interval_at(Instant::now() + every, every);
        let mut doubt = Doubt::default();
        let mut welcomes = self.welcome_signs().await?;
        self.read_welcomes().await?;
        let mut followed = self.followed(&linked.borrow_and_update());
        let mut said = self.message_signs(&followed).await?;
        for group in &followed {
            self.read_group(group).await?;
        }
        self.inbound.report(Health::Connected);
        loop {
            let sign = tokio::select! {
                sign = welcomes.next() => sign.ok_or(Ended::Cut)?.map(|()| Sign::Welcome)?,
                sign = said.next() => Sign::Said(sign.ok_or(Ended::Cut)??),
                changed = linked.changed() => match changed {
                    Ok(()) => Sign::Linked,
                    Err(_closed) => return Ok(()),
                },
                () = self.ear.session.joined() => Sign::Linked,
                _ = looks.tick() => Sign::Look,
                () = doubt.lasts() => Sign::Missed,
            };
            let (is_missed, is_said) =
                (matches!(sign, Sign::Missed), matches!(sign, Sign::Said(_)));
            self.act_on(sign, (&followed, &mut said), &mut doubt).await?;
            self.attend().await?;
            // What was read makes itself known where it leads into another group.
            if is_said {
                continue;
            }
            let now_followed = self.followed(&linked.borrow_and_update());
            if is_missed || now_followed != followed {
                // The new stream stands before the old one ends.
                said = self.message_signs(&now_followed).await?;
                for group in now_followed.difference(&followed) {
                    self.read_group(group).await?;
                }
                followed = now_followed;
            }
        }
    }

    async fn act_on(
        &mut self,
        sign: Sign,
        (followed, said): (&BTreeSet<Vec<u8>>, &mut Signs<Sighting>),
        doubt: &mut Doubt,
    ) -> Result<(), Ended> {
        match sign {
            Sign::Said(first) => {
                self.signed(doubt, &first.group);
                self.read_said(first, said).await
            }
            Sign::Welcome => self.read_welcomes().await,
            Sign::Linked => Ok(()),
            Sign::Look => {
                doubt.begins(self.look(followed).await?);
                Ok(())
            }
            Sign::Missed => self.missed(doubt).await,
        }
    }

    /// The groups that are read: those that links name, and those in which our own installations
    /// talk.
    fn followed(&self, linked: &BTreeSet<RemoteConversation>) -> BTreeSet<Vec<u8>> {
        let known = self.ear.session.known();
        let hears_all = strangers().is_some_and(|it| linked.contains(&it));
        let is_followed = |it: &crate::session::Followed| {
            it.is_ours
                || (it.is_direct && hears_all)
                || it.names.iter().any(|name| linked.contains(name))
        };
        let followed = known.groups.iter().filter(|(_, it)| is_followed(it));
        followed.map(|(group, _)| group.clone()).collect()
    }

    /// Hands over what the owner thinks of people, if they said anything since.
    pub(super) async fn tell_opinions(&mut self) -> Result<(), Ended> {
        let opinions = match self.inbound.opinions(MAX_OPINIONS) {
            Ok(opinions) if opinions != self.opinions => opinions,
            Ok(_) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "what the owner thinks of people could not be read");
                return Ok(());
            }
        };
        let thought = |it: &Opinion| {
            let is_wanted = match it.attitude {
                Attitude::Accepted => true,
                Attitude::Blocked => false,
                // Whoever is muted is still heard; there is no such word on the network.
                Attitude::Muted => return None,
            };
            let inbox = InboxId::parse(it.of.author.as_str())?;
            let at_ns = it.since.as_micros().saturating_mul(1_000);
            Some(Thought { inbox, is_wanted, at_ns })
        };
        let thoughts: Vec<_> = opinions.iter().filter_map(thought).collect();
        if !thoughts.is_empty() {
            let name = format!("thought/{}", self.now_ns());
            self.hand_over(&Arrival::Thought(thoughts), name).await?;
        }
        self.opinions = opinions;
        Ok(())
    }

    async fn welcome_signs(&self) -> Result<Signs<()>, Ended> {
        let installation = self.ear.session.known().installation.ok_or(Ended::NotAdded)?;
        let id = self.safe.get(WELCOMES).copied().unwrap_or_default();
        Ok(self.ear.api.follow_welcomes(Since { of: installation.as_bytes(), id }).await?)
    }

    async fn message_signs(&self, groups: &BTreeSet<Vec<u8>>) -> Result<Signs<Sighting>, Ended> {
        let since = |group: &Vec<u8>| Since { of: group.clone(), id: self.since(group).id };
        let since: Vec<_> = groups.iter().map(since).collect();
        Ok(self.ear.api.follow_messages(&since).await?)
    }

    /// From where a group is read on.
    pub(super) fn since<'g>(&self, group: &'g [u8]) -> Since<&'g [u8]> {
        let from = self.ear.session.known().groups.get(group).map_or(0, |it| it.from);
        let id = self.safe.get(&stream_of(group)).copied().unwrap_or_default().max(from);
        Since { of: group, id }
    }

    /// Reads where something was said, with whatever else was said meanwhile. What was read
    /// already, with what was said before it, needs no asking.
    async fn read_said(
        &mut self,
        first: Sighting,
        said: &mut Signs<Sighting>,
    ) -> Result<(), Ended> {
        let mut newest = BTreeMap::from([(first.group, first.id)]);
        while let Some(sign) = said.next().now_or_never() {
            let Sighting { group, id } = sign.ok_or(Ended::Cut)??;
            let known = newest.entry(group).or_default();
            *known = id.max(*known);
        }
        for (group, id) in newest {
            if id > self.since(&group).id {
                self.read_group(&group).await?;
            }
        }
        Ok(())
    }

    /// The stream tells of a group: it is alive.
    fn signed(&self, doubt: &mut Doubt, group: &[u8]) {
        if std::mem::take(&mut doubt.is_told) {
            self.inbound.report(Health::Connected);
        }
        doubt.groups.remove(group);
        if doubt.groups.is_empty() {
            doubt.since = None;
        }
    }

    /// The stream stands and tells nothing of what is said.
    async fn missed(&mut self, doubt: &mut Doubt) -> Result<(), Ended> {
        let reason = "the network does not tell of what is said; it is asked instead";
        self.inbound.report(Health::Stalled(reason.to_owned()));
        for group in std::mem::take(&mut doubt.groups) {
            self.read_group(&group).await?;
        }
        *doubt = Doubt { is_told: true, ..Doubt::default() };
        Ok(())
    }

    /// Looks whether we still belong to the inbox. Tells in which groups something was said that no
    /// sign has told of; it may be on its way.
    async fn look(&mut self, followed: &BTreeSet<Vec<u8>>) -> Result<BTreeSet<Vec<u8>>, Ended> {
        self.read_own_log().await?;
        self.tell_opinions().await?;
        if self.ear.session.known().is_revoked {
            return Err(Ended::Revoked);
        }
        self.read_welcomes().await?;
        let groups: Vec<_> = followed.iter().cloned().collect();
        let mut unsigned = BTreeSet::new();
        for some in groups.chunks(GROUPS_A_CALL) {
            let newest = self.ear.api.newest(some).await?;
            for (group, newest) in some.iter().zip(newest) {
                if newest > Some(self.since(group).id) {
                    unsigned.insert(group.clone());
                }
            }
        }
        Ok(unsigned)
    }
}

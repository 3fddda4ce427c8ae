//! Following: a sign says where something was said, and that is read.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::FutureExt as _;
use threadbridge_core::adapter::Health;
use threadbridge_core::model::id::RemoteConversation;
use tokio::time::{Instant, interval_at};
use tokio_stream::StreamExt as _;

use super::{Ended, GROUP, Reader, WELCOMES};
use crate::api::{Signs, Since};

/// How often it is asked whether a sign was missed, and how our own inbox stands.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How many groups are asked about in one call.
const GROUPS_A_CALL: usize = 100;

/// What came first.
enum Sign {
    Welcome,
    Said(Vec<u8>),
    Linked,
    Look,
}

impl Reader<'_> {
    /// Follows welcomes and groups until a stream ends.
    pub(super) async fn follow(&mut self) -> Result<(), Ended> {
        let mut linked = self.inbound.conversations();
        let mut looks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
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
            };
            match sign {
                Sign::Said(group) => self.read_said(group, &mut said).await?,
                Sign::Welcome => self.read_welcomes().await?,
                Sign::Linked => {}
                Sign::Look => self.look(&followed).await?,
            }
            self.upload_key_package().await?;
            let now_followed = self.followed(&linked.borrow_and_update());
            if now_followed != followed {
                // The new stream stands before the old one ends.
                said = self.message_signs(&now_followed).await?;
                for group in now_followed.difference(&followed) {
                    self.read_group(group).await?;
                }
                followed = now_followed;
            }
        }
    }

    /// The groups that are read: those that links name, and those in which our own installations
    /// talk.
    fn followed(&self, linked: &BTreeSet<RemoteConversation>) -> BTreeSet<Vec<u8>> {
        let known = self.ear.session.known();
        let is_followed = |it: &crate::session::Followed| {
            it.is_ours || it.names.iter().any(|name| linked.contains(name))
        };
        let followed = known.groups.iter().filter(|(_, it)| is_followed(it));
        followed.map(|(group, _)| group.clone()).collect()
    }

    async fn welcome_signs(&self) -> Result<Signs<()>, Ended> {
        let installation = self.ear.session.known().installation.ok_or(Ended::NotAdded)?;
        let id = self.safe.get(WELCOMES).copied().unwrap_or_default();
        Ok(self.ear.api.follow_welcomes(Since { of: installation.as_bytes(), id }).await?)
    }

    async fn message_signs(&self, groups: &BTreeSet<Vec<u8>>) -> Result<Signs<Vec<u8>>, Ended> {
        let since: Vec<_> = groups.iter().map(|group| self.since(group)).collect();
        Ok(self.ear.api.follow_messages(&since).await?)
    }

    fn since(&self, group: &[u8]) -> Since<Vec<u8>> {
        let stream = format!("{GROUP}{}", hex::encode(group));
        let from = self.ear.session.known().groups.get(group).map_or(0, |it| it.from);
        let id = self.safe.get(&stream).copied().unwrap_or_default().max(from);
        Since { of: group.to_vec(), id }
    }

    /// Reads where something was said, with whatever else was said meanwhile.
    async fn read_said(&mut self, group: Vec<u8>, said: &mut Signs<Vec<u8>>) -> Result<(), Ended> {
        let mut groups = BTreeSet::from([group]);
        while let Some(sign) = said.next().now_or_never() {
            groups.insert(sign.ok_or(Ended::Cut)??);
        }
        for group in groups {
            self.read_group(&group).await?;
        }
        Ok(())
    }

    /// Looks whether a sign was missed, and whether we still belong to the inbox.
    async fn look(&mut self, followed: &BTreeSet<Vec<u8>>) -> Result<(), Ended> {
        self.read_own_log().await?;
        if self.ear.session.known().is_revoked {
            return Err(Ended::Revoked);
        }
        self.read_welcomes().await?;
        let groups: Vec<_> = followed.iter().cloned().collect();
        for some in groups.chunks(GROUPS_A_CALL) {
            let newest = self.ear.api.newest(some).await?;
            for (group, newest) in some.iter().zip(newest) {
                if newest > Some(self.since(group).id) {
                    self.read_group(group).await?;
                }
            }
        }
        Ok(())
    }
}

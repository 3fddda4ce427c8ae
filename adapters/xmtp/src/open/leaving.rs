//! Those who asked to leave a group: the network has a member who may do everything there take them out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Opening, Stop};
use crate::arrival::Blob;
use crate::content::body::{Body, read};
use crate::content::kind::Kind as ContentKind;
use crate::identity::inbox::InboxId;
use crate::mls::group::record::{GroupId, Kind};
use crate::seal::{Halt, SealingFor};
use crate::sync::kept::Matters;

/// Of how many groups, and of how many people in each, it is kept that they asked.
const MAX_KEPT: usize = 256;

/// Who asked, by group.
pub(crate) type Leaving = BTreeMap<GroupId, BTreeSet<InboxId>>;

impl Opening<'_> {
    /// Notes that somebody wants to leave, if that is what they said.
    pub(super) fn hear_leaving(
        &self,
        (group, kind): (&GroupId, Kind),
        sender: InboxId,
        content: &[u8],
    ) -> Result<(), Stop> {
        let wants_to = matches!(read(content), Ok((Body::Silent(ContentKind::LeaveRequest), _)));
        if kind != Kind::Group || !wants_to || sender == self.own_inbox()? {
            return Ok(());
        }
        let mut leaving = self.kept().leaving()?;
        if leaving.len() >= MAX_KEPT && !leaving.contains_key(group) {
            return Ok(());
        }
        let who = leaving.entry(group.clone()).or_default();
        if who.len() < MAX_KEPT && who.insert(sender) {
            self.kept().set_leaving(&leaving);
            self.session.stir();
        }
        Ok(())
    }

    /// Takes those out who asked, by one commit at a time; tells whether one is under way.
    pub(super) fn let_go(
        &self,
        matters: &mut Matters,
        sealing: SealingFor<'_>,
    ) -> Result<bool, Stop> {
        let mut leaving = self.kept().leaving()?;
        while let Some((group, who)) = leaving.first_key_value() {
            match sealing.let_go(group, who) {
                Ok(()) => {}
                // The account is out of the group, or was left behind in it.
                Err(Halt::Missing(missing)) if missing.what == "welcome" => {}
                Err(Halt::Missing(missing)) if missing.what.starts_with("readd/") => {}
                Err(Halt::Missing(missing)) => return Err(missing.into()),
                Err(Halt::First(sealed)) => {
                    matters.publish_first(Blob(sealed.bytes));
                    return Ok(true);
                }
                Err(Halt::Refused(reason)) => {
                    tracing::warn!(reason, "who asked to leave a group cannot be taken out");
                }
            }
            leaving.pop_first();
            self.kept().set_leaving(&leaving);
        }
        Ok(false)
    }
}

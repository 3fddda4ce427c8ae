//! Bringing a group up to date: what its tree lacks by its members' logs, and who waits for a
//! welcome.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use threadbridge_core::adapter::Missing;
use threadbridge_core::model::time::Timestamp;

use super::{Halt, SealingFor};
use crate::api::Since;
use crate::identity::inbox::InboxId;
use crate::identity::logs::Logs;
use crate::identity::member::Installation;
use crate::kept::{Compared, keys_unreadable};
use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::group::Group;
use crate::mls::group::commit::CommitError;
use crate::mls::group::plan::{Intent, Plan, PlanError};
use crate::mls::group::record::State;
use crate::mls::group::records::Records;
use crate::mls::roster::Unknown;
use crate::open::message::LEFT_BEHIND;
use crate::place::Place;
use crate::session::Wanted;
use crate::welcome::wrap::wrap_all;

/// For how long the logs of a group's members count as known; the network's own clients have the
/// same (libxmtp, `SEND_MESSAGE_UPDATE_INSTALLATIONS_INTERVAL_NS`).
const FRESH_FOR: Duration = Duration::from_secs(5);
/// For how long a key package that was asked for is used.
const PACKAGE_FOR: Duration = Duration::from_secs(60);

impl SealingFor<'_> {
    /// Makes sure that nothing has to be done in the group before something is said.
    pub(super) fn brought_up_to_date<'g>(
        &self,
        group: Group<'g>,
        place: &Place,
    ) -> Result<Group<'g>, Halt> {
        self.finish_what_began(&group)?;
        let epoch = group.epoch();
        let compared = self.kept().compared(group.id().as_bytes())?;
        let is_fresh = |it: Compared| {
            let at = Timestamp::from_micros(it.at_us);
            it.epoch == epoch && self.now.since(at) < FRESH_FOR
        };
        if compared.is_some_and(is_fresh) && !group.is_renewal_due(self.now) {
            return Ok(group);
        }
        self.compared_with_logs(group, Intent { add: self.peer(place)?, ..Intent::default() })
    }

    /// Makes the group be as somebody wants it, and all else in it as it has to be.
    pub(super) fn brought_to<'g>(
        &self,
        group: Group<'g>,
        intent: Intent,
    ) -> Result<Group<'g>, Halt> {
        self.finish_what_began(&group)?;
        self.compared_with_logs(group, intent)
    }

    /// A commit that was made is read back, and who was brought in by one is told the keys.
    fn finish_what_began(&self, group: &Group<'_>) -> Result<(), Halt> {
        if group.record().is_left_behind() {
            let what = format!("readd/{}", hex::encode(group.id().as_bytes()));
            return Err(Missing { what, reason: LEFT_BEHIND.to_owned() }.into());
        }
        if let State::Paused(version) = &group.record().state {
            let reason =
                format!("the group asks for a newer client, of version {version} or later");
            return Err(Missing { what: format!("client/{version}"), reason }.into());
        }
        if let Some(pending) = group.pending().map_err(|_| keys_unreadable())? {
            return Err(self.commit(group.id(), pending.epoch, pending.bytes)?);
        }
        self.deliver_welcomes(group)
    }

    fn compared_with_logs<'g>(&self, group: Group<'g>, intent: Intent) -> Result<Group<'g>, Halt> {
        let epoch = group.epoch();
        let terms = group.terms().map_err(|error| Halt::Refused(error.to_string()))?;
        let members = terms.membership.members.keys().chain(&intent.add);
        let inboxes: BTreeSet<InboxId> = members.filter_map(|it| InboxId::parse(it)).collect();
        let at_us = self.asked_at(&group, &inboxes)?;
        let intent = Intent { renew: group.is_renewal_due(self.now), ..intent };
        let plan = match group.plan(&intent, &Logs::new(self.keys)) {
            Ok(plan) => plan,
            Err(PlanError::Unknown(unknown)) => return Err(self.ask_for(&group, &unknown)?),
            Err(PlanError::Logs(_)) => return Err(keys_unreadable().into()),
            Err(error) => return Err(Halt::Refused(error.to_string())),
        };
        if plan.is_empty() {
            let compared = Compared { at_us, epoch };
            self.kept().set_compared(group.id().as_bytes(), compared);
            return Ok(group);
        }
        Err(self.commit_plan(group, plan)?)
    }

    fn peer(&self, place: &Place) -> Result<BTreeSet<String>, Halt> {
        let peer = match place {
            Place::Group(_) => None,
            Place::Direct(peer) => Some(*peer),
            Place::DirectAddress(address) => self.kept().peer(address)?,
        };
        Ok(peer.iter().map(ToString::to_string).collect())
    }

    /// When the logs of all of them were asked for, if that is not too long ago.
    fn asked_at(&self, group: &Group<'_>, inboxes: &BTreeSet<InboxId>) -> Result<i64, Halt> {
        let logs = Logs::new(self.keys);
        let mut oldest = self.now;
        let mut stale = Vec::new();
        for inbox in inboxes {
            let at = logs.checked_at(*inbox).map_err(|_| keys_unreadable())?;
            match at.filter(|at| self.now.since(*at) < FRESH_FOR) {
                Some(at) => oldest = oldest.min(at),
                None => stale.push(self.since(*inbox)?),
            }
        }
        if stale.is_empty() {
            return Ok(oldest.as_micros());
        }
        let what = format!("logs/{}", hex::encode(group.id().as_bytes()));
        let reason = "it is not known whether members of the group have changed their apps";
        Err(self.session.want(what, reason, Wanted::Logs(stale)).into())
    }

    fn since(&self, inbox: InboxId) -> Result<Since<InboxId>, Halt> {
        let newest = Logs::new(self.keys).newest(inbox).map_err(|_| keys_unreadable())?;
        Ok(Since { of: inbox, id: newest.map_or(0, |(newest, _)| newest) })
    }

    fn ask_for(&self, group: &Group<'_>, unknown: &[Unknown]) -> Result<Halt, Halt> {
        let inboxes: BTreeSet<_> =
            unknown.iter().filter_map(|it| InboxId::parse(&it.inbox)).collect();
        let since = inboxes.into_iter().map(|it| self.since(it)).collect::<Result<_, _>>()?;
        let what = format!("logs/{}/unknown", hex::encode(group.id().as_bytes()));
        let reason = "it is not known which apps members of the group use";
        Ok(self.session.want(what, reason, Wanted::Logs(since)).into())
    }

    fn commit_plan(&self, group: Group<'_>, plan: Plan) -> Result<Halt, Halt> {
        let (mut packages, mut lacking) = (BTreeMap::new(), Vec::new());
        for leaf in plan.wanted() {
            match self.package(leaf)? {
                Some(package) => {
                    packages.insert(leaf.installation, package);
                }
                None => lacking.push(Installation::from_bytes(leaf.installation)),
            }
        }
        if !lacking.is_empty() {
            let what = format!("packages/{}", hex::encode(group.id().as_bytes()));
            let reason = "keys of apps that are to be added to the group are not known";
            return Ok(self.session.want(what, reason, Wanted::KeyPackages(lacking)).into());
        }
        let (id, epoch) = (group.id().clone(), group.epoch());
        let made = match group.commit(plan, &packages, self.now) {
            Ok(made) => made,
            Err(CommitError::Unreachable) => {
                packages.keys().for_each(|it| self.kept().forget_package(it));
                let reason = "nobody whom the message is for has an app that can be reached";
                return Err(Halt::Refused(reason.to_owned()));
            }
            Err(CommitError::Forbidden(rule)) => {
                let reason = format!("the group's other members would refuse it: {rule}");
                return Err(Halt::Refused(reason));
            }
            Err(error) => return Err(Halt::Refused(error.to_string())),
        };
        for (leaf, why) in &made.failed {
            tracing::warn!(
                installation = hex::encode(leaf.installation), %why,
                "an app could not be added to a group"
            );
        }
        packages.keys().for_each(|it| self.kept().forget_package(it));
        Ok(self.commit(&id, epoch, made.bytes)?)
    }

    /// A key package that was asked for not long ago; empty where the server has none.
    fn package(&self, leaf: &Leaf) -> Result<Option<Vec<u8>>, Halt> {
        let key: &InstallationKey = &leaf.installation;
        let Some(row) = self.kept().package(key)? else { return Ok(None) };
        let is_fresh = self.now.since(Timestamp::from_micros(row.at_us)) < PACKAGE_FOR;
        Ok(is_fresh.then(|| row.package.map(|it| it.0).unwrap_or_default()))
    }

    /// Nothing is said before those can read it who were just brought in.
    fn deliver_welcomes(&self, group: &Group<'_>) -> Result<(), Halt> {
        let owed = Records(self.keys).owed(group.id()).map_err(|_| keys_unreadable())?;
        let Some(owed) = owed.first() else { return Ok(()) };
        let (id, commit) = (group.id().as_bytes().to_vec(), owed.cursor);
        let what = format!("welcomes/{}/{commit}", hex::encode(&id));
        let reason = "who was brought into the group has not been told its keys yet";
        // They are wrapped once, however often it is asked.
        let wanted = match self.session.wanted(&what) {
            Some(wrapped) => wrapped,
            None => {
                let welcomes = wrap_all(owed).map_err(|error| Halt::Refused(error.to_string()))?;
                Wanted::Welcomes { group: id, commit, welcomes }
            }
        };
        Err(self.session.want(what, reason, wanted).into())
    }
}

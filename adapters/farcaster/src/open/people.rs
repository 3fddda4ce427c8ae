//! How people are called. Names are decoration, but texts that mention people are read with them.

use std::collections::{BTreeMap, BTreeSet};

use threadbridge_core::adapter::Opened;

use super::{Opening, Stop, plaintext};
use crate::{
    fetch::Want,
    known::Called,
    name::Name,
    node::failure::presentable,
    proven::Proven,
    wire::{
        SignedMessage, limits,
        proto::{UserDataBody, UserDataType},
    },
};

impl Opening<'_> {
    /// Profiles of people whom we have met; the fields that show.
    pub(super) fn profile(
        &self,
        message: &SignedMessage,
        name: Name,
        field: &UserDataBody,
    ) -> Result<Opened, Stop> {
        let kind = UserDataType::try_from(field.r#type).unwrap_or(UserDataType::None);
        let is_shown =
            matches!(kind, UserDataType::Username | UserDataType::Display | UserDataType::Pfp);
        let met = self.known.called(name.fid)?.is_some() || self.known.signers(name.fid)?.is_some();
        if !is_shown || !met {
            return Err(Stop::Elsewhere);
        }
        let verified = self.prove(message, None)?;
        self.may_sign(&verified)?;
        let mut called = self.known.called(name.fid)?.unwrap_or_default();
        let value = Some(presentable(&field.value)).filter(|value| !value.is_empty());
        if kind == UserDataType::Username {
            called.username = value;
        } else if kind == UserDataType::Display {
            called.display_name = value;
        } else {
            called.picture_url = value;
        }
        self.known.set_called(name.fid, &called);
        Ok(plaintext(&Proven {
            data: message.signed_bytes().unwrap_or_default().to_vec(),
            hash: name.hash.as_bytes().to_vec(),
            ..Proven::default()
        }))
    }

    pub(super) fn learn_profile_was_read(&self, fid: u64) -> Result<Opened, Stop> {
        if self.known.called(fid)?.is_none() {
            self.known.set_called(fid, &Called::default());
        }
        Ok(Opened::Learnt)
    }

    /// The names of people who are mentioned. Who has none is called by the fid.
    pub(super) fn names_of(&self, fids: &[u64]) -> Result<BTreeMap<u64, String>, Stop> {
        let mut names = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for fid in fids.iter().take(limits::MENTIONS) {
            match self.known.called(*fid)? {
                Some(called) => {
                    names.insert(*fid, called.username.unwrap_or_else(|| format!("!{fid}")));
                }
                None => {
                    unknown.insert(*fid);
                }
            }
        }
        if unknown.is_empty() { Ok(names) } else { Err(Stop::Wants(Want::People(unknown))) }
    }
}

//! Key packages of others, and what became of what was done for us.

use super::{Opening, Stop, timestamp};
use crate::arrival::{KeyPackages as Found, Uploaded, Welcomed};
use crate::kept::{PackageRow, keys_unreadable};
use crate::mls::group::record::GroupId;
use crate::mls::group::records::Records;
use crate::mls::key_package::KeyPackages;

impl Opening<'_> {
    /// Keeps the key packages that were asked for until they are used.
    pub(super) fn take_key_packages(&self, found: Found) {
        let at_us = timestamp(found.asked_at_ns).as_micros();
        for one in found.packages {
            let row = PackageRow { at_us, package: one.package };
            self.kept().set_package(one.installation.as_bytes(), &row);
        }
    }

    /// The welcomes of a commit are delivered.
    pub(super) fn welcomed(&self, welcomed: &Welcomed) -> Result<(), Stop> {
        let Some(group) = GroupId::parse(&welcomed.group) else { return Ok(()) };
        Ok(Records(self.keys).welcomed(&group, welcomed.commit).map_err(|_| keys_unreadable())?)
    }

    /// Our key package is there.
    pub(super) fn uploaded(&self, uploaded: &Uploaded) -> Result<(), Stop> {
        let mut packages = KeyPackages::load(self.keys).map_err(|_| keys_unreadable())?;
        packages.uploaded(timestamp(uploaded.at_ns)).map_err(|_| keys_unreadable())?;
        self.session.known().key_package = None;
        Ok(())
    }
}

//! Archives of XMTP's official clients, as they export them with a key.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use threadbridge_core::model::id::{Identity, Network};
use threadbridge_core::model::level::Level;
use threadbridge_core::pipeline::Past;
use threadbridge_core::secret::Secret;
use threadbridge_xmtp::{PastTold, past};

use super::{Shown, Unreadable};

/// The network of its people.
pub(super) const NETWORK: &str = "xmtp";
/// The largest archive that is taken.
const MAX_BYTES: u64 = 256 << 20;

/// An archive, opened: nothing of it is believed unless all of it opens.
#[derive(Debug)]
pub(super) struct Archive(PastTold);

impl Archive {
    pub(super) fn open(path: &Path, key: &Secret) -> Result<Self, Unreadable> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        let network = Network::parse(NETWORK).map_err(|_| Unreadable::Nothing)?;
        Ok(Self(past(&network, &bytes, key)?))
    }

    /// Whose it is.
    pub(super) fn own(&self) -> BTreeSet<Identity> {
        self.0.own.clone()
    }

    /// Shows all that was said, the earliest first.
    pub(super) fn read(
        &self,
        show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        for _ in 0..self.0.passed {
            show(Shown::Passed)?;
        }
        for event in &self.0.events {
            let (event, raw, level) = (event.clone(), Vec::new(), Level::Healing);
            show(Shown::Past(Box::new(Past { event, raw, level, profile: None })))?;
        }
        Ok(())
    }
}

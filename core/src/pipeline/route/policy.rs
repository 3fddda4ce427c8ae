//! A message goes to a less protected place only where a link says so.

use super::Decision;
use crate::model::level::Level;
use crate::model::link::Downgrade;

pub(super) fn may_go(downgrade: Downgrade, from: Level, to: Level) -> Decision {
    match downgrade {
        Downgrade::Refuse if to < from => Decision::Refused(format!(
            "it was said under {from} and this leg has {to}; \
             allow it with `downgrade = \"allow\"` on the link"
        )),
        Downgrade::Refuse | Downgrade::Allow => Decision::Go,
    }
}

//! XMTP: whether the servers answer, and how the inbox stands.

use threadbridge_core::model::id::AccountName;
use threadbridge_xmtp::{InboxReport, MAX_INSTALLATIONS, Xmtp};

use super::Finding;
use crate::logging::chain;

pub(super) async fn examine(name: &AccountName, adapter: &Xmtp) -> Vec<Finding> {
    let subject = format!("accounts.{name} servers");
    match adapter.inbox().await {
        Err(error) => {
            vec![Finding::fail(&subject, chain(&error), "check `host` and the network")]
        }
        Ok(report) => vec![Finding::ok(&subject, "they answer"), inbox(name, report.as_ref())],
    }
}

fn inbox(name: &AccountName, report: Option<&InboxReport>) -> Finding {
    let subject = format!("accounts.{name} inbox");
    let Some(report) = report else {
        return Finding::ok(&subject, "none yet: the first run makes it");
    };
    let count = report.installations.len();
    let found = format!("{count} of {MAX_INSTALLATIONS} installations");
    if count < MAX_INSTALLATIONS {
        Finding::ok(&subject, found)
    } else {
        let advice = "revoke one that is not used any more: `threadbridge xmtp installations`";
        Finding::warn(&subject, found, advice)
    }
}

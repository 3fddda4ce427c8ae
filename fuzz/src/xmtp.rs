//! What others write on XMTP: entries of identity logs, contents, archives of history.

use threadbridge_core::adapter::Parsed;
use threadbridge_core::model::event::Action;
use threadbridge_xmtp::hostile;

use crate::Target;

/// Any entry of a log is believed or refused.
pub const IDENTITY_UPDATES: Target = Target {
    name: "xmtp-identity-updates",
    run: follow,
    seeds: hostile::identity_updates,
    rounds: 4_000,
};

/// Any content is read, in a form that can be stored, or is none.
pub const CONTENTS: Target =
    Target { name: "xmtp-contents", run: read, seeds: hostile::contents, rounds: 20_000 };

/// Any archive is read as far as it is whole, and any record of one is told or is none.
pub const ARCHIVES: Target =
    Target { name: "xmtp-archives", run: import, seeds: archives, rounds: 10_000 };

/// Whatever other installations or a server offer is taken for what it is, and from nowhere else than
/// was asked.
pub const OFFERS: Target = Target { name: "xmtp-offers", run: take, seeds: offers, rounds: 2_000 };

fn follow(bytes: &[u8]) {
    let _either = hostile::is_draft(bytes);
    if let Some(members) = hostile::members(bytes) {
        assert!(members > 0, "who makes an inbox is in it");
    }
}

fn read(bytes: &[u8]) {
    for parsed in hostile::said(bytes).unwrap_or_default() {
        assert!(matches!(parsed, Parsed::Event(_)), "somebody said it");
        let Parsed::Event(event) = parsed else { continue };
        if let Action::Say(said) | Action::Edit { said, .. } = event.action {
            assert!(said.content.system().is_none() && said.content.receipt().is_none());
            said.content.encode().unwrap();
        }
    }
}

fn import(bytes: &[u8]) {
    assert!(hostile::elements(bytes) <= 3, "nothing comes of an archive that is not in it");
    let _either = hostile::is_told(bytes);
}

fn take(bytes: &[u8]) {
    if let Some(url) = hostile::offered(bytes) {
        assert!(url.starts_with(hostile::SERVER), "{url}");
    }
    assert!(hostile::consents(bytes).is_some(), "what is kept is told again as it was");
    assert!(!hostile::opens(bytes) || hostile::files().iter().any(|it| it == bytes));
}

fn offers() -> Vec<Vec<u8>> {
    [hostile::offers(), hostile::records(), hostile::files()].concat()
}

fn archives() -> Vec<Vec<u8>> {
    [hostile::archives(), hostile::records()].concat()
}

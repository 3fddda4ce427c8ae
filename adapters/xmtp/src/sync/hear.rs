//! Taking in what another installation of the own inbox said.

use threadbridge_core::store::Keys;

use super::{consent::Consents, hmac::SharedKey, message};
use crate::{
    rows::Unread,
    wire::proto::sync::{
        PreferenceUpdate, device_sync_content::Content, preference_update::Update,
    },
};

/// The most preferences that are taken from one message.
const MAX_UPDATES: usize = 4_096;

/// Takes the preferences in a message of the group of the inbox's installations; whether anything
/// changed. Requests for history and answers to them are told apart by `request`.
pub(crate) fn hear(keys: &Keys, content: &[u8]) -> Result<bool, Unread> {
    let Some(Content::PreferenceUpdates(preferences)) = message::read(content) else {
        return Ok(false);
    };
    let mut is_news = false;
    for PreferenceUpdate { update } in preferences.updates.into_iter().take(MAX_UPDATES) {
        is_news |= match update {
            Some(Update::Consent(consent)) => Consents::new(keys).take(&consent)?,
            Some(Update::Hmac(key)) => SharedKey::take(keys, &key)?,
            None => false,
        };
    }
    Ok(is_news)
}

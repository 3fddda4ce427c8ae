//! Every table of the store.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::model::id::{AccountName, ConversationId};
use crate::store::key::{Key, KeyWriter};
use crate::store::table::{AnyTable, Table};

/// What must be readable before any key is known: the locked store key and the number of the last
/// commit. Its values are not sealed, so it is no [`Table`].
pub(super) const META: &str = "meta";

/// The key of each conversation.
pub(super) const CONVERSATION_KEYS: Table<ConversationId, ConversationSecret> =
    Table::of_store("conversation_keys");

/// What each account's protocol keeps: ratchets, key packages, cursors.
pub(super) const ACCOUNT_KEYS: Table<AccountKey, AccountValue> = Table::of_store("account_keys");

/// All of them; what checks, erases, copies or migrates a store goes through this list.
pub const ALL: &[&dyn AnyTable] = &[
    &CONVERSATION_KEYS,
    &ACCOUNT_KEYS,
    #[cfg(test)]
    &crate::store::tests::NOTES,
    #[cfg(test)]
    &crate::store::tests::LABELS,
];

/// The key that seals a conversation's rows; none once the conversation was erased.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct ConversationSecret {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) key: Option<[u8; 32]>,
}

impl std::fmt::Debug for ConversationSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConversationSecret(..)")
    }
}

/// One key of one account.
#[derive(Clone, Debug)]
pub struct AccountKey {
    pub(super) account: AccountName,
    pub(super) key: Vec<u8>,
}

impl Key for AccountKey {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.account.write(to);
        to.hashed(&self.key);
    }
}

/// One value of one account, with the key that its row key only has a hash of.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct AccountValue {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) key: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) value: Vec<u8>,
}

impl std::fmt::Debug for AccountValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tables_share_a_name() {
        let mut names: Vec<_> = ALL.iter().map(|table| table.name()).chain([META]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len() + 1);
        assert!(names.iter().all(|name| !name.contains('\0')));
    }
}

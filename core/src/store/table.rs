//! What a table is: a name, the form of its keys, the form of its values, and whose key seals them.

use std::marker::PhantomData;

use minicbor::{Decode, Decoder, Encode};
use zeroize::Zeroizing;

use crate::store::key::{ConversationKey, Key};

/// Whose key seals a table's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The store's.
    Store,
    /// That of the conversation in the first 16 bytes of the row key; erased with it.
    Conversation,
}

/// A table of rows from `K` to `V`.
///
/// Its name and scope, the parts of `K` and the field numbers of `V` are stored for ever.
pub struct Table<K, V> {
    name: &'static str,
    scope: Scope,
    rows: PhantomData<fn(K) -> V>,
}

impl<K: Key, V: Record> Table<K, V> {
    /// A table whose values are sealed under the store's key. The name has no zero byte.
    #[must_use]
    pub const fn of_store(name: &'static str) -> Self {
        Self { name, scope: Scope::Store, rows: PhantomData }
    }

    /// A table whose values are sealed under the key of the conversation that leads each row key.
    #[must_use]
    pub const fn of_conversation(name: &'static str) -> Self
    where
        K: ConversationKey,
    {
        Self { name, scope: Scope::Conversation, rows: PhantomData }
    }

    /// The name in the file; everybody can read it there.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whose key seals the values.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }
}

impl<K, V> std::fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("name", &self.name).field("scope", &self.scope).finish()
    }
}

/// A table of any keys and values, for work that goes through all of them.
pub trait AnyTable: Sync {
    /// The name in the file.
    fn name(&self) -> &'static str;
    /// Whose key seals the values.
    fn scope(&self) -> Scope;
    /// Whether `plain` is a value of this table.
    fn reads(&self, plain: &[u8]) -> bool;
}

impl<K: Key, V: Record> AnyTable for Table<K, V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn reads(&self, plain: &[u8]) -> bool {
        V::from_stored(plain).is_some()
    }
}

/// A value: CBOR with numbered fields, of which those that came later are optional.
pub trait Record: Sized {
    /// Its bytes; nothing if it refuses to be encoded.
    fn to_stored(&self) -> Option<Zeroizing<Vec<u8>>>;
    /// Reads the whole of `bytes`; nothing if they are not such a value.
    fn from_stored(bytes: &[u8]) -> Option<Self>;
}

impl<V> Record for V
where
    V: Encode<()> + for<'b> Decode<'b, ()>,
{
    fn to_stored(&self) -> Option<Zeroizing<Vec<u8>>> {
        minicbor::to_vec(self).ok().map(Zeroizing::new)
    }

    fn from_stored(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let value = decoder.decode().ok()?;
        (decoder.position() == bytes.len()).then_some(value)
    }
}

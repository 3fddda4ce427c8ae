//! Who is meant in a text: `@lens/name`, `@<namespace>/<account or name>`, `#<group>`.

use alloy_primitives::Address;

use super::{LENS_NAMESPACE, World, id};

/// One mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    Account { account: Address, namespace: Address, from: String, to: String },
    Group { group: Address, from: String, to: String },
}

impl World {
    /// The mentions in a text, each once, those of nobody left out.
    pub(crate) fn mentions(&self, content: &str) -> Vec<Mention> {
        let mut mentions: Vec<Mention> = Vec::new();
        let words = content
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || "@#/_-".contains(letter)));
        for word in words {
            if let Some(mention) = self.mention(word)
                && !mentions.contains(&mention)
            {
                mentions.push(mention);
            }
        }
        mentions
    }

    fn mention(&self, word: &str) -> Option<Mention> {
        if let Some(group) = word.strip_prefix('#') {
            let group = self.groups.get(&id::address(group)?)?;
            let to = format!("#{}", group.name);
            return Some(Mention::Group { group: group.address, from: word.to_owned(), to });
        }
        let (namespace, name) = word.strip_prefix('@')?.split_once('/')?;
        let namespace = if namespace == "lens" { LENS_NAMESPACE } else { id::address(namespace)? };
        let account = match id::address(name) {
            Some(account) => self.accounts.get(&account)?,
            None => self.named(namespace, name)?,
        };
        let name = self
            .names_of(account.address)
            .into_iter()
            .find(|name| name.namespace == namespace)
            .map_or_else(|| account.address.to_string(), |name| name.local_name.clone());
        Some(Mention::Account {
            account: account.address,
            namespace,
            from: word.to_owned(),
            to: format!("@{name}"),
        })
    }
}

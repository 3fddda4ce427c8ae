//! Who speaks as themself, and by which account.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::{AccountName, Identity};
use crate::model::person::{Introduced, Introduction};

/// In whose name an account says what somebody said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voice {
    /// In its own: it belongs to the person who said it.
    Own,
    /// Not at all: that person's own account says it.
    Of(AccountName),
    /// In the name of the person who said it, who is named.
    Attributed,
}

/// The people whom the owner introduced, and the owner, to whom all accounts belong that are
/// nobody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    owners: BTreeSet<Identity>,
    introduced: Vec<Introduction>,
    /// Whose an identity is, by their place among the introduced.
    whose: BTreeMap<Identity, usize>,
}

impl People {
    /// The people, with what the bridge's accounts are called on their networks. An identity that
    /// two people claim is the first one's.
    #[must_use]
    pub fn new(introduced: Vec<Introduction>, accounts: &BTreeMap<AccountName, Identity>) -> Self {
        let mut whose = BTreeMap::new();
        for (place, person) in introduced.iter().enumerate() {
            let theirs = person.accounts.iter().chain(person.voices.values());
            let by_account = theirs.filter_map(|account| accounts.get(account));
            for identity in person.identities.iter().chain(by_account) {
                whose.entry(identity.clone()).or_insert(place);
            }
        }
        let owners = accounts.values().filter(|it| !whose.contains_key(it)).cloned().collect();
        Self { owners, introduced, whose }
    }

    /// What the owner calls somebody; nothing for who was not introduced.
    #[must_use]
    pub fn name_of(&self, who: &Identity) -> Option<&str> {
        let person = self.whose.get(who).and_then(|place| self.introduced.get(*place));
        person.map(|it| it.name.as_str())
    }

    /// How `account`, which is `own` on its network, says what `author` said elsewhere.
    #[must_use]
    pub fn voice(&self, author: &Identity, account: &AccountName, own: Option<&Identity>) -> Voice {
        let is_own = match self.whose.get(author) {
            None => self.owners.contains(author) && own.is_none_or(|it| self.owners.contains(it)),
            Some(place) => {
                let person = self.introduced.get(*place);
                if let Some(voice) = person.and_then(|it| it.voices.get(account)) {
                    return Voice::Of(voice.clone());
                }
                own.is_some_and(|it| self.whose.get(it) == Some(place))
            }
        };
        if is_own { Voice::Own } else { Voice::Attributed }
    }

    /// The same for somebody who is one person with all of `kin`: as whoever of them is introduced.
    pub(crate) fn voice_of(
        &self,
        author: &Identity,
        kin: &BTreeSet<Identity>,
        (account, own): (&AccountName, Option<&Identity>),
    ) -> Voice {
        let known = if self.knows(author) { None } else { kin.iter().find(|it| self.knows(it)) };
        self.voice(known.unwrap_or(author), account, own)
    }

    /// Whom the settings introduce, the owner last.
    #[must_use]
    pub fn introduced(&self) -> Vec<Introduced> {
        let theirs = |place: usize| {
            let all = self.whose.iter().filter(move |(_, whose)| **whose == place);
            all.map(|(identity, _)| identity.clone()).collect()
        };
        let people = self.introduced.iter().enumerate();
        let people = people.map(|(place, person)| Introduced {
            name: Some(person.name.clone()),
            identities: theirs(place),
        });
        let owner = Introduced { name: None, identities: self.owners.iter().cloned().collect() };
        people.chain([owner]).filter(|it| !it.identities.is_empty()).collect()
    }

    /// Whether the owner says who somebody is.
    #[must_use]
    pub fn knows(&self, identity: &Identity) -> bool {
        self.whose.contains_key(identity) || self.owners.contains(identity)
    }

    /// Whether two identities are one person by the owner's word.
    #[must_use]
    pub fn is_one(&self, one: &Identity, other: &Identity) -> bool {
        let whose = |it| self.whose.get(it);
        let is_joined = whose(one).is_some() && whose(one) == whose(other);
        one == other || is_joined || (self.owners.contains(one) && self.owners.contains(other))
    }

    /// The accounts that people speak by where `account` would speak for them.
    pub fn voices(&self, account: &AccountName) -> impl Iterator<Item = &AccountName> {
        self.introduced.iter().filter_map(|person| person.voices.get(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{Network, RemoteAuthor};

    fn identity(text: &str) -> Identity {
        let (network, author) = text.split_once(':').unwrap();
        Identity {
            network: Network::parse(network).unwrap(),
            author: RemoteAuthor::parse(author).unwrap(),
        }
    }

    fn account(name: &str) -> AccountName {
        AccountName::parse(name).unwrap()
    }

    fn people() -> People {
        let accounts = [("casts", "one:1"), ("posts", "two:1"), ("ann", "two:5"), ("bob", "two:6")];
        let accounts = accounts.map(|(name, who)| (account(name), identity(who)));
        let ann = Introduction {
            name: "Ann".to_owned(),
            identities: BTreeSet::from([identity("one:5")]),
            voices: BTreeMap::from([(account("posts"), account("ann"))]),
            ..Introduction::default()
        };
        let bob = Introduction {
            name: "Bob".to_owned(),
            // Ann is taken.
            identities: BTreeSet::from([identity("one:6"), identity("one:5")]),
            accounts: BTreeSet::from([account("bob")]),
            ..Introduction::default()
        };
        People::new(vec![ann, bob], &BTreeMap::from(accounts))
    }

    fn voice(author: &str, by: &str, own: &str) -> Voice {
        people().voice(&identity(author), &account(by), Some(&identity(own)))
    }

    #[test]
    fn who_is_introduced_has_a_name_by_any_of_their_identities() {
        let people = people();
        let [one, two] = ["one:5", "two:5"].map(identity);
        assert_eq!([people.name_of(&one), people.name_of(&two)], [Some("Ann"); 2]);
        let [bob, stranger] = ["two:6", "one:7"].map(identity);
        assert_eq!([people.name_of(&bob), people.name_of(&stranger)], [Some("Bob"), None]);
    }

    #[test]
    fn people_speak_by_their_own_accounts_and_others_by_the_bridge() {
        for (author, by, own, expected) in [
            ("one:5", "posts", "two:1", Voice::Of(account("ann"))),
            ("one:6", "posts", "two:1", Voice::Attributed),
            ("one:7", "posts", "two:1", Voice::Attributed),
            // The owner.
            ("one:1", "posts", "two:1", Voice::Own),
            // Ann has no account of her own there.
            ("two:5", "casts", "one:1", Voice::Attributed),
            // Bob's own account is the leg's; the owner is not Bob.
            ("one:6", "bob", "two:6", Voice::Own),
            ("one:1", "bob", "two:6", Voice::Attributed),
            ("one:5", "bob", "two:6", Voice::Attributed),
        ] {
            assert_eq!(voice(author, by, own), expected, "{author} {by}");
        }
    }

    #[test]
    fn voices_are_known_by_the_account_that_they_speak_beside() {
        let people = people();
        assert_eq!(people.voices(&account("posts")).collect::<Vec<_>>(), [&account("ann")]);
        assert_eq!(people.voices(&account("casts")).count(), 0);
    }
}

//! A thousand commits that break some rule, in random ways: none ever counts.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::forge::{Forgery, forge};
use crate::mls::extension::Terms;
use crate::mls::group::process::Processed;
use crate::mls::group::record::GroupId;
use crate::mls::people::{Person, World, inbox, now, open_group};
use crate::mls::permission::Preset;
use crate::mls::roster::Roster as _;

/// What is wrong with a commit.
#[derive(Clone, Debug)]
enum Wrong {
    /// A byte of it is another.
    Byte { at: prop::sample::Index, with: u8 },
    /// It ends early.
    Cut(prop::sample::Index),
    /// It goes on.
    Longer(Vec<u8>),
    /// An installation is added that no log knows.
    Stranger,
    /// Somebody is removed who stays on the list.
    Removed,
    /// Somebody leaves the list and stays in the tree.
    Unlisted(char),
    /// A place in a log goes back, or is none.
    Place(char, u64),
    /// An inbox is listed that nobody heard of.
    Listed(u64),
    /// Cat, who is nobody, gives out ranks.
    Rank { is_super: bool, whom: char },
    /// Cat changes who may do what.
    Policies,
    /// Cat writes what she may not.
    Attribute(String, String),
    /// An attribute is too long.
    Long(usize),
}

fn wrong() -> impl Strategy<Value = Wrong> {
    let who = || prop::sample::select(vec!['a', 'b', 'c']);
    prop_oneof![
        4 => (any::<prop::sample::Index>(), 1_u8..).prop_map(|(at, with)| Wrong::Byte { at, with }),
        1 => any::<prop::sample::Index>().prop_map(Wrong::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..64).prop_map(Wrong::Longer),
        1 => Just(Wrong::Stranger),
        1 => Just(Wrong::Removed),
        1 => who().prop_map(Wrong::Unlisted),
        2 => (who(), prop_oneof![0_u64..8, any::<u64>()]).prop_map(|(who, at)| Wrong::Place(who, at)),
        1 => any::<u64>().prop_map(Wrong::Listed),
        2 => (any::<bool>(), who()).prop_map(|(is_super, whom)| Wrong::Rank { is_super, whom }),
        1 => Just(Wrong::Policies),
        2 => ("_[a-z]{1,9}|x[a-z]{1,9}", ".{0,20}").prop_map(|(key, it)| Wrong::Attribute(key, it)),
        1 => (101_usize..5000).prop_map(Wrong::Long),
    ]
}

struct Scene {
    world: World,
    people: [Person; 3],
    stranger: Person,
    id: GroupId,
}

impl Scene {
    fn new() -> Self {
        let (mut world, people) = World::of(['a', 'b', 'c']);
        let [ann, bob, cat] = &people;
        let id = world.group(&open_group(), &[ann, bob, cat]);
        Self { world, people, stranger: Person::new('d'), id }
    }

    /// The place that somebody has in their log; it is the only one that is right.
    fn place(&self, who: char) -> u64 {
        self.world.newest(&inbox(who)).unwrap().unwrap().0
    }

    /// A commit by Cat, wrong in this way; nothing if it would be right.
    fn commit(&self, wrong: &Wrong) -> Option<Vec<u8>> {
        let [_, bob, cat] = &self.people;
        let terms = |change: &dyn Fn(&mut Terms)| {
            forge(cat, &self.id, |group| Forgery::default().terms(group, change))
        };
        let named = |name: &str| {
            let name = name.to_owned();
            terms(&move |terms| {
                terms.mutable.attributes.insert("group_name".to_owned(), name.clone());
            })
        };
        Some(match wrong {
            Wrong::Byte { at, with } => {
                let mut bytes = named("x");
                let at = at.index(bytes.len());
                bytes[at] ^= with;
                bytes
            }
            Wrong::Cut(at) => {
                let bytes = named("x");
                bytes[..at.index(bytes.len())].to_vec()
            }
            Wrong::Longer(more) => [named("x"), more.clone()].concat(),
            Wrong::Stranger => {
                forge(cat, &self.id, |group| Forgery::default().add(group, &self.stranger))
            }
            Wrong::Removed => forge(cat, &self.id, |group| Forgery::default().remove(group, bob)),
            Wrong::Unlisted(who) => terms(&|terms| {
                terms.membership.members.remove(&inbox(*who));
            }),
            Wrong::Place(who, at) if *at == self.place(*who) => return None,
            Wrong::Place(who, at) => terms(&|terms| {
                terms.membership.members.insert(inbox(*who), *at);
            }),
            Wrong::Listed(at) => terms(&|terms| {
                terms.membership.members.insert(inbox('e'), *at);
            }),
            Wrong::Rank { is_super, whom } => terms(&|terms| {
                let mutable = &mut terms.mutable;
                let list =
                    if *is_super { &mut mutable.super_admin_list } else { &mut mutable.admin_list };
                let inboxes = &mut list.as_mut().unwrap().inbox_ids;
                match inboxes.iter().position(|listed| *listed == inbox(*whom)) {
                    Some(at) => drop(inboxes.remove(at)),
                    None => inboxes.push(inbox(*whom)),
                }
            }),
            Wrong::Policies => terms(&|terms| terms.policies = Preset::AdminsOnly.policies()),
            Wrong::Attribute(key, value) => terms(&|terms| {
                terms.mutable.attributes.insert(key.clone(), value.clone());
            }),
            Wrong::Long(length) => named(&"x".repeat(*length)),
        })
    }
}

#[test]
fn a_thousand_wrong_commits_never_count() {
    let scene = Scene::new();
    let [ann, ..] = &scene.people;
    let before = ann.kept();
    let (mut refused, mut waiting) = (0, 0);
    let tried = std::cell::RefCell::new((&mut refused, &mut waiting));
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&wrong(), |wrong| {
        let Some(bytes) = scene.commit(&wrong) else { return Err(TestCaseError::reject("right")) };
        let group = ann.group(&scene.id);
        let record = group.record().clone();
        let outcome = group.process(99, &bytes, now(), &scene.world).unwrap();
        let records = crate::mls::group::records::Records(&ann.keys);
        let mut tried = tried.borrow_mut();
        match outcome {
            Processed::Refused(_) => *tried.0 += 1,
            Processed::Missing(_) => {
                *tried.1 += 1;
                records.keep(&scene.id, &record).unwrap();
            }
            // That it was seen is noted in the record, which is undone here.
            Processed::Ahead | Processed::Stale(_) => {
                records.keep(&scene.id, &record).unwrap();
            }
            Processed::Application(_)
            | Processed::Own(_)
            | Processed::TooLate
            | Processed::Applied(_)
            | Processed::Paused(_) => {
                return Err(TestCaseError::fail(format!("it counts: {outcome:?}")));
            }
        }
        prop_assert!(ann.kept() == before, "something was changed");
        Ok(())
    });
    outcome.unwrap();
    assert!(refused > 800 && waiting > 10, "{refused} were refused, {waiting} wait");
}

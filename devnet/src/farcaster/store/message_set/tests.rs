use super::*;
use crate::farcaster::person::Person;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{CastAddBody, CastRemoveBody, MessageType, UserDataBody};

fn signed(message: crate::farcaster::wire::Message) -> Arc<Signed> {
    Arc::new(Signed::stored(message).unwrap())
}

fn profile(at: u32, value: &str) -> Arc<Signed> {
    let body = UserDataBody { r#type: 2, value: value.to_owned() };
    let person = Person::new(1, [1; 32]);
    signed(person.sign_at(MessageType::UserDataAdd, Body::UserDataBody(body), at))
}

fn merge(set: &mut MessageSet, slot: &[u8], message: &Arc<Signed>, is_add: bool, rule: Rule) {
    if set.admits(slot, message, is_add, rule).is_ok() {
        set.insert(slot.to_vec(), Arc::clone(message), is_add);
    }
}

fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() < 2 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for place in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(place);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

#[test]
fn the_last_write_remains_in_every_order_of_arrival() {
    let messages = [profile(5, "a"), profile(7, "b"), profile(7, "c"), profile(6, "d")];
    let winner = messages.iter().max_by_key(|message| message.time_hash()).unwrap();
    for order in orders(&messages) {
        let mut set = MessageSet::default();
        for message in &order {
            merge(&mut set, b"slot", message, true, Rule::LastWrites);
        }
        assert_eq!(set.get(b"slot").unwrap().hash, winner.hash);
        assert_eq!(set.len(), 1);
    }
}

#[test]
fn a_removal_beats_a_later_addition_where_it_is_to_win() {
    let person = Person::new(1, [1; 32]);
    let body = CastAddBody { text: "late".to_owned(), ..CastAddBody::default() };
    let cast = signed(person.sign_at(MessageType::CastAdd, Body::CastAddBody(body), 90));
    let body = CastRemoveBody { target_hash: cast.hash.clone() };
    let removal = signed(person.sign_at(MessageType::CastRemove, Body::CastRemoveBody(body), 10));
    for order in orders(&[(&cast, true), (&removal, false)]) {
        let mut set = MessageSet::default();
        for (message, is_add) in order {
            merge(&mut set, &cast.hash, message, is_add, Rule::RemoveWins);
        }
        assert!(set.get(&cast.hash).is_none());
        let refusal = set.admits(&cast.hash, &cast, true, Rule::RemoveWins).unwrap_err();
        assert_eq!(refusal.reason, "message conflicts with a more recent remove");
    }
}

#[test]
fn pruning_takes_the_oldest() {
    let mut set = MessageSet::default();
    for at in [3, 1, 2] {
        let message = profile(at, "x");
        merge(&mut set, &message.hash.clone(), &message, true, Rule::LastWrites);
    }
    let pruned = set.prune(1);
    assert_eq!(pruned.iter().map(|old| old.data.timestamp).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(set.len(), 1);
}

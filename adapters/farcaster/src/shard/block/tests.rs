use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{super::cursor::first_event_id, *};

fn confirmed(height: u64, others: u64) -> HubEvent {
    let counts = BTreeMap::from([(HubEventType::MergeMessage.into(), others), (99, 5)]);
    HubEvent {
        r#type: HubEventType::BlockConfirmed.into(),
        id: first_event_id(height),
        body: Some(Body::BlockConfirmedBody(BlockConfirmedBody {
            total_events: others + 6,
            event_counts_by_type: counts,
            ..BlockConfirmedBody::default()
        })),
        ..HubEvent::default()
    }
}

fn merged(height: u64, at: u64) -> HubEvent {
    HubEvent {
        r#type: HubEventType::MergeMessage.into(),
        id: first_event_id(height) + at,
        ..HubEvent::default()
    }
}

/// Events of consecutive blocks with the given numbers of messages, from height 1 on.
fn chain(sizes: &[u64]) -> Vec<HubEvent> {
    let mut events = Vec::new();
    for (height, size) in (1..).zip(sizes) {
        events.push(confirmed(height, *size));
        events.extend((1..=*size).map(|at| merged(height, at)));
    }
    events
}

fn assembler() -> Assembler {
    Assembler::new(ShardCursor::after(0))
}

#[test]
fn a_block_is_given_out_with_its_last_event() {
    let mut assembler = assembler();
    assert_eq!(assembler.feed(confirmed(1, 2), Source::Stream), Ok(vec![]));
    assert_eq!(assembler.feed(merged(1, 1), Source::Stream), Ok(vec![]));
    assert_eq!(assembler.next_event_id(), first_event_id(1) + 2);
    let blocks = assembler.feed(merged(1, 2), Source::Stream).unwrap();
    let events = vec![merged(1, 1), merged(1, 2)];
    let bytes = events.iter().map(prost::Message::encoded_len).sum();
    let expected = Block { height: 1, at_s: 0, events, is_short: false, bytes };
    assert_eq!(blocks, vec![expected]);
    assert_eq!(assembler.cursor(), ShardCursor::after(1));
}

#[test]
fn a_missing_block_a_missing_event_and_a_missing_head_are_gaps() {
    let mut skipped = assembler();
    let gap = skipped.feed(confirmed(3, 0), Source::Stream).unwrap_err();
    assert_eq!(gap, Gap { expected: 1, found: 3 });
    let mut short = assembler();
    short.feed(confirmed(1, 2), Source::Stream).unwrap();
    short.feed(merged(1, 2), Source::Stream).unwrap();
    let gap = short.feed(confirmed(2, 0), Source::Stream).unwrap_err();
    assert_eq!(gap, Gap { expected: 1, found: 2 });
    assert_eq!(short.next_event_id(), first_event_id(1));
    let mut headless = assembler();
    assert!(headless.feed(merged(1, 1), Source::Stream).is_err());
}

#[test]
fn what_a_query_does_not_have_is_short_and_not_asked_for_again() {
    let mut assembler = assembler();
    assembler.feed(confirmed(1, 2), Source::Query).unwrap();
    assembler.feed(merged(1, 1), Source::Query).unwrap();
    let blocks = assembler.feed(confirmed(2, 0), Source::Query).unwrap();
    let told: Vec<_> = blocks.iter().map(|block| (block.height, block.is_short)).collect();
    assert_eq!(told, [(1, true), (2, false)]);
}

#[test]
fn a_block_without_counts_is_whole_at_the_end_of_the_query() {
    let mut assembler = assembler();
    let mut head = confirmed(1, 0);
    head.body = None;
    assembler.feed(head, Source::Query).unwrap();
    assembler.feed(merged(1, 1), Source::Query).unwrap();
    assert_eq!(assembler.end_of_query().unwrap().events.len(), 1);
    assert_eq!(assembler.end_of_query(), None);
}

proptest! {
    /// Whatever is lost on the way, what comes out is an unbroken run of whole blocks.
    #[test]
    fn nothing_passes_a_gap(
        sizes in proptest::collection::vec(0_u64..4, 1..12),
        lost in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        repeated in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let all = chain(&sizes);
        let mut stream = all.clone();
        for index in repeated {
            let at = index.index(stream.len());
            stream.insert(at, stream[at].clone());
        }
        for index in lost {
            if !stream.is_empty() {
                stream.remove(index.index(stream.len()));
            }
        }
        let mut assembler = assembler();
        let mut given = Vec::new();
        for event in stream {
            match assembler.feed(event, Source::Stream) {
                Ok(blocks) => given.extend(blocks),
                Err(_gap) => break,
            }
        }
        for (height, block) in (1..).zip(&given) {
            prop_assert_eq!(block.height, height);
            prop_assert_eq!(block.events.len() as u64, sizes[usize::try_from(height).unwrap() - 1]);
        }
        // Reading on by query from the last whole block gives all the rest.
        assembler.forget_open();
        let from = assembler.next_event_id();
        for event in all.into_iter().filter(|event| event.id >= from) {
            given.extend(assembler.feed(event, Source::Query).unwrap());
        }
        prop_assert_eq!(given.len(), sizes.len());
        prop_assert!(given.iter().all(|block| !block.is_short));
    }

    #[test]
    fn no_sequence_of_ids_breaks_it(ids in proptest::collection::vec(any::<u64>(), 0..30)) {
        let mut assembler = assembler();
        for id in ids {
            let event = HubEvent { id, r#type: 1, ..HubEvent::default() };
            let _result = assembler.feed(event, Source::Query);
            assembler.next_event_id();
        }
    }
}

#[test]
fn what_nobody_signed_is_not_kept_and_a_block_is_bounded() {
    use crate::wire::proto::MergeMessageBody;
    let large = |at, data: usize| {
        let message = crate::wire::SignedMessage {
            data: Some(vec![1; data]),
            data_bytes: Some(vec![1; 100_000]),
            hash: vec![1; data],
            ..crate::wire::SignedMessage::default()
        };
        let body =
            MergeMessageBody { message: Some(message.clone()), deleted_messages: vec![message] };
        HubEvent { body: Some(Body::MergeMessageBody(body)), ..merged(1, at) }
    };
    let mut assembler = assembler();
    assembler.feed(confirmed(1, 1200), Source::Stream).unwrap();
    for at in 1..1200 {
        assert_eq!(assembler.feed(large(at, 10), Source::Stream), Ok(vec![]));
    }
    let blocks = assembler.feed(large(1200, 1_000_000), Source::Stream).unwrap();
    assert!(blocks[0].is_short && blocks[0].events.len() > 900);
    assert!(blocks[0].events.iter().all(|event| event.encoded_len() < 66_000));
}

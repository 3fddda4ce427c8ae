//! Who has custody of a fid, as the registry of ids says on chain and nodes pass it on.

use super::proto::{IdRegisterEventType, OnChainEvent, OnChainEventType, on_chain_event::Body};

/// The last time that a fid came into somebody's hands, of these events in whatever order.
pub(crate) fn latest(fid: u64, events: Vec<OnChainEvent>) -> Option<OnChainEvent> {
    let of_fid = events.into_iter().filter(|it| it.fid == fid && holder(it).is_some());
    of_fid.max_by_key(|it| (it.block_number, it.log_index))
}

/// The address that has custody by an event, if it is of that kind.
pub(crate) fn holder(event: &OnChainEvent) -> Option<[u8; 20]> {
    let Some(Body::IdRegisterEventBody(body)) = &event.body else { return None };
    let hands_over = match IdRegisterEventType::try_from(body.event_type) {
        Ok(IdRegisterEventType::Register | IdRegisterEventType::Transfer) => true,
        Ok(IdRegisterEventType::None | IdRegisterEventType::ChangeRecovery) | Err(_) => false,
    };
    let is_it = event.r#type == i32::from(OnChainEventType::EventTypeIdRegister) && hands_over;
    body.to.as_slice().try_into().ok().filter(|_| is_it)
}

/// Whether an event of this kind may change who speaks for a fid, or whose it is.
pub(crate) fn is_about_hands(kind: i32) -> bool {
    let kinds = [OnChainEventType::EventTypeSigner, OnChainEventType::EventTypeIdRegister];
    kinds.into_iter().any(|it| i32::from(it) == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::IdRegisterEventBody;

    fn event(block_number: u32, kind: IdRegisterEventType, to: u8) -> OnChainEvent {
        let body = IdRegisterEventBody {
            to: vec![to; 20],
            event_type: kind.into(),
            ..IdRegisterEventBody::default()
        };
        OnChainEvent {
            r#type: OnChainEventType::EventTypeIdRegister.into(),
            fid: 5,
            block_number,
            body: Some(Body::IdRegisterEventBody(body)),
            ..OnChainEvent::default()
        }
    }

    #[test]
    fn whoever_came_into_custody_last_has_it() {
        use IdRegisterEventType::{ChangeRecovery, Register, Transfer};
        let events =
            vec![event(9, Transfer, 2), event(7, Register, 1), event(11, ChangeRecovery, 3)];
        let found = latest(5, events.clone());
        assert_eq!(found.as_ref().and_then(holder), Some([2; 20]));
        assert_eq!(latest(6, events), None);
        let short = OnChainEvent {
            body: Some(Body::IdRegisterEventBody(IdRegisterEventBody {
                to: vec![1; 19],
                event_type: Register.into(),
                ..IdRegisterEventBody::default()
            })),
            ..event(1, Register, 1)
        };
        assert_eq!(latest(5, vec![short]), None);
    }
}

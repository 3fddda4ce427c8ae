//! Questions about what has happened.

use tonic::Status;

use super::fan_out;
use crate::farcaster::store::{Chain, PageRequest, Shard};
use crate::farcaster::wire::{EventRequest, EventsRequest, EventsResponse, HubEvent};

impl Chain {
    pub(crate) fn event(&self, request: &EventRequest) -> Result<HubEvent, Status> {
        let shard = self
            .shards
            .get(&request.shard_index)
            .filter(|shard| shard.id != 0)
            .ok_or_else(|| Status::invalid_argument("Shard not found"))?;
        shard.log.get(request.id).ok_or_else(|| Status::internal("not_found/Event not found"))
    }

    /// A page of events from `start_id` on, inclusive, and before `stop_id`.
    pub(crate) fn events(&self, request: EventsRequest) -> Result<EventsResponse, Status> {
        let shards: Vec<&Shard> = match request.shard_index {
            None => self.data_shards().collect(),
            Some(id) => {
                let shard = self.shards.get(&id).filter(|shard| shard.id != 0);
                vec![shard.ok_or_else(|| Status::invalid_argument("Shard not found"))?]
            }
        };
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let stop = request.stop_id.unwrap_or(u64::MAX);
        let (events, token) = fan_out(&shards, &page, &|shard, page| {
            page.cut(shard.log.range(resumed(request.start_id, page), stop))
        })?;
        Ok(EventsResponse { events, next_page_token: Some(token) })
    }
}

/// A token is the key of the last event given, so the range need not start before it.
fn resumed(start: u64, page: &PageRequest) -> u64 {
    let last = page.token.as_ref().and_then(|token| token.first_chunk().copied());
    match last.map(u64::from_be_bytes) {
        Some(last) if !page.reverse => start.max(last),
        Some(_) | None => start,
    }
}

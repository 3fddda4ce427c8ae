//! What can be asked of the chain. gRPC and HTTP ask the same questions.

mod casts;
mod events;
mod node;
mod people;
mod reactions;
mod signers;

use std::sync::Arc;

use tonic::Status;

use super::signed::Signed;
use super::store::{Chain, Page, PageRequest, Shard};
use super::wire::{FidTimestampRequest, Message, MessagesResponse, StoreType};

/// How a list over several shards is asked for.
type Reader<'a, T> = &'a dyn Fn(&Shard, &PageRequest) -> Page<T>;

/// Asks each shard for a page, one after the other, unsorted.
///
/// The token is a JSON array with one entry for each shard. It is there at the end, too, when all
/// its entries are null; and passing a null starts that shard from the beginning.
fn fan_out<T>(
    shards: &[&Shard],
    request: &PageRequest,
    read: Reader<'_, T>,
) -> Result<(Vec<T>, Vec<u8>), Status> {
    let tokens: Vec<Option<Vec<u8>>> = match &request.token {
        Some(token) => serde_json::from_slice(token)
            .map_err(|error| Status::invalid_argument(format!("Invalid page token: {error}")))?,
        None => vec![None; shards.len()],
    };
    if tokens.len() != shards.len() {
        return Err(Status::invalid_argument("Page token does not match number of shards"));
    }
    let mut items = Vec::new();
    let mut next = Vec::new();
    for (shard, token) in shards.iter().zip(tokens) {
        let request = PageRequest { token, ..request.clone() };
        let page = read(shard, &request);
        items.extend(page.items);
        next.push(page.next);
    }
    let token = serde_json::to_vec(&next)
        .map_err(|_| Status::internal("Failed to serialize next_page_token"))?;
    Ok((items, token))
}

fn messages(page: Page<Arc<Signed>>) -> MessagesResponse {
    MessagesResponse {
        messages: page.items.iter().map(|signed| signed.wire()).collect(),
        next_page_token: page.next,
    }
}

fn fanned(items: &[Arc<Signed>], token: Vec<u8>) -> MessagesResponse {
    MessagesResponse {
        messages: items.iter().map(|signed| signed.wire()).collect(),
        next_page_token: Some(token),
    }
}

fn found(message: Option<&Arc<Signed>>) -> Result<Message, Status> {
    // The real node says «cast» whatever was asked for.
    message.map(|signed| signed.wire()).ok_or_else(|| Status::not_found("cast not found"))
}

impl Chain {
    /// A page of one store of a fid, additions only.
    fn list(
        &self,
        fid: u64,
        store: StoreType,
        request: &PageRequest,
        keep: impl Fn(&Signed) -> bool,
    ) -> MessagesResponse {
        let page = self.account(fid).map_or(Page { items: Vec::new(), next: None }, |account| {
            account.set(store).page(request, false, keep)
        });
        messages(page)
    }

    /// A page of one store of a fid, removals included, within a span of time.
    pub(crate) fn all(&self, store: StoreType, request: FidTimestampRequest) -> MessagesResponse {
        let from = request.start_timestamp.unwrap_or(0);
        let until = request.stop_timestamp.unwrap_or(u64::MAX);
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let is_within =
            |signed: &Signed| (from..=until).contains(&u64::from(signed.data.timestamp));
        let page =
            self.account(request.fid).map_or(Page { items: Vec::new(), next: None }, |account| {
                account.set(store).page(&page, true, is_within)
            });
        messages(page)
    }
}

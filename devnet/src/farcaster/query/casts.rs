//! Questions about casts.

use tonic::Status;

use super::{fan_out, fanned, found};
use crate::farcaster::store::{Chain, Page, PageRequest, Pointer, Shard, cast_key, fid_key};
use crate::farcaster::wire::casts_by_parent_request::Parent;
use crate::farcaster::wire::{
    CastId, CastsByParentRequest, FidRequest, Message, MessagesResponse, StoreType,
};

impl Chain {
    pub(crate) fn cast(&self, id: &CastId) -> Result<Message, Status> {
        let account = self.account(id.fid);
        found(account.and_then(|account| account.set(StoreType::Casts).get(&id.hash)))
    }

    pub(crate) fn casts_by_fid(&self, request: FidRequest) -> MessagesResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        self.list(request.fid, StoreType::Casts, &page, |_| true)
    }

    pub(crate) fn casts_by_parent(
        &self,
        request: CastsByParentRequest,
    ) -> Result<MessagesResponse, Status> {
        let prefix = match &request.parent {
            Some(Parent::ParentCastId(id)) => cast_key(id),
            Some(Parent::ParentUrl(url)) => url.clone().into_bytes(),
            None => return Err(Status::not_found("Parent not specified")),
        };
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        self.pointing_at(Pointer::Parent, &prefix, &page)
    }

    pub(crate) fn casts_by_mention(&self, request: FidRequest) -> Result<MessagesResponse, Status> {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        self.pointing_at(Pointer::Mention, &fid_key(request.fid), &page)
    }

    fn pointing_at(
        &self,
        pointer: Pointer,
        prefix: &[u8],
        page: &PageRequest,
    ) -> Result<MessagesResponse, Status> {
        let shards: Vec<&Shard> = self.data_shards().collect();
        let collides = self.settings.url_prefix_collision;
        let (items, token) = fan_out(&shards, page, &|shard, page| {
            shard.index(pointer).map_or(Page { items: Vec::new(), next: None }, |index| {
                index.page(prefix, page, collides, |_| true)
            })
        })?;
        Ok(fanned(&items, token))
    }
}

//! Questions about reactions and links.

use tonic::Status;

use super::{fan_out, fanned, found};
use crate::farcaster::signed::Signed;
use crate::farcaster::store::{
    Chain, Page, PageRequest, Pointer, Shard, cast_key, fid_key, link_slot, reaction_slot,
};
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{
    FidRequest, LinkRequest, LinksByFidRequest, LinksByTargetRequest, Message, MessagesResponse,
    ReactionRequest, ReactionsByFidRequest, ReactionsByTargetRequest, StoreType, link_request,
    links_by_target_request, reaction_request, reactions_by_target_request,
};

impl Chain {
    pub(crate) fn reaction(&self, request: &ReactionRequest) -> Result<Message, Status> {
        let target = match &request.target {
            Some(reaction_request::Target::TargetCastId(id)) => cast_key(id),
            Some(reaction_request::Target::TargetUrl(url)) => url.clone().into_bytes(),
            None => return Err(Status::not_found("Target not specified")),
        };
        let slot = reaction_slot(request.reaction_type, &target);
        let account = self.account(request.fid);
        found(account.and_then(|account| account.set(StoreType::Reactions).get(&slot)))
    }

    pub(crate) fn reactions_by_fid(&self, request: ReactionsByFidRequest) -> MessagesResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let kind = request.reaction_type.unwrap_or(0);
        self.list(request.fid, StoreType::Reactions, &page, |signed| is_reaction(signed, kind))
    }

    pub(crate) fn reactions_by_target(
        &self,
        request: ReactionsByTargetRequest,
    ) -> Result<MessagesResponse, Status> {
        let target = match &request.target {
            Some(reactions_by_target_request::Target::TargetCastId(id)) => cast_key(id),
            Some(reactions_by_target_request::Target::TargetUrl(url)) => url.clone().into_bytes(),
            None => return Err(Status::not_found("Target not specified")),
        };
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let kind = request.reaction_type.unwrap_or(0);
        let shards: Vec<&Shard> = self.data_shards().collect();
        let collides = self.settings.url_prefix_collision;
        let (items, token) = fan_out(&shards, &page, &|shard, page| {
            shard
                .index(Pointer::ReactionTarget)
                .map_or(Page { items: Vec::new(), next: None }, |index| {
                    index.page(&target, page, collides, |signed| is_reaction(signed, kind))
                })
        })?;
        Ok(fanned(&items, token))
    }

    pub(crate) fn link(&self, request: &LinkRequest) -> Result<Message, Status> {
        let Some(link_request::Target::TargetFid(target)) = request.target else {
            return Err(Status::not_found("Target not specified"));
        };
        let slot = link_slot(&request.link_type, target);
        let account = self.account(request.fid);
        found(account.and_then(|account| account.set(StoreType::Links).get(&slot)))
    }

    pub(crate) fn links_by_fid(&self, request: LinksByFidRequest) -> MessagesResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let kind = request.link_type.unwrap_or_default();
        self.list(request.fid, StoreType::Links, &page, |signed| is_link(signed, &kind))
    }

    pub(crate) fn links_by_target(
        &self,
        request: LinksByTargetRequest,
    ) -> Result<MessagesResponse, Status> {
        let Some(links_by_target_request::Target::TargetFid(target)) = request.target else {
            return Err(Status::not_found("Target not specified"));
        };
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let kind = request.link_type.unwrap_or_default();
        let shards: Vec<&Shard> = self.data_shards().collect();
        let (items, token) = fan_out(&shards, &page, &|shard, page| {
            shard
                .index(Pointer::LinkTarget)
                .map_or(Page { items: Vec::new(), next: None }, |index| {
                    index.page(&fid_key(target), page, false, |signed| is_link(signed, &kind))
                })
        })?;
        Ok(fanned(&items, token))
    }

    pub(crate) fn compact_links(&self, request: &FidRequest) -> MessagesResponse {
        let states = self.account(request.fid).map(|account| account.compact_links.values());
        let messages = states.into_iter().flatten().map(|signed| signed.wire()).collect();
        MessagesResponse { messages, next_page_token: None }
    }
}

fn is_reaction(signed: &Signed, kind: i32) -> bool {
    match &signed.data.body {
        Some(Body::ReactionBody(body)) => kind == 0 || body.r#type == kind,
        _ => false,
    }
}

fn is_link(signed: &Signed, kind: &str) -> bool {
    match &signed.data.body {
        Some(Body::LinkBody(body)) => kind.is_empty() || body.r#type == kind,
        _ => false,
    }
}

//! Which path asks which question.

use serde_json::{Value, json};
use tonic::Status;

use super::parameter::Parameters;
use super::{Unanswered, event_json, message_json, people_route};
use crate::farcaster::grpc::Front;
use crate::farcaster::store::Chain;
use crate::farcaster::wire::{
    self, CastId, FidRequest, FidTimestampRequest, MessagesResponse, ReactionType, StoreType,
    casts_by_parent_request, link_request, links_by_target_request, reaction_request,
    reactions_by_target_request,
};

pub(super) type Answer = Result<Value, Unanswered>;

/// Answers a path, if there is such a path.
pub(super) fn read(front: &Front, path: &str, ask: &Parameters) -> Option<Answer> {
    let name = path.strip_prefix("/v1/")?;
    front.ledger.with(|chain| {
        node(chain, name, ask)
            .or_else(|| casts(chain, name, ask))
            .or_else(|| people_route::people(chain, name, ask))
    })
}

fn node(chain: &Chain, name: &str, ask: &Parameters) -> Option<Answer> {
    let answer = match name {
        "info" => Ok(event_json::info(&chain.describe())),
        "fids" => fids(chain, ask),
        "events" => events(chain, ask),
        "eventById" => event(chain, ask),
        "currentPeers" => Ok(json!({ "contacts": [], "peers": [] })),
        _ => return None,
    };
    Some(answer)
}

fn casts(chain: &Chain, name: &str, ask: &Parameters) -> Option<Answer> {
    let answer = match name {
        "castById" => cast(chain, ask),
        "castsByFid" => all(ask).map(|request| page(&chain.all(StoreType::Casts, request))),
        "castsByMention" => by_fid(ask).and_then(|request| {
            paged("Failed to get casts by mention", chain.casts_by_mention(request))
        }),
        "castsByParent" => casts_by_parent(chain, ask),
        "reactionById" => reaction(chain, ask),
        "reactionsByFid" => reactions_by_fid(chain, ask),
        "reactionsByCast" => reactions_by_cast(chain, ask),
        "reactionsByTarget" => reactions_by_target(chain, ask),
        "linkById" => link(chain, ask),
        "linksByFid" => links_by_fid(chain, ask),
        "linksByTargetFid" => links_by_target(chain, ask),
        _ => return None,
    };
    Some(answer)
}

pub(super) fn refuse<T>(what: &'static str, answer: Result<T, Status>) -> Result<T, Unanswered> {
    answer.map_err(|status| Unanswered::Refused(what, status))
}

pub(super) fn page(response: &MessagesResponse) -> Value {
    message_json::page(response)
}

fn paged(what: &'static str, answer: Result<MessagesResponse, Status>) -> Answer {
    refuse(what, answer).map(|response| page(&response))
}

pub(super) fn by_fid(ask: &Parameters) -> Result<FidRequest, Unanswered> {
    Ok(FidRequest {
        fid: ask.number("fid")?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    })
}

fn all(ask: &Parameters) -> Result<FidTimestampRequest, Unanswered> {
    let span = |snake, camel| Ok(ask.optional(snake)?.or(ask.optional(camel)?));
    Ok(FidTimestampRequest {
        fid: ask.number("fid")?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
        start_timestamp: span("start_timestamp", "startTimestamp")?,
        stop_timestamp: span("stop_timestamp", "stopTimestamp")?,
    })
}

fn reaction_type(ask: &Parameters) -> Result<Option<i32>, Unanswered> {
    ask.choice("reaction_type", |name| {
        let full = ReactionType::from_str_name(name).or_else(|| {
            ReactionType::from_str_name(&format!("REACTION_TYPE_{}", name.to_uppercase()))
        });
        full.map(Into::into)
    })
}

fn target_cast(ask: &Parameters) -> Result<CastId, Unanswered> {
    Ok(CastId { fid: ask.number("target_fid")?, hash: ask.bytes("target_hash")? })
}

fn fids(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::FidsRequest {
        shard_id: ask.optional_u32("shard_id")?.unwrap_or(0),
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    let response = refuse("Failed to get fids", chain.fids(request))?;
    let mut value = json!({ "fids": response.fids });
    message_json::add_token(&mut value, response.next_page_token.as_deref());
    Ok(value)
}

fn events(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::EventsRequest {
        start_id: ask.optional("from_event_id")?.unwrap_or(0),
        stop_id: ask.optional("stop_id")?,
        shard_index: ask.optional_u32("shard_index")?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    let events = refuse("Failed to get events", chain.events(request))?.events;
    // The real node leaves the token out.
    Ok(json!({ "events": events.iter().map(event_json::event).collect::<Vec<_>>() }))
}

fn event(chain: &Chain, ask: &Parameters) -> Answer {
    let shard_index = ask.optional_u32("shard_index")?.unwrap_or(0);
    let request = wire::EventRequest { id: ask.number("event_id")?, shard_index };
    refuse("Failed to get event", chain.event(&request)).map(|event| event_json::event(&event))
}

fn cast(chain: &Chain, ask: &Parameters) -> Answer {
    let id = CastId { fid: ask.number("fid")?, hash: ask.bytes("hash")? };
    refuse("Failed to get cast", chain.cast(&id)).map(|cast| message_json::message(&cast))
}

fn casts_by_parent(chain: &Chain, ask: &Parameters) -> Answer {
    use casts_by_parent_request::Parent;
    let parent = match ask.text("url") {
        Some(url) => Parent::ParentUrl(url.to_owned()),
        None => Parent::ParentCastId(CastId { fid: ask.number("fid")?, hash: ask.bytes("hash")? }),
    };
    let request = wire::CastsByParentRequest {
        parent: Some(parent),
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    paged("Failed to get casts by parent", chain.casts_by_parent(request))
}

fn reaction(chain: &Chain, ask: &Parameters) -> Answer {
    use reaction_request::Target;
    let target = match ask.text("target_url") {
        Some(url) => Target::TargetUrl(url.to_owned()),
        None => Target::TargetCastId(target_cast(ask)?),
    };
    let request = wire::ReactionRequest {
        fid: ask.number("fid")?,
        reaction_type: reaction_type(ask)?.unwrap_or(0),
        target: Some(target),
    };
    refuse("Failed to get reaction", chain.reaction(&request))
        .map(|reaction| message_json::message(&reaction))
}

fn reactions_by_fid(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::ReactionsByFidRequest {
        fid: ask.number("fid")?,
        reaction_type: reaction_type(ask)?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    Ok(page(&chain.reactions_by_fid(request)))
}

fn reactions_by(
    chain: &Chain,
    ask: &Parameters,
    target: reactions_by_target_request::Target,
) -> Answer {
    let request = wire::ReactionsByTargetRequest {
        target: Some(target),
        reaction_type: reaction_type(ask)?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    paged("Failed to get reactions by target", chain.reactions_by_target(request))
}

fn reactions_by_cast(chain: &Chain, ask: &Parameters) -> Answer {
    let target = reactions_by_target_request::Target::TargetCastId(target_cast(ask)?);
    reactions_by(chain, ask, target)
}

fn reactions_by_target(chain: &Chain, ask: &Parameters) -> Answer {
    let url = ask.required("url")?.to_owned();
    reactions_by(chain, ask, reactions_by_target_request::Target::TargetUrl(url))
}

fn link(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::LinkRequest {
        fid: ask.number("fid")?,
        link_type: ask.required("link_type")?.to_owned(),
        target: Some(link_request::Target::TargetFid(ask.number("target_fid")?)),
    };
    refuse("Failed to get link", chain.link(&request)).map(|link| message_json::message(&link))
}

fn links_by_fid(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::LinksByFidRequest {
        fid: ask.number("fid")?,
        link_type: ask.text("link_type").map(str::to_owned),
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    Ok(page(&chain.links_by_fid(request)))
}

fn links_by_target(chain: &Chain, ask: &Parameters) -> Answer {
    let target = links_by_target_request::Target::TargetFid(ask.number("target_fid")?);
    let request = wire::LinksByTargetRequest {
        target: Some(target),
        link_type: ask.text("link_type").map(str::to_owned),
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    paged("Failed to get links by target", chain.links_by_target(request))
}

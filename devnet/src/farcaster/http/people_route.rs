//! Which path asks which question about people, their keys and their names.

use serde_json::json;

use super::parameter::Parameters;
use super::route::{Answer, by_fid, page, refuse};
use super::{Unanswered, message_json, people_json};
use crate::farcaster::store::Chain;
use crate::farcaster::wire::{self, OnChainEventType};

/// Answers a path about people, if there is such a path.
pub(super) fn people(chain: &Chain, name: &str, ask: &Parameters) -> Option<Answer> {
    let answer = match name {
        // The kind of user data that is asked for is ignored.
        "userDataByFid" => by_fid(ask).map(|request| page(&chain.user_data_by_fid(request))),
        "storageLimitsByFid" => {
            by_fid(ask).map(|request| people_json::limits(&chain.storage_limits(&request)))
        }
        "userNameProofByName" => ask.required("name").and_then(|name| {
            let request = wire::UsernameProofRequest { name: name.as_bytes().to_vec() };
            refuse("Failed to get user name proof by name", chain.name_proof(&request))
                .map(|proof| message_json::name_proof(&proof))
        }),
        "userNameProofsByFid" => by_fid(ask).map(|request| {
            let proofs = chain.name_proofs_by_fid(&request).proofs;
            json!({ "proofs": proofs.iter().map(message_json::name_proof).collect::<Vec<_>>() })
        }),
        "verificationsByFid" => {
            by_fid(ask).map(|request| page(&chain.verifications_by_fid(request)))
        }
        "onChainSignersByFid" => {
            by_fid(ask).map(|request| people_json::onchain_page(&chain.onchain_signers(&request)))
        }
        "signer" => signer(chain, ask),
        "signersByFid" => signers(chain, ask),
        "onChainEventsByFid" => onchain_events(chain, ask),
        "onChainIdRegistryEventByAddress" => ask.bytes("address").and_then(|address| {
            refuse("Failed to get id registry event", chain.registration_of(&address))
                .map(|event| people_json::onchain(&event))
        }),
        "fidAddressType" => address_type(chain, ask),
        _ => return None,
    };
    Some(answer)
}

fn signer(chain: &Chain, ask: &Parameters) -> Answer {
    let request = wire::SignerRequest { fid: ask.number("fid")?, signer: ask.bytes("signer")? };
    let signer = refuse("Failed to get signer", chain.signer(&request))?.signer;
    Ok(json!({ "signer": signer.as_ref().map(people_json::signer) }))
}

fn signers(chain: &Chain, ask: &Parameters) -> Answer {
    let requester_fids = ask.optional("requesterFids")?.into_iter().collect();
    let request = wire::SignersByFidRequest {
        fid: ask.number("fid")?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
        requester_fids,
    };
    Ok(people_json::signers(&chain.signers_by_fid(request)))
}

fn onchain_events(chain: &Chain, ask: &Parameters) -> Answer {
    let kind =
        ask.choice("event_type", |name| OnChainEventType::from_str_name(name).map(Into::into))?;
    let request = wire::OnChainEventRequest {
        fid: ask.number("fid")?,
        event_type: kind
            .ok_or_else(|| Unanswered::Parameter("missing field `event_type`".to_owned()))?,
        page_size: ask.page_size()?,
        page_token: ask.page_token()?,
        reverse: ask.reverse()?,
    };
    refuse("Failed to get on chain events", chain.onchain_events(request))
        .map(|response| people_json::onchain_page(&response))
}

fn address_type(chain: &Chain, ask: &Parameters) -> Answer {
    let request =
        wire::FidAddressTypeRequest { fid: ask.number("fid")?, address: ask.bytes("address")? };
    let answer = chain.address_type(&request);
    Ok(json!({
        "is_custody": answer.is_custody,
        "is_auth": answer.is_auth,
        "is_verified": answer.is_verified,
    }))
}

//! Changing and deleting files: a challenge that the right key signs, and then the deed, once.

use axum::Json;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::acl::Acl;
use super::route::{Refused, Storage, not_found};
use super::shelf::{Act, Question, key as secret};
use super::upload;
use crate::lens::world::World;
use crate::lens::{clock, wallet};

/// How long a challenge may be answered and used.
const GOOD_FOR_MS: u64 = 5 * 60 * 1000;
const MAX_QUESTIONS: usize = 10_000;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    storage_key: String,
    action: Act,
}

/// `POST /challenge/new`.
pub(super) async fn ask(
    State(storage): State<Storage>,
    Json(Asked { storage_key, action }): Json<Asked>,
) -> Result<Json<Value>, Refused> {
    let now_ms = clock::unix_ms();
    let secret_random = secret();
    let word = match action {
        Act::Edit => "edit",
        Act::Delete => "delete",
    };
    let message = format!(
        "Grove asks you to prove that you may {word} {storage_key}\n\nSecret: {secret_random}\n\
         Issued At: {}",
        clock::instant(now_ms)
    );
    storage.shelf.with(|files| {
        if !files.kept.contains_key(&storage_key) {
            return Err(not_found());
        }
        files.questions.retain(|_, question| question.until_ms > now_ms);
        if files.questions.len() >= MAX_QUESTIONS {
            return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, "too many challenges"));
        }
        let question = Question {
            key: storage_key,
            act: action,
            message: message.clone(),
            signer: None,
            ticket: None,
            until_ms: now_ms.saturating_add(GOOD_FOR_MS),
        };
        files.questions.insert(secret_random.clone(), question);
        Ok(())
    })?;
    Ok(Json(json!({ "message": message, "secret_random": secret_random })))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    message: String,
    secret_random: String,
    signature: String,
}

/// `POST /challenge/sign`.
pub(super) async fn sign(
    State(storage): State<Storage>,
    Json(signed): Json<Signed>,
) -> Result<Json<Value>, Refused> {
    let refused = |text: &str| Refused::new(StatusCode::UNAUTHORIZED, text);
    let signer = wallet::signer(&signed.message, &signed.signature)
        .ok_or_else(|| refused("the signature is not one"))?;
    let ticket = secret();
    storage.shelf.with(|files| {
        let question = files
            .questions
            .get_mut(&signed.secret_random)
            .filter(|question| question.message == signed.message && question.ticket.is_none())
            .filter(|question| question.until_ms > clock::unix_ms())
            .ok_or_else(|| refused("the challenge is not known, or was signed"))?;
        question.signer = Some(signer);
        question.ticket = Some(ticket.clone());
        Ok(())
    })?;
    Ok(Json(json!({ "challenge_cid": ticket })))
}

#[derive(Debug, Deserialize)]
pub(super) struct Proof {
    challenge_cid: String,
    secret_random: String,
}

/// `PUT /<key>`.
pub(super) async fn edit(
    State(storage): State<Storage>,
    Path(key): Path<String>,
    Query(proof): Query<Proof>,
    multipart: Multipart,
) -> Result<StatusCode, Refused> {
    storage.allow(&key, Act::Edit, &proof)?;
    let (parts, acl) = upload::read(multipart).await?;
    let file = parts.into_iter().find(|part| part.key == key);
    let file = file.ok_or_else(|| {
        Refused::new(StatusCode::BAD_REQUEST, "there is no part of the storage key")
    })?;
    storage.keep(&key, (file.content_type, file.bytes), acl)?;
    Ok(StatusCode::ACCEPTED)
}

/// `DELETE /<key>`.
pub(super) async fn delete(
    State(storage): State<Storage>,
    Path(key): Path<String>,
    Query(proof): Query<Proof>,
) -> Result<StatusCode, Refused> {
    storage.allow(&key, Act::Delete, &proof)?;
    storage.shelf.with(|files| {
        files.forget(&key);
        if files.deleted.len() >= MAX_QUESTIONS {
            files.deleted.pop_first();
        }
        files.deleted.insert(key);
    });
    Ok(StatusCode::ACCEPTED)
}

impl Storage {
    /// Lets whoever proved to be the right one do one thing once.
    fn allow(&self, key: &str, act: Act, proof: &Proof) -> Result<(), Refused> {
        let refused = |text: &str| Refused::new(StatusCode::UNAUTHORIZED, text);
        let acl = self.shelf.read(key).ok_or_else(not_found)?.acl;
        let question = self
            .shelf
            .with(|files| files.questions.remove(&proof.secret_random))
            .filter(|question| question.key == key && question.act == act)
            .filter(|question| question.ticket.as_deref() == Some(&proof.challenge_cid))
            .ok_or_else(|| refused("the challenge does not fit"))?;
        let signer = question.signer.ok_or_else(|| refused("the challenge is not signed"))?;
        let is_allowed = match acl {
            Acl::Wallet(wallet) => wallet == signer,
            Acl::Account(account) => {
                World::locked(&self.world, |world| world.may_speak(account, signer))
            }
            Acl::Immutable | Acl::Contract(_) => false,
        };
        if is_allowed { Ok(()) } else { Err(refused("the signer may not change the file")) }
    }
}

//! The API: one address, questions in documents of our own, refusals inside the answers.

pub(crate) mod failure;
mod session;
mod siwe;
mod token;
mod tokens;
pub(crate) mod transport;

pub(crate) use self::{session::Session, transport::Transport};

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::failure::ApiError;
use crate::wire::{
    address::Address,
    batch::{self, Ask, PAGE, Posts},
    document::{self, Document},
    outcome::{PostAnswer, ReactedAnswer},
    post::AnyPost,
};

/// The API as one account sees it.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) transport: Transport,
    /// Nothing for an account that only reads.
    pub(crate) session: Option<Session>,
}

impl Api {
    /// Asks as nobody in particular.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        document: Document,
        request: Value,
    ) -> Result<T, ApiError> {
        let variables = document.variables(&request);
        let text = document::compact(document.text);
        let answer = self.transport.ask((Some(document.name), &text), &variables, None).await?;
        decoded(answer)
    }

    /// Asks as the account. Logs in first, if that is needed.
    pub(crate) async fn act<T: DeserializeOwned>(
        &self,
        document: Document,
        request: Value,
    ) -> Result<T, ApiError> {
        let session = self.session.as_ref().ok_or(ApiError::OnlyReads)?;
        let variables = document.variables(&request);
        let text = document::compact(document.text);
        let question = (Some(document.name), text.as_str());
        let token = session.token(&self.transport).await?;
        let answer = match self.transport.ask(question, &variables, Some(&token)).await {
            Err(ApiError::Unauthenticated) => {
                session.drop_token(&token).await;
                let token = session.token(&self.transport).await?;
                self.transport.ask(question, &variables, Some(&token)).await?
            }
            answer => answer?,
        };
        decoded(answer)
    }

    /// Asks several questions at once; at most [`batch::MOST`]. The answers are in their order.
    pub(crate) async fn ask_all(&self, asks: &[Ask]) -> Result<Vec<Value>, ApiError> {
        let (text, variables) = batch::batch(asks);
        let mut answer = self.transport.ask((None, &text), &variables, None).await?;
        (0..asks.len())
            .map(|number| {
                let field = answer.get_mut(format!("a{number}").as_str()).map(Value::take);
                field.ok_or(ApiError::Malformed { expected: "an answer to each question" })
            })
            .collect()
    }

    /// Asks for one page of posts.
    pub(crate) async fn posts(&self, ask: Ask) -> Result<Posts, ApiError> {
        let mut answers = self.ask_all(&[ask]).await?;
        let first = answers.pop().ok_or(ApiError::Malformed { expected: "a page of posts" })?;
        of(first)
    }

    /// One post, by id or slug; nothing if there is none.
    pub(crate) async fn post(&self, post: &str) -> Result<Option<AnyPost>, ApiError> {
        let answer: PostAnswer = self.read(document::POST, json!({ "post": post })).await?;
        Ok(answer.post)
    }

    /// Which of some accounts have an upvote standing on a post.
    pub(crate) async fn upvoters_among(
        &self,
        post: &str,
        accounts: &[Address],
    ) -> Result<BTreeSet<Address>, ApiError> {
        let pairs = accounts.iter().map(|account| json!({ "post": post, "account": account }));
        let request = json!({
            "pairs": pairs.collect::<Vec<_>>(),
            "filter": { "anyOf": ["UPVOTE"] },
        });
        let answer: ReactedAnswer = self.read(document::REACTED, request).await?;
        let standing = answer.post_reaction_status.into_iter().filter(|it| it.result);
        Ok(standing.map(|it| it.account).collect())
    }

    /// The post that a transaction made; nothing while it is not there.
    pub(crate) async fn post_by_hash(&self, hash: &str) -> Result<Option<AnyPost>, ApiError> {
        let answer: PostAnswer = self.read(document::POST, json!({ "txHash": hash })).await?;
        Ok(answer.post)
    }
}

/// The one field of an answer.
pub(crate) fn decoded<T: DeserializeOwned>(answer: Value) -> Result<T, ApiError> {
    of(answer)
}

/// What a JSON value says.
pub(crate) fn of<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| {
        tracing::debug!(%error, "an answer of the api could not be read");
        ApiError::Malformed { expected: "what the documents ask for" }
    })
}

/// Ids in pages of what one question takes.
pub(crate) fn pages(ids: &[String]) -> impl Iterator<Item = Ask> {
    ids.chunks(PAGE).map(|page| Ask::Known(page.to_vec()))
}

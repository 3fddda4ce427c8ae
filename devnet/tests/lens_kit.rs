//! A network with people on it, and a client that posts plain documents.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::lens::wallet::Wallet;
use threadbridge_devnet::lens::{Address, Lens, LensSettings, Person, TEST_APP};

use crate::kit::{http, until};

/// An answer over HTTP.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn quick() -> LensSettings {
    LensSettings {
        index_after: Duration::from_millis(60),
        done_after: Duration::from_millis(20),
        ..LensSettings::default()
    }
}

pub(crate) async fn start() -> Lens {
    Lens::start(quick()).await.unwrap()
}

/// Somebody's way to the API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) addr: std::net::SocketAddr,
    /// Headers with their line ends.
    pub(crate) headers: String,
    pub(crate) tokens: Value,
}

impl Client {
    /// Nobody's, from an origin.
    pub(crate) fn anonymous(lens: &Lens) -> Self {
        let headers = "origin: https://app.example\r\n".to_owned();
        Self { addr: lens.api_addr(), headers, tokens: Value::Null }
    }

    pub(crate) async fn post(&self, body: &Value) -> Reply {
        let head =
            format!("POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\n{}", self.headers);
        Reply::read(&http(self.addr, &head, body.to_string().as_bytes()).await)
    }

    /// The whole answer, errors and all.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        self.post(&json!({ "query": query, "variables": variables })).await.json()
    }

    /// The one field that was asked for.
    pub(crate) async fn value(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].as_object().unwrap().values().next().unwrap().clone()
    }

    /// The code of the error that there must be.
    pub(crate) async fn code(&self, query: &str, variables: Value) -> String {
        let answer = self.ask(query, variables).await;
        let code = answer.pointer("/errors/0/extensions/code");
        code.unwrap_or_else(|| panic!("no error: {answer}")).as_str().unwrap().to_owned()
    }

    pub(crate) async fn challenge(&self, request: Value) -> Value {
        let query = "mutation($r: ChallengeRequest!) { challenge(request: $r) { id text } }";
        self.value(query, json!({ "r": request })).await
    }

    pub(crate) async fn authenticate(&self, challenge: &Value, wallet: &Wallet) -> Value {
        let signature = wallet.sign(challenge["text"].as_str().unwrap()).unwrap();
        let query = "mutation($r: SignedAuthChallenge!) { authenticate(request: $r) {
            __typename
            ... on AuthenticationTokens { accessToken refreshToken idToken }
            ... on WrongSignerError { reason }
            ... on ExpiredChallengeError { reason }
            ... on ForbiddenError { reason } } }";
        self.value(query, json!({ "r": { "id": challenge["id"], "signature": signature } })).await
    }

    /// The same client with tokens.
    pub(crate) fn with(&self, tokens: Value) -> Self {
        let token = tokens["accessToken"].as_str().unwrap();
        let headers = format!("{}authorization: Bearer {token}\r\n", self.headers);
        Self { headers, tokens, ..self.clone() }
    }

    pub(crate) async fn status(&self, hash: &Value) -> Value {
        let query = "query($r: TransactionStatusRequest!) { transactionStatus(request: $r) {
            __typename
            ... on NotIndexedYetStatus { reason txHasMined }
            ... on PendingTransactionStatus { blockTimestamp }
            ... on FinishedTransactionStatus { blockTimestamp }
            ... on FailedTransactionStatus { reason } } }";
        self.value(query, json!({ "r": { "txHash": hash } })).await
    }

    /// What a transaction comes to.
    pub(crate) async fn settled(&self, hash: &Value) -> Value {
        until(|| async {
            let status = self.status(hash).await;
            let name = status["__typename"].as_str().unwrap().to_owned();
            (name.starts_with("Finished") || name.starts_with("Failed")).then_some(status)
        })
        .await
    }

    /// Posts; gives what the mutation gave.
    pub(crate) async fn create(&self, request: Value) -> Value {
        let query = "mutation($r: CreatePostRequest!) { post(request: $r) {
            __typename
            ... on PostResponse { hash }
            ... on PostOperationValidationFailed { reason }
            ... on SponsoredTransactionRequest { sponsoredReason }
            ... on SelfFundedTransactionRequest { selfFundedReason }
            ... on TransactionWillFail { reason } } }";
        self.value(query, json!({ "r": request })).await
    }

    /// Posts, and waits for the post.
    pub(crate) async fn say(&self, text: &str, more: Value) -> Value {
        let mut request = json!({ "contentUri": uri(text) });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let created = self.create(request).await;
        assert_eq!(created["__typename"], "PostResponse", "{created}");
        let status = self.settled(&created["hash"]).await;
        assert_eq!(status["__typename"], "FinishedTransactionStatus", "{status}");
        self.value(POST, json!({ "r": { "txHash": created["hash"] } })).await
    }

    pub(crate) async fn read(&self, post: &Value) -> Value {
        self.value(POST, json!({ "r": { "post": post } })).await
    }

    pub(crate) async fn posts(&self, request: Value) -> Value {
        let query = "query($r: PostsRequest!) { posts(request: $r) {
            items { ... on Post { id metadata { ... on TextOnlyMetadata { content } } } }
            pageInfo { prev next } } }";
        self.value(query, json!({ "r": request })).await
    }
}

pub(crate) const POST: &str = "query($r: PostRequest!) { post(request: $r) {
    ... on Post { __typename id slug isEdited isDeleted timestamp contentUri
      author { address username { localName } } app { address }
      root { id } commentOn { id } quoteOf { id } feed { address group { address } }
      stats { comments quotes reposts upvotes: reactions }
      mentions { ... on AccountMention { account replace { from to } } }
      operations { hasReacted canComment { __typename } canEdit { __typename } }
      metadata { __typename ... on TextOnlyMetadata { content } } }
    ... on Repost { __typename id repostOf { id } } } }";

/// Metadata of a text, as apps inline it.
pub(crate) fn uri(text: &str) -> String {
    format!("data:application/json,{}", metadata(text))
}

pub(crate) fn metadata(text: &str) -> Value {
    json!({
        "$schema": "https://json-schemas.lens.dev/posts/text-only/3.0.0.json",
        "lens": { "id": "1", "locale": "en", "mainContentFocus": "TEXT_ONLY", "content": text },
    })
}

pub(crate) fn as_owner(person: &Person, app: Address) -> Value {
    json!({ "accountOwner": {
        "account": person.account().to_string(),
        "owner": person.wallet().address().to_string(),
        "app": app.to_string(),
    } })
}

pub(crate) fn as_manager(person: &Person, manager: &Wallet) -> Value {
    json!({ "accountManager": {
        "account": person.account().to_string(),
        "manager": manager.address().to_string(),
        "app": TEST_APP.to_string(),
    } })
}

/// Somebody who is signed in as the owner of their account.
pub(crate) async fn signed_in(lens: &Lens, person: &Person) -> Client {
    let client = Client::anonymous(lens);
    let challenge = client.challenge(as_owner(person, TEST_APP)).await;
    let tokens = client.authenticate(&challenge, person.wallet()).await;
    client.with(tokens)
}

/// A request to Grove.
pub(crate) async fn grove(lens: &Lens, request: &str, body: &[u8]) -> Reply {
    Reply::read(&http(lens.grove_addr(), request, body).await)
}

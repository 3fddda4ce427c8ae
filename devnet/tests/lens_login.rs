//! Signing in to the Lens API, and staying so.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use threadbridge_devnet::lens::{Lens, LensSettings, Permissions, TEST_APP};

use crate::kit::{http, until};
use crate::lens_kit::{Client, as_manager, as_owner, quick, signed_in, start, uri};

const SESSION: &str = "{ currentSession { authenticationId signer origin } }";
const REFRESH: &str = "mutation($r: RefreshRequest!) { refresh(request: $r) { __typename
    ... on AuthenticationTokens { accessToken refreshToken idToken }
    ... on ForbiddenError { reason } } }";

async fn refresh(client: &Client, tokens: &Value) -> Value {
    client.value(REFRESH, json!({ "r": { "refreshToken": tokens["refreshToken"] } })).await
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn an_owner_signs_in_and_the_tokens_say_so() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = Client::anonymous(&lens);
    let challenge = client.challenge(as_owner(&ann, TEST_APP)).await;
    let text = challenge["text"].as_str().unwrap();
    assert!(text.starts_with("app.example wants you to sign in with your Ethereum account:\n"));
    assert!(text.contains(&ann.wallet().address().to_string()));
    let tokens = client.authenticate(&challenge, ann.wallet()).await;
    let access = claims(&tokens["accessToken"]);
    assert_eq!(access["sub"], ann.wallet().address().to_string());
    assert_eq!(access["act"]["sub"], ann.account().to_string());
    assert_eq!(access["client_id"], TEST_APP.to_string());
    assert_eq!(access["tag:lens.dev,2024:role"], "ACCOUNT_OWNER");
    assert_eq!(claims(&tokens["idToken"])["aud"], TEST_APP.to_string());
    let signed_in = client.with(tokens);
    let session = signed_in.value(SESSION, json!({})).await;
    assert_eq!(session["origin"], "https://app.example");
    assert_eq!(session["authenticationId"], access["sid"]);
    // Some apps bring the token in a header of their own.
    let token = signed_in.tokens["accessToken"].as_str().unwrap();
    let other = Client { headers: format!("x-access-token: {token}\r\n"), ..signed_in.clone() };
    assert_eq!(other.value(SESSION, json!({})).await, session);
}

#[tokio::test]
async fn the_key_of_the_tokens_is_published() {
    let lens = start().await;
    let request = "GET /.well-known/jwks.json HTTP/1.1\r\n";
    let answer = http(lens.api_addr(), request, &[]).await;
    let keys: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(keys["keys"][0]["n"].as_str().unwrap()).unwrap();
    assert_eq!((&keys["keys"][0]["alg"], modulus.len()), (&json!("RS256"), 256));
}

#[tokio::test]
async fn a_challenge_is_good_once_and_for_its_signer() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let client = Client::anonymous(&lens);
    let challenge = client.challenge(as_owner(&ann, TEST_APP)).await;
    let wrong = client.authenticate(&challenge, ben.wallet()).await;
    assert_eq!(wrong["__typename"], "WrongSignerError");
    let again = client.authenticate(&challenge, ann.wallet()).await;
    assert_eq!(again["__typename"], "ExpiredChallengeError");
}

#[tokio::test]
async fn a_challenge_expires() {
    let settings = LensSettings { challenge_for: Duration::ZERO, ..quick() };
    let lens = Lens::start(settings).await.unwrap();
    let ann = lens.make_account("ann");
    let client = Client::anonymous(&lens);
    let challenge = client.challenge(as_owner(&ann, TEST_APP)).await;
    let late = client.authenticate(&challenge, ann.wallet()).await;
    assert_eq!(late["__typename"], "ExpiredChallengeError");
}

#[tokio::test]
async fn a_challenge_needs_an_origin_that_the_app_knows() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let app = lens.make_app("bridge", &["bridge.example"]);
    let ask = "mutation($r: ChallengeRequest!) { challenge(request: $r) { id } }";
    let request = json!({ "r": as_owner(&ann, app) });
    let client = Client::anonymous(&lens);
    assert_eq!(client.code(ask, request.clone()).await, "FORBIDDEN");
    let without = Client { headers: String::new(), ..client.clone() };
    assert_eq!(without.code(ask, request.clone()).await, "BAD_REQUEST");
    let right = Client { headers: "origin: https://bridge.example\r\n".to_owned(), ..client };
    right.challenge(as_owner(&ann, app)).await;
}

#[tokio::test]
async fn who_neither_owns_nor_manages_an_account_gets_no_challenge() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let ask = "mutation($r: ChallengeRequest!) { challenge(request: $r) { id } }";
    let client = Client::anonymous(&lens);
    let mut as_ann = as_owner(&ann, TEST_APP);
    as_ann["accountOwner"]["owner"] = json!(ben.wallet().address().to_string());
    assert_eq!(client.code(ask, json!({ "r": as_ann })).await, "BAD_USER_INPUT");
    let manager = as_manager(&ann, ben.wallet());
    assert_eq!(client.code(ask, json!({ "r": manager })).await, "BAD_USER_INPUT");
    let both = json!({ "builder": { "address": "0x" }, "accountOwner": as_ann["accountOwner"] });
    assert_eq!(client.code(ask, json!({ "r": both })).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_app_may_forbid_a_login() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    lens.forbid(TEST_APP, Some("not today"));
    let client = Client::anonymous(&lens);
    let challenge = client.challenge(as_owner(&ann, TEST_APP)).await;
    let answer = client.authenticate(&challenge, ann.wallet()).await;
    assert_eq!(answer, json!({ "__typename": "ForbiddenError", "reason": "not today" }));
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    let fresh = refresh(&client, &client.tokens).await;
    assert_eq!(fresh["__typename"], "AuthenticationTokens");
    let again = refresh(&client, &client.tokens).await;
    assert_eq!(again["__typename"], "ForbiddenError");
    let next = refresh(&client, &fresh).await;
    let anonymous = Client::anonymous(&lens);
    anonymous.with(next).value(SESSION, json!({})).await;
}

#[tokio::test]
async fn an_access_token_ends_and_a_refresh_token_goes_on() {
    let settings = LensSettings { access_for: Duration::from_secs(1), ..quick() };
    let lens = Lens::start(settings).await.unwrap();
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    until(|| async {
        let answer = client.ask(SESSION, json!({})).await;
        let code = answer.pointer("/errors/0/extensions/code")?;
        (code == "UNAUTHENTICATED").then_some(())
    })
    .await;
    let fresh = refresh(&client, &client.tokens).await;
    Client::anonymous(&lens).with(fresh).value(SESSION, json!({})).await;
}

#[tokio::test]
async fn a_revoked_session_is_over() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    let session = client.value(SESSION, json!({})).await;
    let revoke = "mutation($r: RevokeAuthenticationRequest!) { revokeAuthentication(request: $r) }";
    let request = json!({ "r": { "authenticationId": session["authenticationId"] } });
    assert_eq!(client.value(revoke, request).await, "");
    assert_eq!(client.code(SESSION, json!({})).await, "UNAUTHENTICATED");
    let again = refresh(&Client::anonymous(&lens), &client.tokens).await;
    assert_eq!(again["__typename"], "ForbiddenError");
}

#[tokio::test]
async fn a_manager_speaks_until_removed() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let key = lens.make_wallet("a daemon");
    ann.add_manager(&lens, key.address(), Permissions::SPEAK).unwrap();
    let client = Client::anonymous(&lens);
    let challenge = client.challenge(as_manager(&ann, &key)).await;
    let manager = client.with(client.authenticate(&challenge, &key).await);
    let me = "{ me { isSignless loggedInAs { ... on AccountManaged {
        account { address } permissions { canExecuteTransactions canTransferTokens } } } } }";
    let me = manager.value(me, json!({})).await;
    assert_eq!(me["loggedInAs"]["account"]["address"], ann.account().to_string());
    assert_eq!(me["loggedInAs"]["permissions"]["canTransferTokens"], false);
    let post = manager.say("by the daemon", json!({})).await;
    assert_eq!(post["author"]["address"], ann.account().to_string());
    ann.remove_manager(&lens, key.address());
    let write = "mutation($r: CreatePostRequest!) { post(request: $r) { __typename } }";
    let request = json!({ "r": { "contentUri": uri("still here?") } });
    assert_eq!(manager.code(write, request).await, "FORBIDDEN");
    let fresh = refresh(&client, &manager.tokens).await;
    assert_eq!(fresh["__typename"], "ForbiddenError");
}

#[tokio::test]
async fn nobody_writes_without_a_token_or_with_a_made_up_one() {
    let lens = start().await;
    let write = "mutation($r: CreatePostRequest!) { post(request: $r) { __typename } }";
    let request = json!({ "r": { "contentUri": uri("hi") } });
    let client = Client::anonymous(&lens);
    assert_eq!(client.code(write, request.clone()).await, "UNAUTHENTICATED");
    let forged = client.with(json!({ "accessToken": "a.b.c" }));
    assert_eq!(forged.code(write, request).await, "UNAUTHENTICATED");
}

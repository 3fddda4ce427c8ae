//! The login. Who asks while a login is under way waits for it. What it gave is stored while the
//! account listens, so that the next process goes on with it; the account's key logs in anew where it
//! is good no more.

use std::{fmt, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use threadbridge_core::model::time::{Clock, Timestamp};
use tokio::sync::{Mutex, watch};
use zeroize::Zeroizing;

use super::{
    Transport,
    failure::{ApiError, LoginError},
    of,
    siwe::Asked,
    token::Claims,
    tokens::{self, Tokens, Triplet},
    transport::shown,
};
use crate::{
    config::Role,
    own::Own,
    wire::{
        document::{self, AUTHENTICATE, CHALLENGE, Document, REFRESH},
        outcome::{Authentication, Challenge},
    },
};

/// A token is renewed when it ends sooner than this.
const SPARE: Duration = Duration::from_secs(30);
/// How long a token is used that does not say when it ends.
const UNSAID: Duration = Duration::from_secs(300);
/// How often a text to be signed may be too old.
const CHALLENGES: usize = 2;

/// The account's login.
pub(crate) struct Session {
    own: Arc<Own>,
    chain_id: u64,
    clock: Clock,
    tokens: Mutex<Option<Tokens>>,
    /// How often there were other tokens.
    renewals: watch::Sender<u64>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("own", &self.own).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Challenged {
    challenge: Challenge,
}

#[derive(Deserialize)]
struct Authenticated {
    #[serde(alias = "refresh")]
    authenticate: Authentication,
}

impl Session {
    pub(crate) fn new(own: Arc<Own>, chain_id: u64, clock: Clock) -> Self {
        let renewals = watch::Sender::new(0);
        Self { own, chain_id, clock, tokens: Mutex::default(), renewals }
    }

    /// Changes whenever there are other tokens.
    pub(crate) fn renewals(&self) -> watch::Receiver<u64> {
        self.renewals.subscribe()
    }

    /// What is to be stored of the login, all of it; nothing if nobody is logged in.
    pub(crate) async fn to_bytes(&self, transport: &Transport) -> Option<Vec<u8>> {
        self.tokens.lock().await.as_ref()?.to_bytes(&self.own, &transport.endpoint)
    }

    /// Goes on with a login that was stored, unless there is one or it is not this account's.
    pub(crate) async fn resume(&self, transport: &Transport, stored: &[u8]) {
        let mut tokens = self.tokens.lock().await;
        if tokens.is_none() {
            let triplet = tokens::read(stored, &self.own, &transport.endpoint);
            *tokens = triplet.and_then(|triplet| self.tokens(triplet).ok());
        }
    }

    /// A token that holds for a while. Logs in, or renews the login, where that is needed.
    pub(crate) async fn token(&self, transport: &Transport) -> Result<Zeroizing<String>, ApiError> {
        let mut tokens = self.tokens.lock().await;
        let soon = self.clock.now().plus(SPARE);
        let refresh = match tokens.as_ref() {
            Some(held) if held.ends_at > soon => return Ok(held.access.clone()),
            Some(held) => Some(held.refresh.clone()),
            None => None,
        };
        let renewed = match refresh {
            // A refresh token is used up by its use, even if the answer is lost.
            Some(refresh) => self.renewed(transport, &refresh).await?,
            None => None,
        };
        let fresh = match renewed {
            Some(fresh) => fresh,
            None => self.logged_in(transport).await?,
        };
        let access = fresh.access.clone();
        *tokens = Some(fresh);
        self.renewals.send_modify(|times| *times = times.saturating_add(1));
        Ok(access)
    }

    /// The network no longer takes this token. One that came in its place meanwhile stays.
    pub(crate) async fn drop_token(&self, token: &str) {
        let mut tokens = self.tokens.lock().await;
        if let Some(held) = tokens.as_mut()
            && held.access.as_str() == token
        {
            held.ends_at = Timestamp::default();
        }
    }

    /// Renews the login; nothing if the key has to log in anew.
    async fn renewed(
        &self,
        transport: &Transport,
        refresh: &str,
    ) -> Result<Option<Tokens>, ApiError> {
        let request = json!({ "refreshToken": refresh });
        match ask::<Authenticated>(transport, REFRESH, request).await {
            Ok(answer) => match answer.authenticate {
                // Where these are not good, the key has to show whom it lets in.
                Authentication::Tokens { access_token, refresh_token, id_token } => {
                    Ok(self.tokens([access_token, refresh_token, id_token]).ok())
                }
                Authentication::Forbidden { .. }
                | Authentication::WrongSigner { .. }
                | Authentication::Expired {}
                | Authentication::Other => Ok(None),
            },
            Err(
                ApiError::Unauthenticated
                | ApiError::Forbidden
                | ApiError::BadInput { .. }
                | ApiError::Malformed { .. }
                | ApiError::Unanswered,
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn logged_in(&self, transport: &Transport) -> Result<Tokens, ApiError> {
        for _attempt in 0..CHALLENGES {
            let request = self.challenge();
            let Challenged { challenge } =
                ask(transport, CHALLENGE, request).await.map_err(refused)?;
            self.asked(transport).is(&challenge.text).map_err(ApiError::Login)?;
            let signature = self.own.key.sign(&challenge.text);
            let signature = signature.ok_or(ApiError::Login(LoginError::Key))?;
            let request = json!({ "id": challenge.id, "signature": signature });
            let answer: Authenticated =
                ask(transport, AUTHENTICATE, request).await.map_err(refused)?;
            let refused = match answer.authenticate {
                Authentication::Tokens { access_token, refresh_token, id_token } => {
                    return self.tokens([access_token, refresh_token, id_token]);
                }
                Authentication::WrongSigner { reason } => {
                    LoginError::WrongSigner { reason: shown(&reason) }
                }
                Authentication::Forbidden { reason } => {
                    LoginError::Forbidden { reason: shown(&reason) }
                }
                Authentication::Other => LoginError::Unknown,
                Authentication::Expired {} => continue,
            };
            return Err(ApiError::Login(refused));
        }
        Err(ApiError::Login(LoginError::Expired))
    }

    /// The only login that is signed.
    fn asked<'a>(&self, transport: &'a Transport) -> Asked<'a> {
        let (signer, now) = (self.own.key.address(), self.clock.now());
        Asked { origin: &transport.origin, signer, chain_id: self.chain_id, now }
    }

    fn challenge(&self) -> Value {
        let (app, account, key) = (self.own.app, self.own.account, self.own.key.address());
        match self.own.role {
            Role::Manager => {
                json!({ "accountManager": { "app": app, "account": account, "manager": key } })
            }
            Role::Owner => {
                json!({ "accountOwner": { "app": app, "account": account, "owner": key } })
            }
        }
    }

    /// Tokens that let this account act, and no other.
    fn tokens(&self, triplet: Triplet) -> Result<Tokens, ApiError> {
        let [access, refresh, id] = triplet.map(Zeroizing::new);
        let claims = Claims::read(&access)
            .ok_or(ApiError::Malformed { expected: "a token that says whose it is" })?;
        if claims.account() != Some(self.own.account) {
            return Err(ApiError::Login(LoginError::OtherAccount));
        }
        let ends_at = claims.ends_at().unwrap_or_else(|| self.clock.now().plus(UNSAID));
        Ok(Tokens { access, refresh, id, ends_at })
    }
}

/// Whatever the API finds wrong with a login is wrong with the account or its key.
fn refused(error: ApiError) -> ApiError {
    if let ApiError::BadInput { reason } = error {
        return ApiError::Login(LoginError::Forbidden { reason });
    }
    error
}

async fn ask<T: serde::de::DeserializeOwned>(
    transport: &Transport,
    document: Document,
    request: Value,
) -> Result<T, ApiError> {
    let text = document::compact(document.text);
    let variables = json!({ "request": request });
    of(transport.ask((Some(document.name), &text), &variables, None).await?)
}

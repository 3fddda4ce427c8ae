//! Bringing a picture: fetched where the owner allows it, checked, stripped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::hosts::{Forbidden, Hosts, Place};
use super::locator::bytes_in;
use super::strip::{Stripped, Unstrippable, strip};
use crate::adapter::Verdict;
use crate::model::content::ExternalPart;

/// How many pictures are brought at the same time: what they come to is held in memory.
const AT_ONCE: usize = 4;

/// No larger picture is brought, whatever a network takes.
const MAX_BYTES: u64 = 64 << 20;

/// How long one attempt to fetch a picture may take: not the whole of what a call may.
const FETCH_FOR: Duration = Duration::from_secs(15);

/// For how long a picture is tried again that might still come. What is said beside it, and all
/// that is said after it, waits as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of how many pictures is remembered since when they are tried.
const TRIED: usize = 256;

/// IANA's number of SHA-256 among the Named Information hash algorithms.
const SHA_256: u8 = 1;

/// Gets bytes from the web. One of these is handed in; core has none.
///
/// Whoever writes one keeps this: it connects to `place` and nowhere else, follows no redirect to
/// another host, port or scheme, connects to public addresses only unless `place.is_loopback` says
/// that it lies on this machine, sends no cookie and no credential, stops at `max_bytes`, and gives
/// up after a bounded time. What the server says about type and length proves nothing.
#[async_trait]
pub trait Fetch: fmt::Debug + Send + Sync + 'static {
    /// The bytes at a place. The future may be dropped at any await.
    async fn fetch(&self, place: &Place, max_bytes: u64) -> Result<Vec<u8>, FetchError>;
}

/// Decrypts what people sent encrypted. Networks have forms of their own; each adapter whose network
/// has one hands one of these out, and core has none.
pub trait Unseal: fmt::Debug + Send + Sync + 'static {
    /// The file that lies encrypted in `bytes`, of which `part` has the key; nothing if it is of
    /// another form, or forged.
    fn unseal(&self, part: &ExternalPart, bytes: &[u8]) -> Option<Vec<u8>>;
}

/// Why something could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// There was no whole answer in time; there may be one later.
    #[error("its host does not answer")]
    Unreachable,
    /// The host says that there is nothing, or nothing for us.
    #[error("its host does not give it")]
    Refused,
    /// It is larger than was asked for.
    #[error("it is too large")]
    TooLarge,
    /// It is said to lie on another host.
    #[error("its host points elsewhere")]
    Elsewhere,
    /// The host's name leads into a network of our own.
    #[error("its host has no public address")]
    Private,
}

/// Why a picture was not brought. The reasons name nobody and nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unbrought {
    /// It may not be fetched.
    #[error("it may not be fetched")]
    Forbidden(#[from] Forbidden),
    /// It could not be fetched.
    #[error("it could not be fetched")]
    Fetch(#[from] FetchError),
    /// It is encrypted for others.
    #[error("it is encrypted")]
    Encrypted,
    /// What lies there is not what was sent.
    #[error("it is not what was sent")]
    Changed,
    /// It cannot be freed from what it tells besides.
    #[error("it cannot be stripped")]
    Unstrippable(#[from] Unstrippable),
}

impl Unbrought {
    /// What to do about it: all but a host that does not answer stays as it is, and the address
    /// must be said instead, or nothing.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Fetch(FetchError::Unreachable) => Verdict::Retry,
            Self::Fetch(
                FetchError::Refused
                | FetchError::TooLarge
                | FetchError::Elsewhere
                | FetchError::Private,
            )
            | Self::Forbidden(_)
            | Self::Encrypted
            | Self::Changed
            | Self::Unstrippable(_) => Verdict::Reject,
        }
    }
}

/// Brings pictures to adapters that upload them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Porter {
    hosts: Hosts,
    fetch: Option<Arc<dyn Fetch>>,
    unseal: Option<Arc<dyn Unseal>>,
    turns: Arc<Semaphore>,
    /// Pictures that did not come, by address: since when they are tried.
    tried: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl Default for Porter {
    /// Brings nothing.
    fn default() -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let hosts = Hosts::default();
        Self { hosts, fetch: None, unseal: None, turns, tried: Arc::default() }
    }
}

impl Porter {
    /// Brings what lies on `hosts`.
    #[must_use]
    pub fn new(hosts: Hosts, fetch: Arc<dyn Fetch>) -> Self {
        Self { hosts, fetch: Some(fetch), ..Self::default() }
    }

    /// It brings what is encrypted too, if `unseal` opens it.
    #[must_use]
    pub fn unsealing(self, unseal: Arc<dyn Unseal>) -> Self {
        Self { unseal: Some(unseal), ..self }
    }

    /// From where; an adapter that uploads states it among its capabilities, so that what cannot be
    /// brought is told as an address beforehand.
    #[must_use]
    pub const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Fetches a picture of at most `max_bytes`, decrypts it if need be, and strips it. One that
    /// travelled in its message is not fetched. Called within `send`, or within `fetch` for what
    /// `seal` is about to seal: a picture is fetched when it is about to leave, never on receipt.
    pub async fn bring(&self, part: &ExternalPart, max_bytes: u64) -> Result<Stripped, Unbrought> {
        if let Some(bytes) = bytes_in(part) {
            return Ok(strip(&bytes)?);
        }
        let place = self.hosts.place(&part.url)?;
        if part.aead != 0 && self.unseal.is_none() {
            return Err(Unbrought::Encrypted);
        }
        let fetch = self.fetch.as_ref().ok_or(Forbidden::Unnamed)?;
        let max_bytes = max_bytes.min(MAX_BYTES);
        // It is never closed.
        let _turn = self.turns.acquire().await.map_err(|_| FetchError::Unreachable)?;
        let fetching = timeout(FETCH_FOR, fetch.fetch(&place, max_bytes));
        let bytes = fetching.await.map_err(|_| FetchError::Unreachable)??;
        if u64::try_from(bytes.len()).is_ok_and(|size| size > max_bytes) {
            return Err(FetchError::TooLarge.into());
        }
        if part.hash_algorithm == SHA_256 && Sha256::digest(&bytes)[..] != part.hash[..] {
            return Err(Unbrought::Changed);
        }
        if part.aead == 0 {
            return Ok(strip(&bytes)?);
        }
        let unseal = self.unseal.as_ref().ok_or(Unbrought::Encrypted)?;
        Ok(strip(&unseal.unseal(part, &bytes).ok_or(Unbrought::Encrypted)?)?)
    }

    /// Whether a picture that did not come, or could not be laid down, is worth another attempt:
    /// from the first time this is asked on for a minute, while its message waits. Then it is to be
    /// told as if it could never be brought.
    #[must_use]
    pub fn is_patient(&self, part: &ExternalPart) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() >= TRIED && !tried.contains_key(&part.url) {
            tried.pop_first();
        }
        let since = *tried.entry(part.url.clone()).or_insert_with(Instant::now);
        let is_patient = since.elapsed() < PATIENCE;
        if !is_patient {
            tried.remove(&part.url);
        }
        is_patient
    }

    /// Forgets that a picture did not come at first.
    pub fn is_there(&self, part: &ExternalPart) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).remove(&part.url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Shelf(Vec<u8>);

    #[async_trait]
    impl Fetch for Shelf {
        async fn fetch(&self, _place: &Place, max_bytes: u64) -> Result<Vec<u8>, FetchError> {
            let fits = u64::try_from(self.0.len()).unwrap() <= max_bytes;
            if fits { Ok(self.0.clone()) } else { Err(FetchError::TooLarge) }
        }
    }

    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;behind";

    fn porter(lies: &[u8]) -> Porter {
        Porter::new(Hosts::parse(["files.example"]).unwrap(), Arc::new(Shelf(lies.to_vec())))
    }

    fn part() -> ExternalPart {
        ExternalPart { url: "https://files.example/1".to_owned(), ..ExternalPart::default() }
    }

    #[tokio::test]
    async fn a_picture_comes_stripped_and_by_its_true_type() {
        let part = ExternalPart { content_type: "image/png".to_owned(), ..part() };
        let stripped = porter(GIF).bring(&part, 100).await.unwrap();
        assert_eq!(stripped.media_type, "image/gif");
        assert_eq!(Some(stripped.bytes.as_slice()), GIF.strip_suffix(b"behind"));
    }

    #[tokio::test]
    async fn an_encrypted_picture_comes_if_somebody_opens_it() {
        #[derive(Debug)]
        struct Xor;

        impl Unseal for Xor {
            fn unseal(&self, part: &ExternalPart, bytes: &[u8]) -> Option<Vec<u8>> {
                let key = *part.key.as_bytes().first()?;
                Some(bytes.iter().map(|byte| byte ^ key).collect())
            }
        }

        let lies: Vec<u8> = GIF.iter().map(|byte| byte ^ 7).collect();
        let porter = porter(&lies).unsealing(Arc::new(Xor));
        let sealed = |key| ExternalPart { aead: 1, key: vec![key].into(), ..part() };
        let stripped = porter.bring(&sealed(7), 100).await.unwrap();
        assert_eq!(Some(stripped.bytes.as_slice()), GIF.strip_suffix(b"behind"));
        assert!(matches!(porter.bring(&sealed(8), 100).await, Err(Unbrought::Unstrippable(_))));
    }

    #[tokio::test]
    async fn what_travels_in_its_message_is_stripped_and_not_fetched() {
        let part = super::super::enclosed("image/gif", "cat.gif", GIF);
        let stripped = Porter::default().bring(&part, 100).await.unwrap();
        assert_eq!(Some(stripped.bytes.as_slice()), GIF.strip_suffix(b"behind"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_answers_is_given_up_after_a_minute() {
        #[derive(Debug)]
        struct Abyss;

        #[async_trait]
        impl Fetch for Abyss {
            async fn fetch(&self, _: &Place, _: u64) -> Result<Vec<u8>, FetchError> {
                std::future::pending().await
            }
        }

        let porter = Porter::new(Hosts::parse(["files.example"]).unwrap(), Arc::new(Abyss));
        let began = Instant::now();
        let mut attempts = 0;
        loop {
            let brought = porter.bring(&part(), 100).await;
            assert_eq!(brought, Err(FetchError::Unreachable.into()));
            attempts += 1;
            if !porter.is_patient(&part()) {
                break;
            }
        }
        assert!(attempts > 2, "{attempts}");
        assert!(began.elapsed() <= PATIENCE + FETCH_FOR * 2, "{:?}", began.elapsed());
        // Whoever says it again is heard again, and each picture has a minute of its own.
        assert!(porter.is_patient(&part()));
        porter.is_there(&part());
        for number in 0..2 * TRIED {
            let url = format!("https://files.example/{number}");
            assert!(porter.is_patient(&ExternalPart { url, ..part() }));
        }
        assert!(porter.tried.lock().unwrap().len() <= TRIED);
    }

    #[tokio::test]
    async fn what_may_not_be_brought_says_why() {
        let elsewhere = ExternalPart { url: "https://evil.example/1".to_owned(), ..part() };
        let sealed = ExternalPart { aead: 1, ..part() };
        let changed = ExternalPart { hash_algorithm: SHA_256, hash: vec![7; 32], ..part() };
        let intact = ExternalPart { hash: Sha256::digest(GIF).to_vec(), ..changed.clone() };
        for (porter, part, expected) in [
            (porter(GIF), &elsewhere, Err(Forbidden::Unnamed.into())),
            (Porter::default(), &part(), Err(Forbidden::Unnamed.into())),
            (porter(GIF), &sealed, Err(Unbrought::Encrypted)),
            (porter(GIF), &changed, Err(Unbrought::Changed)),
            (porter(GIF), &intact, Ok(())),
            (porter(&[0; 101]), &part(), Err(FetchError::TooLarge.into())),
            (porter(b"%PDF-1.7"), &part(), Err(Unstrippable::Format("application/pdf").into())),
        ] {
            let brought = porter.bring(part, 100).await.map(|_| ());
            assert_eq!(brought, expected);
            assert!(
                brought.is_ok_and(|()| true) || expected.unwrap_err().verdict() == Verdict::Reject
            );
        }
        assert_eq!(Unbrought::from(FetchError::Unreachable).verdict(), Verdict::Retry);
    }
}

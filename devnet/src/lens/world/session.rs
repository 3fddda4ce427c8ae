//! Who is signed in: challenges, sessions and their tokens.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use super::id::uuid;

/// As what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Owner,
    Manager,
    Onboarding,
    Builder,
}

impl Role {
    /// The word in the tokens.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Owner => "ACCOUNT_OWNER",
            Self::Manager => "ACCOUNT_MANAGER",
            Self::Onboarding => "ONBOARDING_USER",
            Self::Builder => "BUILDER",
        }
    }
}

/// Who asks to be signed in, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) role: Role,
    pub(crate) signer: Address,
    pub(crate) account: Option<Address>,
    pub(crate) app: Option<Address>,
    pub(crate) origin: String,
}

/// A text that waits to be signed.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) claim: Claim,
    pub(crate) text: String,
    pub(crate) until_ms: u64,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) nth: u64,
    pub(crate) claim: Claim,
    pub(crate) agent: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
    pub(crate) until_ms: u64,
    /// The one refresh token that is good.
    pub(crate) refresh: String,
}

/// How often somebody came to the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignIns {
    /// Challenges that were given out.
    pub challenges: u64,
    /// Sessions that were renewed by a refresh token.
    pub refreshes: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pub(crate) counts: SignIns,
    challenges: BTreeMap<String, Challenge>,
    pub(crate) open: BTreeMap<String, Session>,
    /// Access tokens that were given out, with their session and their end.
    access: BTreeMap<String, (String, u64)>,
    last_nth: u64,
}

const MAX_CHALLENGES: usize = 10_000;
const MAX_SESSIONS: usize = 10_000;
const MAX_TOKENS: usize = 50_000;

impl Sessions {
    /// Keeps a challenge; gives its id.
    pub(crate) fn challenge(&mut self, challenge: Challenge, now_ms: u64) -> String {
        if self.challenges.len() >= MAX_CHALLENGES {
            self.challenges.retain(|_, challenge| challenge.until_ms > now_ms);
        }
        while self.challenges.len() >= MAX_CHALLENGES {
            self.challenges.pop_first();
        }
        let id = uuid();
        self.counts.challenges = self.counts.challenges.saturating_add(1);
        self.challenges.insert(id.clone(), challenge);
        id
    }

    /// Takes a challenge: it is good once.
    pub(crate) fn answer(&mut self, id: &str) -> Option<Challenge> {
        self.challenges.remove(id)
    }

    /// Opens a session, not yet with tokens.
    pub(crate) fn open(
        &mut self,
        claim: Claim,
        agent: Option<String>,
        (now_ms, until_ms): (u64, u64),
    ) -> Session {
        while self.open.len() >= MAX_SESSIONS {
            self.open.pop_first();
        }
        self.last_nth = self.last_nth.saturating_add(1);
        let session = Session {
            id: uuid(),
            nth: self.last_nth,
            claim,
            agent,
            created_ms: now_ms,
            updated_ms: now_ms,
            until_ms,
            refresh: String::new(),
        };
        self.open.insert(session.id.clone(), session.clone());
        session
    }

    /// Ends a session: none of its tokens is good any more.
    pub(crate) fn close(&mut self, id: &str) -> bool {
        self.access.retain(|_, (session, _)| session != id);
        self.open.remove(id).is_some()
    }

    /// Ends the sessions that speak for an account.
    pub(crate) fn close_all_of(&mut self, account: Address) {
        let speaks = |session: &Session| session.claim.account == Some(account);
        let ids: Vec<_> =
            self.open.values().filter(|session| speaks(session)).map(|s| s.id.clone()).collect();
        for id in ids {
            self.close(&id);
        }
    }

    /// Has the access tokens that speak for an account expire; its sessions can be renewed.
    pub(crate) fn expire_all_of(&mut self, account: Address) {
        let open = &self.open;
        let speaks = |session: &str| {
            open.get(session).is_some_and(|session| session.claim.account == Some(account))
        };
        self.access.retain(|_, (session, _)| !speaks(session));
    }

    /// Remembers an access token that was given out.
    pub(crate) fn grant(&mut self, token: String, session: &str, (now_ms, until_ms): (u64, u64)) {
        if self.access.len() >= MAX_TOKENS {
            self.access.retain(|_, (_, until_ms)| *until_ms > now_ms);
        }
        while self.access.len() >= MAX_TOKENS {
            self.access.pop_first();
        }
        self.access.insert(token, (session.to_owned(), until_ms));
    }

    /// Whose a token is, while it lasts.
    pub(crate) fn of_token(&self, token: &str, now_ms: u64) -> Option<&Session> {
        let (session, until_ms) = self.access.get(token)?;
        if *until_ms <= now_ms { None } else { self.open.get(session) }
    }

    /// The session that a refresh token belongs to, if it is the good one.
    pub(crate) fn of_refresh(&self, token: &str, now_ms: u64) -> Option<&Session> {
        self.open.values().find(|session| session.refresh == token && session.until_ms > now_ms)
    }
}

//! One request's turn: the world, and who is in it.

use std::sync::Arc;

use alloy_primitives::Address;
use serde_json::{Map, Value};

use super::route;
use crate::lens::graphql::{Code, Failure, Roots};
use crate::lens::show::{self, Eyes};
use crate::lens::world::World;
use crate::lens::world::session::{Role, Session};

/// What a request brings besides its document.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    pub(super) origin: Option<String>,
    pub(super) agent: Option<String>,
    /// The access token, without `Bearer`.
    pub(super) token: Option<String>,
}

/// One request at work.
#[derive(Debug)]
pub(super) struct Turn<'w> {
    pub(super) world: &'w mut World,
    pub(super) caller: &'w Caller,
    pub(super) session: Option<Session>,
    pub(super) now_ms: u64,
    /// The API's own address, which tokens name.
    pub(super) issuer: Arc<str>,
}

impl Turn<'_> {
    pub(super) fn eyes(&self) -> Eyes {
        Eyes { account: self.session.as_ref().and_then(|session| session.claim.account) }
    }

    /// The session, which there must be.
    pub(super) fn signed_in(&self) -> Result<&Session, Failure> {
        self.session.as_ref().ok_or_else(Failure::unauthenticated)
    }

    /// The account that the session acts for.
    pub(super) fn me(&self) -> Result<Address, Failure> {
        self.signed_in()?.claim.account.ok_or_else(|| {
            Failure::new(Code::Forbidden, "Only an account owner or manager may do this")
        })
    }

    /// The account that the session may still act for: a manager may have been removed.
    pub(super) fn speaker(&self) -> Result<Address, Failure> {
        let account = self.me()?;
        let signer = self.signed_in()?.claim.signer;
        if self.world.may_speak(account, signer) {
            Ok(account)
        } else {
            Err(Failure::new(Code::Forbidden, "The signer is not a manager of the account"))
        }
    }

    /// The account, if its owner is who signed in.
    pub(super) fn owner(&self) -> Result<Address, Failure> {
        let account = self.me()?;
        if self.signed_in()?.claim.role == Role::Owner {
            Ok(account)
        } else {
            Err(Failure::new(Code::Forbidden, "Only the account owner may do this"))
        }
    }

    pub(super) fn app(&self) -> Option<Address> {
        self.session.as_ref().and_then(|session| session.claim.app)
    }
}

impl Roots for Turn<'_> {
    fn resolve(
        &mut self,
        is_mutation: bool,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        // What was sent by one field of a document may be due for the next.
        self.world.settle(self.now_ms);
        if is_mutation {
            route::mutation(self, name, arguments)
        } else {
            route::query(self, name, arguments)
        }
    }

    fn load(&self, typename: &str, id: &str) -> Option<Value> {
        show::load(self.world, self.eyes(), (typename, id))
    }
}

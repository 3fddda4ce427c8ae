//! The login across restarts. Whenever it is renewed, all of it is handed over as one cursor, so that
//! it is there as a whole or not at all. A refresh token is used up by its use: if the process dies
//! between the two, the next one finds the tokens of before, learns that they are worth nothing, and
//! logs in with the key.

use std::future::pending;

use threadbridge_core::adapter::{Batch, Cursor, Inbound};
use tokio::sync::watch;

use super::{Ear, Ended};

/// The stream under which it is kept; no conversation is called so.
const STREAM: &str = "login";

/// Keeps the login.
pub(super) struct Keeper(Option<watch::Receiver<u64>>);

impl Keeper {
    /// Goes on with the login of the process before, if it is still good; else logs in.
    pub(super) async fn begin(ear: Ear<'_>, inbound: &Inbound) -> Result<Self, Ended> {
        let Some(session) = &ear.api.session else { return Ok(Self(None)) };
        if let Some(stored) = inbound.cursor(STREAM) {
            session.resume(&ear.api.transport, stored).await;
        }
        let mut renewals = session.renewals();
        // An account that cannot log in is in trouble even if everybody can read what is public.
        session.token(&ear.api.transport).await?;
        let is_another = *renewals.borrow_and_update() > 0;
        if is_another {
            renewals.mark_changed();
        }
        Ok(Self(Some(renewals)))
    }

    /// Waits until the login is another.
    pub(super) async fn changed(&mut self) {
        let is_over = match &mut self.0 {
            Some(renewals) => renewals.changed().await.is_err(),
            None => true,
        };
        if is_over {
            pending().await
        }
    }

    /// Hands the login over.
    pub(super) async fn keep(&self, ear: Ear<'_>, inbound: &Inbound) -> Result<(), Ended> {
        let Some(session) = &ear.api.session else { return Ok(()) };
        if let Some(position) = session.to_bytes(&ear.api.transport).await {
            let cursors = vec![Cursor { stream: STREAM.to_owned(), position }];
            inbound.accept(Batch { envelopes: Vec::new(), cursors }).await?;
        }
        Ok(())
    }
}

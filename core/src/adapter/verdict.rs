//! What to do about a failure. Only an adapter knows what its network's answers mean, so it decides,
//! once, here; nothing else ever looks at an error's text.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again later; it spends an attempt.
    Retry,
    /// Try again not before this long; the network asked for it, so it spends none.
    RetryAfter(Duration),
    /// Nothing will work until somebody mends the account (a revoked key, a refused login).
    Suspend,
    /// Nothing will work in this conversation, and others of its kind, until somebody mends the
    /// account; all the rest does (a wrong key of one of several servers).
    SuspendLeg,
    /// This one envelope will never be taken.
    Reject,
    /// The keys that it was sealed for are gone for good: seal it again from the journal.
    Reseal,
}

/// A call to a network that failed.
#[derive(Debug)]
pub struct AdapterError {
    /// What to do.
    pub verdict: Verdict,
    /// Why, for people.
    pub source: Box<dyn Error + Send + Sync>,
}

impl AdapterError {
    /// A failure with its verdict.
    pub fn new(verdict: Verdict, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { verdict, source: source.into() }
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.verdict {
            Verdict::Retry => "the network did not do it this time",
            Verdict::RetryAfter(_) => "the network asks us to wait",
            Verdict::Suspend => "the account cannot be used",
            Verdict::SuspendLeg => "the conversation cannot be used",
            Verdict::Reject => "the network refuses it for good",
            Verdict::Reseal => "the keys it was sealed for are gone",
        })
    }
}

impl Error for AdapterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

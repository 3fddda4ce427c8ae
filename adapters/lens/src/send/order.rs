//! The order of transactions. Lens dates what a transaction did by its block, in seconds, and what
//! is of one second has the order in which it was indexed. So two stand in the order in which they
//! were sent if the first was indexed before the second was given to the network, or if it is in the
//! block of a second that has passed. Nothing else about the first has to be waited for.

use tokio::sync::watch;

/// How far the transaction is that was sent last.
#[derive(Debug, Default)]
pub(super) struct Order(watch::Sender<Option<Last>>);

#[derive(Debug)]
struct Last {
    hash: String,
    stands: Stands,
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Nobody knows yet.
    UnderWay,
    /// Whatever is sent from now on stands behind it.
    Placed,
    /// Nobody looks after it any more, and it may still come.
    Unknown,
}

impl Order {
    /// This one was sent last.
    pub(super) fn sent(&self, hash: &str) {
        self.0.send_replace(Some(Last { hash: hash.to_owned(), stands: Stands::UnderWay }));
    }

    /// So far a transaction is. What has its place keeps it.
    pub(super) fn reached(&self, hash: &str, so_far: Stands) {
        self.0.send_if_modified(|last| {
            let last = last.as_mut().filter(|it| it.hash == hash && it.stands != Stands::Placed);
            last.map(|last| last.stands = so_far).is_some()
        });
    }

    /// Waits until the next one may be sent; whether it may.
    pub(super) async fn is_kept(&self) -> bool {
        let stands = |last: &Option<Last>| last.as_ref().map_or(Stands::Placed, |it| it.stands);
        let mut changes = self.0.subscribe();
        let last = changes.wait_for(|last| stands(last) != Stands::UnderWay).await;
        last.is_ok_and(|last| stands(&last) == Stands::Placed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_next_waits_until_the_last_has_its_place() {
        let order = Order::default();
        assert!(order.is_kept().await, "the first need not wait");
        order.sent("0x1");
        order.sent("0x2");
        let in_a_minute = || timeout(Duration::from_secs(60), order.is_kept());
        assert!(in_a_minute().await.is_err());
        order.reached("0x1", Stands::Placed);
        assert!(in_a_minute().await.is_err(), "another than the last has its place");
        order.reached("0x2", Stands::Placed);
        assert!(in_a_minute().await.unwrap());
        order.reached("0x2", Stands::Unknown);
        assert!(in_a_minute().await.unwrap(), "what has its place keeps it");
        order.sent("0x3");
        order.reached("0x3", Stands::Unknown);
        assert!(!in_a_minute().await.unwrap());
    }
}

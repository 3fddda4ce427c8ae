//! Listening until something is so.

use std::sync::Arc;

use threadbridge_core::adapter::{Health, Inbound, Outlet};

use super::Desk;
use crate::deadline::soon;

impl Desk {
    /// A door of this desk's, and what stands behind it.
    #[must_use]
    pub fn door(&self) -> (Inbound, Outlet) {
        Inbound::channel(self.cursors(), self.linked())
    }

    /// Listens, and listens again after each failure, until it is enough.
    pub async fn listen_until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        self.listen_during(what, std::future::ready(()), |desk, ()| enough(desk)).await;
    }

    /// Listens, and listens again after each failure, while `work` is done and until it is enough.
    pub async fn listen_during<T>(
        &mut self,
        what: &str,
        work: impl Future<Output = T>,
        enough: impl Fn(&Self, &T) -> bool,
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut done = None;
        let ending =
            |desk: &Self, done: &Option<T>| done.as_ref().is_some_and(|it| enough(desk, it));
        soon(what, async {
            while !ending(self, &done) {
                let adapter = Arc::clone(&self.adapter);
                let (inbound, mut outlet) = self.door();
                let mut health = outlet.health();
                let mut listening = adapter.listen(inbound);
                while !ending(self, &done) {
                    tokio::select! {
                        _ended = &mut listening => break,
                        finished = &mut work, if done.is_none() => done = Some(finished),
                        Some(handed_over) = outlet.next() => {
                            self.take(handed_over).await;
                        }
                        Ok(()) = health.changed() => {
                            let now = health.borrow_and_update().clone();
                            self.health.push(now.clone());
                            self.now.send_replace(now);
                        }
                    }
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        done.expect("it was enough, so it was done")
    }

    /// Waits until the adapter says that it hears everything.
    pub fn connected(&self) -> impl Future<Output = ()> + use<> {
        let mut now = self.now.subscribe();
        async move {
            let connected = now.wait_for(|health| *health == Health::Connected).await;
            assert!(connected.is_ok(), "the desk is gone");
        }
    }

    /// Listens until so many events were heard.
    pub async fn hear(&mut self, count: usize) {
        let what = format!("{count} events");
        self.listen_until(&what, |desk| desk.events.len() >= count).await;
    }
}

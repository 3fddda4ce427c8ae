//! Sealing and sending.

use threadbridge_core::adapter::{AdapterError, Receipt, Sealed, Sealing, SendRequest};
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::time::Timestamp;

use super::{Desk, MAX_ROUNDS};

impl Desk {
    /// Seals something, or says why not yet.
    pub async fn try_to_seal(&mut self, outgoing: &Outgoing) -> Sealing {
        let plaintext = self.adapter.render(&self.conversation, outgoing).unwrap();
        self.clock += 1_000;
        let (keys, now) = (self.keys(), Timestamp::from_micros(self.clock));
        let sealing = self.adapter.seal(&keys, &self.conversation, &plaintext, now);
        self.apply(keys).await;
        sealing
    }

    /// Seals something, once it can be sealed.
    pub async fn seal(&mut self, outgoing: &Outgoing) -> Sealed {
        for _ in 0..MAX_ROUNDS {
            match self.try_to_seal(outgoing).await {
                Sealing::Ready(sealed) => return sealed,
                Sealing::Done => panic!("what is said has to be sent"),
                Sealing::Refused { reason } => panic!("it can never be sealed: {reason}"),
                Sealing::Missing(missing) => {
                    let envelopes = self.fetched(&missing).await;
                    self.open_all(envelopes).await;
                }
                Sealing::First(sealed) => {
                    let id = named(self.send(&sealed).await.unwrap());
                    let read_back = |desk: &Self| desk.confirmed.contains(&id);
                    self.listen_until("what must come first to be read back", read_back).await;
                }
            }
        }
        panic!("tried {MAX_ROUNDS} times to seal, in vain");
    }

    /// A request to send this, with a key of its own.
    pub fn request(&mut self, sealed: &Sealed) -> SendRequest {
        self.sent += 1;
        SendRequest {
            conversation: self.conversation.clone(),
            sealed: sealed.clone(),
            idempotency_key: [self.sent; 16],
        }
    }

    /// Sends it once.
    pub async fn send(&mut self, sealed: &Sealed) -> Result<Receipt, AdapterError> {
        let request = self.request(sealed);
        self.send_request(&request).await
    }

    /// Makes one attempt.
    pub async fn send_request(&self, request: &SendRequest) -> Result<Receipt, AdapterError> {
        let mut answers = self.adapter.send(std::slice::from_ref(request)).await;
        assert_eq!(answers.len(), 1, "one request has one answer");
        answers.remove(0)
    }

    /// Seals and sends it, and says what the network calls it.
    pub async fn does(&mut self, outgoing: &Outgoing) -> RemoteId {
        let sealed = self.seal(outgoing).await;
        let id = named(self.send(&sealed).await.unwrap());
        if let Some(known) = &sealed.remote_id {
            assert_eq!(*known, id, "the id that was computed is not the network's");
        }
        id
    }
}

/// What the network calls what it has taken.
pub(in crate::contract) fn named(receipt: Receipt) -> RemoteId {
    match receipt {
        Receipt::Done(id) | Receipt::Taken(id) => id,
    }
}

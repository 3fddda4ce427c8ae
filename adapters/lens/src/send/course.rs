//! Several at once. A post has its place as soon as its transaction is in a block; to be indexed,
//! and to get the name by which it is known, takes it several times as long. What comes behind it
//! waits for the first, and not for the second.

use std::{pin::pin, time::Duration};

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use threadbridge_core::{
    adapter::{AdapterError, Receipt, SendRequest},
    model::id::RemoteId,
};
use tokio::time::{Instant, sleep_until};

use super::{Begun, Outlet, SendError};
use crate::{
    api::failure::ApiError,
    draft::{Operation, Parcel, Reaction, Within},
};

/// How many transactions are followed at once.
const AT_ONCE: usize = 16;
/// After this long it is told what has got a name meanwhile, since others may wait for it.
const TOLD_AFTER: Duration = Duration::from_secs(1);

type Answer = Result<RemoteId, SendError>;

/// What was begun of a batch.
struct Course<'o> {
    /// In the order of the batch; nothing for what is under way.
    answers: Vec<Option<Answer>>,
    under_way: FuturesUnordered<BoxFuture<'o, (usize, Answer)>>,
    tells_at: Instant,
}

impl Outlet<'_> {
    /// Begins one after the other, and nothing more once one has failed. What is not through by the
    /// time it is told goes on by itself, and is found again when it is offered again.
    pub(crate) async fn send_all(
        &self,
        batch: &[SendRequest],
    ) -> Vec<Result<Receipt, AdapterError>> {
        let tells_at = (Instant::now() + TOLD_AFTER).min(self.until);
        let (answers, under_way) = (Vec::with_capacity(batch.len()), FuturesUnordered::new());
        let mut course = Course { answers, under_way, tells_at };
        for request in batch {
            let parcel: Result<Parcel, _> = serde_json::from_slice(&request.sealed.bytes);
            let is_alone = parcel.as_ref().is_ok_and(|it| is_alone(&it.deed));
            course.makes_room(if is_alone { 1 } else { AT_ONCE }).await;
            if course.has_failed() || course.is_to_tell() {
                break;
            }
            let nth = course.answers.len();
            course.answers.push(None);
            let begun = match parcel {
                Ok(parcel) => course.beside(Box::pin(self.begin(parcel))).await,
                Err(_json) => Err(SendError::Malformed),
            };
            match begun {
                Ok(Begun::UnderWay(way)) => {
                    let end = async move { (nth, self.end(way).await) };
                    course.under_way.push(Box::pin(end));
                }
                Ok(Begun::Done(id)) => course.answer(nth, Ok(id)),
                Err(error) => course.answer(nth, Err(error)),
            }
        }
        course.tell().await
    }

    async fn begin(&self, Parcel { op, deed }: Parcel) -> Result<Begun, SendError> {
        let own = self.own.ok_or(SendError::Api(ApiError::OnlyReads))?;
        match deed {
            Operation::Say { within, quote, written } => {
                self.begin_to_say(own, op, (within, quote, written)).await
            }
            Operation::Edit { post, written } => {
                self.edit(&op, &post, &written).await.map(Begun::Done)
            }
            Operation::Delete { post } => self.begin_to_delete(op, post).await,
            Operation::React { post, reaction, is_given } => {
                self.react(own, &op, &post, (reaction, is_given)).await.map(Begun::Done)
            }
        }
    }
}

/// Whether all before it has to be through: it needs the name of one of them, or looks at what it
/// did only when it is there.
const fn is_alone(deed: &Operation) -> bool {
    match deed {
        Operation::Say { within, .. } => matches!(within, Within::Op(_)),
        Operation::Edit { .. } => true,
        Operation::Delete { .. } => false,
        Operation::React { reaction, .. } => matches!(reaction, Reaction::Repost),
    }
}

impl Course<'_> {
    fn answer(&mut self, nth: usize, answer: Answer) {
        if let Some(place) = self.answers.get_mut(nth) {
            *place = Some(answer);
        }
    }

    fn has_failed(&self) -> bool {
        self.answers.iter().flatten().any(Result::is_err)
    }

    /// Whether it is time to tell, and there is something to be told.
    fn is_to_tell(&self) -> bool {
        Instant::now() >= self.tells_at && self.answers.iter().any(Option::is_some)
    }

    /// Does something while what is under way goes on.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Some((nth, answer)) = self.under_way.next() => self.answer(nth, answer),
            }
        }
    }

    /// Waits until fewer than so many are under way.
    async fn makes_room(&mut self, most: usize) {
        while self.under_way.len() >= most {
            let Some((nth, answer)) = self.under_way.next().await else { return };
            self.answer(nth, answer);
        }
    }

    /// What became of each that was begun.
    async fn tell(mut self) -> Vec<Result<Receipt, AdapterError>> {
        while !self.under_way.is_empty() {
            let has_some = self.answers.iter().any(Option::is_some);
            tokio::select! {
                biased;
                Some((nth, answer)) = self.under_way.next() => self.answer(nth, answer),
                () = sleep_until(self.tells_at), if has_some => break,
            }
        }
        let answers = self.answers.into_iter().map(|it| it.unwrap_or(Err(SendError::UnderWay)));
        answers
            .map(|answer| match answer {
                Ok(id) => Ok(Receipt::Done(id)),
                Err(error) => Err(AdapterError::new(error.verdict(), error)),
            })
            .collect()
    }
}

//! The hub over gRPC.

mod admin;
mod faulty;
mod hub;
mod subscribe;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::transport::Server;

use self::faulty::Faulty;
pub(crate) use self::faulty::is_before;
use super::faults::{Fault, Faults, Scope};
use super::refusal::Refusal;
use super::store::Ledger;
use super::wire::admin_service_server::AdminServiceServer;
use super::wire::hub_service_server::HubServiceServer;
use super::wire::{
    BulkMessageResponse, Message, MessageError, SubmitBulkMessagesRequest,
    SubmitBulkMessagesResponse, bulk_message_response,
};
use crate::line::{Lines, incoming};

/// The largest message on the wire, in bytes.
const MAX_MESSAGE: usize = 20 * 1024 * 1024;

/// What both servers serve.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) write_auth: Option<String>,
    pub(crate) write_key: Option<String>,
}

/// Serves until the hub stops.
pub(crate) async fn serve(front: Front, lines: Lines) {
    let stopping = front.stopping.clone();
    let faults = front.faults.clone();
    let hub = HubServiceServer::new(front.clone()).max_decoding_message_size(MAX_MESSAGE);
    let admin = AdminServiceServer::new(front);
    let served = Server::builder()
        .add_service(Faulty::new(hub, faults))
        .add_service(admin)
        .serve_with_incoming_shutdown(incoming(lines), stopping.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the gRPC server ended");
    }
}

impl Front {
    /// Checks `x-api-key` as the gateway of a hosted node does, where the hub asks for it.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        let Some(expected) = &self.write_key else { return Ok(()) };
        match headers.get("x-api-key") {
            Some(given) if given == expected.as_str() => Ok(()),
            Some(_) | None => Err(Status::unauthenticated("api key is missing or invalid")),
        }
    }

    /// Checks Basic authorization, where the hub asks for it.
    pub(crate) fn authorize(&self, headers: &HeaderMap) -> Result<(), Status> {
        let Some(expected) = &self.write_auth else { return Ok(()) };
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let header =
            header.ok_or_else(|| Status::unauthenticated("missing authorization header"))?;
        let given = header
            .strip_prefix("Basic ")
            .ok_or_else(|| Status::unauthenticated("invalid authorization header"))?;
        if given == BASE64_STANDARD.encode(expected) {
            return Ok(());
        }
        Err(Status::unauthenticated("invalid username or password"))
    }

    pub(crate) fn submit(&self, message: Message) -> Result<Message, Refusal> {
        let doomed =
            self.faults.strike(Scope::Writes, |fault| *fault == Fault::MergeRefused).is_some();
        self.ledger.submit(message, doomed)
    }

    pub(crate) fn submit_bulk(
        &self,
        request: SubmitBulkMessagesRequest,
    ) -> SubmitBulkMessagesResponse {
        use bulk_message_response::Response;
        let answer = |message: Message| {
            let hash = message.hash.clone();
            let response = match self.submit(message) {
                Ok(message) => Response::Message(message),
                Err(refusal) => Response::MessageError(MessageError {
                    hash,
                    err_code: refusal.code.to_owned(),
                    message: refusal.reason,
                }),
            };
            BulkMessageResponse { response: Some(response) }
        };
        SubmitBulkMessagesResponse { messages: request.messages.into_iter().map(answer).collect() }
    }
}

/// A refusal in gRPC's words, with its code in a trailer.
pub(crate) fn status(refusal: &Refusal) -> Status {
    let mut status = Status::invalid_argument(refusal.to_string());
    if let Ok(code) = refusal.code.parse() {
        status.metadata_mut().insert("x-err-code", code);
    }
    status
}

//! `MlsApi`.

use tonic::{Request, Response, Status};

use super::stream::{self, ItemStream};
use super::{Front, show};
use crate::xmtp::faults::{Fault, Place};
use crate::xmtp::mls;
use crate::xmtp::store::{Sent, Welcome};
use crate::xmtp::wire::mls::fetch_key_packages_response::KeyPackage;
use crate::xmtp::wire::mls::get_newest_group_message_response;
use crate::xmtp::wire::mls::mls_api_server::MlsApi;
use crate::xmtp::wire::mls::{
    BatchPublishCommitLogRequest, BatchQueryCommitLogRequest, BatchQueryCommitLogResponse, Empty,
    FetchKeyPackagesRequest, FetchKeyPackagesResponse, GetNewestGroupMessageRequest,
    GetNewestGroupMessageResponse, GroupMessage, QueryGroupMessagesRequest,
    QueryGroupMessagesResponse, QueryWelcomeMessagesRequest, QueryWelcomeMessagesResponse,
    SendGroupMessagesRequest, SendWelcomeMessagesRequest, SubscribeGroupMessagesRequest,
    SubscribeWelcomeMessagesRequest, UploadKeyPackageRequest, WelcomeMessage,
    WelcomeWrapperAlgorithm, group_message_input, welcome_message_input,
};

#[tonic::async_trait]
impl MlsApi for Front {
    async fn upload_key_package(
        &self,
        request: Request<UploadKeyPackageRequest>,
    ) -> Result<Response<Empty>, Status> {
        self.may_publish()?;
        let package = request.into_inner().key_package;
        let package = package.ok_or_else(|| Status::invalid_argument("no key package"))?;
        let bytes = package.key_package_tls_serialized;
        let installation = mls::installation_of(&bytes).map_err(|refusal| {
            Status::invalid_argument(format!(
                "invalid identity: validation failed with error {refusal}"
            ))
        })?;
        self.store.with(|state| {
            let now_ns = state.tick_ns();
            state.key_packages.insert(installation.to_vec(), (now_ns, bytes));
        });
        Ok(Response::new(Empty {}))
    }

    async fn fetch_key_packages(
        &self,
        request: Request<FetchKeyPackagesRequest>,
    ) -> Result<Response<FetchKeyPackagesResponse>, Status> {
        let keys = request.into_inner().installation_keys;
        let key_packages = self.store.with(|state| {
            let package = |key: Vec<u8>| {
                let place = Place { method: "FetchKeyPackages" };
                let is_lost = self.faults.strikes(place, &Fault::NoKeyPackage);
                let found = state.key_packages.get(&key).filter(|_| !is_lost);
                let found = found.map(|(_, bytes)| bytes.clone());
                KeyPackage { key_package_tls_serialized: found.unwrap_or_default() }
            };
            keys.into_iter().map(package).collect()
        });
        Ok(Response::new(FetchKeyPackagesResponse { key_packages }))
    }

    async fn send_group_messages(
        &self,
        request: Request<SendGroupMessagesRequest>,
    ) -> Result<Response<Empty>, Status> {
        self.may_publish()?;
        let messages = request.into_inner().messages;
        if messages.is_empty() {
            return Err(Status::invalid_argument("no group messages to send"));
        }
        let sent = messages
            .into_iter()
            .map(|message| self.framed(message.version))
            .collect::<Result<Vec<_>, Status>>()?;
        self.store.with(|state| {
            for (group_id, message) in sent {
                let now_ns = state.tick_ns();
                let bytes = message.data.clone();
                state.messages.push(group_id, &bytes, message, now_ns);
            }
        });
        Ok(Response::new(Empty {}))
    }

    async fn send_welcome_messages(
        &self,
        request: Request<SendWelcomeMessagesRequest>,
    ) -> Result<Response<Empty>, Status> {
        self.may_publish()?;
        let messages = request.into_inner().messages;
        if messages.is_empty() {
            return Err(Status::invalid_argument("no welcome messages to send"));
        }
        let welcomes = messages
            .into_iter()
            .map(|message| addressed(message.version))
            .collect::<Result<Vec<_>, Status>>()?;
        self.store.with(|state| {
            for (installation, bytes, welcome) in welcomes {
                let now_ns = state.tick_ns();
                state.welcomes.push(installation, &bytes, welcome, now_ns);
            }
        });
        Ok(Response::new(Empty {}))
    }

    async fn query_group_messages(
        &self,
        request: Request<QueryGroupMessagesRequest>,
    ) -> Result<Response<QueryGroupMessagesResponse>, Status> {
        let request = request.into_inner();
        if request.group_id.is_empty() {
            return Err(Status::unknown("group is required"));
        }
        let page =
            self.store.with(|state| state.messages.page(&request.group_id, request.paging_info));
        Ok(Response::new(QueryGroupMessagesResponse {
            messages: page.entries.iter().map(|entry| show::group_message(entry)).collect(),
            paging_info: Some(page.paging_info),
        }))
    }

    async fn query_welcome_messages(
        &self,
        request: Request<QueryWelcomeMessagesRequest>,
    ) -> Result<Response<QueryWelcomeMessagesResponse>, Status> {
        let request = request.into_inner();
        if request.installation_key.is_empty() {
            return Err(Status::unknown("installation is required"));
        }
        let page = self
            .store
            .with(|state| state.welcomes.page(&request.installation_key, request.paging_info));
        Ok(Response::new(QueryWelcomeMessagesResponse {
            messages: page.entries.iter().map(|entry| show::welcome(entry)).collect(),
            paging_info: Some(page.paging_info),
        }))
    }

    async fn get_newest_group_message(
        &self,
        request: Request<GetNewestGroupMessageRequest>,
    ) -> Result<Response<GetNewestGroupMessageResponse>, Status> {
        let GetNewestGroupMessageRequest { group_ids, include_content } = request.into_inner();
        let shown = if include_content { show::group_message } else { show::group_message_only };
        let responses = self.store.with(|state| {
            let newest = |group: &Vec<u8>| get_newest_group_message_response::Response {
                group_message: state.messages.last(group).map(|entry| shown(entry)),
            };
            group_ids.iter().map(newest).collect()
        });
        Ok(Response::new(GetNewestGroupMessageResponse { responses }))
    }

    type SubscribeGroupMessagesStream = ItemStream<GroupMessage>;

    async fn subscribe_group_messages(
        &self,
        request: Request<SubscribeGroupMessagesRequest>,
    ) -> Result<Response<Self::SubscribeGroupMessagesStream>, Status> {
        let filters = request.into_inner().filters;
        let topics = filters.into_iter().map(|filter| (filter.group_id, filter.id_cursor));
        stream::open(self, topics.collect(), stream::MESSAGES).await
    }

    type SubscribeWelcomeMessagesStream = ItemStream<WelcomeMessage>;

    async fn subscribe_welcome_messages(
        &self,
        request: Request<SubscribeWelcomeMessagesRequest>,
    ) -> Result<Response<Self::SubscribeWelcomeMessagesStream>, Status> {
        let filters = request.into_inner().filters;
        if filters.is_empty() {
            return Err(Status::invalid_argument("no valid filters provided"));
        }
        if filters.iter().any(|filter| filter.installation_key.is_empty()) {
            let reason = "a filter is nil or installation key is empty";
            return Err(Status::invalid_argument(reason));
        }
        let topics = filters.into_iter().map(|filter| (filter.installation_key, filter.id_cursor));
        stream::open(self, topics.collect(), stream::WELCOMES).await
    }

    async fn batch_publish_commit_log(
        &self,
        request: Request<BatchPublishCommitLogRequest>,
    ) -> Result<Response<Empty>, Status> {
        self.may_publish()?;
        self.publish_commits(request.into_inner())?;
        Ok(Response::new(Empty {}))
    }

    async fn batch_query_commit_log(
        &self,
        request: Request<BatchQueryCommitLogRequest>,
    ) -> Result<Response<BatchQueryCommitLogResponse>, Status> {
        self.query_commits(&request.into_inner()).map(Response::new)
    }
}

impl Front {
    /// A group message with the group that its bytes name.
    fn framed(
        &self,
        message: Option<group_message_input::Version>,
    ) -> Result<(Vec<u8>, Sent), Status> {
        let Some(group_message_input::Version::V1(message)) = message else {
            return Err(Status::invalid_argument("invalid group message"));
        };
        if message.data.len() > self.max_message {
            let reason = format!("message is larger than {} bytes", self.max_message);
            return Err(Status::invalid_argument(reason));
        }
        let frame = mls::frame(&message.data).map_err(|refusal| {
            let reason = format!("invalid group message: validation failed with error {refusal}");
            Status::invalid_argument(reason)
        })?;
        let sent = Sent {
            data: message.data,
            sender_hmac: message.sender_hmac,
            should_push: message.should_push,
            is_commit: frame.is_commit,
        };
        Ok((frame.group_id, sent))
    }
}

/// A welcome with whom it is for, and the bytes by which it is known again.
fn addressed(
    message: Option<welcome_message_input::Version>,
) -> Result<(Vec<u8>, Vec<u8>, Welcome), Status> {
    let invalid = |reason| Err(Status::invalid_argument(reason));
    match message {
        None => invalid("invalid welcome message: missing version"),
        Some(Welcome::V1(welcome)) => {
            let is_symmetric = welcome.wrapper_algorithm() == WelcomeWrapperAlgorithm::SymmetricKey;
            let lacks_key = welcome.hpke_public_key.is_empty() && !is_symmetric;
            if welcome.data.is_empty() || welcome.installation_key.is_empty() || lacks_key {
                return invalid("invalid welcome message");
            }
            let (installation, bytes) = (welcome.installation_key.clone(), welcome.data.clone());
            Ok((installation, bytes, Welcome::V1(welcome)))
        }
        Some(Welcome::WelcomePointer(pointer)) => {
            let parts =
                [&pointer.installation_key, &pointer.welcome_pointer, &pointer.hpke_public_key];
            if parts.iter().any(|part| part.is_empty()) {
                return invalid("invalid welcome pointer message");
            }
            if pointer.wrapper_algorithm() != WelcomeWrapperAlgorithm::XwingMlkem768Draft6 {
                return invalid("invalid welcome pointer wrapper algorithm");
            }
            let installation = pointer.installation_key.clone();
            let bytes = pointer.welcome_pointer.clone();
            Ok((installation, bytes, Welcome::WelcomePointer(pointer)))
        }
    }
}

//! Somebody at a node who writes whatever they want, by the adapter's own rogue installation.

use prost::Message as _;
use threadbridge_devnet::xmtp::Node;
use threadbridge_devnet::xmtp::make::{Installation, registration};
use threadbridge_devnet::xmtp::wire::identity::PublishIdentityUpdateRequest;
use threadbridge_devnet::xmtp::wire::identity::identity_api_client::IdentityApiClient;
use threadbridge_devnet::xmtp::wire::mls::mls_api_client::MlsApiClient;
use threadbridge_devnet::xmtp::wire::mls::{
    GroupMessageInput, PagingInfo, QueryWelcomeMessagesRequest, SendGroupMessagesRequest,
    SendWelcomeMessagesRequest, WelcomeMessageInput, group_message_input,
};
use threadbridge_xmtp::hostile::rogue::{Begun, Fellow, Flaw, Rogue, Wrapped, envelope};
use tonic::transport::Channel;

use super::person::wallet;

const S: u64 = 1_000_000_000;

/// A rogue at a node.
pub(crate) struct Mallory<'n> {
    node: &'n Node,
    pub(crate) rogue: Rogue,
    pub(crate) inbox: String,
    pub(crate) installation: String,
    mls: MlsApiClient<Channel>,
    said: u64,
}

impl<'n> Mallory<'n> {
    /// Somebody of this name registers, without a key package.
    pub(crate) async fn joins(node: &'n Node, name: &str) -> Self {
        let phone = Installation::of(&format!("{name}'s phone"));
        let first = registration(&wallet(name), &phone, S);
        let inbox = first.inbox_id.clone();
        let channel = Channel::from_shared(node.url()).unwrap().connect().await.unwrap();
        let request = PublishIdentityUpdateRequest { identity_update: Some(first) };
        IdentityApiClient::new(channel.clone()).publish_identity_update(request).await.unwrap();
        let rogue = Rogue::of(&inbox, &phone.secret()).unwrap();
        let installation = hex::encode(phone.public_key());
        node.slip_key_package(&installation, rogue.key_package().unwrap());
        Self { node, rogue, inbox, installation, mls: MlsApiClient::new(channel), said: 0 }
    }

    /// Somebody else, by their address.
    pub(crate) fn fellow(&self, address: &str) -> Fellow {
        let inbox = self.node.inbox_of(address).unwrap();
        let installation = self.node.installations(&inbox).pop().unwrap();
        Fellow {
            place: self.node.newest_entry(&inbox),
            key_package: self.node.key_package(&installation).unwrap(),
            installation: hex::decode(installation).unwrap().try_into().unwrap(),
            inbox,
        }
    }

    /// Begins a group, and welcomes everybody to it; its id in hex.
    pub(crate) async fn begins(&mut self, to: &[Fellow], flaw: Flaw, wrapped: Wrapped) -> String {
        let own = self.node.newest_entry(&self.inbox);
        let begun = self.rogue.begin(own, to, flaw).unwrap();
        let group = hex::encode(&begun.group);
        self.sends(begun.commit.clone()).await;
        let cursor = self.node.newest_message(&group);
        for fellow in to {
            self.welcomes(&begun, cursor, fellow, wrapped).await;
        }
        group
    }

    async fn welcomes(&mut self, begun: &Begun, cursor: u64, to: &Fellow, wrapped: Wrapped) {
        let welcome = self.rogue.welcome(begun, cursor, to, wrapped).unwrap();
        let messages = vec![WelcomeMessageInput::decode(welcome.as_slice()).unwrap()];
        let request = SendWelcomeMessagesRequest { messages };
        self.mls.send_welcome_messages(request).await.unwrap();
    }

    /// Sends bytes to the group that they name.
    pub(crate) async fn sends(&mut self, data: Vec<u8>) {
        let message = group_message_input::V1 { data, ..Default::default() };
        let version = Some(group_message_input::Version::V1(message));
        let request = SendGroupMessagesRequest { messages: vec![GroupMessageInput { version }] };
        self.mls.send_group_messages(request).await.unwrap();
    }

    /// Tries to send bytes; whether the node takes them.
    pub(crate) async fn tries(&mut self, data: Vec<u8>) -> bool {
        let message = group_message_input::V1 { data, ..Default::default() };
        let version = Some(group_message_input::Version::V1(message));
        let request = SendGroupMessagesRequest { messages: vec![GroupMessageInput { version }] };
        self.mls.send_group_messages(request).await.is_ok()
    }

    /// Has any bytes encrypted for a group, and sends them.
    pub(crate) async fn utters(&mut self, group: &str, plain: &[u8]) {
        let data = self.rogue.say(&hex::decode(group).unwrap(), plain).unwrap();
        self.sends(data).await;
    }

    /// Says any content in a group.
    pub(crate) async fn states(&mut self, group: &str, content: &[u8]) {
        self.said += 1;
        let plain = envelope(content, &format!("mallory {}", self.said));
        self.utters(group, &plain).await;
    }

    /// Joins the last group that Mallory was welcomed to, and returns its id in hex.
    pub(crate) async fn follows(&mut self) -> String {
        let paging_info = Some(PagingInfo { direction: 2, limit: 1, id_cursor: 0 });
        let installation_key = hex::decode(&self.installation).unwrap();
        let request = QueryWelcomeMessagesRequest { installation_key, paging_info };
        let found = self.mls.query_welcome_messages(request).await.unwrap().into_inner();
        hex::encode(self.rogue.join(&found.messages[0].encode_to_vec()).unwrap())
    }
}

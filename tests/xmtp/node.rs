//! What our node refuses, said by hand: no official client would say it.

use threadbridge_devnet::xmtp::make::{Act, Installation, Signer, Wallet, registration, update};
use threadbridge_devnet::xmtp::wire::identity::identity_api_client::IdentityApiClient;
use threadbridge_devnet::xmtp::wire::identity::{
    GetIdentityUpdatesRequest, GetInboxIdsRequest, IdentityUpdate, PublishIdentityUpdateRequest,
    get_identity_updates_request, get_inbox_ids_request,
};
use threadbridge_devnet::xmtp::wire::mls::mls_api_client::MlsApiClient;
use threadbridge_devnet::xmtp::wire::mls::{
    BatchPublishCommitLogRequest, BatchQueryCommitLogRequest, CommitLogSignature,
    FetchKeyPackagesRequest, GroupMessageInput, KeyPackageUpload, PagingInfo,
    QueryGroupMessagesRequest, QueryWelcomeMessagesRequest, SendGroupMessagesRequest,
    SendWelcomeMessagesRequest, SortDirection, SubscribeGroupMessagesRequest,
    SubscribeWelcomeMessagesRequest, UploadKeyPackageRequest, WelcomeMessageInput,
    batch_publish_commit_log_request, batch_query_commit_log_request, group_message,
    group_message_input, subscribe_group_messages_request, welcome_message_input,
};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use super::person::{Person, Sdk};

const S: u64 = 1_000_000_000;

/// A node, and somebody who says anything to it.
struct Desk {
    node: Node,
    identity: IdentityApiClient<Channel>,
    mls: MlsApiClient<Channel>,
}

impl Desk {
    async fn opens() -> Self {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let channel = Channel::from_shared(node.url()).unwrap().connect().await.unwrap();
        let mls = MlsApiClient::new(channel.clone());
        Self { node, identity: IdentityApiClient::new(channel), mls }
    }

    async fn publishes(&mut self, update: IdentityUpdate) -> Result<(), Status> {
        let request = PublishIdentityUpdateRequest { identity_update: Some(update) };
        self.identity.publish_identity_update(request).await.map(|_| ())
    }

    async fn sends(&mut self, data: Vec<u8>) -> Result<(), Status> {
        let message = group_message_input::V1 { data, ..Default::default() };
        let version = Some(group_message_input::Version::V1(message));
        let request = SendGroupMessagesRequest { messages: vec![GroupMessageInput { version }] };
        self.mls.send_group_messages(request).await.map(|_| ())
    }

    async fn welcomes(&mut self, version: welcome_message_input::Version) -> Result<(), Status> {
        let messages = vec![WelcomeMessageInput { version: Some(version) }];
        self.mls.send_welcome_messages(SendWelcomeMessagesRequest { messages }).await.map(|_| ())
    }

    /// Ids of a page of a group, and its cursor.
    async fn page(&mut self, group: &[u8], direction: SortDirection, cursor: u64) -> Page {
        let paging = PagingInfo { direction: direction.into(), limit: 2, id_cursor: cursor };
        let request =
            QueryGroupMessagesRequest { group_id: group.to_vec(), paging_info: Some(paging) };
        let page = self.mls.query_group_messages(request).await.unwrap().into_inner();
        let ids = page.messages.iter().map(|message| v1(message).id).collect();
        (ids, page.paging_info.unwrap().id_cursor)
    }
}

type Page = (Vec<u64>, u64);

fn v1(message: &threadbridge_devnet::xmtp::wire::mls::GroupMessage) -> &group_message::V1 {
    let Some(group_message::Version::V1(message)) = &message.version else { panic!() };
    message
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: &str) {
    let status = answer.unwrap_err();
    assert_eq!((status.code(), status.message()), (code, reason));
}

/// The same where only the beginning of the reason is ours.
#[track_caller]
fn invalid<T: std::fmt::Debug>(answer: Result<T, Status>, reason: &str) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with(reason), "{}", status.message());
}

#[tokio::test]
async fn an_update_that_does_not_follow_from_its_log_is_refused() {
    let mut desk = Desk::opens().await;
    let (ann, phone) = (Wallet::of("ann"), Installation::of("phone"));
    let tablet = Installation::of("tablet");
    let first = registration(&ann, &phone, S);
    let mut forged = first.clone();
    forged.client_timestamp_ns += S;
    invalid(desk.publishes(forged).await, "signature validation failed");
    desk.publishes(first.clone()).await.unwrap();
    invalid(desk.publishes(first.clone()).await, "association error: multiple create");
    let inbox = first.inbox_id;
    let revoke = [Act::Revoke(Signer::Wallet(&ann), Signer::Installation(&tablet))];
    desk.publishes(update(&inbox, 2 * S, &revoke)).await.unwrap();
    invalid(desk.publishes(update(&inbox, 2 * S, &revoke)).await, "association error: replay");
    let add = [Act::Add(Signer::Installation(&phone), Signer::Installation(&tablet))];
    invalid(desk.publishes(update(&inbox, 3 * S, &add)).await, "association error: an inst");
    let nothing = PublishIdentityUpdateRequest { identity_update: None };
    let answer = desk.identity.publish_identity_update(nothing).await;
    refused(answer, Code::Unknown, "IdentityUpdate is required");
    // Nothing of all that is in the log.
    let request = get_identity_updates_request::Request { inbox_id: inbox, sequence_id: 0 };
    let request = GetIdentityUpdatesRequest { requests: vec![request] };
    let logs = desk.identity.get_identity_updates(request).await.unwrap().into_inner();
    assert_eq!(logs.responses[0].updates.len(), 2);
    desk.node.stop().await;
}

#[tokio::test]
async fn a_log_has_256_entries_and_no_more() {
    let mut desk = Desk::opens().await;
    let (ann, phone) = (Wallet::of("ann"), Installation::of("phone"));
    let first = registration(&ann, &phone, S);
    let inbox = first.inbox_id.clone();
    desk.publishes(first).await.unwrap();
    let add = [Act::Add(Signer::Wallet(&ann), Signer::Installation(&phone))];
    for entry in 2..=256 {
        desk.publishes(update(&inbox, entry * S, &add)).await.unwrap();
    }
    let answer = desk.publishes(update(&inbox, 257 * S, &add)).await;
    refused(answer, Code::Unknown, "inbox log is full");
    desk.node.stop().await;
}

#[tokio::test]
async fn an_address_is_found_as_it_is_written_in_lower_case() {
    let mut desk = Desk::opens().await;
    let ann = Wallet::of("ann");
    let first = registration(&ann, &Installation::of("phone"), S);
    desk.publishes(first.clone()).await.unwrap();
    let asked = [ann.identifier(), ann.address().to_string(), "0x00".to_owned()];
    let request = |identifier: &String| get_inbox_ids_request::Request {
        identifier: identifier.clone(),
        identifier_kind: 1,
    };
    let request = GetInboxIdsRequest { requests: asked.iter().map(request).collect() };
    let found = desk.identity.get_inbox_ids(request).await.unwrap().into_inner().responses;
    let inboxes: Vec<_> = found.iter().map(|it| it.inbox_id.clone()).collect();
    assert_eq!(inboxes, [Some(first.inbox_id), None, None]);
    assert_eq!(found.iter().map(|it| &it.identifier).collect::<Vec<_>>(), Vec::from_iter(&asked));
    desk.node.stop().await;
}

#[tokio::test]
async fn what_is_empty_or_too_much_is_refused() {
    let mut desk = Desk::opens().await;
    let answer = desk.mls.send_group_messages(SendGroupMessagesRequest::default()).await;
    refused(answer, Code::InvalidArgument, "no group messages to send");
    let answer = desk.mls.send_welcome_messages(SendWelcomeMessagesRequest::default()).await;
    refused(answer, Code::InvalidArgument, "no welcome messages to send");
    let answer = desk.mls.query_group_messages(QueryGroupMessagesRequest::default()).await;
    refused(answer, Code::Unknown, "group is required");
    let answer = desk.mls.query_welcome_messages(QueryWelcomeMessagesRequest::default()).await;
    refused(answer, Code::Unknown, "installation is required");
    let none = SubscribeWelcomeMessagesRequest::default();
    let answer = desk.mls.subscribe_welcome_messages(none).await.map(|_| ());
    refused(answer, Code::InvalidArgument, "no valid filters provided");
    let answer = desk.mls.upload_key_package(UploadKeyPackageRequest::default()).await;
    refused(answer, Code::InvalidArgument, "no key package");
    let large = vec![0; NodeSettings::default().max_message + 1];
    invalid(desk.sends(large).await, "message is larger than 1048214 bytes");
    // Who is in no group yet follows none, and goes on following.
    let none = SubscribeGroupMessagesRequest::default();
    let stream = desk.mls.subscribe_group_messages(none).await.unwrap();
    assert_eq!(stream.metadata().get("subscribed").unwrap(), "true");
    drop(stream);
    desk.node.stop().await;
}

#[tokio::test]
async fn welcomes_that_nobody_can_open_are_refused() {
    use welcome_message_input::{V1, Version, WelcomePointer};
    let mut desk = Desk::opens().await;
    let (installation_key, data) = (vec![1; 32], vec![2; 64]);
    let welcome = V1 { installation_key: installation_key.clone(), data, ..Default::default() };
    invalid(desk.welcomes(Version::V1(welcome.clone())).await, "invalid welcome message");
    // A welcome that pointers point at is under a key which they bring.
    let pointed_at = V1 { wrapper_algorithm: 3, ..welcome };
    desk.welcomes(Version::V1(pointed_at)).await.unwrap();
    let pointer = WelcomePointer {
        installation_key,
        welcome_pointer: vec![3; 64],
        hpke_public_key: vec![4; 32],
        wrapper_algorithm: 1,
    };
    let answer = desk.welcomes(Version::WelcomePointer(pointer.clone())).await;
    invalid(answer, "invalid welcome pointer wrapper algorithm");
    let pointer = WelcomePointer { wrapper_algorithm: 2, ..pointer };
    desk.welcomes(Version::WelcomePointer(pointer.clone())).await.unwrap();
    let pointer = WelcomePointer { welcome_pointer: Vec::new(), ..pointer };
    let answer = desk.welcomes(Version::WelcomePointer(pointer)).await;
    invalid(answer, "invalid welcome pointer message");
    desk.node.stop().await;
}

#[tokio::test]
async fn the_commit_log_takes_ten_at_a_time_and_answers_twenty_going_up() {
    let mut desk = Desk::opens().await;
    let signature = Some(CommitLogSignature { bytes: vec![1; 64], public_key: vec![2; 32] });
    let entry = batch_publish_commit_log_request::Request {
        group_id: b"group".to_vec(),
        serialized_commit_log_entry: b"entry".to_vec(),
        signature,
    };
    let publish =
        |entries: usize| BatchPublishCommitLogRequest { requests: vec![entry.clone(); entries] };
    let answer = desk.mls.batch_publish_commit_log(publish(0)).await;
    refused(answer, Code::InvalidArgument, "no log entries to publish");
    let answer = desk.mls.batch_publish_commit_log(publish(11)).await;
    refused(answer, Code::InvalidArgument, "cannot exceed 10 inserts in single batch");
    desk.mls.batch_publish_commit_log(publish(10)).await.unwrap();
    let mut unsigned = publish(1);
    unsigned.requests[0].signature = None;
    let answer = desk.mls.batch_publish_commit_log(unsigned).await;
    refused(answer, Code::InvalidArgument, "invalid commit log entry");

    let query = |queries: usize, direction: i32| {
        let paging_info = Some(PagingInfo { direction, limit: 4, id_cursor: 3 });
        let group_id = b"group".to_vec();
        let request = batch_query_commit_log_request::Request { group_id, paging_info };
        BatchQueryCommitLogRequest { requests: vec![request; queries] }
    };
    let answer = desk.mls.batch_query_commit_log(query(21, 1)).await;
    refused(answer, Code::InvalidArgument, "cannot exceed 20 queries in single batch");
    let answer = desk.mls.batch_query_commit_log(query(1, 2)).await;
    let reason = "failed to query commit log: descending direction is not supported";
    refused(answer, Code::Internal, reason);
    let found = desk.mls.batch_query_commit_log(query(20, 0)).await.unwrap().into_inner();
    assert_eq!(found.responses.len(), 20);
    let entries = &found.responses[19].commit_log_entries;
    assert_eq!(entries.iter().map(|it| it.sequence_id).collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!(found.responses[19].paging_info.unwrap().id_cursor, 7);
    desk.node.stop().await;
}

/// A group that two official clients made, and talked in.
async fn with_a_group(desk: &Desk) -> Vec<u8> {
    let mut ann = Person::joins(&desk.node, "ann", Sdk::Five).await;
    let ben = Person::joins(&desk.node, "ben", Sdk::Five).await;
    let group = ann.makes_group("books", &[&ben.inbox()]).await;
    for text in ["one", "two", "three"] {
        ann.says(&group, text).await;
    }
    ann.leaves().await;
    ben.leaves().await;
    hex::decode(group).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_kept_once_in_the_order_of_ids_that_grow_over_all_groups() {
    use SortDirection::{Ascending, Descending, Unspecified};
    let mut desk = Desk::opens().await;
    let group = with_a_group(&desk).await;
    let [first, second] = [&desk.page(&group, Ascending, 0).await.0[..]].concat()[..] else {
        panic!()
    };
    assert!(first < second);
    let sent = desk.node.messages(&hex::encode(&group));
    assert_eq!(sent.len(), 4, "the commit that adds ben, and three texts");
    for again in &sent {
        desk.sends(again.clone()).await.unwrap();
    }
    assert_eq!(desk.node.messages(&hex::encode(&group)), sent);
    let all = [first, second, second + 1, second + 2];
    assert_eq!(desk.page(&group, Unspecified, 0).await, (vec![all[3], all[2]], all[2]));
    assert_eq!(desk.page(&group, Descending, all[1]).await, (vec![all[0]], 0));
    assert_eq!(desk.page(&group, Ascending, all[1]).await, (vec![all[2], all[3]], all[3]));
    assert_eq!(desk.page(&group, Ascending, all[3]).await, (vec![], 0));

    // A subscription shows all of it, from its cursor on, with times that grow.
    let filter = subscribe_group_messages_request::Filter { group_id: group, id_cursor: all[0] };
    let request = SubscribeGroupMessagesRequest { filters: vec![filter] };
    let mut stream = desk.mls.subscribe_group_messages(request).await.unwrap().into_inner();
    let mut before = 0;
    for id in &all[1..] {
        let message = stream.message().await.unwrap().unwrap();
        assert_eq!(v1(&message).id, *id);
        assert!(v1(&message).created_ns >= before + 1000);
        before = v1(&message).created_ns;
    }
    drop(stream);
    desk.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_or_key_package_are_refused() {
    let mut desk = Desk::opens().await;
    let group = with_a_group(&desk).await;
    let sent = desk.node.messages(&hex::encode(&group));
    let message = sent.last().unwrap();
    let wrong = [&message[..message.len() - 1], &[message, &b"x"[..]].concat(), b"", b"hello"];
    for wrong in wrong {
        invalid(desk.sends(wrong.to_vec()).await, "invalid group message: validation failed");
    }
    let ben = desk.node.inbox_of(&super::person::wallet("ben").identifier()).unwrap();
    let installation_keys = vec![hex::decode(&desk.node.installations(&ben)[0]).unwrap()];
    let request = FetchKeyPackagesRequest { installation_keys };
    let fetched = desk.mls.fetch_key_packages(request).await.unwrap().into_inner();
    let good = fetched.key_packages[0].key_package_tls_serialized.clone();
    let mut changed = good.clone();
    changed[100] ^= 1;
    for (package, is_good) in [(good.clone(), true), (changed, false), (good[1..].to_vec(), false)]
    {
        let key_package = Some(KeyPackageUpload { key_package_tls_serialized: package });
        let request = UploadKeyPackageRequest { key_package, is_inbox_id_credential: true };
        match desk.mls.upload_key_package(request).await.map(Response::into_inner) {
            Ok(_) => assert!(is_good),
            refusal => {
                assert!(!is_good);
                invalid(refusal, "invalid identity: validation failed with error");
            }
        }
    }
    desk.node.stop().await;
}

//! A hub that lies: it stands before an honest one and passes everything on, but for what a test
//! has it say instead.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _};
use prost::Message as _;
use threadbridge_devnet::farcaster::wire::HubEvent;
use threadbridge_devnet::farcaster::wire::hub_event::Body as EventBody;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Twisting = Arc<dyn Fn(&[u8], Vec<u8>) -> Vec<u8> + Send + Sync>;

/// Makes up an answer to a request.
pub(crate) type Inventing = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// What is said in place of an honest answer.
#[derive(Clone)]
pub(crate) enum Twist {
    /// Something made of the request and the honest answer.
    Answer(Twisting),
    /// Something without asking the honest hub.
    Invent(Inventing),
    /// A failure.
    Refuse(Status),
    /// What is no gRPC at all: its media type, and the page.
    Page(&'static str, String),
    /// A claim to have compressed the answer.
    Gzip,
}

impl fmt::Debug for Twist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Answer(_) => "another answer",
            Self::Invent(_) => "an invented answer",
            Self::Refuse(_) => "a refusal",
            Self::Page(kind, _) => kind,
            Self::Gzip => "gzip",
        };
        f.write_str(what)
    }
}

/// What stands in a stream that the honest hub did not say.
#[derive(Debug)]
enum Forged {
    /// Events of a block that is empty otherwise.
    Block(Vec<HubEvent>),
    /// A message of the stream, whatever it is.
    Frame(Vec<u8>),
    /// A block that says that it has that many events.
    Count(u64),
}

#[derive(Debug, Default)]
struct Script {
    twists: BTreeMap<&'static str, Twist>,
    forged: VecDeque<Forged>,
}

/// The hub.
#[derive(Clone, Debug)]
pub(crate) struct Liar {
    pub(crate) addr: SocketAddr,
    honest: Channel,
    script: Arc<Mutex<Script>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Liar {
    /// Starts to stand before the hub at `honest`.
    pub(crate) async fn start(honest: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let liar = Self {
            addr: listener.local_addr().unwrap(),
            honest: Endpoint::from_shared(format!("http://{honest}")).unwrap().connect_lazy(),
            script: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (service, stopped) = (liar.clone(), liar.stop.clone());
        liar.tasks.spawn(async move {
            let served = Server::builder()
                .add_service(service)
                .serve_with_incoming_shutdown(
                    TcpListenerStream::new(listener),
                    stopped.cancelled_owned(),
                )
                .await;
            served.unwrap();
        });
        liar
    }

    /// Says something else when `method` is called.
    pub(crate) fn twist(&self, method: &'static str, twist: Twist) {
        self.script().twists.insert(method, twist);
    }

    /// Makes of each honest answer to `method` something else.
    pub(crate) fn answer(
        &self,
        method: &'static str,
        twist: impl Fn(&[u8], Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
    ) {
        self.twist(method, Twist::Answer(Arc::new(twist)));
    }

    /// Is honest again about `method`.
    pub(crate) fn repents(&self, method: &'static str) {
        self.script().twists.remove(method);
    }

    /// Puts events into the next block that is empty, on whichever shard that is.
    pub(crate) fn puts(&self, events: Vec<HubEvent>) {
        self.script().forged.push_back(Forged::Block(events));
    }

    /// Puts a message into the next stream that moves.
    pub(crate) fn puts_frame(&self, frame: Vec<u8>) {
        self.script().forged.push_back(Forged::Frame(frame));
    }

    /// Lies about how many events the next block has.
    pub(crate) fn miscounts(&self, count: u64) {
        self.script().forged.push_back(Forged::Count(count));
    }

    /// Does not say what was put and not said yet.
    pub(crate) fn takes_back(&self) {
        self.script().forged.clear();
    }

    /// Whether everything that was put has been said.
    pub(crate) fn is_done(&self) -> bool {
        self.script().forged.is_empty()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn twist_of(&self, method: &str) -> Option<Twist> {
        self.script().twists.get(method).cloned()
    }

    fn client(&self) -> Client<Channel> {
        Client::new(self.honest.clone()).max_decoding_message_size(64 * 1024 * 1024)
    }

    /// The event as it is passed on, with what is put behind it.
    fn forge(&self, payload: Vec<u8>) -> Vec<Vec<u8>> {
        let mut script = self.script();
        match script.forged.pop_front() {
            None => vec![payload],
            Some(Forged::Frame(frame)) => {
                let mut payloads = vec![payload, frame];
                while let Some(Forged::Frame(_)) = script.forged.front() {
                    if let Some(Forged::Frame(frame)) = script.forged.pop_front() {
                        payloads.push(frame);
                    }
                }
                payloads
            }
            Some(Forged::Count(count)) => vec![counting(&payload, count)],
            Some(Forged::Block(events)) => match with(&payload, &events) {
                Some(payloads) => payloads,
                None => {
                    script.forged.push_front(Forged::Block(events));
                    vec![payload]
                }
            },
        }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        // The service is a clone; the one in the test's hands is the last but that one.
        if Arc::strong_count(&self.script) <= 2 {
            self.stop.cancel();
        }
    }
}

/// A block that had nothing but its confirmation, with these events in it.
fn with(payload: &[u8], events: &[HubEvent]) -> Option<Vec<Vec<u8>>> {
    let mut first = HubEvent::decode(payload).unwrap();
    let Some(EventBody::BlockConfirmedBody(confirmed)) = &mut first.body else { return None };
    if confirmed.total_events != 1 {
        return None;
    }
    confirmed.total_events += u64::try_from(events.len()).unwrap();
    if !confirmed.event_counts_by_type.is_empty() {
        for event in events {
            *confirmed.event_counts_by_type.entry(event.r#type).or_default() += 1;
        }
    }
    let mut payloads = vec![first.encode_to_vec()];
    for (place, event) in (1..).zip(events) {
        let event = HubEvent {
            // An id of its own is a place in the block.
            id: first.id + if event.id == 0 { place } else { event.id },
            block_number: first.block_number,
            shard_index: first.shard_index,
            timestamp: if event.timestamp == 0 { first.timestamp } else { event.timestamp },
            ..event.clone()
        };
        payloads.push(event.encode_to_vec());
    }
    Some(payloads)
}

fn counting(payload: &[u8], count: u64) -> Vec<u8> {
    let mut event = HubEvent::decode(payload).unwrap();
    if let Some(EventBody::BlockConfirmedBody(confirmed)) = &mut event.body {
        confirmed.total_events = count;
        confirmed.event_counts_by_type.clear();
    }
    event.encode_to_vec()
}

impl NamedService for Liar {
    const NAME: &'static str = "HubService";
}

impl Service<http::Request<Body>> for Liar {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Later<Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path_and_query().unwrap().clone();
        let method = path.path().rsplit('/').next().unwrap_or_default().to_owned();
        let (liar, twist) = (self.clone(), self.twist_of(&method));
        Box::pin(async move {
            match &twist {
                Some(Twist::Refuse(status)) => return Ok(status.clone().into_http()),
                Some(Twist::Page(kind, page)) => {
                    let answer = http::Response::builder().header("content-type", *kind);
                    return Ok(answer.body(Body::new(page.clone())).unwrap());
                }
                Some(Twist::Answer(_) | Twist::Invent(_) | Twist::Gzip) | None => {}
            }
            let is_gzip = matches!(twist, Some(Twist::Gzip));
            let mut grpc = Grpc::new(Raw);
            let mut answer = if method == "Subscribe" {
                grpc.server_streaming(Passed { liar, path, twist }, request).await
            } else {
                grpc.unary(Passed { liar, path, twist }, request).await
            };
            if is_gzip {
                answer.headers_mut().insert("grpc-encoding", "gzip".parse().unwrap());
            }
            Ok(answer)
        })
    }
}

/// A call on its way to the honest hub.
struct Passed {
    liar: Liar,
    path: http::uri::PathAndQuery,
    twist: Option<Twist>,
}

impl UnaryService<Vec<u8>> for Passed {
    type Response = Vec<u8>;
    type Future = Later<Result<Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let (liar, path, twist) = (self.liar.clone(), self.path.clone(), self.twist.clone());
        Box::pin(async move {
            let asked = request.into_inner();
            if let Some(Twist::Invent(invent)) = &twist {
                return Ok(Response::new(invent(&asked)));
            }
            let mut client = liar.client();
            client.ready().await.map_err(|_| Status::unavailable("no hub"))?;
            let answer = client.unary(Request::new(asked.clone()), path, Raw).await?;
            Ok(match &twist {
                Some(Twist::Answer(twist)) => answer.map(|answer| twist(&asked, answer)),
                _ => answer,
            })
        })
    }
}

impl ServerStreamingService<Vec<u8>> for Passed {
    type Response = Vec<u8>;
    type ResponseStream = ReceiverStream<Result<Vec<u8>, Status>>;
    type Future = Later<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let (liar, path) = (self.liar.clone(), self.path.clone());
        Box::pin(async move {
            let mut client = liar.client();
            client.ready().await.map_err(|_| Status::unavailable("no hub"))?;
            let stream = client.server_streaming(request, path, Raw).await?.into_inner();
            let (tell, told) = mpsc::channel(64);
            liar.tasks.clone().spawn(pass_on(liar, stream, tell));
            Ok(Response::new(ReceiverStream::new(told)))
        })
    }
}

async fn pass_on(
    liar: Liar,
    mut stream: Streaming<Vec<u8>>,
    tell: mpsc::Sender<Result<Vec<u8>, Status>>,
) {
    loop {
        let heard = tokio::select! {
            () = liar.stop.cancelled() => return,
            () = tell.closed() => return,
            heard = stream.message() => heard,
        };
        let payloads = match heard {
            Ok(Some(payload)) => liar.forge(payload),
            Ok(None) => return,
            Err(status) => return drop(tell.send(Err(status)).await),
        };
        for payload in payloads {
            if tell.send(Ok(payload)).await.is_err() {
                return;
            }
        }
    }
}

/// Messages as they are on the wire.
#[derive(Clone, Copy, Debug)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; bytes.remaining()];
        bytes.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}

//! Grove: what is kept, for how long, and who may change it.

use serde_json::{Value, json};
use threadbridge_devnet::lens::wallet::Wallet;
use threadbridge_devnet::lens::{Lens, LensSettings};

use crate::kit::until;
use crate::lens_kit::{Reply, grove, quick, start};

const MULTIPART: &str = "content-type: multipart/form-data; boundary=b\r\n";

async fn allocate(lens: &Lens, amount: usize) -> Vec<String> {
    let request = format!("POST /link/new?amount={amount} HTTP/1.1\r\n");
    let links = grove(lens, &request, b"").await.json();
    let key = |link: &Value| link["storage_key"].as_str().unwrap().to_owned();
    links.as_array().unwrap().iter().map(key).collect()
}

fn parts(files: &[(&str, &str, &str)], acl: &Value) -> Vec<u8> {
    let mut body = String::new();
    let acl = acl.to_string();
    for (name, file, content) in files.iter().chain([&("lens-acl.json", "lens-acl.json", &*acl)]) {
        body.push_str(&format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: text/plain\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str("--b--\r\n");
    body.into_bytes()
}

async fn upload(lens: &Lens, key: &str, body: &[u8]) -> Reply {
    grove(lens, &format!("POST /{key} HTTP/1.1\r\n{MULTIPART}"), body).await
}

async fn read(lens: &Lens, key: &str) -> Reply {
    grove(lens, &format!("GET /{key} HTTP/1.1\r\n"), b"").await
}

async fn post(lens: &Lens, path: &str, body: &Value) -> Reply {
    let request = format!("POST {path} HTTP/1.1\r\ncontent-type: application/json\r\n");
    grove(lens, &request, body.to_string().as_bytes()).await
}

/// What whoever signs a challenge may add to a request.
async fn proof(lens: &Lens, key: &str, action: &str, wallet: &Wallet) -> String {
    let asked = json!({ "storage_key": key, "action": action });
    let challenge = post(lens, "/challenge/new", &asked).await.json();
    let signature = wallet.sign(challenge["message"].as_str().unwrap()).unwrap();
    let signed = json!({
        "message": challenge["message"],
        "secret_random": challenge["secret_random"],
        "signature": signature,
    });
    let ticket = post(lens, "/challenge/sign", &signed).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!(
        "challenge_cid={}&secret_random={}",
        text(&ticket["challenge_cid"]),
        text(&challenge["secret_random"])
    )
}

#[tokio::test]
async fn an_upload_is_available_at_once_and_done_later() {
    let lens = start().await;
    let request = "POST /?chain_id=37111 HTTP/1.1\r\ncontent-type: text/css\r\n";
    let reply = grove(&lens, request, b"a {}").await;
    assert_eq!(reply.status, 201);
    let resource = &reply.json()[0];
    let key = resource["storage_key"].as_str().unwrap();
    assert_eq!(key.len(), 64);
    assert_eq!(resource["uri"], format!("lens://{key}"));
    assert_eq!(resource["gateway_url"], format!("{}/{key}", lens.grove_url()));
    let kept = read(&lens, key).await;
    assert_eq!((kept.status, &*kept.body), (200, "a {}"));
    assert!(kept.head.contains("content-type: text/css"));
    until(|| async {
        let status = grove(&lens, &format!("GET /status/{key} HTTP/1.1\r\n"), b"").await.json();
        (status["status"] == "done").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_or_has_no_chain_is_refused() {
    let lens = Lens::start(LensSettings { max_upload_bytes: 4, ..quick() }).await.unwrap();
    let request = "POST /?chain_id=37111 HTTP/1.1\r\n";
    assert_eq!(grove(&lens, request, b"four").await.status, 201);
    assert_eq!(grove(&lens, request, b"fives").await.status, 413);
    assert_eq!(grove(&lens, "POST / HTTP/1.1\r\n", b"four").await.status, 400);
    assert_eq!(read(&lens, &"0".repeat(64)).await.status, 404);
}

#[tokio::test]
async fn a_folder_is_read_as_its_index() {
    let lens = start().await;
    let keys = allocate(&lens, 3).await;
    let [folder, file, index] = [&*keys[0], &*keys[1], &*keys[2]];
    let acl = json!({ "template": "immutable", "chain_id": 37111 });
    let files = [(file, "a.txt", "hello"), (index, "index.json", "{}")];
    assert_eq!(upload(&lens, folder, &parts(&files, &acl)).await.status, 202);
    assert_eq!(read(&lens, file).await.body, "hello");
    assert_eq!(read(&lens, folder).await.body, "{}");
    let again = upload(&lens, folder, &parts(&files, &acl)).await;
    assert_eq!(again.status, 400, "a key is used once");
}

#[tokio::test]
async fn an_upload_without_an_access_list_or_a_key_is_refused() {
    let lens = start().await;
    let keys = allocate(&lens, 1).await;
    let files = [(&*keys[0], "a.txt", "hello")];
    let odd = json!({ "template": "everybody", "chain_id": 1 });
    assert_eq!(upload(&lens, &keys[0], &parts(&files, &odd)).await.status, 400);
    let bare = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--b--\r\n";
    assert_eq!(upload(&lens, &keys[0], bare).await.status, 400);
    let acl = json!({ "template": "immutable", "chain_id": 1 });
    assert_eq!(upload(&lens, &"0".repeat(64), &parts(&files, &acl)).await.status, 400);
}

#[tokio::test]
async fn only_who_the_access_list_names_changes_a_file() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let key = allocate(&lens, 1).await.remove(0);
    let account = ann.account().to_string();
    let acl = json!({ "template": "lens_account", "lens_account": account, "chain_id": 37111 });
    upload(&lens, &key, &parts(&[(&key, "a.txt", "one")], &acl)).await;
    let two = parts(&[(&key, "a.txt", "two")], &acl);
    let edit = |proof: String| format!("PUT /{key}?{proof} HTTP/1.1\r\n{MULTIPART}");
    let of_ben = proof(&lens, &key, "edit", ben.wallet()).await;
    assert_eq!(grove(&lens, &edit(of_ben), &two).await.status, 401);
    let of_ann = proof(&lens, &key, "edit", ann.wallet()).await;
    assert_eq!(grove(&lens, &edit(of_ann.clone()), &two).await.status, 202);
    assert_eq!(grove(&lens, &edit(of_ann), &two).await.status, 401, "a proof is good once");
    assert_eq!(read(&lens, &key).await.body, "two");
    let for_edits = proof(&lens, &key, "edit", ann.wallet()).await;
    let delete = |proof: String| format!("DELETE /{key}?{proof} HTTP/1.1\r\n");
    assert_eq!(grove(&lens, &delete(for_edits), b"").await.status, 401);
    let for_deletes = proof(&lens, &key, "delete", ann.wallet()).await;
    assert_eq!(grove(&lens, &delete(for_deletes), b"").await.status, 202);
    assert_eq!(read(&lens, &key).await.status, 404);
}

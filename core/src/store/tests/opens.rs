//! Who may open what, and beside whom.

use super::*;

#[tokio::test]
async fn a_reader_follows_the_writer_and_never_holds_it_up() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    let reader = Reader::open(&path, &secret()).unwrap();
    let empty = reader.snapshot().unwrap();
    for seq in 0..50 {
        put(&store, id, seq, "said").await;
    }
    assert_eq!(texts(&reader.snapshot().unwrap(), id).len(), 50);
    assert!(texts(&empty, id).is_empty());
    store.close().await.unwrap();
    assert_eq!(texts(&reader.snapshot().unwrap(), id).len(), 50);
}

//! Blocks on disk, so that a hub that is killed comes back as it was.
//!
//! State is what the blocks make of it, in order; so the blocks are all that is kept. What waited
//! for its block when the process died is lost, as on a real node.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prost::Message as _;

use super::shard::Transaction;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::{Message, OnChainEvent, UserNameProof};

/// Why blocks cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be made, read or written.
    #[error("the hub's block file cannot be used")]
    File(#[from] io::Error),
    /// The file holds something that this hub did not write.
    #[error("the hub's block file is damaged")]
    Damaged,
}

/// A block as it is kept.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct BlockRecord {
    #[prost(uint32, tag = "1")]
    pub(super) shard: u32,
    #[prost(uint64, tag = "2")]
    pub(super) height: u64,
    #[prost(uint64, tag = "3")]
    pub(super) unix_ms: u64,
    #[prost(message, repeated, tag = "4")]
    transactions: Vec<TransactionRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TransactionRecord {
    #[prost(message, optional, tag = "1")]
    onchain: Option<OnChainEvent>,
    #[prost(message, optional, tag = "2")]
    name: Option<UserNameProof>,
    #[prost(message, optional, tag = "3")]
    lost_name: Option<UserNameProof>,
    #[prost(message, optional, tag = "4")]
    message: Option<Message>,
    #[prost(message, optional, tag = "5")]
    doomed: Option<Message>,
}

impl BlockRecord {
    pub(super) fn new(shard: u32, height: u64, unix_ms: u64, transactions: &[Transaction]) -> Self {
        let transactions = transactions.iter().map(TransactionRecord::from).collect();
        Self { shard, height, unix_ms, transactions }
    }

    pub(super) fn transactions(&self) -> Result<Vec<Transaction>, JournalError> {
        self.transactions.iter().map(TransactionRecord::read).collect()
    }
}

impl From<&Transaction> for TransactionRecord {
    fn from(transaction: &Transaction) -> Self {
        let mut record = Self::default();
        match transaction {
            Transaction::OnChain(event) => record.onchain = Some(event.clone()),
            Transaction::Name(proof) => record.name = Some(proof.clone()),
            Transaction::LostName { fid, name } => {
                let proof =
                    UserNameProof { fid: *fid, name: name.clone(), ..UserNameProof::default() };
                record.lost_name = Some(proof);
            }
            Transaction::Message(signed) => record.message = Some(signed.wire()),
            Transaction::Doomed(signed) => record.doomed = Some(signed.wire()),
        }
        record
    }
}

impl TransactionRecord {
    fn read(&self) -> Result<Transaction, JournalError> {
        let signed = |message: &Message| {
            Signed::stored(message.clone()).map(Arc::new).map_err(|_| JournalError::Damaged)
        };
        match self {
            Self { onchain: Some(event), .. } => Ok(Transaction::OnChain(event.clone())),
            Self { name: Some(proof), .. } => Ok(Transaction::Name(proof.clone())),
            Self { lost_name: Some(proof), .. } => {
                Ok(Transaction::LostName { fid: proof.fid, name: proof.name.clone() })
            }
            Self { message: Some(message), .. } => signed(message).map(Transaction::Message),
            Self { doomed: Some(message), .. } => signed(message).map(Transaction::Doomed),
            Self { .. } => Err(JournalError::Damaged),
        }
    }
}

/// The file that blocks are appended to.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Opens the journal in a directory; gives back the blocks that are whole.
    pub(super) fn open(directory: &Path) -> Result<(Self, Vec<BlockRecord>), JournalError> {
        std::fs::create_dir_all(directory)?;
        let path: PathBuf = directory.join("blocks");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let mut rest = bytes.as_slice();
        let mut records = Vec::new();
        let mut whole = 0;
        while !rest.is_empty() {
            // A process that was killed leaves half a block at the end.
            let Ok(record) = BlockRecord::decode_length_delimited(&mut rest) else { break };
            records.push(record);
            whole = bytes.len() - rest.len();
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
        Ok((Self { file }, records))
    }

    pub(super) fn append(&mut self, record: &BlockRecord) -> io::Result<()> {
        self.file.write_all(&record.encode_length_delimited_to_vec())
    }
}

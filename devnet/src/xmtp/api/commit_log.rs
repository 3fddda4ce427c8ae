//! The commit log, by which super admins' clients tell others what became of each commit.

use tonic::Status;

use super::Front;
use crate::xmtp::store::page_size;
use crate::xmtp::wire::mls::{
    BatchPublishCommitLogRequest, BatchQueryCommitLogRequest, BatchQueryCommitLogResponse,
    PagingInfo, SortDirection, batch_publish_commit_log_request, batch_query_commit_log_request,
    batch_query_commit_log_response,
};

/// How many entries are published at a time, at the most.
const MAX_INSERTS: usize = 10;
/// How many groups are asked for at a time, at the most.
const MAX_QUERIES: usize = 20;

impl Front {
    pub(super) fn publish_commits(
        &self,
        request: BatchPublishCommitLogRequest,
    ) -> Result<(), Status> {
        if request.requests.is_empty() {
            return Err(Status::invalid_argument("no log entries to publish"));
        }
        if request.requests.len() > MAX_INSERTS {
            return Err(Status::invalid_argument("cannot exceed 10 inserts in single batch"));
        }
        let complete = |entry: batch_publish_commit_log_request::Request| {
            let is_empty =
                entry.group_id.is_empty() || entry.serialized_commit_log_entry.is_empty();
            let signature = entry.signature.filter(|_| !is_empty)?;
            Some((entry.group_id, entry.serialized_commit_log_entry, signature))
        };
        let entries: Option<Vec<_>> = request.requests.into_iter().map(complete).collect();
        let entries =
            entries.ok_or_else(|| Status::invalid_argument("invalid commit log entry"))?;
        // The real node does not check the signature either: members do.
        self.store.with(|state| {
            for (group_id, entry, signature) in entries {
                state.log_commit(group_id, entry, signature);
            }
        });
        Ok(())
    }

    pub(super) fn query_commits(
        &self,
        request: &BatchQueryCommitLogRequest,
    ) -> Result<BatchQueryCommitLogResponse, Status> {
        if request.requests.is_empty() {
            return Err(Status::invalid_argument("no requests to query"));
        }
        if request.requests.len() > MAX_QUERIES {
            return Err(Status::invalid_argument("cannot exceed 20 queries in single batch"));
        }
        let responses = request.requests.iter().map(|asked| self.commits(asked));
        Ok(BatchQueryCommitLogResponse { responses: responses.collect::<Result<_, _>>()? })
    }

    fn commits(
        &self,
        asked: &batch_query_commit_log_request::Request,
    ) -> Result<batch_query_commit_log_response::Response, Status> {
        if asked.group_id.is_empty() {
            return Err(Status::invalid_argument("invalid request"));
        }
        let paging = asked.paging_info.unwrap_or_default();
        if paging.direction() == SortDirection::Descending {
            let reason = "failed to query commit log: descending direction is not supported";
            return Err(Status::internal(reason));
        }
        let limit = page_size(paging.limit);
        let entries =
            self.store.with(|state| state.commits(&asked.group_id, paging.id_cursor, limit));
        let last = entries.last().filter(|_| entries.len() >= limit);
        let paging_info = PagingInfo {
            direction: SortDirection::Ascending.into(),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            id_cursor: last.map_or(0, |entry| entry.sequence_id),
        };
        Ok(batch_query_commit_log_response::Response {
            group_id: asked.group_id.clone(),
            commit_log_entries: entries,
            paging_info: Some(paging_info),
        })
    }
}

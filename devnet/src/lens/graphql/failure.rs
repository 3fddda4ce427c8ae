//! Why a request has no answer: the `errors` of GraphQL. Business failures are data, not errors.

use serde_json::{Value, json};

/// What kind of failure, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Unauthenticated,
    Forbidden,
    BadUserInput,
    BadRequest,
    Internal,
}

impl Code {
    const fn word(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::BadRequest => "BAD_REQUEST",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// Under which name of the answer it happened, if under one.
    pub(crate) at: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None }
    }

    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Unauthenticated: sign in, or refresh the access token")
    }

    pub(crate) fn at(mut self, key: &str) -> Self {
        self.at.get_or_insert_with(|| key.to_owned());
        self
    }

    /// The whole answer.
    pub(crate) fn answer(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "extensions": { "code": self.code.word() },
        });
        if let (Some(at), Some(fields)) = (&self.at, error.as_object_mut()) {
            fields.insert("path".to_owned(), json!([at]));
        }
        json!({ "data": null, "errors": [error] })
    }
}

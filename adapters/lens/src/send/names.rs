//! People who are mentioned and of whom the account had never heard: how they are called is looked up
//! when the words are sent, so that they notice.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Outlet, SendError};
use crate::{
    draft::Written,
    open::called,
    wire::{batch::readable, document::ACCOUNTS, post::Account},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(deserialize_with = "readable")]
    accounts_bulk: Vec<Account>,
}

impl Outlet<'_> {
    /// The metadata with everybody named as Lens names them. Whoever has no name there is left as
    /// they were named.
    pub(super) async fn with_names(&self, written: &Written) -> Result<String, SendError> {
        if written.unnamed.is_empty() {
            return Ok(written.metadata.clone());
        }
        let addresses: Vec<_> = written.unnamed.iter().map(|it| it.who).collect();
        let answer: Answer = match self.api.read(ACCOUNTS, json!({ "addresses": addresses })).await
        {
            Ok(answer) => answer,
            Err(error) if error.is_about_the_question() => {
                tracing::debug!(%error, "people who are mentioned could not be looked up");
                return Ok(written.metadata.clone());
            }
            Err(error) => return Err(error.into()),
        };
        named(written, &answer.accounts_bulk).ok_or(SendError::Malformed)
    }
}

fn named(written: &Written, accounts: &[Account]) -> Option<String> {
    let mut json: Value = serde_json::from_str(&written.metadata).ok()?;
    let lens = json.get_mut("lens")?.as_object_mut()?;
    let Some(Value::String(content)) = lens.get_mut("content") else {
        return Some(written.metadata.clone());
    };
    // The last first, so that the places of the others stay.
    for named in written.unnamed.iter().rev() {
        let account = accounts.iter().find(|it| it.address == named.who);
        let mention = account.and_then(|it| called(it).mention);
        if let Some(mention) = mention
            && content.get(named.range.clone()).is_some()
        {
            content.replace_range(named.range.clone(), &format!("@{mention}"));
        }
    }
    Some(json.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{draft::Named, wire::address::Address, wire::post::Username};

    fn account(byte: u8, name: &str) -> Account {
        let username = Username {
            value: format!("lens/{name}"),
            local_name: name.to_owned(),
            namespace: Address::from_bytes([9; 20]),
        };
        let address = Address::from_bytes([byte; 20]);
        Account { address, owner: None, username: Some(username), metadata: None }
    }

    fn content(ranges: &[(std::ops::Range<usize>, u8)]) -> String {
        let metadata = json!({ "lens": { "content": "hé Ann, Ben and Cy" } }).to_string();
        let named = |(range, who): &(std::ops::Range<usize>, u8)| Named {
            range: range.clone(),
            who: Address::from_bytes([*who; 20]),
        };
        let written = Written { metadata, unnamed: ranges.iter().map(named).collect() };
        let json = super::named(&written, &[account(1, "ann"), account(2, "benjamin")]).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        json["lens"]["content"].as_str().unwrap().to_owned()
    }

    #[test]
    fn everybody_with_a_name_gets_it_and_nobody_else() {
        assert_eq!(
            content(&[(4..7, 1), (9..12, 2), (17..19, 3)]),
            "hé @lens/ann, @lens/benjamin and Cy"
        );
        assert_eq!(
            content(&[(2..3, 1), (17..99, 2)]),
            "hé Ann, Ben and Cy",
            "places that are none"
        );
    }
}

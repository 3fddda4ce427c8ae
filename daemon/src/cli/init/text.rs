//! The text of a first bridge.toml.

use super::answers::Answers;

/// About ten lines. What is not in them is as usual; bridge.toml in the source shows all there is.
pub(super) fn first(answers: &Answers) -> String {
    let Answers { account, nodes, realm, fid, join, key } = answers;
    let mut lines = vec!["[store]".to_owned(), format!("key = {}", quoted(key)), String::new()];
    lines.push(format!("[accounts.{account}]"));
    lines.push("network = \"farcaster\"".to_owned());
    let nodes: Vec<String> = nodes.iter().map(|node| quoted(node)).collect();
    lines.push(format!("endpoints = [{}]", nodes.join(", ")));
    if realm != "main" {
        lines.push(format!("realm = {}", quoted(realm)));
    }
    if let Some(fid) = fid {
        lines.push(format!("fid = {fid}"));
        lines.push(format!("signer = {}", quoted(&format!("file:{account}.key"))));
    }
    if let Some(legs) = join {
        let from = if fid.is_none() { "from" } else { "both" };
        lines.extend([String::new(), "[[links]]".to_owned(), "name = \"first\"".to_owned()]);
        let legs: Vec<String> = legs
            .iter()
            .map(|leg| match from {
                "both" => quoted(&format!("{account}:{leg}")),
                _ => format!(
                    "{{ leg = {}, direction = \"from\" }}",
                    quoted(&format!("{account}:{leg}"))
                ),
            })
            .collect();
        lines.push(format!("legs = [{}]", legs.join(", ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// As a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn answers() -> Answers {
        Answers {
            account: "casts".to_owned(),
            nodes: vec!["grpc://127.0.0.1:3383".to_owned()],
            realm: "dev".to_owned(),
            fid: Some(5),
            join: Some(["channel/books".to_owned(), "channel/reading".to_owned()]),
            key: "file:store.key".to_owned(),
        }
    }

    #[test]
    fn a_first_bridge_has_about_ten_lines() {
        expect![[r#"
            [store]
            key = "file:store.key"

            [accounts.casts]
            network = "farcaster"
            endpoints = ["grpc://127.0.0.1:3383"]
            realm = "dev"
            fid = 5
            signer = "file:casts.key"

            [[links]]
            name = "first"
            legs = ["casts:channel/books", "casts:channel/reading"]
        "#]]
        .assert_eq(&first(&answers()));
    }

    #[test]
    fn what_was_typed_cannot_leave_its_quotes() {
        let key = "a\"\nb = \\".to_owned();
        let text = first(&Answers { key, ..answers() });
        assert!(text.contains(r#"key = "a\"\u000Ab = \\""#), "{text}");
    }
}

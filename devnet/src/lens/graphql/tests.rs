use serde_json::{Map, Value, json};

use super::{Document, Failure, Posted, Roots, choice, reference, run};

/// A book and its writer, who point at each other.
struct Library;

impl Roots for Library {
    fn resolve(
        &mut self,
        _: bool,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Failure> {
        match name {
            "post" => Ok(reference("Post", 1)),
            "echo" => Ok(arguments.get("what").cloned().unwrap_or(Value::Null)),
            _ => Err(Failure::request(format!("cannot query field \"{name}\" on type \"Query\""))),
        }
    }

    fn load(&self, typename: &str, id: &str) -> Option<Value> {
        match typename {
            "Post" => Some(json!({
                "__typename": "Post",
                "id": id,
                "author": reference("Account", "ann"),
                "stats": { "__typename": "PostStats", "reactions": choice(
                    "/request/type",
                    [("downvote".to_owned(), json!(2))],
                    (json!(1), json!(0)),
                ) },
            })),
            "Account" => Some(json!({
                "__typename": "Account", "address": id, "wrote": [reference("Post", 1)],
            })),
            _ => None,
        }
    }
}

fn ask(query: &str, variables: &Value) -> Result<Value, String> {
    let posted = serde_json::from_value(json!({ "query": query, "variables": variables })).unwrap();
    let posted: Posted = posted;
    Document::read(posted)
        .and_then(|document| run(&document, &mut Library))
        .map_err(|failure| failure.message)
}

#[test]
fn aliases_fragments_and_conditions_are_followed() {
    let query = "
        query($with: Boolean = false) {
          value: post { ...P ... on Repost { slug } ... on AnyPost { number: id } }
          again: post { __typename id @include(if: $with) author { wrote { id } } }
        }
        fragment P on Post { id author { address } author { wrote { author { address } } } }";
    let expected = json!({
        "value": {
            "id": "1",
            "number": "1",
            "author": { "address": "ann", "wrote": [{ "author": { "address": "ann" } }] },
        },
        "again": { "__typename": "Post", "author": { "wrote": [{ "id": "1" }] } },
    });
    assert_eq!(ask(query, &json!({})).unwrap(), expected);
}

#[test]
fn a_field_that_is_not_there_is_an_error_that_names_it() {
    let error = ask("{ post { author { shoeSize } } }", &json!({})).unwrap_err();
    assert_eq!(error, "cannot query field \"shoeSize\" on type \"Account\"");
    let error = ask("{ poast { id } }", &json!({})).unwrap_err();
    assert_eq!(error, "cannot query field \"poast\" on type \"Query\"");
    let error = ask("{ post { __ref } }", &json!({})).unwrap_err();
    assert_eq!(error, "cannot query field \"__ref\" on type \"Post\"");
}

#[test]
fn a_value_depends_on_its_argument() {
    let query = "query($type: T) { post { stats {
        up: reactions down: reactions(request: { type: DOWNVOTE })
        other: reactions(request: { type: $type }) } } }";
    let stats = |type_: Value| {
        let data = ask(query, &json!({ "type": type_ })).unwrap();
        data.pointer("/post/stats").unwrap().clone()
    };
    assert_eq!(stats(json!("SMILE")), json!({ "up": 1, "down": 2, "other": 0 }));
    assert_eq!(stats(json!("DOWNVOTE")), json!({ "up": 1, "down": 2, "other": 2 }));
    let error = ask("{ post { stats { reactions(request: { kind: UP }) } } }", &json!({}));
    assert!(error.unwrap_err().contains("kind"));
    let error = ask("{ post { id(of: 1) } }", &json!({}));
    assert_eq!(error.unwrap_err(), "unknown argument \"of\" on field \"Post.id\"");
}

#[test]
fn variables_have_defaults_and_may_be_left_out() {
    let query = "query($a: Int! = 7, $b: Int) { echo(what: { a: $a, b: $b, c: [E, null, \"t\"] }) {
        __typename } }";
    // The object comes back as it is, and has no type.
    let error = ask(query, &json!({})).unwrap_err();
    assert_eq!(error, "cannot query field \"__typename\" on type \"\"");
    let query = "query($a: Int! = 7) { echo(what: $a) }";
    assert_eq!(ask(query, &json!({})).unwrap(), json!({ "echo": 7 }));
    assert!(ask(query, &json!({ "a": null })).unwrap_err().contains("$a"));
    assert!(
        ask("query($a: Int!) { echo(what: $a) }", &json!({})).unwrap_err().contains("required")
    );
}

#[test]
fn what_never_ends_is_refused() {
    let query = "{ post { ...A } } fragment A on Post { ...B } fragment B on Post { ...A }";
    assert!(ask(query, &json!({})).unwrap_err().contains("deep"));
    let deep =
        format!("{{ post {{ {} id {} }} }}", "author { wrote { ".repeat(200), "} } ".repeat(200));
    assert!(ask(&deep, &json!({})).is_err());
    let doubling: String =
        (0..40).map(|n| format!("fragment F{n} on Post {{ ...F{0} ...F{0} }} ", n + 1)).collect();
    let doubling = format!("{{ post {{ ...F0 }} }} {doubling} fragment F40 on Post {{ id }}");
    assert!(ask(&doubling, &json!({})).unwrap_err().contains("complex"));
    let braces = format!("{}{}", "{ a ".repeat(60_000), "}".repeat(60_000));
    assert!(ask(&braces, &json!({})).is_err());
    let brackets = format!("{{ echo(what: {}{}) }}", "[".repeat(60_000), "]".repeat(60_000));
    assert!(ask(&brackets, &json!({})).is_err());
    let types = format!("query($a: {}A{}) {{ echo }}", "[".repeat(60_000), "]".repeat(60_000));
    assert!(ask(&types, &json!({})).is_err());
    assert!(ask("{ post { id: author { address } id } }", &json!({})).unwrap_err().contains("id"));
}

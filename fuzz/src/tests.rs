use threadbridge_core::adapter::Opened;

use super::*;

/// Any number will do, as long as it is the same each time.
const SEED: u64 = 0x7468_7265_6164;

fn holds(target: &Target) {
    match target.try_all(SEED, target.rounds) {
        Ok(rounds) => assert_eq!(rounds, target.rounds),
        Err(finding) => panic!("{finding}"),
    }
}

#[test]
fn any_content_is_read_in_one_way_or_refused() {
    holds(&content::TARGET);
}

#[test]
fn whatever_is_read_fits_where_it_is_told_or_stays_behind() {
    holds(&fit::TARGET);
}

#[test]
fn any_mark_is_read_or_refused() {
    holds(&mark::TARGET);
}

#[test]
fn any_picture_is_stripped_for_good_or_refused() {
    let mut seeds = (media::TARGET.seeds)().into_iter();
    assert!(seeds.all(|it| threadbridge_core::media::strip(&it).is_ok()));
    holds(&media::TARGET);
}

#[test]
fn any_name_is_read_as_it_prints_or_refused() {
    holds(&names::TARGET);
}

#[test]
fn any_settings_are_taken_or_their_faults_are_said() {
    holds(&settings::TARGET);
}

#[test]
fn any_envelope_of_farcaster_is_opened_or_refused() {
    holds(&farcaster::ENVELOPES);
}

#[test]
fn whatever_somebody_signs_is_opened_or_refused() {
    let opened: Vec<_> =
        (farcaster::SIGNED.seeds)().iter().map(|it| farcaster::opened_signed(it)).collect();
    // How far they get depends on what the bridge had learnt of their author by then.
    let is_believed = |it: &Option<Opened>| {
        matches!(it, Some(Opened::Plaintext(_) | Opened::Missing(_) | Opened::Elsewhere))
    };
    assert!(opened.iter().all(is_believed), "a signed seed is not believed: {opened:?}");
    holds(&farcaster::SIGNED);
}

#[test]
fn any_plaintext_of_farcaster_is_parsed_or_refused() {
    holds(&farcaster::PLAINTEXTS);
}

#[test]
fn any_answer_of_a_node_over_http_is_read_or_refused() {
    holds(&http::TARGET);
}

#[test]
fn any_envelope_of_lens_is_opened_or_refused() {
    let mut mutator = Mutator::new(SEED);
    let seeds = (lens::ENVELOPES.seeds)();
    let opened = (0..300).map(|_| lens::opened(&mutator.spoil(&seeds)));
    let past = opened.filter(|it| matches!(it, Opened::Plaintext(_))).count();
    assert!(past > 60, "only {past} of 300 get past the form");
    holds(&lens::ENVELOPES);
}

#[test]
fn any_plaintext_of_lens_is_parsed_or_refused() {
    holds(&lens::PLAINTEXTS);
}

#[test]
fn any_answer_of_lens_is_read_or_refused() {
    holds(&lens::ANSWERS);
}

#[test]
fn any_entry_of_the_loopback_network_is_opened_or_refused() {
    holds(&loopback::TARGET);
}

#[test]
fn any_file_is_opened_as_a_store_or_refused() {
    holds(&store::TARGET);
}

#[test]
fn any_file_is_the_archive_that_was_written_or_refused() {
    holds(&archive::TARGET);
}

#[test]
fn any_line_on_the_control_socket_is_answered() {
    holds(&control::TARGET);
}

#[test]
fn any_entry_of_an_identity_log_is_believed_or_refused() {
    let believed = threadbridge_xmtp::hostile::members;
    assert!((xmtp::IDENTITY_UPDATES.seeds)().iter().all(|it| believed(it) == Some(2)));
    holds(&xmtp::IDENTITY_UPDATES);
}

#[test]
fn any_content_on_xmtp_is_read_or_refused() {
    let said = threadbridge_xmtp::hostile::said;
    assert!((xmtp::CONTENTS.seeds)().iter().all(|it| said(it).is_some()));
    holds(&xmtp::CONTENTS);
}

#[test]
fn any_archive_of_history_is_read_as_far_as_it_is_whole() {
    let elements = threadbridge_xmtp::hostile::elements;
    assert_eq!((xmtp::ARCHIVES.seeds)().iter().map(|it| elements(it)).max(), Some(3));
    holds(&xmtp::ARCHIVES);
}

#[test]
fn any_offer_of_another_installation_is_taken_for_what_it_is() {
    use threadbridge_xmtp::hostile::{consents, files, offered, offers, opens, records};
    assert!(offers().iter().all(|it| offered(it).is_some()) && files().iter().all(|it| opens(it)));
    assert_eq!(records().iter().filter_map(|it| consents(it)).max(), Some(1));
    holds(&xmtp::OFFERS);
}

#[test]
fn a_target_that_breaks_is_found_with_its_input() {
    fn breaks(bytes: &[u8]) {
        assert!(bytes.first() == Some(&b'a'));
    }
    let target =
        Target { name: "breaks", run: breaks, seeds: || vec![b"abc".to_vec()], rounds: 1000 };
    let finding = target.try_all(SEED, target.rounds).unwrap_err();
    assert_ne!(finding.input.first(), Some(&b'a'));
    let again = target.try_all(SEED, target.rounds).unwrap_err();
    assert_eq!(finding, again);
}

#[test]
fn inputs_differ_and_are_bounded() {
    let seeds = vec![b"{\"a\": [1, 2, 3]}".to_vec(), vec![0; 300]];
    let mut mutator = Mutator::new(SEED);
    let mut inputs: Vec<_> = (0..1000).map(|_| mutator.spoil(&seeds)).collect();
    assert!(inputs.iter().all(|it| it.len() <= mutator::MAX_BYTES));
    inputs.sort();
    inputs.dedup();
    assert!(inputs.len() > 900, "{} different inputs", inputs.len());
}

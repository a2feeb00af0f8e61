//! The id of an event, which follows from its place in its history.

use sha2::{Digest, Sha256};

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_LENGTH: usize = 26;
const TIME_LENGTH: usize = 10;

/// Returns the id of the event of `topic` at place `sequence` of the history `correlation_id`.
///
/// 48 bits are the time of the correlation's own ULID, 0 when it has none, 16 the sequence, and 64
/// the first of a SHA-256 of all three.
#[must_use]
pub fn derive_event_id(correlation_id: &str, sequence: u16, topic: &str) -> [u8; ULID_LENGTH] {
    let mut hash = Sha256::new();
    hash.update(correlation_id.as_bytes());
    hash.update(b"\n");
    hash.update(sequence.to_string().as_bytes());
    hash.update(b"\n");
    hash.update(topic.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let last = digest[..8]
        .iter()
        .fold(0, |number, byte| number << 8 | u128::from(*byte));
    let time = u128::from(correlation_time(correlation_id));
    write_ulid(time << 80 | u128::from(sequence) << 64 | last)
}

/// Returns kind and identifier of a correlation id; none when the identifier is empty.
#[must_use]
pub fn split_correlation_id(correlation_id: &str) -> Option<(&str, &str)> {
    let (kind, identifier) = correlation_id.split_once('-')?;
    (!identifier.is_empty()).then_some((kind, identifier))
}

fn correlation_time(correlation_id: &str) -> u64 {
    let Some((_, identifier)) = split_correlation_id(correlation_id) else {
        return 0;
    };
    if identifier.len() != ULID_LENGTH || !matches!(identifier.as_bytes()[0], b'0'..=b'7') {
        return 0;
    }
    let mut time = 0;
    for (place, character) in identifier.bytes().enumerate() {
        let Some(value) = CROCKFORD.iter().position(|one| *one == character) else {
            return 0;
        };
        if place < TIME_LENGTH {
            time = time << 5 | value as u64;
        }
    }
    time
}

fn write_ulid(number: u128) -> [u8; ULID_LENGTH] {
    let mut text = [0; ULID_LENGTH];
    for (place, character) in text.iter_mut().rev().enumerate() {
        *character = CROCKFORD[(number >> (5 * place) & 31) as usize];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::derive_event_id;

    fn derive(correlation_id: &str, sequence: u16, topic: &str) -> String {
        String::from_utf8_lossy(&derive_event_id(correlation_id, sequence, topic)).into_owned()
    }

    #[test]
    fn an_id_is_that_of_a_recorded_event() {
        let correlation_id = "intent-01M8GWSD7V1Z7P7BZN5K5C2QT8";
        assert_eq!(
            derive(correlation_id, 1, "intent.submitted"),
            "01M8GWSD7V000WW2B366GZVTYQ"
        );
    }

    #[test]
    fn an_id_without_a_time_begins_with_zeros() {
        for correlation_id in [
            "portfolio-main",
            "intent-",
            "intent-81M8GWSD7V1Z7P7BZN5K5C2QT8",
        ] {
            assert!(
                derive(correlation_id, 1, "a.b").starts_with("0000000000"),
                "{correlation_id}"
            );
        }
    }
}

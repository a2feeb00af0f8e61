//! Messages as a broker delivers them: where each stands in its stream, and the event it holds.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use sha2::{Digest, Sha256};

use crate::events::reader::EventReader;

const PREFIX: &str = "$JS.ACK.";
const TOKENS: usize = 9;
const FIRST_NUMBER: usize = 4;
const MAX_DIGITS: usize = 19;
const NANOSECONDS_PER_MS: u64 = 1_000_000;
const PARTITIONS: usize = 2;
const MAX_PARTITION_DIGITS: usize = 2;

/// An event, the SHA-256 of its bytes, its subject, and the five numbers of the delivery.
pub type Delivered<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyBytes>,
    Bound<'py, PyString>,
    Bound<'py, PyTuple>,
);

/// Reads a message with `subject`, `reply` and `data`.
///
/// Returns none where Python has to look: it holds no event in our spelling, its subject is not the
/// event's, or its reply is no subject of the short form on which it is acknowledged.
///
/// # Errors
/// What Python raises when the message has other attributes, or a person wants it to stop.
pub fn read<'py>(
    reader: &EventReader,
    message: &Bound<'py, PyAny>,
    most_bytes: usize,
) -> PyResult<Option<Delivered<'py>>> {
    let py = message.py();
    let reply = message
        .getattr(intern!(py, "reply"))?
        .cast_into::<PyString>()?;
    let Some(numbers) = numbers_in(reply.to_str()?) else {
        return Ok(None);
    };
    let data = message.getattr(intern!(py, "data"))?;
    if data.len()? > most_bytes {
        return Ok(None);
    }
    let Some(event) = reader.read(py, &data)? else {
        return Ok(None);
    };
    let subject = message
        .getattr(intern!(py, "subject"))?
        .cast_into::<PyString>()?;
    let Some(length) = published_length(&event, subject.to_str()?)? else {
        return Ok(None);
    };
    let published = if length == subject.to_str()?.len() {
        subject
    } else {
        PyString::new(py, &subject.to_str()?[..length])
    };
    let digest: [u8; 32] = Sha256::digest(data.cast::<PyBytes>()?.as_bytes()).into();
    let delivery = PyTuple::new(py, numbers)?;
    Ok(Some((
        event,
        PyBytes::new(py, &digest),
        published,
        delivery,
    )))
}

/// Returns deliveries, both sequences, the time in milliseconds and what is pending, as `parse_ack_subject` does.
fn numbers_in(reply: &str) -> Option<[u64; 5]> {
    let mut tokens = reply.split('.');
    if !reply.starts_with(PREFIX) || tokens.clone().count() != TOKENS {
        return None;
    }
    tokens.nth(FIRST_NUMBER - 1)?;
    let mut numbers = [0; 5];
    for number in &mut numbers {
        let token = tokens.next()?;
        // More digits than any of them has until the year 2262, or other signs, are for Python.
        let is_plain = token.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain || token.len() > MAX_DIGITS {
            return None;
        }
        *number = token.parse().ok()?;
    }
    numbers[3] /= NANOSECONDS_PER_MS;
    Some(numbers)
}

/// Returns how much of a subject is the event's own, before the partitions a stream may add to it.
fn published_length(event: &Bound<'_, PyAny>, subject: &str) -> PyResult<Option<usize>> {
    let py = event.py();
    let key = event.getattr(intern!(py, "key"))?;
    let mut rest = subject;
    for (owner, name) in [
        (event, intern!(py, "topic")),
        (&key, intern!(py, "instrument")),
        (&key, intern!(py, "portfolio")),
    ] {
        let value = owner.getattr(name)?.cast_into::<PyString>()?;
        let start = if rest.len() == subject.len() {
            Some(rest)
        } else {
            rest.strip_prefix('.')
        };
        let Some(behind) = start.and_then(|rest| rest.strip_prefix(value.to_str().ok()?)) else {
            return Ok(None);
        };
        rest = behind;
    }
    let length = subject.len() - rest.len();
    let tokens = subject[..length].split('.').count();
    let is_published = tokens == 4 && (rest.is_empty() || are_partitions(rest));
    Ok(is_published.then_some(length))
}

fn are_partitions(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix('.') else {
        return false;
    };
    let is_partition = |token: &str| {
        let is_plain = token.bytes().all(|byte| byte.is_ascii_digit());
        let begins = token == "0" || !token.starts_with('0');
        is_plain && begins && !token.is_empty() && token.len() <= MAX_PARTITION_DIGITS
    };
    rest.split('.').count() == PARTITIONS && rest.split('.').all(is_partition)
}

#[cfg(test)]
mod tests {
    use super::{are_partitions, numbers_in};

    #[test]
    fn numbers_are_those_of_the_short_form() {
        let reply = "$JS.ACK.EVENTS.ledger.2.17.19.1796000000000000000.3";
        assert_eq!(numbers_in(reply), Some([2, 17, 19, 1_796_000_000_000, 3]));
        for other in [
            "$JS.ACK.hub.account.EVENTS.ledger.2.17.19.1796000000000000000.3.x",
            "$JS.ACK.EVENTS.ledger.2.+17.19.1.3",
            "$JS.ACK.EVENTS.ledger.2..19.1.3",
            "_INBOX.a.b.c.1.2.3.4.5",
        ] {
            assert_eq!(numbers_in(other), None, "{other}");
        }
    }

    #[test]
    fn partitions_are_two_small_numbers() {
        assert!(are_partitions(".3.15") && are_partitions(".0.99"));
        for other in [".3", ".03.1", ".3.100", ".3.", ".3.1.1", "3.1"] {
            assert!(!are_partitions(other), "{other}");
        }
    }
}

//! Reads rows of the ledger, whose hash proves that they hold what was validated.

use std::io::Write;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use sha2::{Digest, Sha256};

use crate::events::arrange::{Stored, arrange};
use crate::events::cursor::Cursor;
use crate::events::node::{Node, Refused};
use crate::events::nodes::Nodes;

const UTC: &str = "+00:00";
const USUAL_BYTES: usize = 4_096;
const KEY_KEY: &[u8] = b"\"key\":";
const PAYLOAD_KEY: &[u8] = b"\"payload\":";
/// Columns that are called like the field of the event that has their value.
const COLUMNS: [fn(Python<'_>) -> &Bound<'_, PyString>; 7] = [
    |py| intern!(py, "event_id"),
    |py| intern!(py, "topic"),
    |py| intern!(py, "correlation_id"),
    |py| intern!(py, "causation_id"),
    |py| intern!(py, "sequence"),
    |py| intern!(py, "producer"),
    |py| intern!(py, "version"),
];

/// An event and the bytes it was published as.
type Recorded<'py> = (Bound<'py, PyAny>, Bound<'py, PyBytes>);

/// Reads rows of the ledger. Its models are remembered apart from those that were checked.
#[pyclass(frozen, name = "RowReader", module = "tradewind_router")]
struct RowReader(Nodes);

#[pymethods]
impl RowReader {
    /// `describe` returns the description of a topic's event, or None.
    #[new]
    fn new(py: Python<'_>, describe: Py<PyAny>) -> PyResult<Self> {
        Ok(Self(Nodes::new(py, describe)?))
    }

    /// Returns the event of a row and its bytes, built unchecked because they have the row's hash.
    ///
    /// None for any other row, which has to be read in Python.
    fn read<'py>(
        &self,
        py: Python<'py>,
        row: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Recorded<'py>>> {
        match self.prove(py, &Row(row)) {
            Ok(recorded) => Ok(Some(recorded)),
            Err(Refused::Here) => Ok(None),
            Err(Refused::Raised(error)) => Err(error),
        }
    }
}

impl RowReader {
    fn prove<'py>(&self, py: Python<'py>, row: &Row<'_, 'py>) -> Result<Recorded<'py>, Refused> {
        let topic = row.text(intern!(py, "topic"))?;
        let node = self.0.find(py, topic.to_str()?)?.ok_or(Refused::Here)?;
        let event = node.model().ok_or(Refused::Here)?;
        let payload = event.field(PAYLOAD_KEY).ok_or(Refused::Here)?;
        let key = event.field(KEY_KEY).ok_or(Refused::Here)?;
        let stored = row.text(intern!(py, "payload"))?;
        let stored = Stored::new(stored.to_str()?.as_bytes()).ok_or(Refused::Here)?;
        let (body, places) = row.body(payload, &stored)?;
        row.prove(&body)?;
        let text = std::str::from_utf8(&body).map_err(|_| Refused::Here)?;
        let values = event.defaults(py)?;
        for name in COLUMNS.iter().map(|column| column(py)) {
            values.set_item(name, row.get(name)?)?;
        }
        values.set_item(intern!(py, "timestamp"), row.get(intern!(py, "time"))?)?;
        for (name, node, (start, end)) in [
            (intern!(py, "key"), key, places.key),
            (intern!(py, "payload"), payload, places.payload),
        ] {
            let mut cursor = Cursor::new(&text[start..end]);
            values.set_item(name, node.read(py, self.0.how(false), &mut cursor)?)?;
            if !cursor.is_at_end() {
                return Err(Refused::Here);
            }
        }
        Ok((event.make_whole(py, &values)?, PyBytes::new(py, &body)))
    }
}

/// A row of the ledger.
pub(super) struct Row<'a, 'py>(pub &'a Bound<'py, PyAny>);

/// Where time, key and payload stand in the bytes of an event.
pub(super) struct Places {
    pub time: (usize, usize),
    key: (usize, usize),
    payload: (usize, usize),
}

impl<'py> Row<'_, 'py> {
    pub fn get(&self, column: &Bound<'py, PyString>) -> Result<Bound<'py, PyAny>, Refused> {
        Ok(self.0.get_item(column)?)
    }

    pub fn text(&self, column: &Bound<'py, PyString>) -> Result<Bound<'py, PyString>, Refused> {
        self.get(column)?.cast_into().map_err(|_| Refused::Here)
    }

    /// Refuses bytes that do not have the hash the event was recorded with.
    pub fn prove(&self, body: &[u8]) -> Result<(), Refused> {
        let recorded = self.get(intern!(self.0.py(), "body_sha256"))?;
        let recorded = recorded.cast::<PyBytes>().map_err(|_| Refused::Here)?;
        let digest: [u8; 32] = Sha256::digest(body).into();
        if recorded.as_bytes() == digest {
            Ok(())
        } else {
            Err(Refused::Here)
        }
    }

    /// Writes the bytes the event was published as, if nothing of the row was changed since.
    pub fn body(&self, payload: &Node, stored: &Stored<'_>) -> Result<(Vec<u8>, Places), Refused> {
        let py = self.0.py();
        let mut out = Vec::with_capacity(USUAL_BYTES);
        self.write(&mut out, "{\"eventId\":\"", intern!(py, "event_id"))?;
        let time = self.get(intern!(py, "time"))?;
        let arguments = (intern!(py, "T"), intern!(py, "milliseconds"));
        let time = time.call_method1(intern!(py, "isoformat"), arguments)?;
        let time = time.cast::<PyString>().map_err(|_| Refused::Here)?;
        let moment = time.to_str()?.strip_suffix(UTC).ok_or(Refused::Here)?;
        out.extend_from_slice(b"\",\"timestamp\":\"");
        let time = (out.len() - 1, out.len() + moment.len() + 2);
        out.extend_from_slice(moment.as_bytes());
        self.write(&mut out, "Z\",\"topic\":\"", intern!(py, "topic"))?;
        let name = intern!(py, "correlation_id");
        self.write(&mut out, "\",\"correlationId\":\"", name)?;
        self.write(
            &mut out,
            "\",\"causationId\":\"",
            intern!(py, "causation_id"),
        )?;
        self.write_number(&mut out, "\",\"sequence\":", intern!(py, "sequence"))?;
        out.extend_from_slice(b",\"key\":");
        let key_start = out.len();
        self.write(&mut out, "{\"instrument\":\"", intern!(py, "instrument"))?;
        self.write(&mut out, "\",\"portfolio\":\"", intern!(py, "portfolio"))?;
        out.extend_from_slice(b"\"}");
        let key = (key_start, out.len());
        self.write(&mut out, ",\"producer\":\"", intern!(py, "producer"))?;
        out.extend_from_slice(b"\",\"payload\":");
        let payload_start = out.len();
        arrange(payload, stored, 0, &mut out).ok_or(Refused::Here)?;
        let payload = (payload_start, out.len());
        self.write_number(&mut out, ",\"version\":", intern!(py, "version"))?;
        out.push(b'}');
        Ok((out, Places { time, key, payload }))
    }

    /// Writes what stands before a text, and the text, which nothing has to be escaped in.
    fn write(
        &self,
        out: &mut Vec<u8>,
        before: &str,
        column: &Bound<'py, PyString>,
    ) -> Result<(), Refused> {
        let text = self.text(column)?;
        let text = text.to_str()?.as_bytes();
        if text.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..32)) {
            return Err(Refused::Here);
        }
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(text);
        Ok(())
    }

    fn write_number(
        &self,
        out: &mut Vec<u8>,
        before: &str,
        column: &Bound<'py, PyString>,
    ) -> Result<(), Refused> {
        let number: i64 = self.get(column)?.extract()?;
        write!(out, "{before}{number}").map_err(|_| Refused::Here)
    }
}

/// Adds what reads rows to the module.
///
/// # Errors
/// What Python raises when it is out of memory.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RowReader>()
}

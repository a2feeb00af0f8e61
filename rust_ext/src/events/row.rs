//! Reads rows of the ledger, whose hash proves that they hold what was validated.

use std::io::Write;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use sha2::{Digest, Sha256};

use crate::events::arrange::arrange;
use crate::events::cursor::Cursor;
use crate::events::node::{Node, Refused};
use crate::events::nodes::Nodes;

const UTC: &str = "+00:00";
const USUAL_BYTES: usize = 4_096;

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
        let topic = row.text("topic")?;
        let node = self.0.find(py, topic.to_str()?)?.ok_or(Refused::Here)?;
        let body = row.body(&node)?;
        let digest: [u8; 32] = Sha256::digest(&body).into();
        let recorded = row.get("body_sha256")?;
        let recorded = recorded.cast::<PyBytes>().map_err(|_| Refused::Here)?;
        if recorded.as_bytes() != digest {
            return Err(Refused::Here);
        }
        let text = std::str::from_utf8(&body).map_err(|_| Refused::Here)?;
        let mut cursor = Cursor::new(text);
        let event = node.read(py, self.0.how(false), &mut cursor)?;
        if !cursor.is_at_end() {
            return Err(Refused::Here);
        }
        Ok((event, PyBytes::new(py, &body)))
    }
}

struct Row<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'py> Row<'_, 'py> {
    fn get(&self, column: &str) -> Result<Bound<'py, PyAny>, Refused> {
        Ok(self.0.get_item(PyString::intern(self.0.py(), column))?)
    }

    fn text(&self, column: &str) -> Result<Bound<'py, PyString>, Refused> {
        self.get(column)?.cast_into().map_err(|_| Refused::Here)
    }

    /// Writes the bytes the event was published as, if nothing of the row was changed since.
    fn body(&self, node: &Node) -> Result<Vec<u8>, Refused> {
        let mut out = Vec::with_capacity(USUAL_BYTES);
        self.write(&mut out, "{\"eventId\":\"", "event_id")?;
        let time = self.get("time")?;
        let time = time.call_method1("isoformat", ("T", "milliseconds"))?;
        let time = time.cast::<PyString>().map_err(|_| Refused::Here)?;
        let moment = time.to_str()?.strip_suffix(UTC).ok_or(Refused::Here)?;
        out.extend_from_slice(b"\",\"timestamp\":\"");
        out.extend_from_slice(moment.as_bytes());
        self.write(&mut out, "Z\",\"topic\":\"", "topic")?;
        self.write(&mut out, "\",\"correlationId\":\"", "correlation_id")?;
        self.write(&mut out, "\",\"causationId\":\"", "causation_id")?;
        self.write_number(&mut out, "\",\"sequence\":", "sequence")?;
        self.write(&mut out, ",\"key\":{\"instrument\":\"", "instrument")?;
        self.write(&mut out, "\",\"portfolio\":\"", "portfolio")?;
        self.write(&mut out, "\"},\"producer\":\"", "producer")?;
        out.extend_from_slice(b"\",\"payload\":");
        let payload = self.text("payload")?;
        let payload = payload.to_str()?.as_bytes();
        let described = node.field(b"\"payload\":").ok_or(Refused::Here)?;
        let mut at = 0;
        arrange(described, payload, &mut at, &mut out).ok_or(Refused::Here)?;
        if at < payload.len() {
            return Err(Refused::Here);
        }
        self.write_number(&mut out, ",\"version\":", "version")?;
        out.push(b'}');
        Ok(out)
    }

    /// Writes what stands before a text, and the text, which nothing has to be escaped in.
    fn write(&self, out: &mut Vec<u8>, before: &str, column: &str) -> Result<(), Refused> {
        let text = self.text(column)?;
        let text = text.to_str()?.as_bytes();
        if text.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..32)) {
            return Err(Refused::Here);
        }
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(text);
        Ok(())
    }

    fn write_number(&self, out: &mut Vec<u8>, before: &str, column: &str) -> Result<(), Refused> {
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

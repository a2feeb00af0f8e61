//! The class Python reads events with.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::events::cursor::Cursor;
use crate::events::delivered::{self, Delivered};
use crate::events::node::Refused;
use crate::events::nodes::Nodes;

const BEFORE_TOPIC: [(&[u8], usize); 2] = [(b"{\"eventId\":\"", 26), (b"\",\"timestamp\":\"", 24)];
const TOPIC_KEY: &[u8] = b"\",\"topic\":";

/// Reads events in the spelling the models write. Threads may share it.
#[pyclass(frozen, name = "EventReader", module = "tradewind_router")]
pub(crate) struct EventReader(Nodes);

#[pymethods]
impl EventReader {
    /// `describe` returns the description of a topic's event, or None.
    #[new]
    fn new(py: Python<'_>, describe: Py<PyAny>) -> PyResult<Self> {
        Ok(Self(Nodes::new(py, describe)?))
    }

    /// Returns the event, or None for bytes the models must read, because they are no event or are
    /// written otherwise.
    pub(crate) fn read<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Ok(data) = data.cast::<PyBytes>() else {
            return Ok(None);
        };
        let Ok(text) = std::str::from_utf8(data.as_bytes()) else {
            return Ok(None);
        };
        let Some(topic) = topic_in(text) else {
            return Ok(None);
        };
        let Some(node) = self.0.find(py, topic)? else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(text);
        match node.read(py, self.0.how(true), &mut cursor) {
            Ok(event) => Ok(cursor.is_at_end().then_some(event)),
            Err(Refused::Here) => Ok(None),
            Err(Refused::Raised(error)) => Err(error),
        }
    }

    /// Returns what each message holds, with the SHA-256 of its bytes, the subject it was published
    /// on and the numbers of its delivery; None for one that Python must read, as one of more than
    /// `most_bytes`.
    fn read_delivered<'py>(
        &self,
        messages: &Bound<'py, PyList>,
        most_bytes: usize,
    ) -> PyResult<Vec<Option<Delivered<'py>>>> {
        messages
            .iter()
            .map(|message| delivered::read(self, &message, most_bytes))
            .collect()
    }
}

fn topic_in(text: &str) -> Option<&str> {
    let mut cursor = Cursor::new(text);
    for (key, length) in BEFORE_TOPIC {
        cursor.eat(key)?;
        let value_end = cursor.at() + length;
        if value_end > text.len() {
            return None;
        }
        cursor.go_to(value_end);
    }
    cursor.eat(TOPIC_KEY)?;
    cursor.plain()
}

/// Adds what reads events to the module.
///
/// # Errors
/// What Python raises when it is out of memory.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<EventReader>()
}

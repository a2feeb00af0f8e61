//! The class Python reads events with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

use crate::events::cursor::Cursor;
use crate::events::description::{self, Memories};
use crate::events::node::{Makers, Node, Refused};

const BEFORE_TOPIC: [(&[u8], usize); 2] = [(b"{\"eventId\":\"", 26), (b"\",\"timestamp\":\"", 24)];
const TOPIC_KEY: &[u8] = b"\",\"topic\":";

/// Reads events in the spelling the models write. Threads may share it.
#[pyclass(frozen, name = "EventReader", module = "tradewind_router")]
struct EventReader {
    describe: Py<PyAny>,
    makers: Makers,
    memories: Memories,
    /// By topic. Never locked while Python runs: another thread would wait for both locks.
    nodes: Mutex<HashMap<String, Arc<Node>>>,
}

#[pymethods]
impl EventReader {
    /// `describe` returns the description of a topic's event, or None.
    #[new]
    fn new(py: Python<'_>, describe: Py<PyAny>) -> PyResult<Self> {
        let datetime = py.import("datetime")?;
        let makers = Makers {
            decimal: py.import("decimal")?.getattr("Decimal")?.unbind(),
            integer: py.get_type::<PyInt>().into_any().unbind(),
            time: datetime.getattr("datetime")?.unbind(),
            utc: datetime.getattr("UTC")?.unbind(),
        };
        Ok(Self {
            describe,
            makers,
            memories: Memories::default(),
            nodes: Mutex::default(),
        })
    }

    /// Returns the event, or None for bytes the models must read, because they are no event or are
    /// written otherwise.
    fn read<'py>(
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
        let Some(node) = self.find_node(py, topic)? else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(text);
        match node.read(py, &self.makers, &mut cursor) {
            Ok(event) => Ok(cursor.is_at_end().then_some(event)),
            Err(Refused::Here) => Ok(None),
            Err(Refused::Raised(error)) => Err(error),
        }
    }
}

impl EventReader {
    fn find_node(&self, py: Python<'_>, topic: &str) -> PyResult<Option<Arc<Node>>> {
        let known = self
            .nodes
            .lock()
            .map_err(|_| poisoned())?
            .get(topic)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let described = self.describe.bind(py).call1((topic,))?;
        if described.is_none() {
            return Ok(None);
        }
        let node = Arc::new(description::read(&described, &self.memories)?);
        let mut nodes = self.nodes.lock().map_err(|_| poisoned())?;
        let replaced = nodes.insert(topic.to_owned(), node.clone());
        drop(nodes);
        drop(replaced);
        Ok(Some(node))
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

fn poisoned() -> PyErr {
    PyRuntimeError::new_err("another thread failed while it held the descriptions")
}

/// Adds what reads events to the module.
///
/// # Errors
/// What Python raises when it is out of memory.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<EventReader>()
}

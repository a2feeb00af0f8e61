//! What Python says of the events of each topic, asked for once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::events::description::{self, Memories};
use crate::events::node::{How, Makers, Node};

/// The events of all topics. Threads may share it.
pub struct Nodes {
    describe: Py<PyAny>,
    makers: Makers,
    memories: Memories,
    /// Never locked while Python runs: another thread would wait for both locks.
    by_topic: Mutex<HashMap<String, Arc<Node>>>,
}

impl Nodes {
    /// `describe` returns the description of a topic's event, or None.
    ///
    /// # Errors
    /// What Python raises when it has no such modules.
    pub fn new(py: Python<'_>, describe: Py<PyAny>) -> PyResult<Self> {
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
            by_topic: Mutex::default(),
        })
    }

    /// Returns how values are read, with checks or without.
    pub fn how(&self, checks: bool) -> How<'_> {
        How {
            makers: &self.makers,
            checks,
        }
    }

    /// Returns the event of a topic, or none where it has no description.
    ///
    /// # Errors
    /// What `describe` raises, or `ValueError` for what it returns.
    pub fn find(&self, py: Python<'_>, topic: &str) -> PyResult<Option<Arc<Node>>> {
        let known = self
            .by_topic
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
        let mut by_topic = self.by_topic.lock().map_err(|_| poisoned())?;
        let replaced = by_topic.insert(topic.to_owned(), node.clone());
        drop(by_topic);
        drop(replaced);
        Ok(Some(node))
    }
}

fn poisoned() -> PyErr {
    PyRuntimeError::new_err("another thread failed while it held the descriptions")
}

//! A model: an object whose keys stand in one order.

use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet, PyString, PyType};

use crate::events::arrange::{Stored, arrange, separate};
use crate::events::cursor::Cursor;
use crate::events::instance::{self, PlainClass};
use crate::events::node::{How, Node, Reading, Refused};

const MAX_REMEMBERED: usize = 16;
const MAX_FIELDS: usize = 128;

/// When a value is left out where it is written.
pub enum LeftOut {
    Never,
    IfNone,
    IfTold(Py<PyAny>),
}

/// What a field is where it is left out.
pub enum Absent {
    Refused,
    Value(Py<PyAny>),
    MadeBy(Py<PyAny>),
}

/// A field and its key, as it is written before the value.
pub struct Field {
    pub key: Vec<u8>,
    pub name: Py<PyString>,
    pub node: Node,
    pub absent: Absent,
    pub left_out: LeftOut,
}

/// A model.
pub struct Model {
    class: PlainClass,
    fields: Vec<Field>,
    /// The places of the fields in `PostgreSQL`'s order of keys.
    stored: Vec<usize>,
    /// What every field is where it is left out, in the order of the fields.
    defaults: Py<PyDict>,
    /// The names of the fields that were given last, and a bit for each of them.
    given: Mutex<Option<(u128, Arc<Py<PyAny>>)>>,
    remembered: Option<Arc<Memory>>,
}

/// The last instances of a model that many events repeat, by their text; models are frozen.
#[derive(Default)]
pub struct Memory(Mutex<Vec<Known>>);

/// A text and the instance it was read as.
type Known = (Box<[u8]>, Py<PyAny>);

impl Memory {
    /// Returns the instance whose text is next: an object's text is no beginning of another's.
    fn recall<'py>(&self, py: Python<'py>, at: &mut Cursor<'_>) -> Option<Bound<'py, PyAny>> {
        let instances = self.0.lock().ok()?;
        let (_, known) = instances.iter().find(|(text, _)| at.eats(text))?;
        Some(known.bind(py).clone())
    }

    fn remember(&self, text: &[u8], made: &Bound<'_, PyAny>) {
        let Ok(mut instances) = self.0.lock() else {
            return;
        };
        let is_full = instances.len() == MAX_REMEMBERED;
        let forgotten = is_full.then(|| instances.pop());
        instances.insert(0, (text.into(), made.clone().unbind()));
        drop(instances);
        // Dropped without the lock, because what Python does then may come back here.
        drop(forgotten);
    }
}

impl Model {
    /// Returns the model of a class with these fields, of which there are at most 128.
    ///
    /// # Errors
    /// `ValueError` for more fields, or for a class that makes its instances itself.
    pub fn new(
        class: &Bound<'_, PyType>,
        fields: Vec<Field>,
        remembered: Option<Arc<Memory>>,
    ) -> PyResult<Self> {
        let py = class.py();
        if fields.len() > MAX_FIELDS {
            return Err(PyValueError::new_err("the model has too many fields"));
        }
        let defaults = PyDict::new(py);
        for field in &fields {
            match &field.absent {
                Absent::Value(value) => defaults.set_item(&field.name, value)?,
                Absent::Refused | Absent::MadeBy(_) => defaults.set_item(&field.name, py.None())?,
            }
        }
        let mut stored: Vec<usize> = (0..fields.len()).collect();
        stored.sort_by_key(|place| (fields[*place].key.len(), &fields[*place].key));
        Ok(Self {
            class: PlainClass::new(class)?,
            stored,
            fields,
            defaults: defaults.unbind(),
            given: Mutex::default(),
            remembered,
        })
    }

    /// Returns the node of a field by its key, as it is written before the value.
    pub fn field(&self, key: &[u8]) -> Option<&Node> {
        let field = self.fields.iter().find(|field| field.key == key)?;
        Some(&field.node)
    }

    /// Returns what every field is where it is left out, in the order of the fields.
    pub fn defaults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.defaults.bind(py).copy()
    }

    /// Returns the instance with these values, of which all are given.
    pub fn make_whole<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all = (1 << self.fields.len()) - 1;
        instance::make(&self.class, values, &self.names(py, all)?)
    }

    /// Writes the entries of an object in the order of the fields.
    ///
    /// Returns none where one is no field, or they do not stand in `PostgreSQL`'s order.
    pub fn arrange(&self, stored: &Stored<'_>, place: usize, out: &mut Vec<u8>) -> Option<()> {
        let mut values = [None; MAX_FIELDS];
        let mut inside = stored.inside(place, b'{')?;
        let mut fields = self.stored.iter();
        while let Some(key) = inside.next() {
            let name = stored.text(key);
            let is_its = |field: &&usize| self.fields[**field].key_text() == name;
            values[*fields.find(is_its)?] = inside.next();
        }
        out.push(b'{');
        for (field, value) in self.fields.iter().zip(values) {
            if let Some(value) = value {
                separate(out, b'{');
                out.extend_from_slice(&field.key);
                arrange(&field.node, stored, value, out)?;
            }
        }
        out.push(b'}');
        Some(())
    }

    /// Reads an instance.
    pub fn read<'py>(&self, py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>) -> Reading<'py> {
        if let Some(known) = self
            .remembered
            .as_ref()
            .and_then(|memory| memory.recall(py, at))
        {
            return Ok(known);
        }
        let start = at.at();
        let values = self.defaults(py)?;
        let mut given = 0;
        at.eat(b"{").ok_or(Refused::Here)?;
        for (place, field) in self.fields.iter().enumerate() {
            let before = at.at();
            if (given == 0 || at.eats(b",")) && at.eats(&field.key) {
                given |= 1 << place;
                values.set_item(&field.name, field.value(py, how, at)?)?;
                continue;
            }
            at.go_to(before);
            match &field.absent {
                Absent::Refused => return Err(Refused::Here),
                Absent::Value(_) => {}
                Absent::MadeBy(make) => values.set_item(&field.name, make.bind(py).call0()?)?,
            }
        }
        at.eat(b"}").ok_or(Refused::Here)?;
        let made = instance::make(&self.class, &values, &self.names(py, given)?)?;
        if let Some(memory) = &self.remembered {
            memory.remember(at.since(start), &made);
        }
        Ok(made)
    }

    /// Returns the names of the fields that were given. Instances share the set, because nobody
    /// changes that of a frozen model, and a copy of the model copies it.
    fn names<'py>(&self, py: Python<'py>, given: u128) -> PyResult<Bound<'py, PyAny>> {
        let last = self.given.lock().ok().and_then(|last| last.clone());
        if let Some((_, names)) = last.filter(|(mask, _)| *mask == given) {
            return Ok(names.bind(py).clone());
        }
        let are_given = self.fields.iter().enumerate();
        let are_given = are_given.filter(|(place, _)| given >> place & 1 == 1);
        let names = PySet::new(py, are_given.map(|(_, field)| &field.name))?.into_any();
        if let Ok(mut last) = self.given.lock() {
            // What it replaces is a set of texts, whose end runs no code.
            *last = Some((given, Arc::new(names.clone().unbind())));
        }
        Ok(names)
    }
}

impl Field {
    /// Returns the key in its quotes.
    fn key_text(&self) -> &[u8] {
        &self.key[..self.key.len() - 1]
    }

    fn value<'py>(&self, py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>) -> Reading<'py> {
        let value = self.node.read(py, how, at)?;
        let is_left_out = match &self.left_out {
            LeftOut::Never => false,
            _ if !how.checks => false,
            LeftOut::IfNone => value.is_none(),
            LeftOut::IfTold(tells) => tells.bind(py).call1((&value,))?.is_truthy()?,
        };
        if is_left_out {
            Err(Refused::Here)
        } else {
            Ok(value)
        }
    }
}

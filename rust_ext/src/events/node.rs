//! What stands at a place of an event, and the Python value it is read as.

use std::collections::HashMap;
use std::sync::OnceLock;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDate, PyDict, PyString, PyTuple};

use crate::events::cursor::Cursor;
use crate::events::identity;
use crate::events::model::Model;
use crate::events::pattern::{self, Run};
use crate::events::spelling::{self, DecimalRule};

/// Why nothing was read.
pub enum Refused {
    /// The text goes on otherwise, or a check in Python refused the value.
    Here,
    /// Python raised what is no ordinary exception, such as the wish of a person to stop.
    Raised(PyErr),
}

impl From<PyErr> for Refused {
    fn from(error: PyErr) -> Self {
        let is_ordinary = Python::attach(|py| error.is_instance_of::<PyException>(py));
        if is_ordinary {
            Self::Here
        } else {
            Self::Raised(error)
        }
    }
}

/// The value that was read.
pub type Reading<'py> = Result<Bound<'py, PyAny>, Refused>;

/// What Python makes values of.
pub struct Makers {
    pub decimal: Py<PyAny>,
    pub integer: Py<PyAny>,
    pub time: Py<PyAny>,
    pub utc: Py<PyAny>,
}

/// How a value is read.
#[derive(Clone, Copy)]
pub struct How<'a> {
    pub makers: &'a Makers,
    /// Whether the value is checked. What is proven to be what the models wrote needs no check.
    pub checks: bool,
}

/// A text of so many characters that look so.
pub struct Text {
    pub least: usize,
    pub most: usize,
    pub runs: Option<Vec<Run>>,
}

/// What stands at a place.
pub enum Node {
    Text(Text),
    /// A text a function turns into a value, which another turns into the same text again.
    Spelled {
        read: Py<PyAny>,
        write: Option<Py<PyAny>>,
    },
    Integer {
        least: i64,
        most: i64,
    },
    Flag,
    Decimal(DecimalRule),
    Units {
        is_signed: bool,
    },
    Time,
    Day,
    /// One of some texts, each of which stands for a value.
    Choice(HashMap<String, Py<PyAny>>),
    Optional(Box<Node>),
    List {
        item: Box<Node>,
        least: usize,
        most: usize,
    },
    Tuple(Vec<Node>),
    /// An object with any keys: shorter ones first, equally long ones by their bytes.
    Map {
        key: Box<Node>,
        value: Box<Node>,
        least: usize,
        most: usize,
    },
    Model(Box<Model>),
    /// One of several of which no text is more than one.
    Either(Vec<Node>),
    /// A value which a function returns again, or refuses.
    Checked {
        node: Box<Node>,
        check: Py<PyAny>,
    },
    /// An event: kinds its correlation id may have, and its id is derived.
    Identified {
        node: Box<Node>,
        kinds: Vec<String>,
    },
}

impl Node {
    /// Reads the value at the cursor, which is anywhere after a refusal.
    pub fn read<'py>(&self, py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>) -> Reading<'py> {
        match self {
            Self::Text(text) => Ok(text.read(py, how.checks, at)?.into_any()),
            Self::Spelled { read, .. } if !how.checks => {
                let text = at.string().ok_or(Refused::Here)?;
                Ok(read.bind(py).call1((text.as_ref(),))?)
            }
            Self::Spelled { read, write } => spelled(py, at, read, write.as_ref()),
            Self::Integer { least, most } => {
                let number = at.integer().ok_or(Refused::Here)?;
                if how.checks && (number < *least || number > *most) {
                    return Err(Refused::Here);
                }
                Ok(number.into_pyobject(py).map_err(PyErr::from)?.into_any())
            }
            Self::Flag => {
                let is_set = at.eats(b"true");
                if !is_set {
                    at.eat(b"false").ok_or(Refused::Here)?;
                }
                Ok(PyBool::new(py, is_set).to_owned().into_any())
            }
            Self::Decimal(rule) => {
                let is_right = |text: &&str| !how.checks || spelling::is_decimal(text, *rule);
                let text = at.plain().filter(is_right);
                Ok(how
                    .makers
                    .decimal
                    .bind(py)
                    .call1((text.ok_or(Refused::Here)?,))?)
            }
            Self::Units { is_signed } => units(py, how, at, *is_signed),
            Self::Time => time(py, how, at),
            Self::Day => {
                let day = at.plain().and_then(spelling::read_day);
                let (year, month, day) = day.ok_or(Refused::Here)?;
                Ok(PyDate::new(py, i32::from(year), month, day)?.into_any())
            }
            Self::Choice(values) => {
                let text = at.plain().ok_or(Refused::Here)?;
                let value = values.get(text).ok_or(Refused::Here)?;
                Ok(value.bind(py).clone())
            }
            Self::Optional(_) if at.eats(b"null") => Ok(py.None().into_bound(py)),
            Self::Optional(node) => node.read(py, how, at),
            Self::List { item, least, most } => {
                list(py, at, *least, *most, |at| item.read(py, how, at))
            }
            Self::Tuple(nodes) => {
                let mut rest = nodes.iter();
                list(py, at, nodes.len(), nodes.len(), |at| {
                    rest.next().ok_or(Refused::Here)?.read(py, how, at)
                })
            }
            Self::Map { .. } => self.map(py, how, at),
            Self::Model(model) => model.read(py, how, at),
            Self::Either(nodes) => {
                // Here the checks tell which of them it is.
                let how = How {
                    checks: true,
                    ..how
                };
                let start = at.at();
                for node in nodes {
                    at.go_to(start);
                    match node.read(py, how, at) {
                        Err(Refused::Here) => {}
                        reading => return reading,
                    }
                }
                Err(Refused::Here)
            }
            Self::Checked { node, .. } | Self::Identified { node, .. } if !how.checks => {
                node.read(py, how, at)
            }
            Self::Checked { node, check } => {
                let value = node.read(py, how, at)?;
                let checked = check.bind(py).call1((&value,))?;
                if checked.is(&value) {
                    Ok(value)
                } else {
                    Err(Refused::Here)
                }
            }
            Self::Identified { node, kinds } => {
                let event = node.read(py, how, at)?;
                check_identity(&event, kinds)?;
                Ok(event)
            }
        }
    }

    /// Returns the model of an event.
    pub fn model(&self) -> Option<&Model> {
        match self {
            Self::Identified { node, .. } => node.model(),
            Self::Model(model) => Some(model),
            _ => None,
        }
    }

    fn map<'py>(&self, py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>) -> Reading<'py> {
        let Self::Map {
            key,
            value,
            least,
            most,
        } = self
        else {
            return Err(Refused::Here);
        };
        let values = PyDict::new(py);
        let mut before: &[u8] = b"";
        at.eat(b"{").ok_or(Refused::Here)?;
        while !at.eats(b"}") {
            if !values.is_empty() {
                at.eat(b",").ok_or(Refused::Here)?;
            }
            let start = at.at();
            // Without escapes the text has the order of what it stands for, quotes or not.
            at.plain().ok_or(Refused::Here)?;
            let written = at.since(start);
            if !values.is_empty() && (written.len(), written) <= (before.len(), before) {
                return Err(Refused::Here);
            }
            before = written;
            at.go_to(start);
            let name = key.read(py, how, at)?;
            at.eat(b":").ok_or(Refused::Here)?;
            values.set_item(name, value.read(py, how, at)?)?;
        }
        if values.len() < *least || values.len() > *most {
            return Err(Refused::Here);
        }
        Ok(values.into_any())
    }
}

impl Text {
    fn read<'py>(
        &self,
        py: Python<'py>,
        checks: bool,
        at: &mut Cursor<'_>,
    ) -> Result<Bound<'py, PyString>, Refused> {
        let text = at.string().ok_or(Refused::Here)?;
        if !checks {
            return Ok(PyString::new(py, &text));
        }
        let is_short = text.len() <= self.most || text.chars().count() <= self.most;
        let is_long = self.least == 0 || text.chars().count() >= self.least;
        let matches = self
            .runs
            .as_ref()
            .is_none_or(|runs| pattern::matches(runs, &text));
        if is_short && is_long && matches {
            Ok(PyString::new(py, &text))
        } else {
            Err(Refused::Here)
        }
    }
}

fn spelled<'py>(
    py: Python<'py>,
    at: &mut Cursor<'_>,
    read: &Py<PyAny>,
    write: Option<&Py<PyAny>>,
) -> Reading<'py> {
    let text = at.string().ok_or(Refused::Here)?;
    let value = read.bind(py).call1((text.as_ref(),))?;
    let written = match write {
        Some(write) => write.bind(py).call1((&value,))?,
        None => value.clone(),
    };
    let written = written.cast::<PyString>().map_err(|_| Refused::Here)?;
    if written.to_str()? == text {
        Ok(value)
    } else {
        Err(Refused::Here)
    }
}

fn units<'py>(py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>, is_signed: bool) -> Reading<'py> {
    let text = at
        .plain()
        .filter(|text| !how.checks || spelling::is_units(text, is_signed));
    let text = text.ok_or(Refused::Here)?;
    if let Ok(small) = text.parse::<i64>() {
        return Ok(small.into_pyobject(py).map_err(PyErr::from)?.into_any());
    }
    Ok(how.makers.integer.bind(py).call1((text,))?)
}

fn time<'py>(py: Python<'py>, how: How<'_>, at: &mut Cursor<'_>) -> Reading<'py> {
    let time = at
        .plain()
        .and_then(spelling::read_time)
        .ok_or(Refused::Here)?;
    let (year, month, day) = time.day;
    let (hour, minute, second) = time.time;
    let microsecond = u32::from(time.millisecond) * 1_000;
    let arguments = (
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
        how.makers.utc.bind(py),
    );
    Ok(how.makers.time.bind(py).call1(arguments)?)
}

fn list<'py>(
    py: Python<'py>,
    at: &mut Cursor<'_>,
    least: usize,
    most: usize,
    mut read: impl FnMut(&mut Cursor<'_>) -> Reading<'py>,
) -> Reading<'py> {
    let mut items = Vec::new();
    at.eat(b"[").ok_or(Refused::Here)?;
    while !at.eats(b"]") {
        if !items.is_empty() {
            at.eat(b",").ok_or(Refused::Here)?;
        }
        if items.len() == most {
            return Err(Refused::Here);
        }
        items.push(read(at)?);
    }
    if items.len() < least {
        return Err(Refused::Here);
    }
    Ok(PyTuple::new(py, items)?.into_any())
}

struct Names {
    values: Py<PyString>,
    event_id: Py<PyString>,
    correlation_id: Py<PyString>,
    sequence: Py<PyString>,
    topic: Py<PyString>,
}

fn check_identity(event: &Bound<'_, PyAny>, kinds: &[String]) -> Result<(), Refused> {
    static NAMES: OnceLock<Names> = OnceLock::new();
    let py = event.py();
    let intern = |name| PyString::intern(py, name).unbind();
    let names = NAMES.get_or_init(|| Names {
        values: intern("__dict__"),
        event_id: intern("event_id"),
        correlation_id: intern("correlation_id"),
        sequence: intern("sequence"),
        topic: intern("topic"),
    });
    let values = event.getattr(&names.values)?;
    let text = |name: &Py<PyString>| -> Result<Bound<'_, PyString>, Refused> {
        values
            .get_item(name)?
            .cast_into()
            .map_err(|_| Refused::Here)
    };
    let correlation_id = text(&names.correlation_id)?;
    let sequence = values.get_item(&names.sequence)?.extract::<u16>()?;
    let (topic, event_id) = (text(&names.topic)?, text(&names.event_id)?);
    let derived = identity::derive_event_id(correlation_id.to_str()?, sequence, topic.to_str()?);
    let kind = identity::split_correlation_id(correlation_id.to_str()?);
    let is_known = kind.is_some_and(|(kind, _)| kinds.iter().any(|one| one == kind));
    if is_known && event_id.to_str()?.as_bytes() == derived {
        Ok(())
    } else {
        Err(Refused::Here)
    }
}

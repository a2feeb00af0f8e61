//! Reads the description of an event that Python makes of its model.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::events::model::{Absent, Field, LeftOut, Memory, Model};
use crate::events::node::{Node, Text};
use crate::events::pattern::Run;
use crate::events::spelling::DecimalRule;

/// What all descriptions share.
#[derive(Default)]
pub struct Memories(Mutex<HashMap<String, Arc<Memory>>>);

impl Memories {
    fn of(&self, class: &Bound<'_, PyType>) -> PyResult<Arc<Memory>> {
        let name = class.fully_qualified_name()?.to_string();
        let mut memories = self
            .0
            .lock()
            .map_err(|_| PyValueError::new_err("poisoned"))?;
        Ok(memories.entry(name).or_default().clone())
    }
}

/// Returns what a description says: a tuple of its kind and what belongs to that.
///
/// # Errors
/// `ValueError` or `TypeError` for a description of another form.
pub fn read(description: &Bound<'_, PyAny>, memories: &Memories) -> PyResult<Node> {
    let parts = description.cast::<PyTuple>()?;
    let kind = parts.get_item(0)?;
    let part = |at: usize| parts.get_item(at);
    Ok(match kind.cast::<PyString>()?.to_str()? {
        "text" => Node::Text(Text {
            least: part(1)?.extract()?,
            most: most(&part(2)?)?,
            runs: optional(&part(3)?)?
                .map(|runs| read_runs(&runs))
                .transpose()?,
        }),
        "spelled" => Node::Spelled {
            read: part(1)?.unbind(),
            write: optional(&part(2)?)?.map(Bound::unbind),
        },
        "integer" => Node::Integer {
            least: part(1)?.extract()?,
            most: part(2)?.extract()?,
        },
        "flag" => Node::Flag,
        "decimal" => Node::Decimal(read_rule(&part(1)?)?),
        "units" => Node::Units {
            is_signed: part(1)?.extract()?,
        },
        "time" => Node::Time,
        "day" => Node::Day,
        "choice" => Node::Choice(part(1)?.extract()?),
        "optional" => Node::Optional(Box::new(read(&part(1)?, memories)?)),
        "list" => Node::List {
            item: Box::new(read(&part(1)?, memories)?),
            least: part(2)?.extract()?,
            most: most(&part(3)?)?,
        },
        "tuple" => Node::Tuple(read_all(&part(1)?, memories)?),
        "map" => Node::Map {
            key: Box::new(read(&part(1)?, memories)?),
            value: Box::new(read(&part(2)?, memories)?),
            least: part(3)?.extract()?,
            most: most(&part(4)?)?,
        },
        "model" => Node::Model(Box::new(read_model(parts, memories)?)),
        "either" => Node::Either(read_all(&part(1)?, memories)?),
        "checked" => Node::Checked {
            node: Box::new(read(&part(1)?, memories)?),
            check: part(2)?.unbind(),
        },
        "identified" => Node::Identified {
            node: Box::new(read(&part(1)?, memories)?),
            kinds: part(2)?.extract()?,
        },
        other => return Err(PyValueError::new_err(format!("unknown kind {other}"))),
    })
}

fn read_all(descriptions: &Bound<'_, PyAny>, memories: &Memories) -> PyResult<Vec<Node>> {
    descriptions
        .try_iter()?
        .map(|one| read(&one?, memories))
        .collect()
}

fn read_model(parts: &Bound<'_, PyTuple>, memories: &Memories) -> PyResult<Model> {
    let class = parts.get_item(1)?;
    let class = class.cast::<PyType>()?;
    let fields = parts.get_item(2)?.try_iter()?;
    let is_remembered: bool = parts.get_item(3)?.extract()?;
    Model::new(
        class,
        fields
            .map(|field| read_field(&field?, memories))
            .collect::<PyResult<_>>()?,
        is_remembered.then(|| memories.of(class)).transpose()?,
    )
}

fn read_field(field: &Bound<'_, PyAny>, memories: &Memories) -> PyResult<Field> {
    let parts = field.cast::<PyDict>()?;
    let part = |name: &str| parts.get_item(name);
    let need = |name: &str| -> PyResult<Bound<'_, PyAny>> {
        part(name)?.ok_or_else(|| PyValueError::new_err(format!("a field has no {name}")))
    };
    let key: String = need("key")?.extract()?;
    let absent = match (part("default")?, part("make_default")?) {
        (_, Some(make)) => Absent::MadeBy(make.unbind()),
        (Some(value), None) => Absent::Value(value.unbind()),
        (None, None) => Absent::Refused,
    };
    let left_out = match part("left_out")? {
        None => LeftOut::Never,
        Some(rule) if rule.is_none() => LeftOut::IfNone,
        Some(rule) => LeftOut::IfTold(rule.unbind()),
    };
    Ok(Field {
        key: format!("\"{key}\":").into_bytes(),
        name: PyString::intern(field.py(), need("name")?.cast::<PyString>()?.to_str()?).unbind(),
        node: read(&need("node")?, memories)?,
        absent,
        left_out,
    })
}

fn read_runs(runs: &Bound<'_, PyAny>) -> PyResult<Vec<Run>> {
    let read_run = |run: Bound<'_, PyAny>| {
        let (ascii, others, least, most_or_none): (u128, bool, usize, Option<usize>) =
            run.extract()?;
        Ok(Run {
            ascii,
            others,
            least,
            most: most_or_none.unwrap_or(usize::MAX),
        })
    };
    runs.try_iter()?.map(|run| read_run(run?)).collect()
}

fn read_rule(rule: &Bound<'_, PyAny>) -> PyResult<DecimalRule> {
    Ok(match rule.extract::<String>()?.as_str() {
        "any" => DecimalRule::Any,
        "positive" => DecimalRule::Positive,
        "fraction" => DecimalRule::Fraction,
        "shortest" => DecimalRule::Shortest,
        other => return Err(PyValueError::new_err(format!("unknown rule {other}"))),
    })
}

fn most(limit: &Bound<'_, PyAny>) -> PyResult<usize> {
    Ok(limit.extract::<Option<usize>>()?.unwrap_or(usize::MAX))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "read beside parts that may be missing"
)]
fn optional<'py>(part: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok((!part.is_none()).then(|| part.clone()))
}

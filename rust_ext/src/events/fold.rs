//! Folds the rows of an intent's history into its documents, as the models in Python do.
//!
//! It folds what is usual. A history with anything else is left to Python: an event that the
//! lifecycles forbid or that says otherwise than those before, bytes of another producer's spelling,
//! amounts of more than 128 bits.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::events::arrange::Stored;
use crate::events::history::{Criterion, History, Outcome, Tables};
use crate::events::lifecycle::{Lifecycle, Next, Told};
use crate::events::node::Refused;
use crate::events::nodes::Nodes;
use crate::events::row::Row;
use crate::events::told::{Event, plain};

const PAYLOAD_KEY: &[u8] = b"\"payload\":";

/// The id of the intent and its document, then the same of the plan where there is one.
type Document<'py> = (String, Bound<'py, PyBytes>);
type Folded<'py> = (Document<'py>, Option<Document<'py>>);

/// Folds rows of the ledger.
#[pyclass(frozen, name = "IntentFolder", module = "tradewind_router")]
struct IntentFolder {
    nodes: Nodes,
    tables: Tables,
    /// Returns the average price, and the criteria where the intent is settled, as JSON.
    judge: Py<PyAny>,
}

#[pymethods]
impl IntentFolder {
    /// `describe` returns the description of a topic's event; `lifecycles` are the lines of intent,
    /// plan and step; `owners` who resolves a state of a step; `judge` what became of the fills.
    #[new]
    fn new(
        py: Python<'_>,
        describe: Py<PyAny>,
        lifecycles: [Vec<Told>; 3],
        filled: &str,
        owners: Vec<(String, String)>,
        judge: Py<PyAny>,
    ) -> PyResult<Self> {
        let [intent, plan, step] = lifecycles.map(Lifecycle::new);
        let step = step?;
        let state = |name: &str| step.state(name).unwrap_or(usize::MAX);
        let owners = owners.into_iter().map(|(name, role)| (state(&name), role));
        let tables = Tables {
            intent: intent?,
            plan: plan?,
            filled: state(filled),
            owners: owners.collect(),
            step,
        };
        let nodes = Nodes::new(py, describe)?;
        Ok(Self {
            nodes,
            tables,
            judge,
        })
    }

    /// Returns the documents of a whole history, whose rows are in order; None leaves it to Python.
    fn fold<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyList>,
        incarnation: &str,
    ) -> PyResult<Option<Folded<'py>>> {
        match self.fold_rows(py, rows, incarnation) {
            Ok(folded) => Ok(Some(folded)),
            Err(Refused::Here) => Ok(None),
            Err(Refused::Raised(error)) => Err(error),
        }
    }
}

impl IntentFolder {
    fn fold_rows<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyList>,
        incarnation: &str,
    ) -> Result<Folded<'py>, Refused> {
        let mut history = History::default();
        for (place, row) in rows.iter().enumerate() {
            self.take(py, &mut history, &Row(&row), place + 1)?;
        }
        let tables = &self.tables;
        let outcome = self.outcome(py, &history, rows)?;
        let intent = history.write_intent(tables, incarnation, rows.len(), outcome.as_ref());
        let intent = intent.ok_or(Refused::Here)?;
        let plan = match &history.plan {
            None => None,
            Some(plan) => {
                let text = history.write_plan(tables, incarnation);
                let text = text.ok_or(Refused::Here)?;
                Some((name(&plan.id)?, PyBytes::new(py, &text)))
            }
        };
        let id = name(&history.intent.as_ref().ok_or(Refused::Here)?.id)?;
        Ok(((id, PyBytes::new(py, &intent)), plan))
    }

    /// Folds the row that has to be at this place of the history.
    fn take(
        &self,
        py: Python<'_>,
        history: &mut History,
        row: &Row<'_, '_>,
        sequence: usize,
    ) -> Result<(), Refused> {
        let is_next = row.get(intern!(py, "sequence"))?.extract::<usize>()? == sequence;
        if !is_next || !row.get(intern!(py, "body"))?.is_none() {
            return Err(Refused::Here);
        }
        let topic = row.text(intern!(py, "topic"))?;
        let topic = topic.to_str()?;
        let node = self.nodes.find(py, topic)?.ok_or(Refused::Here)?;
        let event = node.model().ok_or(Refused::Here)?;
        let payload = event.field(PAYLOAD_KEY).ok_or(Refused::Here)?;
        let stored = row.text(intern!(py, "payload"))?;
        let stored = Stored::new(stored.to_str()?.as_bytes()).ok_or(Refused::Here)?;
        let (body, places) = row.body(payload, &stored)?;
        row.prove(&body)?;
        let correlation_id = row.text(intern!(py, "correlation_id"))?;
        let event = Event {
            topic,
            sequence,
            correlation_id: correlation_id.to_str()?,
            time: &body[places.time.0..places.time.1],
            payload,
            stored: &stored,
        };
        evolve(&self.tables, history, &event).ok_or(Refused::Here)
    }

    /// Has Python say what became of the fills.
    fn outcome(
        &self,
        py: Python<'_>,
        history: &History,
        rows: &Bound<'_, PyList>,
    ) -> Result<Option<Outcome>, Refused> {
        let (Some(intent), Some(plan)) = (&history.intent, &history.plan) else {
            return Ok(None);
        };
        let step = &plan.step;
        if step.fills == 0 {
            return Ok(None);
        }
        let (base, quote) = if step.buys_base {
            (step.amount_out, step.amount_in)
        } else {
            (step.amount_in, step.amount_out)
        };
        let is_settled = self.tables.intent.name(intent.state) == "completed";
        let moment = |place: usize| rows.get_item(place)?.get_item(intern!(py, "time"));
        let criteria: Vec<[&str; 3]> = intent
            .criteria
            .iter()
            .map(texts)
            .collect::<Option<_>>()
            .ok_or(Refused::Here)?;
        let received = if step.receives_quote {
            step.quote_decimals
        } else {
            step.base_decimals
        };
        let arguments = (
            (base, step.base_decimals),
            (quote, step.quote_decimals),
            (step.amount_out, received),
            (moment(0)?, moment(rows.len() - 1)?),
            is_settled.then_some(criteria),
        );
        let told = self.judge.bind(py).call1(arguments)?;
        let (average_price, criteria): (Vec<u8>, Option<Vec<u8>>) = told.extract()?;
        Ok(Some(Outcome {
            average_price,
            criteria,
        }))
    }
}

fn texts(criterion: &Criterion) -> Option<[&str; 3]> {
    let [metric, comparison, threshold] = criterion;
    Some([plain(metric)?, plain(comparison)?, plain(threshold)?])
}

fn name(written: &[u8]) -> Result<String, Refused> {
    Ok(plain(written).ok_or(Refused::Here)?.to_owned())
}

/// Folds an event in; none where it is not allowed, or not usual.
fn evolve(tables: &Tables, history: &mut History, event: &Event<'_>) -> Option<()> {
    let case = event.case()?;
    let facts = history.facts(tables);
    let state = history.intent.as_ref().map(|one| one.state);
    let Next::To(state) = tables.intent.next(state, event.topic, case, facts) else {
        return None;
    };
    event.belongs(history)?;
    if event.topic == "intent.submitted" {
        history.intent = Some(event.open(state)?);
    }
    let step = advance_plan(tables, history, event, case)?;
    let intent = history.intent.as_mut()?;
    intent.state = state;
    intent.last_event_time = event.time.to_vec();
    if let Some(plan) = history.plan.as_ref().filter(|_| step) {
        let is_unknown = tables.owner(plan.step.state).is_some();
        intent.in_flight = is_unknown && plan.step.confirm_by.is_some();
    }
    event.tell(intent, history.plan.is_some())
}

/// Takes plan and step to their next states; returns whether the step was concerned.
fn advance_plan(
    tables: &Tables,
    history: &mut History,
    event: &Event<'_>,
    case: &str,
) -> Option<bool> {
    let (facts, topic) = (history.facts(tables), event.topic);
    let is_created = topic == "plan.created";
    let status = history.plan.as_ref().map(|plan| plan.status);
    if status.is_none() && !is_created {
        return Some(false);
    }
    let status = match tables.plan.next(status, topic, case, facts) {
        Next::Elsewhere => return Some(false),
        Next::Forbidden => return None,
        Next::To(status) => status,
    };
    let state = history.plan.as_ref().map(|plan| plan.step.state);
    let state = match tables.step.next(state, topic, case, facts) {
        Next::Elsewhere => None,
        Next::Forbidden => return None,
        Next::To(state) => Some(state),
    };
    if is_created {
        history.plan = Some(event.open_plan(status, state?)?);
        return Some(true);
    }
    let plan = history.plan.as_mut()?;
    plan.version = event.sequence;
    plan.status = status;
    plan.last_event_time = event.time.to_vec();
    if let Some(state) = state {
        event.advance_step(&mut plan.step, state, tables)?;
    }
    Some(state.is_some())
}

/// Adds what folds rows to the module.
///
/// # Errors
/// What Python raises when it is out of memory.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IntentFolder>()
}

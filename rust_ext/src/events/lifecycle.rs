//! Lifecycles as the tables that Python has of them.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A line as Python tells it: source, topic, case, target and guard.
pub type Told = (Option<String>, String, String, String, String);

/// What is known of an intent beside its state.
#[derive(Clone, Copy)]
pub struct Facts {
    pub risk_approved: bool,
    pub in_flight: bool,
    pub every_step_filled: bool,
}

#[derive(Clone, Copy)]
enum Guard {
    None,
    RiskApproved,
    NothingInFlight,
    InFlight,
    EveryStepFilled,
}

struct Line {
    source: Option<usize>,
    case: String,
    target: usize,
    guard: Guard,
}

/// What an event does to a lifecycle.
pub enum Next {
    /// The table does not know it.
    Elsewhere,
    Forbidden,
    To(usize),
}

/// A table of transitions; a state is its place among the names.
pub struct Lifecycle {
    names: Vec<String>,
    by_topic: HashMap<String, Vec<Line>>,
}

impl Lifecycle {
    /// Returns the lifecycle of these lines.
    ///
    /// # Errors
    /// `ValueError` for a guard that is not known here.
    pub fn new(lines: Vec<Told>) -> PyResult<Self> {
        let (mut names, mut by_topic) = (Vec::new(), HashMap::<_, Vec<Line>>::new());
        let mut place = |name: String| {
            names
                .iter()
                .position(|one| *one == name)
                .unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                })
        };
        for (source, topic, case, target, guard) in lines {
            let line = Line {
                source: source.map(&mut place),
                case,
                target: place(target),
                guard: read_guard(&guard)?,
            };
            by_topic.entry(topic).or_default().push(line);
        }
        Ok(Self { names, by_topic })
    }

    /// Returns the name of a state.
    pub fn name(&self, state: usize) -> &str {
        &self.names[state]
    }

    /// Returns the state of a name.
    pub fn state(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|one| one == name)
    }

    /// Returns what an event does in a state, which is none before the first event.
    pub fn next(&self, state: Option<usize>, topic: &str, case: &str, facts: Facts) -> Next {
        let lines = self.by_topic.get(topic).map_or(&[][..], Vec::as_slice);
        let mut lines = lines.iter().filter(|line| line.case == case).peekable();
        if lines.peek().is_none() {
            return Next::Elsewhere;
        }
        match lines.find(|line| line.source == state) {
            Some(line) if line.guard.holds(facts) => Next::To(line.target),
            _ => Next::Forbidden,
        }
    }
}

impl Guard {
    fn holds(self, facts: Facts) -> bool {
        match self {
            Self::None => true,
            Self::RiskApproved => facts.risk_approved,
            Self::NothingInFlight => !facts.in_flight,
            Self::InFlight => facts.in_flight,
            Self::EveryStepFilled => facts.every_step_filled,
        }
    }
}

fn read_guard(name: &str) -> PyResult<Guard> {
    Ok(match name {
        "NONE" => Guard::None,
        "RISK_APPROVED" => Guard::RiskApproved,
        "NOTHING_IN_FLIGHT" => Guard::NothingInFlight,
        "IN_FLIGHT" => Guard::InFlight,
        "EVERY_STEP_FILLED" => Guard::EveryStepFilled,
        other => return Err(PyValueError::new_err(format!("unknown guard {other}"))),
    })
}

//! An intent's history as far as it was folded, and the documents it comes to.
//!
//! What documents take from events is kept as it is written there, quotes included: the same writer
//! writes both.

use std::io::Write;

use crate::events::arrange::{Stored, separate};
use crate::events::lifecycle::{Facts, Lifecycle};

const NULL: &[u8] = b"null";

/// A value as it is written; none where there is none.
pub type Written = Option<Vec<u8>>;

/// The tables that a fold goes by.
pub struct Tables {
    pub intent: Lifecycle,
    pub plan: Lifecycle,
    pub step: Lifecycle,
    pub filled: usize,
    /// The role that has to resolve each state of a step in which money may have moved.
    pub owners: Vec<(usize, String)>,
}

impl Tables {
    /// Returns who has to resolve a state of a step, where its outcome is unknown.
    pub fn owner(&self, step: usize) -> Option<&str> {
        let found = self.owners.iter().find(|(state, _)| *state == step)?;
        Some(&found.1)
    }
}

/// A success criterion: metric, comparison and threshold.
pub type Criterion = [Vec<u8>; 3];

/// The intent.
pub struct Intent {
    pub state: usize,
    pub id: Vec<u8>,
    pub correlation_id: String,
    pub submitted_at: Vec<u8>,
    pub expires_at: Vec<u8>,
    pub last_event_time: Vec<u8>,
    pub latest_plan_id: Written,
    /// Whether the step is in flight; then transaction, owner and deadline are those of the step.
    pub in_flight: bool,
    pub strategy_id: Vec<u8>,
    pub side: Vec<u8>,
    pub pair: Vec<u8>,
    pub amount: Vec<u8>,
    pub priority: Written,
    pub notional_usd: Written,
    pub reason: Written,
    pub detail: Written,
    pub tx_hash: Written,
    pub criteria: Vec<Criterion>,
}

/// The plan, which has one step.
pub struct Plan {
    pub version: usize,
    pub status: usize,
    pub last_event_time: Vec<u8>,
    pub id: Vec<u8>,
    pub strategy_id: Vec<u8>,
    pub venue: Vec<u8>,
    pub created_at: Vec<u8>,
    pub estimated_cost: Vec<u8>,
    pub estimated_duration_ms: Vec<u8>,
    pub risk_score: Vec<u8>,
    pub step: Step,
}

/// The step of a plan and how far it is.
pub struct Step {
    pub state: usize,
    pub tx_hash: Written,
    pub confirm_by: Written,
    pub amount_in: u128,
    pub amount_out: u128,
    pub fills: usize,
    /// The step as it was planned.
    pub planned: Vec<u8>,
    pub buys_base: bool,
    /// Whether what it receives is quote, as far as its decimals go.
    pub receives_quote: bool,
    pub base_decimals: i64,
    pub quote_decimals: i64,
}

/// What was made of the fills in Python: the average price, and the criteria where it is settled.
pub struct Outcome {
    pub average_price: Vec<u8>,
    pub criteria: Written,
}

/// A history as far as it was folded.
#[derive(Default)]
pub struct History {
    pub intent: Option<Intent>,
    pub plan: Option<Plan>,
}

impl History {
    /// Returns what guards check.
    pub fn facts(&self, tables: &Tables) -> Facts {
        let (intent, plan) = (self.intent.as_ref(), self.plan.as_ref());
        Facts {
            risk_approved: intent.is_some_and(|one| one.notional_usd.is_some()),
            in_flight: intent.is_some_and(|one| one.in_flight),
            every_step_filled: plan.is_some_and(|one| one.step.state == tables.filled),
        }
    }

    /// Writes the document of the intent.
    pub fn write_intent(
        &self,
        tables: &Tables,
        incarnation: &str,
        version: usize,
        outcome: Option<&Outcome>,
    ) -> Option<Vec<u8>> {
        let intent = self.intent.as_ref()?;
        let step = self.plan.as_ref().map(|plan| &plan.step);
        let mut out = Vec::with_capacity(1_024);
        head(&mut out, incarnation, version)?;
        text(&mut out, "state", tables.intent.name(intent.state))?;
        value(&mut out, "intent_id", &intent.id);
        text(&mut out, "correlation_id", &intent.correlation_id)?;
        value(&mut out, "submitted_at", &intent.submitted_at);
        value(&mut out, "expires_at", &intent.expires_at);
        value(&mut out, "last_event_time", &intent.last_event_time);
        maybe(&mut out, "latest_plan_id", intent.latest_plan_id.as_ref());
        match step.filter(|_| intent.in_flight) {
            None => value(&mut out, "in_flight", NULL),
            Some(step) => {
                let owner = tables.owner(step.state)?;
                value(&mut out, "in_flight", b"{");
                let unknown = b"\"\"".to_vec();
                value(
                    &mut out,
                    "tx_hash",
                    step.tx_hash.as_ref().unwrap_or(&unknown),
                );
                text(&mut out, "owner", owner)?;
                value(&mut out, "confirm_by", step.confirm_by.as_ref()?);
                out.push(b'}');
            }
        }
        value(&mut out, "summary", b"{");
        intent.write_summary(&mut out, step, outcome);
        out.extend_from_slice(b"},\"illegal_events\":0}");
        Some(out)
    }

    /// Writes the document of the plan.
    pub fn write_plan(&self, tables: &Tables, incarnation: &str) -> Option<Vec<u8>> {
        let (intent, plan) = (self.intent.as_ref()?, self.plan.as_ref()?);
        let step = &plan.step;
        let mut out = Vec::with_capacity(2_048);
        head(&mut out, incarnation, plan.version)?;
        text(&mut out, "status", tables.plan.name(plan.status))?;
        value(&mut out, "plan_id", &plan.id);
        value(&mut out, "intent_id", &intent.id);
        text(&mut out, "correlation_id", &intent.correlation_id)?;
        value(&mut out, "strategy_id", &plan.strategy_id);
        value(&mut out, "venue", &plan.venue);
        value(&mut out, "created_at", &plan.created_at);
        value(&mut out, "last_event_time", &plan.last_event_time);
        value(&mut out, "estimated_cost", &plan.estimated_cost);
        value(
            &mut out,
            "estimated_duration_ms",
            &plan.estimated_duration_ms,
        );
        value(&mut out, "risk_score", &plan.risk_score);
        value(&mut out, "steps", b"[{\"index\":0");
        text(&mut out, "state", tables.step.name(step.state))?;
        maybe(&mut out, "tx_hash", step.tx_hash.as_ref());
        maybe(&mut out, "confirm_by", step.confirm_by.as_ref());
        step.write_amounts(&mut out)?;
        value(&mut out, "step", &step.planned);
        let filled = usize::from(step.fills > 0 && step.state == tables.filled);
        write!(
            out,
            "}}],\"progress\":{{\"steps_total\":1,\"steps_filled\":{filled}"
        )
        .ok()?;
        step.write_amounts(&mut out)?;
        out.extend_from_slice(b"}}");
        Some(out)
    }
}

impl Intent {
    fn write_summary(&self, out: &mut Vec<u8>, step: Option<&Step>, outcome: Option<&Outcome>) {
        value(out, "strategy_id", &self.strategy_id);
        value(out, "intent_type", &self.side);
        value(out, "pair", &self.pair);
        value(out, "amount", &self.amount);
        maybe(out, "priority", self.priority.as_ref());
        maybe(out, "notional_usd", self.notional_usd.as_ref());
        maybe(out, "reason", self.reason.as_ref());
        maybe(out, "detail", self.detail.as_ref());
        match step.filter(|step| step.fills > 0) {
            None => out.extend_from_slice(b",\"amount_in\":null,\"amount_out\":null"),
            Some(step) => {
                let (paid, received) = (step.amount_in, step.amount_out);
                let texts = format!(",\"amount_in\":\"{paid}\",\"amount_out\":\"{received}\"");
                out.extend_from_slice(texts.as_bytes());
            }
        }
        value(
            out,
            "average_price",
            outcome.map_or(NULL, |one| &one.average_price),
        );
        maybe(out, "tx_hash", self.tx_hash.as_ref());
        if let Some(criteria) = outcome.and_then(|one| one.criteria.as_ref()) {
            value(out, "criteria", criteria);
            return;
        }
        value(out, "criteria", b"[");
        for [metric, comparison, threshold] in &self.criteria {
            separate(out, b'[');
            out.push(b'{');
            value(out, "metric", metric);
            value(out, "comparison", comparison);
            value(out, "threshold", threshold);
            out.extend_from_slice(b",\"actual\":null,\"met\":null}");
        }
        out.push(b']');
    }
}

impl Step {
    fn write_amounts(&self, out: &mut Vec<u8>) -> Option<()> {
        let (paid, received, fills) = (self.amount_in, self.amount_out, self.fills);
        write!(
            out,
            ",\"amount_in\":\"{paid}\",\"amount_out\":\"{received}\",\"fills\":{fills}"
        )
        .ok()
    }
}

/// Returns the text of a string of a payload, without its quotes.
pub fn unquoted(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Returns what a field of an object in a payload is written as.
pub fn written<'a>(stored: &Stored<'a>, place: usize, key: &str) -> Option<&'a [u8]> {
    Some(stored.text(stored.get(place, key.as_bytes())?))
}

fn head(out: &mut Vec<u8>, incarnation: &str, version: usize) -> Option<()> {
    out.push(b'{');
    text(out, "incarnation", incarnation)?;
    write!(out, ",\"version\":{version}").ok()
}

/// Writes a text that needs no escapes.
fn text(out: &mut Vec<u8>, name: &str, content: &str) -> Option<()> {
    let escapes = |byte: u8| matches!(byte, b'"' | b'\\' | 0..32);
    if content.bytes().any(escapes) {
        return None;
    }
    value(out, name, b"\"");
    out.extend_from_slice(content.as_bytes());
    out.push(b'"');
    Some(())
}

fn maybe(out: &mut Vec<u8>, name: &str, written: Option<&Vec<u8>>) {
    value(out, name, written.map_or(NULL, Vec::as_slice));
}

fn value(out: &mut Vec<u8>, name: &str, written: &[u8]) {
    separate(out, b'{');
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(written);
}

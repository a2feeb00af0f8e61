//! What an event of an intent's history tells: of the intent, its plan and its step.

use crate::events::arrange::{Stored, arrange};
use crate::events::history::{History, Intent, Plan, Step, Tables, unquoted, written};
use crate::events::node::Node;

const STEPS_KEY: &[u8] = b"\"steps\":";
const PREFIX: &[u8] = b"intent-";

/// An event whose row was proven.
pub struct Event<'a> {
    pub topic: &'a str,
    pub sequence: usize,
    pub correlation_id: &'a str,
    /// The time as it is written.
    pub time: &'a [u8],
    pub payload: &'a Node,
    pub stored: &'a Stored<'a>,
}

impl Event<'_> {
    fn value(&self, key: &str) -> Option<&[u8]> {
        written(self.stored, 0, key)
    }

    fn owned(&self, key: &str) -> Option<Vec<u8>> {
        self.value(key).map(<[u8]>::to_vec)
    }

    fn is_of_step(&self) -> bool {
        self.topic.starts_with("exec.step_")
    }

    /// Returns what distinguishes events of this topic; none for a topic that is not known here.
    pub fn case(&self) -> Option<&str> {
        match self.topic {
            "intent.submitted"
            | "risk.screened"
            | "risk.approval_required"
            | "risk.approved"
            | "risk.rejected"
            | "intent.accepted"
            | "plan.created"
            | "plan.rejected"
            | "exec.started"
            | "exec.step_signed"
            | "exec.step_submitted"
            | "exec.step_reorged"
            | "exec.completed"
            | "intent.expired" => Some(""),
            "exec.step_filled" if self.value("final")? == b"true" => Some("final"),
            "exec.step_filled" => Some("partial"),
            "exec.failed" => plain(self.value("proof")?),
            "intent.cancelled" => match self.value("proof") {
                None => Some(""),
                Some(proof) => plain(proof),
            },
            _ => None,
        }
    }

    /// Returns none where the event names another intent, plan or step.
    pub fn belongs(&self, history: &History) -> Option<()> {
        let id = unquoted(self.value("intentId")?)?;
        let is_own = self.correlation_id.as_bytes().strip_prefix(PREFIX) == Some(id);
        let names_plan = self.topic.starts_with("exec.");
        let plan = history.plan.as_ref().map(|plan| plan.id.as_slice());
        let is_planned = !names_plan || (plan.is_some() && self.value("planId") == plan);
        let is_first = !self.is_of_step() || self.value("stepIndex")? == b"0";
        let is_same = |intent: &Intent| intent.correlation_id == self.correlation_id;
        let is_own = is_own && history.intent.as_ref().is_none_or(is_same);
        (is_own && is_planned && is_first).then_some(())
    }

    pub fn open(&self, state: usize) -> Option<Intent> {
        let stored = self.stored;
        let intent = stored.get(0, b"intent")?;
        let owned = |key: &str| written(stored, intent, key).map(<[u8]>::to_vec);
        let mut assets = stored.inside(stored.get(intent, b"assets")?, b'[')?;
        let (base, quote) = (assets.next()?, assets.next()?);
        let mut pair = written(stored, base, "symbol")?
            .strip_suffix(b"\"")?
            .to_vec();
        pair.push(b'/');
        pair.extend_from_slice(written(stored, quote, "symbol")?.strip_prefix(b"\"")?);
        let mut criteria = Vec::new();
        for one in stored.inside(stored.get(intent, b"success_criteria")?, b'[')? {
            let owned = |key: &str| written(stored, one, key).map(<[u8]>::to_vec);
            criteria.push([owned("metric")?, owned("comparison")?, owned("threshold")?]);
        }
        Some(Intent {
            state,
            id: self.owned("intentId")?,
            correlation_id: self.correlation_id.to_owned(),
            submitted_at: self.time.to_vec(),
            expires_at: self.owned("expiresAt")?,
            last_event_time: self.time.to_vec(),
            latest_plan_id: None,
            in_flight: false,
            strategy_id: owned("strategy_id")?,
            side: owned("intent_type")?,
            pair,
            amount: owned("amount")?,
            priority: None,
            notional_usd: None,
            reason: None,
            detail: None,
            tx_hash: None,
            criteria,
        })
    }

    pub fn open_plan(&self, status: usize, state: usize) -> Option<Plan> {
        let stored = self.stored;
        let plan = stored.get(0, b"plan")?;
        let mut steps = stored.inside(stored.get(0, b"steps")?, b'[')?;
        let step = steps.next()?;
        if steps.next().is_some() {
            return None;
        }
        let owned = |key: &str| written(stored, plan, key).map(<[u8]>::to_vec);
        Some(Plan {
            version: self.sequence,
            status,
            last_event_time: self.time.to_vec(),
            id: self.owned("planId")?,
            strategy_id: self.owned("strategyId")?,
            venue: written(stored, step, "venue")?.to_vec(),
            created_at: self.time.to_vec(),
            estimated_cost: owned("estimated_cost")?,
            estimated_duration_ms: owned("estimated_duration_ms")?,
            risk_score: owned("risk_score")?,
            step: self.open_step(step, state)?,
        })
    }

    fn open_step(&self, place: usize, state: usize) -> Option<Step> {
        let stored = self.stored;
        let Node::List { item, .. } = self.payload.model()?.field(STEPS_KEY)? else {
            return None;
        };
        let mut planned = Vec::with_capacity(1_024);
        arrange(item, stored, place, &mut planned)?;
        let (base, quote) = (stored.get(place, b"base")?, stored.get(place, b"quote")?);
        let number = |asset: usize| {
            let text = written(stored, asset, "decimals")?;
            std::str::from_utf8(text).ok()?.parse().ok()
        };
        let is_of = |token: &str, asset: usize| {
            Some(written(stored, place, token)? == written(stored, asset, "address")?)
        };
        Some(Step {
            state,
            tx_hash: None,
            confirm_by: None,
            amount_in: 0,
            amount_out: 0,
            fills: 0,
            planned,
            buys_base: !is_of("token_in", base)?,
            receives_quote: is_of("token_out", quote)?,
            base_decimals: number(base)?,
            quote_decimals: number(quote)?,
        })
    }

    pub fn advance_step(&self, step: &mut Step, state: usize, tables: &Tables) -> Option<()> {
        step.state = state;
        if self.is_of_step() {
            step.tx_hash = Some(self.owned("txHash")?);
            if self.topic == "exec.step_filled" {
                step.amount_in = step.amount_in.checked_add(self.units("amountIn")?)?;
                step.amount_out = step.amount_out.checked_add(self.units("amountOut")?)?;
                step.fills += 1;
            } else {
                step.confirm_by = Some(self.owned("confirmBy")?);
            }
        }
        if tables.owner(state).is_none() {
            step.confirm_by = None;
        }
        Some(())
    }

    fn units(&self, key: &str) -> Option<u128> {
        plain(self.value(key)?)?.parse().ok()
    }

    /// Notes what the event says of the intent.
    pub fn tell(&self, intent: &mut Intent, is_planned: bool) -> Option<()> {
        match self.topic {
            "plan.created" => intent.latest_plan_id = Some(self.owned("planId")?),
            "risk.screened" => {
                intent.notional_usd = Some(self.owned("notionalUsd")?);
                intent.priority = Some(self.owned("priority")?);
            }
            "risk.approved" => intent.notional_usd = Some(self.owned("notionalUsd")?),
            "intent.accepted" => intent.priority = Some(self.owned("priority")?),
            "exec.step_signed" | "exec.step_submitted" => {
                intent.tx_hash = Some(self.owned("txHash")?);
            }
            "exec.step_filled" if is_planned => intent.tx_hash = Some(self.owned("txHash")?),
            "risk.rejected" | "plan.rejected" | "exec.failed" => {
                intent.reason = Some(self.owned("reason")?);
                intent.detail = Some(self.owned("detail")?);
            }
            "intent.expired" => {
                if let Some(detail) = self.owned("detail") {
                    intent.detail = Some(detail);
                }
            }
            "intent.cancelled" => {
                if let Some(detail) = self.owned("detail") {
                    intent.reason = Some(b"\"CANCELLED\"".to_vec());
                    intent.detail = Some(detail);
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// Returns the text of a string without escapes or quotes.
pub fn plain(written: &[u8]) -> Option<&str> {
    std::str::from_utf8(unquoted(written)?).ok()
}

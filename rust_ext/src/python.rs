//! The module Python imports.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is owned")]

use pyo3::create_exception;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyTuple;
use ruint::aliases::U256;

use crate::desk_python::trade_in_turn;
use crate::events::{fold, reader, row};
use crate::integers::{from_u256, to_u256};
use crate::measure;
use crate::pool::{self, Quote};
use crate::swap_math::Direction;

create_exception!(
    tradewind_router,
    InvalidSnapshot,
    PyValueError,
    "The snapshot contradicts itself and cannot be a state of a pool; the text says where."
);

create_exception!(
    tradewind_router,
    InvalidSwap,
    PyValueError,
    "The swap cannot be asked of this pool: no amount, or a limit on the wrong side."
);

/// A swap as Python has it: `zero_for_one`, `amount`, `exact_out`, `sqrt_price_limit_x96`.
type PythonSwap<'py> = (bool, Bound<'py, PyAny>, bool, Option<Bound<'py, PyAny>>);

/// From so many quotes in one call on, the interpreter's lock is released while they are computed.
const LOCK_FREE_QUOTES: usize = 16;

/// A pool state in the form the engine computes on. Immutable, safe to share between threads.
#[pyclass(frozen, name = "Pool", module = "tradewind_router")]
struct PythonPool(pool::Pool);

#[pymethods]
impl PythonPool {
    #[new]
    fn new(
        fee_pips: u32,
        tick_spacing: i32,
        sqrt_price_x96: &Bound<'_, PyAny>,
        tick: i32,
        liquidity: &Bound<'_, PyAny>,
        ticks: Vec<i32>,
        liquidity_nets: Vec<PyBackedStr>,
    ) -> PyResult<Self> {
        // The check refuses the least int128 as it refuses what does not fit one.
        let liquidity_nets = liquidity_nets
            .iter()
            .map(|net| net.parse().unwrap_or(i128::MIN))
            .collect();
        let snapshot = pool::Snapshot {
            fee_pips,
            tick_spacing,
            sqrt_price: to_u256(sqrt_price_x96)?.unwrap_or_default(),
            tick,
            liquidity: to_u256(liquidity)?.unwrap_or(U256::MAX),
            ticks,
            liquidity_nets,
        };
        pool::Pool::new(snapshot)
            .map(Self)
            .map_err(|error| InvalidSnapshot::new_err(error.0))
    }

    /// Returns a pool whose liquidity is the same at every price, with the tick its price says.
    #[staticmethod]
    fn full_range(
        fee_pips: u32,
        tick_spacing: i32,
        sqrt_price_x96: &Bound<'_, PyAny>,
        liquidity: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let sqrt_price = to_u256(sqrt_price_x96)?.unwrap_or_default();
        let liquidity = to_u256(liquidity)?.unwrap_or(U256::MAX);
        pool::Pool::full_range(fee_pips, tick_spacing, sqrt_price, liquidity)
            .map(Self)
            .map_err(|error| InvalidSnapshot::new_err(error.0))
    }

    /// Returns the pool at another state, sharing its ticks, which are not checked again.
    fn at(
        &self,
        sqrt_price_x96: &Bound<'_, PyAny>,
        tick: &Bound<'_, PyAny>,
        liquidity: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let tick = match tick.extract::<i32>() {
            // No tick is as large as what does not fit.
            Err(error) if error.is_instance_of::<PyOverflowError>(tick.py()) => i32::MAX,
            tick => tick?,
        };
        let sqrt_price = to_u256(sqrt_price_x96)?.unwrap_or_default();
        let liquidity = to_u256(liquidity)?.unwrap_or(U256::MAX);
        self.0
            .at(sqrt_price, tick, liquidity)
            .map(Self)
            .map_err(|error| InvalidSnapshot::new_err(error.0))
    }

    /// Returns what the pool would do. Too short to be worth releasing the interpreter's lock.
    #[pyo3(signature = (zero_for_one, amount, exact_out=false, sqrt_price_limit_x96=None))]
    fn quote<'py>(
        &self,
        py: Python<'py>,
        zero_for_one: bool,
        amount: Bound<'py, PyAny>,
        exact_out: bool,
        sqrt_price_limit_x96: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let swap = read_swap(&(zero_for_one, amount, exact_out, sqrt_price_limit_x96))?;
        write_quote(py, &self.0.quote(&swap)?)
    }

    /// Returns what the pool would do for each swap, computed without the interpreter's lock.
    fn quote_all<'py>(
        &self,
        py: Python<'py>,
        swaps: Vec<PythonSwap<'py>>,
    ) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let swaps = swaps.iter().map(read_swap).collect::<PyResult<Vec<_>>>()?;
        let quotes = py.detach(|| {
            swaps
                .iter()
                .map(|swap| self.0.quote(swap))
                .collect::<Result<Vec<_>, _>>()
        });
        quotes?.iter().map(|quote| write_quote(py, quote)).collect()
    }
}

/// Returns what each pool would do for its swap.
#[pyfunction]
fn quote_each<'py>(
    py: Python<'py>,
    pools: Vec<Py<PythonPool>>,
    swaps: Vec<PythonSwap<'py>>,
) -> PyResult<Vec<Bound<'py, PyTuple>>> {
    if pools.len() != swaps.len() {
        return Err(PyValueError::new_err(
            "there must be as many swaps as pools",
        ));
    }
    let swaps = swaps.iter().map(read_swap).collect::<PyResult<Vec<_>>>()?;
    let quote = || {
        pools
            .iter()
            .zip(&swaps)
            .map(|(pool, swap)| pool.get().0.quote(swap))
            .collect::<Result<Vec<_>, _>>()
    };
    let quotes = if swaps.len() < LOCK_FREE_QUOTES {
        quote()
    } else {
        py.detach(quote)
    };
    quotes?.iter().map(|quote| write_quote(py, quote)).collect()
}

/// Returns the nanoseconds of one quote, over `rounds` through all `pools`, for benchmarks.
#[pyfunction]
fn quote_duration_ns(
    py: Python<'_>,
    pools: Vec<Py<PythonPool>>,
    swap: PythonSwap<'_>,
    rounds: u32,
) -> PyResult<f64> {
    let swap = read_swap(&swap)?;
    let pools = pools.iter().map(|pool| &pool.get().0).collect::<Vec<_>>();
    Ok(py.detach(|| measure::quote_duration_ns(&pools, &swap, rounds))?)
}

fn read_swap((zero_for_one, amount, exact_out, limit): &PythonSwap<'_>) -> PyResult<pool::Swap> {
    Ok(pool::Swap {
        direction: if *zero_for_one {
            Direction::ZeroForOne
        } else {
            Direction::OneForZero
        },
        amount: to_u256(amount)?.unwrap_or_default(),
        exact_out: *exact_out,
        limit: match limit {
            Some(limit) => Some(to_u256(limit)?.unwrap_or(U256::MAX)),
            None => None,
        },
    })
}

fn write_quote<'py>(py: Python<'py>, quote: &Quote) -> PyResult<Bound<'py, PyTuple>> {
    let state = &quote.state;
    (
        from_u256(py, state.amount_in)?,
        from_u256(py, state.amount_out)?,
        from_u256(py, state.fee_amount)?,
        from_u256(py, U256::from(state.sqrt_price))?,
        state.tick,
        from_u256(py, U256::from(state.liquidity))?,
        state.ticks_crossed,
        state.words_crossed,
        quote.is_filled,
    )
        .into_pyobject(py)
}

impl From<pool::InvalidSwap> for PyErr {
    fn from(error: pool::InvalidSwap) -> Self {
        InvalidSwap::new_err(error.to_string())
    }
}

/// Exact Uniswap V3 quotes.
#[pymodule]
fn tradewind_router(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("InvalidSnapshot", module.py().get_type::<InvalidSnapshot>())?;
    module.add("InvalidSwap", module.py().get_type::<InvalidSwap>())?;
    module.add_class::<PythonPool>()?;
    reader::add_to(module)?;
    row::add_to(module)?;
    fold::add_to(module)?;
    module.add_function(wrap_pyfunction!(quote_each, module)?)?;
    module.add_function(wrap_pyfunction!(trade_in_turn, module)?)?;
    module.add_function(wrap_pyfunction!(quote_duration_ns, module)?)
}

//! The desk as Python calls it: its terms and its book by their names, its columns as bytes.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ruint::aliases::U256;

use crate::desk;
use crate::integers::from_u256;

/// `TermsOfBatch` of Python.
#[derive(FromPyObject)]
pub struct Terms {
    fraction_unit: u128,
    slippage_unit: u128,
    slippage_kept: u128,
    share_unit: i128,
    reserved_gas: u64,
    gas_unit: u128,
    gas_denominator: u128,
    crossings: (u64, u64, u64),
    max_lots: usize,
    max_records: u64,
    limits: (Option<u128>, Option<u128>, Option<u128>, Option<u128>),
    words: [String; 3],
}

/// `PairOfBatch` of Python.
#[derive(FromPyObject)]
pub struct Pair {
    symbols: String,
    is_base_token0: bool,
    units: (u128, u128),
    reach: (u128, u128),
    tiers: Vec<(u32, i32, u128, u128)>,
}

/// `BookOfBatch` of Python.
#[derive(FromPyObject)]
pub struct Book {
    cash: i128,
    holdings: Vec<(u128, Vec<(u128, u128)>)>,
    day: i64,
    spent: u128,
    losing: u64,
    longest_losing: u64,
    records: u64,
}

/// Instrument, whether it sells, whether it sells all, whether it is a fraction, how much.
type Order = (usize, bool, bool, bool, u128);

/// How many integers say of an arrival what it is, one column after the other.
const ARRIVAL_COLUMNS: usize = 6;
/// Calls return after so many arrivals, so that columns stay small and signals are handled.
const MOST_AT_ONCE: usize = 65_536;

/// Trades arrivals from `first` on until one is not ordinary; returns the next one's place.
///
/// Returns what `BatchDone` of Python has.
#[pyfunction]
pub fn trade_in_turn<'py>(
    py: Python<'py>,
    terms: Terms,
    pairs: Vec<Pair>,
    orders: Vec<Order>,
    book: Book,
    arrivals: &[u8],
    first: usize,
) -> PyResult<Bound<'py, PyAny>> {
    const WIDTH: usize = size_of::<i64>();
    let count = arrivals.len() / WIDTH / ARRIVAL_COLUMNS;
    if pairs.len() != book.holdings.len() || arrivals.len() != count * WIDTH * ARRIVAL_COLUMNS {
        return Err(PyValueError::new_err("columns differ in length"));
    }
    if pairs.iter().any(|pair| pair.reach.0 == 0) {
        return Err(PyValueError::new_err("a unit must not be nothing"));
    }
    for tier in pairs.iter().flat_map(|pair| &pair.tiers) {
        if tier.0 >= 1_000_000 || !(1..=16_383).contains(&tier.1) {
            return Err(PyValueError::new_err("no pool has such a fee or spacing"));
        }
    }
    let mut desk = desk_of(terms, pairs, orders, book)?;
    let next = py.detach(|| {
        let at = |column: usize, place: usize| {
            let start = (column * count + place) * WIDTH;
            let bytes = arrivals[start..start + WIDTH]
                .try_into()
                .unwrap_or_default();
            i64::from_le_bytes(bytes)
        };
        let end = count.min(first.saturating_add(MOST_AT_ONCE));
        (first..end)
            .find(|&place| {
                let unsigned = |column| u64::try_from(at(column, place)).ok();
                let arrival = || {
                    Some(desk::Arrival {
                        order: usize::try_from(at(0, place)).ok()?,
                        decided_ms: at(1, place),
                        arrived_ms: at(2, place),
                        price: unsigned(3)?,
                        arrival_price: unsigned(4)?,
                        native: unsigned(5)?,
                    })
                };
                !arrival().is_some_and(|arrival| desk.trade(place, &arrival))
            })
            .unwrap_or(end)
    });
    done(py, next, &desk)
}

fn desk_of(terms: Terms, pairs: Vec<Pair>, orders: Vec<Order>, book: Book) -> PyResult<desk::Desk> {
    let units = [
        terms.fraction_unit,
        terms.slippage_unit,
        terms.gas_denominator,
    ];
    if units.contains(&0) {
        return Err(PyValueError::new_err("a unit must not be nothing"));
    }
    let symbols = pairs.iter().map(|pair| pair.symbols.clone()).collect();
    let (smallest, largest, position, daily) = terms.limits;
    let (base, tick, word) = terms.crossings;
    Ok(desk::Desk {
        terms: desk::Terms {
            fraction_unit: terms.fraction_unit,
            slippage: (terms.slippage_unit, terms.slippage_kept),
            share_unit: terms.share_unit,
            reserved_gas: terms.reserved_gas,
            gas: (terms.gas_unit, terms.gas_denominator),
            crossings: desk::Crossings { base, tick, word },
            max_lots: terms.max_lots,
            max_records: terms.max_records,
            limits: desk::Limits {
                smallest,
                largest,
                position,
                daily,
            },
            words: terms.words,
            symbols,
        },
        pairs: pairs.into_iter().map(pair_of).collect(),
        orders: orders.into_iter().map(order_of).collect(),
        records: book.records,
        book: book_of(book),
        columns: desk::Columns::default(),
    })
}

fn pair_of(pair: Pair) -> desk::Pair {
    let tiers = pair.tiers.into_iter();
    desk::Pair {
        is_base_token0: pair.is_base_token0,
        units: pair.units,
        reach: pair.reach,
        tiers: tiers
            .map(|(fee_pips, tick_spacing, depth, kept)| desk::Tier {
                fee_pips,
                tick_spacing,
                depth,
                kept,
                known: desk::Known::default(),
            })
            .collect(),
    }
}

fn order_of((instrument, is_sale, is_all, is_fraction, value): Order) -> desk::Order {
    desk::Order {
        instrument,
        is_sale,
        is_all,
        is_fraction,
        value,
    }
}

fn book_of(book: Book) -> desk::Book {
    let holdings = book.holdings.into_iter();
    desk::Book {
        cash: book.cash,
        holdings: holdings
            .map(|(position, lots)| desk::Holding {
                position,
                lots: lots.into(),
                ..desk::Holding::default()
            })
            .collect(),
        day: (book.day, book.spent),
        sums: desk::Sums {
            losing: book.losing,
            longest_losing: book.longest_losing,
            ..desk::Sums::default()
        },
    }
}

fn done<'py>(py: Python<'py>, next: usize, desk: &desk::Desk) -> PyResult<Bound<'py, PyAny>> {
    let (book, sums, columns) = (&desk.book, &desk.book.sums, &desk.columns);
    let holdings: Vec<_> = book
        .holdings
        .iter()
        .map(|one| {
            let lots: Vec<_> = one.lots.iter().copied().collect();
            (one.position, lots, one.trades, one.volume, one.profit)
        })
        .collect();
    let added = (
        (sums.filled, sums.fees, sums.gas, sums.impact, sums.volume),
        (sums.closed, sums.wins, sums.gains, sums.losses),
        (
            from_u256(py, U256::from(sums.squares))?,
            sums.shares,
            sums.measured,
        ),
        (sums.best, sums.worst, sums.losing, sums.longest_losing),
    );
    let bytes = [
        &columns.places,
        &columns.rows,
        &columns.lines,
        &columns.cash,
        &columns.held,
    ];
    (
        next,
        (book.cash, holdings, book.day.0, book.day.1),
        added,
        bytes.map(|one| PyBytes::new(py, one)),
    )
        .into_pyobject(py)
        .map(Bound::into_any)
}

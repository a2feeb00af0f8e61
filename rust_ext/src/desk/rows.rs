//! What is written of each trade.

/// The length of a row: fifteen integers of sixteen bytes, the lowest first.
pub const ROW_BYTES: usize = 15 * size_of::<i128>();

/// The trades of some steps, in columns.
#[derive(Default)]
pub struct Columns {
    /// Which arrival each is of.
    pub places: Vec<u8>,
    /// Its numbers, in the order of the record in Python.
    pub rows: Vec<u8>,
    /// Its part of the hash.
    pub lines: Vec<u8>,
    /// Cash after it, as a float.
    pub cash: Vec<u8>,
    /// The position after it, as a float.
    pub held: Vec<u8>,
}

/// One trade.
pub struct Row {
    pub amount: u128,
    pub amount_in: u128,
    pub amount_out: u128,
    pub min_out: u128,
    pub notional: u128,
    pub fee: u128,
    pub gas: u128,
    pub impact: i128,
    pub gas_used: u64,
    /// Profit and cost of a sale.
    pub closed: Option<(i128, u128)>,
    pub cash_after: i128,
    pub position_before: u128,
    pub position_after: u128,
    pub pool: usize,
}

impl Columns {
    /// Adds a trade of the arrival at `place`; `head` is the line up to its amounts.
    pub fn push(&mut self, place: usize, head: &Head<'_>, row: &Row) {
        let (profit, cost) = row.closed.unwrap_or_default();
        let values = [
            row.amount.cast_signed(),
            row.amount_in.cast_signed(),
            row.amount_out.cast_signed(),
            row.min_out.cast_signed(),
            row.notional.cast_signed(),
            row.fee.cast_signed(),
            row.gas.cast_signed(),
            row.impact,
            i128::from(row.gas_used),
            profit,
            cost.cast_signed(),
            row.cash_after,
            row.position_before.cast_signed(),
            row.position_after.cast_signed(),
            row.pool as i128,
        ];
        for value in values {
            self.rows.extend_from_slice(&value.to_le_bytes());
        }
        self.places.extend_from_slice(&(place as u64).to_le_bytes());
        #[expect(clippy::cast_precision_loss, reason = "the path is in floating point")]
        let after = (row.cash_after as f64, row.position_after as f64);
        self.cash.extend_from_slice(&after.0.to_le_bytes());
        self.held.extend_from_slice(&after.1.to_le_bytes());
        self.line(head, row);
    }

    fn line(&mut self, head: &Head<'_>, row: &Row) {
        let to = &mut self.lines;
        write_unsigned(to, u128::from(head.number));
        for word in [head.symbols, head.side, head.outcome] {
            to.push(b'|');
            to.extend_from_slice(word.as_bytes());
        }
        let signed = [i128::from(head.decided_ms), i128::from(head.arrived_ms)];
        for value in signed {
            to.push(b'|');
            write_signed(to, value);
        }
        let unsigned = [
            row.amount,
            row.amount_in,
            row.amount_out,
            row.min_out,
            row.notional,
            row.fee,
            row.gas,
        ];
        for value in unsigned {
            to.push(b'|');
            write_unsigned(to, value);
        }
        to.push(b'|');
        write_signed(to, row.impact);
        to.push(b'|');
        match row.closed {
            Some((profit, _)) => write_signed(to, profit),
            None => to.extend_from_slice(b"None"),
        }
        to.push(b'|');
        write_unsigned(to, row.position_after);
        to.extend_from_slice(b"|None\n");
    }
}

/// What a line begins with.
pub struct Head<'a> {
    pub number: u64,
    pub symbols: &'a str,
    pub side: &'a str,
    pub outcome: &'a str,
    pub decided_ms: i64,
    pub arrived_ms: i64,
}

fn write_signed(to: &mut Vec<u8>, value: i128) {
    if value < 0 {
        to.push(b'-');
    }
    write_unsigned(to, value.unsigned_abs());
}

fn write_unsigned(to: &mut Vec<u8>, value: u128) {
    let mut digits = [0_u8; 39];
    let mut start = digits.len();
    let mut wide = value;
    while wide > u128::from(u64::MAX) {
        start -= 1;
        let digit = (wide % 10) as u8;
        digits[start] = b'0' + digit;
        wide /= 10;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let mut narrow = wide as u64;
    loop {
        start -= 1;
        let digit = (narrow % 10) as u8;
        digits[start] = b'0' + digit;
        narrow /= 10;
        if narrow == 0 {
            break;
        }
    }
    to.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        let mut values = vec![
            0,
            9,
            10,
            12_345,
            i128::from(u64::MAX),
            i128::MAX,
            -1,
            i128::MIN + 1,
        ];
        values.push(i128::from(u64::MAX) + 1);
        for value in values {
            let mut text = Vec::new();
            write_signed(&mut text, value);
            assert_eq!(text, value.to_string().as_bytes());
        }
    }
}

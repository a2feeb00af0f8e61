//! What a run holds, and what its trades add up to. Base units only.

use std::collections::VecDeque;

use ruint::aliases::U256;

/// Money is below it, so that a profit can be told in parts of what it cost.
pub const MAX_MONEY: u128 = 1 << 84;

/// What is held of one instrument, and what its trades in these steps came to.
#[derive(Default)]
pub struct Holding {
    /// Base units of base.
    pub position: u128,
    /// Amount and cost of each, oldest first; a lot's cost includes fee and gas.
    pub lots: VecDeque<(u128, u128)>,
    /// Trades that were filled.
    pub trades: u64,
    /// What they paid or yielded.
    pub volume: u128,
    /// What they realised.
    pub profit: i128,
}

impl Holding {
    /// Adds a lot.
    pub fn buy(&mut self, amount: u128, cost: u128, max_lots: usize) {
        self.position += amount;
        self.lots.push_back((amount, cost));
        while self.lots.len() > max_lots.max(1) {
            let (Some(first), Some(second)) = (self.lots.pop_front(), self.lots.pop_front()) else {
                return;
            };
            self.lots
                .push_front((first.0 + second.0, first.1 + second.1));
        }
    }

    /// Returns what an amount of the oldest lots had cost.
    #[must_use]
    pub fn cost_of(&self, amount: u128) -> u128 {
        let (mut cost, mut left) = (0, amount);
        for &(held, paid) in &self.lots {
            if left == 0 {
                break;
            }
            if held > left {
                return cost + part_of(paid, left, held);
            }
            (cost, left) = (cost + paid, left - held);
        }
        cost
    }

    /// Takes an amount out of the oldest lots.
    pub fn sell(&mut self, amount: u128) {
        self.position -= amount;
        let mut left = amount;
        while left > 0
            && let Some(first) = self.lots.front_mut()
        {
            if first.0 > left {
                let part = part_of(first.1, left, first.0);
                *first = (first.0 - left, first.1 - part);
                return;
            }
            left -= first.0;
            self.lots.pop_front();
        }
    }
}

fn part_of(paid: u128, left: u128, held: u128) -> u128 {
    (U256::from(paid) * U256::from(left) / U256::from(held)).to()
}

/// What the trades of some steps add up to; money in base units of quote.
#[derive(Default)]
pub struct Sums {
    /// Trades, all filled.
    pub filled: u64,
    /// What the pools kept.
    pub fees: u128,
    /// What the network kept.
    pub gas: u128,
    /// What the trades moved prices by.
    pub impact: i128,
    /// What was paid or came in.
    pub volume: u128,
    /// Sales.
    pub closed: u64,
    /// Those with a profit.
    pub wins: u64,
    /// Their profits.
    pub gains: u128,
    /// What the others lost.
    pub losses: u128,
    /// Of all profits.
    pub squares: U256,
    /// Of entries, in parts of `share_unit`.
    pub shares: i128,
    /// How many sales have a share.
    pub measured: u64,
    /// The largest share.
    pub best: Option<i128>,
    /// The smallest share.
    pub worst: Option<i128>,
    /// Sales without a profit since the last with one.
    pub losing: u64,
    /// The most of them in a row.
    pub longest_losing: u64,
}

impl Sums {
    /// Counts a sale that realised a profit on lots that had cost so much.
    pub fn close(&mut self, profit: i128, cost: u128, share_unit: i128) {
        self.closed += 1;
        let size = profit.unsigned_abs();
        self.squares += U256::from(size) * U256::from(size);
        if profit > 0 {
            self.wins += 1;
            self.gains += size;
            self.losing = 0;
        } else {
            self.losses += size;
            self.losing += 1;
            self.longest_losing = self.longest_losing.max(self.losing);
        }
        if cost > 0 {
            let share = (profit * share_unit).div_euclid(cost.cast_signed());
            self.measured += 1;
            self.shares += share;
            self.best = Some(self.best.map_or(share, |best| best.max(share)));
            self.worst = Some(self.worst.map_or(share, |worst| worst.min(share)));
        }
    }
}

/// Everything that trades change.
pub struct Book {
    /// Below zero by the gas that was paid while there was none.
    pub cash: i128,
    /// In the order of the run's instruments.
    pub holdings: Vec<Holding>,
    /// The day of the last purchase, since 1970, and what was bought on it.
    pub day: (i64, u128),
    /// What was added up.
    pub sums: Sums,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sale_cost_is_taken_from_the_oldest_lots() {
        let mut holding = Holding::default();
        for (amount, cost) in [(10, 100), (5, 71), (7, 1)] {
            holding.buy(amount, cost, 2);
        }
        assert_eq!(holding.lots, [(15, 171), (7, 1)]);
        assert_eq!(holding.cost_of(4), 45);
        holding.sell(4);
        assert_eq!(holding.lots, [(11, 126), (7, 1)]);
        assert_eq!(holding.cost_of(18), 127);
        holding.sell(18);
        assert!(holding.lots.is_empty() && holding.position == 0);
        assert_eq!(holding.cost_of(0), 0);
    }

    #[test]
    fn shares_are_rounded_down() {
        let mut sums = Sums::default();
        sums.close(-1, 3, 10);
        sums.close(2, 3, 10);
        sums.close(5, 0, 10);
        assert_eq!(
            (sums.best, sums.worst, sums.measured),
            (Some(6), Some(-4), 2)
        );
        assert_eq!(
            (sums.losing, sums.longest_losing, sums.squares),
            (0, 1, U256::from(30))
        );
    }
}

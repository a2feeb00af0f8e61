//! Between ticks and square root prices (Uniswap V3 whitepaper sections 6.1 and 6.2.1).

use std::array;
use std::sync::LazyLock;

use ruint::aliases::{U160, U256};

/// sqrt(token1 per token0 in base units) as Q64.96.
pub type SqrtPrice = U160;

/// The lowest tick a price can be at.
pub const MIN_TICK: i32 = -887_272;
/// The highest tick a position can end at.
pub const MAX_TICK: i32 = 887_272;
/// The price at `MIN_TICK`.
pub const MIN_SQRT_RATIO: SqrtPrice = U160::from_limbs([4_295_128_739, 0, 0]);
/// The price at `MAX_TICK`; a pool's price is always below.
pub const MAX_SQRT_RATIO: SqrtPrice =
    U160::from_limbs([0x5d95_1d52_6398_8d26, 0xefd1_fc6a_5064_8849, 0xfffd_8963]);

/// 1.0001^(-2^bit / 2) as Q128.128, for bit 0 to 19.
const POWERS: [u128; 20] = [
    0xfffc_b933_bd6f_ad37_aa2d_162d_1a59_4001,
    0xfff9_7272_373d_4132_59a4_6990_580e_213a,
    0xfff2_e50f_5f65_6932_ef12_357c_f3c7_fdcc,
    0xffe5_caca_7e10_e4e6_1c36_24ea_a094_1cd0,
    0xffcb_9843_d60f_6159_c9db_5883_5c92_6644,
    0xff97_3b41_fa98_c081_472e_6896_dfb2_54c0,
    0xff2e_a164_66c9_6a38_43ec_78b3_26b5_2861,
    0xfe5d_ee04_6a99_a2a8_11c4_61f1_969c_3053,
    0xfcbe_86c7_900a_88ae_dcff_c83b_479a_a3a4,
    0xf987_a725_3ac4_1317_6f2b_074c_f781_5e54,
    0xf339_2b08_22b7_0005_940c_7a39_8e4b_70f3,
    0xe715_9475_a2c2_9b74_43b2_9c7f_a6e8_89d9,
    0xd097_f3bd_fd20_22b8_845a_d8f7_92aa_5825,
    0xa9f7_4646_2d87_0fdf_8a65_dc1f_90e0_61e5,
    0x70d8_69a1_56d2_a1b8_90bb_3df6_2baf_32f7,
    0x31be_135f_97d0_8fd9_8123_1505_542f_cfa6,
    0x09aa_508b_5b7a_84e1_c677_de54_f3e9_9bc9,
    0x005d_6af8_dedb_8119_6699_c329_225e_e604,
    0x0000_2216_e584_f5fa_1ea9_2604_1bed_fe98,
    0x0000_0000_048a_1703_91f7_dc42_444e_8fa2,
];

/// Bits of a tick whose powers are multiplied beforehand; the order of multiplication stays.
const LOW_BITS: u32 = 8;
/// 1.0001^(-tick / 2) as Q128.128, rounded as the contract rounds; 1 does not fit and is 0.
static LOW_PRODUCTS: LazyLock<[u128; 1 << LOW_BITS]> =
    LazyLock::new(|| array::from_fn(|tick| multiply_powers(0, tick)));

/// Returns `ratio` times the power of every bit of `tick`, from the lowest.
fn multiply_powers(mut ratio: u128, tick: usize) -> u128 {
    let mut bits = tick;
    while bits != 0 {
        let power = POWERS[bits.trailing_zeros() as usize];
        ratio = if ratio == 0 {
            power
        } else {
            ratio.carrying_mul(power, 0).1
        };
        bits &= bits - 1;
    }
    ratio
}

/// 2 / log2(1.0001): ticks in a doubling of the square root price.
const TICKS_PER_DOUBLING: f64 = 13_863.636_746_827_59;
/// Far more than `log2` and the rounded prices at the lowest ticks can be wrong.
const ESTIMATE_ERROR_TICKS: f64 = 1e-3;

/// Returns sqrt(1.0001^tick), rounded up.
///
/// # Panics
/// When `tick` is outside `MIN_TICK` to `MAX_TICK`.
#[must_use]
pub fn sqrt_ratio_at_tick(tick: i32) -> SqrtPrice {
    assert!((MIN_TICK..=MAX_TICK).contains(&tick), "tick out of range");
    if tick == 0 {
        return U160::from_limbs([0, 1 << 32, 0]);
    }
    let distance = tick.unsigned_abs() as usize;
    let low = distance % LOW_PRODUCTS.len();
    let ratio = multiply_powers(LOW_PRODUCTS[low], distance - low);
    let ratio_x128 = U256::from(ratio);
    let ratio_x128 = if tick > 0 {
        U256::MAX / ratio_x128
    } else {
        ratio_x128
    };
    let [low, ..] = ratio_x128.into_limbs();
    let rounding = U160::from(u8::from(low.trailing_zeros() < u32::BITS));
    (ratio_x128 >> u32::BITS as usize).to::<U160>() + rounding
}

/// Returns the greatest tick whose price is at most this one.
///
/// # Panics
/// When the price is outside `MIN_SQRT_RATIO` (included) to `MAX_SQRT_RATIO` (excluded).
#[must_use]
pub fn tick_at_sqrt_ratio(sqrt_price: SqrtPrice) -> i32 {
    assert!(
        (MIN_SQRT_RATIO..MAX_SQRT_RATIO).contains(&sqrt_price),
        "price out of range"
    );
    let position = (as_float(sqrt_price).log2() - 96.0) * TICKS_PER_DOUBLING;
    let nearest = position.round();
    #[expect(clippy::cast_possible_truncation, reason = "ticks fit 21 bits")]
    let (tick, nearest_tick) = (position.floor() as i32, nearest as i32);
    if (position - nearest).abs() > ESTIMATE_ERROR_TICKS {
        tick
    } else if sqrt_ratio_at_tick(nearest_tick) <= sqrt_price {
        nearest_tick
    } else {
        nearest_tick - 1
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn as_float(sqrt_price: SqrtPrice) -> f64 {
    const LIMB: f64 = 18_446_744_073_709_551_616.0;
    let [low, middle, high] = sqrt_price.into_limbs();
    (high as f64 * LIMB + middle as f64) * LIMB + low as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_range_are_the_contracts_constants() {
        assert_eq!(sqrt_ratio_at_tick(MIN_TICK), MIN_SQRT_RATIO);
        assert_eq!(sqrt_ratio_at_tick(MAX_TICK), MAX_SQRT_RATIO);
        assert_eq!(
            MAX_SQRT_RATIO.to_string(),
            "1461446703485210103287273052203988822378723970342"
        );
    }

    #[test]
    fn a_price_one_below_a_tick_belongs_to_the_tick_before() {
        for tick in (MIN_TICK + 1..MAX_TICK)
            .step_by(997)
            .chain([-1, 0, 1, MAX_TICK])
        {
            let edge = sqrt_ratio_at_tick(tick);
            assert_eq!(tick_at_sqrt_ratio(edge - U160::ONE), tick - 1, "{tick}");
            if tick < MAX_TICK {
                assert_eq!(tick_at_sqrt_ratio(edge), tick, "{tick}");
            }
        }
    }

    #[test]
    fn the_lowest_price_is_at_the_lowest_tick() {
        assert_eq!(tick_at_sqrt_ratio(MIN_SQRT_RATIO), MIN_TICK);
    }

    #[test]
    fn a_tick_up_is_a_hundredth_of_a_percent() {
        let ratio = as_float(sqrt_ratio_at_tick(1)) / as_float(sqrt_ratio_at_tick(0));
        assert!((ratio * ratio - 1.0001).abs() < 1e-12);
    }
}

//! Numbers and times as they are written in strings.

const MAX_DECIMAL_INTEGER_DIGITS: usize = 40;
const MAX_DECIMAL_FRACTION_DIGITS: usize = 36;
const UINT256_MAX: &str =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

/// What is asked of a decimal beside its spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DecimalRule {
    /// Nothing.
    Any,
    /// It is greater than 0.
    Positive,
    /// It is between 0 and 1.
    Fraction,
    /// It is written without trailing zeros after the point, and zero without a sign.
    Shortest,
}

/// Returns whether a text is a plain decimal that obeys the rule.
#[must_use]
pub fn is_decimal(text: &str, rule: DecimalRule) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_written = is_natural(whole, MAX_DECIMAL_INTEGER_DIGITS)
        && fraction.is_none_or(|digits| {
            !digits.is_empty() && digits.len() <= MAX_DECIMAL_FRACTION_DIGITS && is_digits(digits)
        });
    let is_negative = unsigned.len() < text.len();
    let is_zero = || unsigned.bytes().all(|byte| byte == b'0' || byte == b'.');
    is_written
        && match rule {
            DecimalRule::Any => true,
            DecimalRule::Positive => !is_negative && !is_zero(),
            DecimalRule::Fraction => {
                let is_one =
                    || whole == "1" && fraction.unwrap_or("").bytes().all(|byte| byte == b'0');
                !is_negative && (whole == "0" || is_one())
            }
            DecimalRule::Shortest => {
                fraction.is_none_or(|digits| !digits.ends_with('0')) && !(is_negative && is_zero())
            }
        }
}

/// Returns whether a text is an integer of at most 256 bits, negative only where `is_signed`.
#[must_use]
pub fn is_units(text: &str, is_signed: bool) -> bool {
    let digits = match text.strip_prefix('-') {
        Some("0") => return false,
        Some(digits) if is_signed => digits,
        Some(_) => return false,
        None => text,
    };
    is_natural(digits, UINT256_MAX.len())
        && (digits.len() < UINT256_MAX.len() || digits <= UINT256_MAX)
}

fn is_natural(text: &str, most: usize) -> bool {
    is_digits(text) && text.len() <= most && (text == "0" || !text.starts_with('0'))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A time in UTC as it is written. It may be none there is, such as the 30th of February.
#[derive(Debug, PartialEq, Eq)]
pub struct Time {
    /// Year, month, day.
    pub day: (u16, u8, u8),
    /// Hour, minute, second.
    pub time: (u8, u8, u8),
    /// Milliseconds.
    pub millisecond: u16,
}

/// Returns the time written `2025-08-21T19:26:00.000Z`.
#[must_use]
pub fn read_time(text: &str) -> Option<Time> {
    let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let signs = [(10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if signs.iter().any(|(at, sign)| bytes[*at] != *sign) {
        return None;
    }
    Some(Time {
        day: read_day(text.get(..10)?)?,
        time: (pair(bytes, 11)?, pair(bytes, 14)?, pair(bytes, 17)?),
        millisecond: u16::from(digit(bytes, 20)?) * 100 + u16::from(pair(bytes, 21)?),
    })
}

/// Returns year, month and day of a day written `2025-08-21`.
#[must_use]
pub fn read_day(text: &str) -> Option<(u16, u8, u8)> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = u16::from(pair(bytes, 0)?) * 100 + u16::from(pair(bytes, 2)?);
    Some((year, pair(bytes, 5)?, pair(bytes, 8)?))
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    Some(digit(bytes, at)? * 10 + digit(bytes, at + 1)?)
}

fn digit(bytes: &[u8], at: usize) -> Option<u8> {
    bytes[at].is_ascii_digit().then(|| bytes[at] - b'0')
}

#[cfg(test)]
mod tests {
    use super::{DecimalRule, Time, UINT256_MAX, is_decimal, is_units, read_day, read_time};

    #[test]
    fn a_decimal_is_plain() {
        for text in [
            "0",
            "-0",
            "1.50",
            "-12.000",
            "0.000000000000000000000000000000000001",
        ] {
            assert!(is_decimal(text, DecimalRule::Any), "{text}");
        }
        let long = ["1".repeat(41), format!("0.{}", "1".repeat(37))];
        let others = [
            "", "-", "01", "1.", ".5", "1e5", "+1", "1.2.3", "NaN", "\u{661}", " 1", "--1",
        ];
        for text in others.into_iter().chain(long.iter().map(String::as_str)) {
            assert!(!is_decimal(text, DecimalRule::Any), "{text}");
        }
    }

    #[test]
    fn a_decimal_obeys_its_rule() {
        let obeys = |rule, text| is_decimal(text, rule);
        assert!(obeys(DecimalRule::Positive, "0.001") && obeys(DecimalRule::Positive, "10"));
        assert!(!obeys(DecimalRule::Positive, "0.00") && !obeys(DecimalRule::Positive, "-1"));
        assert!(obeys(DecimalRule::Fraction, "0.5") && obeys(DecimalRule::Fraction, "1.00"));
        assert!(!obeys(DecimalRule::Fraction, "1.01") && !obeys(DecimalRule::Fraction, "-0.1"));
        assert!(obeys(DecimalRule::Shortest, "-0.5") && obeys(DecimalRule::Shortest, "100"));
        assert!(!obeys(DecimalRule::Shortest, "0.50") && !obeys(DecimalRule::Shortest, "-0"));
    }

    #[test]
    fn units_fit_256_bits() {
        let more = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        for text in ["0", "7", UINT256_MAX] {
            assert!(is_units(text, false) && is_units(text, true), "{text}");
        }
        assert!(is_units("-7", true) && !is_units("-7", false));
        for text in ["", "-", "-0", "00", "01", more, "1.0", "+1"] {
            assert!(!is_units(text, true) && !is_units(text, false), "{text}");
        }
    }

    #[test]
    fn a_time_has_milliseconds_and_is_utc() {
        let time = Time {
            day: (2025, 8, 21),
            time: (19, 26, 1),
            millisecond: 42,
        };
        assert_eq!(read_time("2025-08-21T19:26:01.042Z"), Some(time));
        let others = [
            "2025-08-21T19:26:01Z",
            "2025-08-21T19:26:01.042z",
            "2025-08-21 19:26:01.042Z",
            "2025-08-21T19:26:01.04aZ",
            "2025-08-21T19:26:01.0421Z",
            "\u{e9}25-08-21T19:26:01.04Z",
        ];
        for other in others {
            assert_eq!(read_time(other), None, "{other}");
        }
        assert_eq!(read_day("2025-08-21"), Some((2025, 8, 21)));
        assert_eq!(read_day("2025-8-21"), None);
    }
}

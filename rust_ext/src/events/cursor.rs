//! A place in JSON that is read from its beginning to its end, once.

use std::borrow::Cow;

/// Integers of more digits are left to Python.
const MAX_DIGITS: usize = 18;

/// A place in a text. Every method returns none, and may leave the place anywhere, where the text
/// goes on otherwise.
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Returns the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns how many bytes were read.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes back to where `at` was.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Returns the bytes read since `start`.
    #[must_use]
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.text.as_bytes()[start..self.at]
    }

    /// Returns whether nothing is left.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Reads exactly these bytes, or nothing.
    #[inline]
    #[must_use]
    pub fn eats(&mut self, expected: &[u8]) -> bool {
        let is_next = self.text.as_bytes()[self.at..].starts_with(expected);
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    /// Reads exactly these bytes.
    #[inline]
    pub fn eat(&mut self, expected: &[u8]) -> Option<()> {
        self.eats(expected).then_some(())
    }

    /// Reads a string without escapes.
    #[inline]
    pub fn plain(&mut self) -> Option<&'a str> {
        self.eat(b"\"")?;
        let (text, start) = (self.text, self.at);
        let length = text.as_bytes()[start..]
            .iter()
            .position(|byte| ends_run(*byte))?;
        self.at += length;
        self.eat(b"\"")?;
        text.get(start..start + length)
    }

    /// Reads a string whose escapes are those a writer cannot do without, each in its shortest form.
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        if let Some(plain) = self.plain() {
            return Some(Cow::Borrowed(plain));
        }
        self.at = start;
        self.escaped().map(Cow::Owned)
    }

    fn escaped(&mut self) -> Option<String> {
        self.eat(b"\"")?;
        let mut text = String::new();
        loop {
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            self.at += rest.iter().position(|byte| ends_run(*byte))?;
            text.push_str(self.text.get(start..self.at)?);
            if self.eats(b"\"") {
                return Some(text);
            }
            self.eat(b"\\")?;
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'u' => self.control()?,
            _ => return None,
        })
    }

    /// Reads the four digits of a control character that has no letter.
    fn control(&mut self) -> Option<char> {
        self.eat(b"00")?;
        let digits = self.text.as_bytes().get(self.at..self.at + 2)?;
        self.at += 2;
        let high = match digits[0] {
            b'0' => 0,
            b'1' => 16,
            _ => return None,
        };
        let low = match digits[1] {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        let code = high + low;
        (!matches!(code, 8 | 9 | 10 | 12 | 13)).then_some(char::from(code))
    }

    /// Reads an integer of at most 18 digits.
    pub fn integer(&mut self) -> Option<i64> {
        let is_negative = self.eats(b"-");
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        let has_spare_zero = rest[0] == b'0' && (length > 1 || is_negative);
        if length == 0 || length > MAX_DIGITS || has_spare_zero {
            return None;
        }
        self.at += length;
        let digits = rest[..length].iter();
        let number = digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        Some(if is_negative { -number } else { number })
    }
}

fn ends_run(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    fn string(text: &str) -> Option<String> {
        let mut cursor = Cursor::new(text);
        let read = cursor.string()?.into_owned();
        cursor.is_at_end().then_some(read)
    }

    #[test]
    fn a_string_has_only_the_escapes_a_writer_makes() {
        assert_eq!(string("\"\"").as_deref(), Some(""));
        assert_eq!(
            string("\"a\u{e9}\u{1f600}\u{7f}/\"").as_deref(),
            Some("a\u{e9}\u{1f600}\u{7f}/")
        );
        assert_eq!(
            string(r#""a\"\\\n\t\r\b\f""#).as_deref(),
            Some("a\"\\\n\t\r\u{8}\u{c}")
        );
        assert_eq!(
            string(r#""\u0000\u001f\u000b""#).as_deref(),
            Some("\0\u{1f}\u{b}")
        );
        let others = [
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u001F""#,
            r#""\u0020""#,
            r#""\ud83d""#,
            "\"a\nb\"",
            "\"a",
            "\"a\\",
            "\"\\u00",
            "a\"",
            "",
        ];
        for other in others {
            assert_eq!(string(other), None, "{other}");
        }
    }

    #[test]
    fn an_integer_has_one_spelling() {
        let read = |text: &str| Cursor::new(text).integer();
        assert_eq!(read("0,"), Some(0));
        assert_eq!(read("-12}"), Some(-12));
        assert_eq!(read("999999999999999999]"), Some(999_999_999_999_999_999));
        for other in [
            "-0,",
            "01,",
            "-,",
            ",",
            "1000000000000000000,",
            "+1,",
            "",
            "1",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}

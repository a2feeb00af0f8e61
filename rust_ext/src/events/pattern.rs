//! What a text must look like: runs of characters of a kind, one after the other.

/// Characters of a kind, and how many of them may follow each other.
pub struct Run {
    /// A bit for each ASCII character.
    pub ascii: u128,
    /// Whether every other character is of the kind.
    pub others: bool,
    /// The least number of characters.
    pub least: usize,
    /// The greatest number of characters.
    pub most: usize,
}

/// Returns whether a text consists of these runs, each as long as it can be.
///
/// A regular expression would also try shorter runs. So it may match what this does not, and never
/// the other way round.
#[must_use]
pub fn matches(runs: &[Run], text: &str) -> bool {
    let mut rest = text;
    for run in runs {
        let Some(taken) = take(run, rest) else {
            return false;
        };
        rest = &rest[taken..];
    }
    rest.is_empty()
}

fn take(run: &Run, text: &str) -> Option<usize> {
    let (mut taken, mut count) = (0, 0);
    let bytes = text.as_bytes();
    while count < run.most && taken < bytes.len() {
        let byte = bytes[taken];
        if byte < 128 {
            if run.ascii >> byte & 1 == 0 {
                break;
            }
            taken += 1;
        } else if run.others {
            taken += text[taken..].chars().next().map_or(1, char::len_utf8);
        } else {
            break;
        }
        count += 1;
    }
    (count >= run.least).then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::{Run, matches};

    fn run(characters: &str, least: usize, most: usize) -> Run {
        let ascii = characters.bytes().fold(0, |mask, byte| mask | 1 << byte);
        Run {
            ascii,
            others: false,
            least,
            most,
        }
    }

    #[test]
    fn runs_follow_each_other_and_take_what_they_can() {
        let runs = [run("ab", 1, 2), run("-", 1, 1), run("a1", 0, usize::MAX)];
        for text in ["a-", "ab-1a1", "bb-"] {
            assert!(matches(&runs, text), "{text}");
        }
        for text in ["", "-", "aaa-", "a", "a-b", "a-1\n", "\u{e9}-"] {
            assert!(!matches(&runs, text), "{text}");
        }
    }

    #[test]
    fn other_characters_count_as_one() {
        let runs = [Run {
            ascii: 0,
            others: true,
            least: 1,
            most: 2,
        }];
        assert!(matches(&runs, "\u{e9}\u{1f600}"));
        assert!(!matches(&runs, "\u{e9}\u{e9}\u{e9}"));
        assert!(!matches(&runs, "a"));
    }
}

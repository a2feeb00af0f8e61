//! Puts JSON as `PostgreSQL` writes it in the order and spelling of the models.
//!
//! `PostgreSQL` sorts the keys of an object, and writes a space after a colon and a comma. Nothing is
//! checked here: whoever calls compares the hash of what comes out.

use crate::events::node::Node;

const MAX_DEPTH: usize = 64;
const USUAL_TOKENS: usize = 128;

/// A value or a key in a text.
#[derive(Clone, Copy)]
pub struct Token {
    start: usize,
    end: usize,
    /// The place of the token after this and all that is in it.
    next: usize,
}

/// A text and its values, each before those in it; in an object each key before its value.
pub struct Stored<'a> {
    text: &'a [u8],
    tokens: Vec<Token>,
}

impl<'a> Stored<'a> {
    /// Finds the values of a text; none for one that is no JSON as `PostgreSQL` writes it.
    pub fn new(text: &'a [u8]) -> Option<Self> {
        let tokens = Vec::with_capacity(USUAL_TOKENS);
        let mut stored = Self { text, tokens };
        (stored.find(0, 0)? == text.len()).then_some(stored)
    }

    /// Returns the text of a token.
    pub fn text(&self, place: usize) -> &'a [u8] {
        let token = self.tokens[place];
        &self.text[token.start..token.end]
    }

    /// Returns the places of what is directly in an object or array: keys and values, or values.
    pub fn inside(&self, place: usize, sign: u8) -> Option<impl Iterator<Item = usize>> {
        let token = self.tokens[place];
        let mut at = place + 1;
        (self.text[token.start] == sign).then_some(std::iter::from_fn(move || {
            let now = at;
            (now < token.next).then(|| {
                at = self.tokens[now].next;
                now
            })
        }))
    }

    /// Returns the place of what an object has under a key, which is written without quotes.
    pub fn get(&self, place: usize, key: &[u8]) -> Option<usize> {
        let mut inside = self.inside(place, b'{')?;
        while let Some(name) = inside.next() {
            let value = inside.next()?;
            if &self.text[self.tokens[name].start + 1..self.tokens[name].end - 1] == key {
                return Some(value);
            }
        }
        None
    }

    /// Finds the value that begins at `at`, and returns where it ends.
    fn find(&mut self, at: usize, depth: usize) -> Option<usize> {
        let place = self.tokens.len();
        self.tokens.push(Token {
            start: at,
            end: at,
            next: place,
        });
        let end = match *self.text.get(at)? {
            _ if depth == MAX_DEPTH => return None,
            b'"' => self.string_end(at)?,
            b'{' => self.find_all(at, depth, b'}')?,
            b'[' => self.find_all(at, depth, b']')?,
            _ => {
                let rest = &self.text[at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                at + rest.iter().position(ends).unwrap_or(rest.len())
            }
        };
        self.tokens[place].end = end;
        self.tokens[place].next = self.tokens.len();
        Some(end)
    }

    fn find_all(&mut self, at: usize, depth: usize, closing: u8) -> Option<usize> {
        let mut at = at + 1;
        if *self.text.get(at)? == closing {
            return Some(at + 1);
        }
        loop {
            if closing == b'}' {
                let end = self.string_end(at)?;
                let next = self.tokens.len() + 1;
                self.tokens.push(Token {
                    start: at,
                    end,
                    next,
                });
                at = self.after(end, b": ")?;
            }
            at = self.find(at, depth + 1)?;
            if *self.text.get(at)? == closing {
                return Some(at + 1);
            }
            at = self.after(at, b", ")?;
        }
    }

    fn after(&self, at: usize, sign: &[u8]) -> Option<usize> {
        self.text[at..].starts_with(sign).then_some(at + sign.len())
    }

    fn string_end(&self, at: usize) -> Option<usize> {
        if *self.text.get(at)? != b'"' {
            return None;
        }
        let mut at = at + 1;
        loop {
            let rest = self.text.get(at..)?;
            at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            if self.text[at] == b'"' {
                return Some(at + 1);
            }
            at += 2;
        }
    }
}

/// Writes a value as the node of a model has it.
///
/// Returns none, with anything written, where it is no such value.
pub fn arrange(node: &Node, stored: &Stored<'_>, place: usize, out: &mut Vec<u8>) -> Option<()> {
    match node {
        Node::Optional(_) if stored.text(place) == b"null" => out.extend_from_slice(b"null"),
        Node::Optional(node) | Node::Checked { node, .. } | Node::Identified { node, .. } => {
            arrange(node, stored, place, out)?;
        }
        Node::Model(model) => model.arrange(stored, place, out)?,
        Node::Map { value, .. } => {
            let mut inside = stored.inside(place, b'{')?;
            out.push(b'{');
            while let Some(key) = inside.next() {
                separate(out, b'{');
                out.extend_from_slice(stored.text(key));
                out.push(b':');
                arrange(value, stored, inside.next()?, out)?;
            }
            out.push(b'}');
        }
        Node::List { item, .. } => list(stored, place, out, |_| Some(item))?,
        Node::Tuple(items) => list(stored, place, out, |number| items.get(number))?,
        Node::Either(nodes) => {
            let length = out.len();
            nodes.iter().find_map(|node| {
                out.truncate(length);
                arrange(node, stored, place, out)
            })?;
        }
        _ => out.extend_from_slice(stored.text(place)),
    }
    Some(())
}

/// Writes a comma, except after the sign that opens an object or array.
pub fn separate(out: &mut Vec<u8>, opening: u8) {
    if out.last() != Some(&opening) {
        out.push(b',');
    }
}

fn list<'a>(
    stored: &Stored<'_>,
    place: usize,
    out: &mut Vec<u8>,
    item: impl Fn(usize) -> Option<&'a Node>,
) -> Option<()> {
    out.push(b'[');
    for (number, value) in stored.inside(place, b'[')?.enumerate() {
        separate(out, b'[');
        arrange(item(number)?, stored, value, out)?;
    }
    out.push(b']');
    Some(())
}

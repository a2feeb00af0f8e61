//! Puts JSON as PostgreSQL writes it in the order and spelling of the models.
//!
//! PostgreSQL sorts the keys of an object, and writes a space after a colon and a comma. Nothing is
//! checked here: whoever calls compares the hash of what comes out.

use crate::events::node::Node;

/// Writes the value of a node, which begins at `at`, and moves `at` behind it.
///
/// Returns none, with anything written, where the text is no such value.
pub fn arrange(node: &Node, text: &[u8], at: &mut usize, out: &mut Vec<u8>) -> Option<()> {
    match node {
        Node::Optional(_) if text[*at..].starts_with(b"null") => copy(text, at, out),
        Node::Optional(node) | Node::Checked { node, .. } | Node::Identified { node, .. } => {
            arrange(node, text, at, out)
        }
        Node::Model(model) => {
            let (entries, end) = entries_of(text, *at)?;
            model.arrange(text, &entries, out)?;
            *at = end;
            Some(())
        }
        Node::Map { value, .. } => {
            let (entries, end) = entries_of(text, *at)?;
            out.push(b'{');
            for (place, entry) in entries.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(entry.key);
                out.push(b':');
                arrange(value, text, &mut entry.value.clone(), out)?;
            }
            out.push(b'}');
            *at = end;
            Some(())
        }
        Node::List { item, .. } => list(text, at, out, |_| Some(item)),
        Node::Tuple(items) => list(text, at, out, |place| items.get(place)),
        Node::Either(nodes) => {
            let (start, length) = (*at, out.len());
            nodes.iter().find_map(|node| {
                *at = start;
                out.truncate(length);
                arrange(node, text, at, out)
            })
        }
        _ => copy(text, at, out),
    }
}

/// A key with its quotes, and where its value begins.
pub struct Entry<'a> {
    pub key: &'a [u8],
    pub value: usize,
}

fn entries_of(text: &[u8], start: usize) -> Option<(Vec<Entry<'_>>, usize)> {
    let mut entries = Vec::with_capacity(16);
    let mut at = after(text, start, b'{')?;
    if *text.get(at)? == b'}' {
        return Some((entries, at + 1));
    }
    loop {
        let key_end = string_end(text, at)?;
        let value = after(text, key_end, b':')?;
        entries.push(Entry {
            key: &text[at..key_end],
            value,
        });
        let end = value_end(text, value)?;
        if *text.get(end)? == b'}' {
            return Some((entries, end + 1));
        }
        at = after(text, end, b',')?;
    }
}

fn list<'a>(
    text: &[u8],
    at: &mut usize,
    out: &mut Vec<u8>,
    item: impl Fn(usize) -> Option<&'a Node>,
) -> Option<()>
where
    Node: 'a,
{
    *at = after(text, *at, b'[')?;
    out.push(b'[');
    let mut place = 0;
    while *text.get(*at)? != b']' {
        if place > 0 {
            *at = after(text, *at, b',')?;
            out.push(b',');
        }
        arrange(item(place)?, text, at, out)?;
        place += 1;
    }
    *at += 1;
    out.push(b']');
    Some(())
}

fn copy(text: &[u8], at: &mut usize, out: &mut Vec<u8>) -> Option<()> {
    let end = value_end(text, *at)?;
    out.extend_from_slice(&text[*at..end]);
    *at = end;
    Some(())
}

/// Returns the place after a sign and the spaces behind it.
fn after(text: &[u8], at: usize, sign: u8) -> Option<usize> {
    if *text.get(at)? != sign {
        return None;
    }
    let spaces = text[at + 1..].iter().position(|byte| *byte != b' ')?;
    Some(at + 1 + spaces)
}

fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let (mut depth, mut at) = (0_usize, at);
            loop {
                match *text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let rest = &text[at..];
            let length = rest
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']' | b' '));
            Some(at + length.unwrap_or(rest.len()))
        }
    }
}

fn string_end(text: &[u8], at: usize) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let mut at = at + 1;
    loop {
        match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

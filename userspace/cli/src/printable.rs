// SPDX-License-Identifier: GPL-2.0-only

//! Text that cannot do anything to a terminal: names are chosen by others.

/// One line in which all can be seen: what moves the cursor, ends the line, turns the direction of writing
/// or takes no space is written as its number.
pub(crate) fn printable(text: &str) -> String {
    // Nearly all of what a list of thousands is made of.
    if is_plain(text) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_visible(letter) {
            safe.push(letter);
        } else {
            safe.extend(letter.escape_default());
        }
    }
    safe
}

/// Whether it has nothing but letters, digits and the like of ASCII.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a character is seen for what it is, by what the standard library knows of Unicode: neither a
/// control nor a format character (as U+202E is), nor a space other than the usual one, nor unassigned.
pub(crate) fn is_visible(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        // Behind another letter, so that accents are as good as letters.
        _ => {
            let mut bytes = [b'a'; 5];
            letter.encode_utf8(&mut bytes[1..]);
            let pair = std::str::from_utf8(&bytes[..1 + letter.len_utf8()]).unwrap_or_default();
            pair.escape_debug().nth(1) == Some(letter)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_reach_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(
            printable("n\u{e4}me \u{65e5} \u{1f980} a\u{308}"),
            "n\u{e4}me \u{65e5} \u{1f980} a\u{308}"
        );
        assert_eq!(printable("a\\b'c\"d"), "a\\b'c\"d");
    }

    /// By the names of the Unicode standard: Cc, Cf, Zl, Zp.
    #[test]
    fn nothing_that_acts_or_hides_is_visible() {
        let ranges = [
            '\0'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{ad}'..='\u{ad}',
            '\u{600}'..='\u{605}',
            '\u{61c}'..='\u{61c}',
            '\u{6dd}'..='\u{6dd}',
            '\u{70f}'..='\u{70f}',
            '\u{890}'..='\u{891}',
            '\u{8e2}'..='\u{8e2}',
            '\u{180e}'..='\u{180e}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{2060}'..='\u{2064}',
            '\u{2066}'..='\u{206f}',
            '\u{feff}'..='\u{feff}',
            '\u{fff9}'..='\u{fffb}',
            '\u{110bd}'..='\u{110bd}',
            '\u{110cd}'..='\u{110cd}',
            '\u{13430}'..='\u{1343f}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0001}'..='\u{e0001}',
            '\u{e0020}'..='\u{e007f}',
        ];
        for letter in ranges.into_iter().flatten() {
            assert!(!is_visible(letter), "{letter:?}");
        }
    }
}

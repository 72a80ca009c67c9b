// SPDX-License-Identifier: GPL-2.0-only

//! Names are chosen by others: they do nothing to a terminal, nor to a shell.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

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
/// control nor a format character (as U+202E is), nor a space other than the usual one, nor unassigned; nor
/// one that is drawn as nothing.
pub(crate) fn is_visible(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        _ if is_blank(letter) => false,
        // Behind another letter, so that accents are as good as letters.
        _ => {
            let mut bytes = [b'a'; 5];
            letter.encode_utf8(&mut bytes[1..]);
            let pair = std::str::from_utf8(&bytes[..1 + letter.len_utf8()]).unwrap_or_default();
            pair.escape_debug().nth(1) == Some(letter)
        }
    }
}

/// Whether a letter or an accent is drawn as nothing. First, what is Default_Ignorable_Code_Point in Unicode and no
/// format character; then those that are blank by what they are.
fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2065}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || matches!(
        letter,
        '\u{2800}' | '\u{13441}'..='\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

/// A command with a word as a shell takes it, of printable letters only.
pub(crate) fn shell_word(
    word: &(impl AsRef<OsStr> + ?Sized),
    command: impl FnOnce(&str) -> String,
) -> String {
    let bytes = word.as_ref().as_bytes();
    match bytes.ends_with(b"\n") {
        // A shell cuts off what a substitution ends with.
        true => format!(
            "x=$(printf '{}.') && {}",
            octal(bytes),
            command("\"${x%.}\"")
        ),
        false => command(&quoted(word)),
    }
}

/// A word that ends with no newline, as a shell takes it.
pub(crate) fn quoted(word: &(impl AsRef<OsStr> + ?Sized)) -> String {
    let bytes = word.as_ref().as_bytes();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%,=".contains(letter);
    match std::str::from_utf8(bytes) {
        Ok(word) if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        Ok(word) if word.chars().all(is_visible) => format!("'{}'", word.replace('\'', "'\\''")),
        _ => format!("\"$(printf '{}')\"", octal(bytes)),
    }
}

fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"/._".contains(byte);
        let _ = match plain {
            true => write!(text, "{}", char::from(*byte)),
            false => write!(text, "\\{byte:03o}"),
        };
        text
    })
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

    /// By the names of the Unicode standard: Cc, Cf, Zl, Zp, Default_Ignorable_Code_Point; and letters that are
    /// drawn as nothing.
    #[test]
    fn nothing_that_acts_or_hides_is_visible() {
        let ranges = [
            '\u{34f}'..='\u{34f}',
            '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}',
            '\u{180b}'..='\u{180f}',
            '\u{2060}'..='\u{206f}',
            '\u{2800}'..='\u{2800}',
            '\u{3164}'..='\u{3164}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fff8}',
            '\u{13441}'..='\u{13442}',
            '\u{16fe4}'..='\u{16fe4}',
            '\u{1d159}'..='\u{1d159}',
            '\u{e0000}'..='\u{e0fff}',
            '\0'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{ad}'..='\u{ad}',
            '\u{600}'..='\u{605}',
            '\u{61c}'..='\u{61c}',
            '\u{6dd}'..='\u{6dd}',
            '\u{70f}'..='\u{70f}',
            '\u{890}'..='\u{891}',
            '\u{8e2}'..='\u{8e2}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{feff}'..='\u{feff}',
            '\u{fff9}'..='\u{fffb}',
            '\u{110bd}'..='\u{110bd}',
            '\u{110cd}'..='\u{110cd}',
            '\u{13430}'..='\u{1343f}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
        ];
        let seen = ranges.into_iter().flatten().filter(|one| is_visible(*one));
        assert_eq!(seen.collect::<String>(), "");
    }

    #[test]
    fn a_shell_takes_every_word_for_what_it_is() {
        let words = [
            &b"end\n"[..],
            b"\n",
            b"a\n\n\n",
            b"-n\n",
            b"-",
            b"it's\n",
            b"a b",
            b"\xff\n",
            b"\\\n",
            b"%s\n.",
            b"$(x)\n",
            b"",
            b"12\n3",
        ];
        for word in words {
            let line = shell_word(OsStr::from_bytes(word), |word| {
                format!("printf '%s' {word}")
            });
            assert!(!line.contains('\n'), "{line}");
            let said = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            assert_eq!(said.unwrap().stdout, word, "{line}");
        }
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("\u{e4} b"), "'\u{e4} b'");
        assert_eq!(
            quoted("/a\nb %'"),
            "\"$(printf '/a\\012b\\040\\045\\047')\""
        );
        assert_eq!(quoted("\u{202e}"), "\"$(printf '\\342\\200\\256')\"");
        assert_eq!(quoted("\u{3164}"), "\"$(printf '\\343\\205\\244')\"");
        assert_eq!(quoted(OsStr::from_bytes(b"\xff")), "\"$(printf '\\377')\"");
    }
}

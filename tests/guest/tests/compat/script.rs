// SPDX-License-Identifier: GPL-2.0-only

//! Scripts: lines for a shell that prepare, and lines for `ip netns`.

use std::fmt;

/// Lines in a world of their own.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) enum Step {
    /// A line for the shell, the same for both.
    Prepare(String),
    /// A line for the program.
    Invoke(Line),
}

impl Step {
    pub(crate) fn prepares(&self) -> bool {
        matches!(self, Step::Prepare(_))
    }
}

/// What comes before `netns`, and what comes after it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) options: Vec<String>,
    pub(crate) words: Vec<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (options, words) = (self.options.join(" "), self.words.join(" "));
        write!(f, "{options} | {words}")
    }
}

impl Line {
    /// Reads `OPTIONS | WORDS`; either may be empty.
    pub(crate) fn parse(text: &str) -> Self {
        let (options, words) = text.split_once('|').expect("a |");
        Line {
            options: split(options),
            words: split(words),
        }
    }

    /// With the process that the world has in place of `{PID}`.
    pub(crate) fn filled(&self, pid: u32) -> Self {
        let fill = |words: &[String]| {
            let fill = |word: &String| word.replace("{PID}", &pid.to_string());
            words.iter().map(fill).collect()
        };
        Line {
            options: fill(&self.options),
            words: fill(&self.words),
        }
    }
}

/// Divides text at spaces outside of single quotes; `\n` and `\xNN` in quotes are what they are in C.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (None::<String>, false);
    for letter in text.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!quoted, "{text}");
    words.extend(word);
    words
}

/// Reads scripts: each begins with `# NAME`; lines with `$ ` are for the shell.
pub(crate) fn all(text: &str) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("# ") {
            scripts.push(Script {
                name: name.to_owned(),
                steps: Vec::new(),
            });
            continue;
        }
        // The licence comes before the first script.
        let Some(script) = scripts.last_mut() else {
            continue;
        };
        script.steps.push(match line.strip_prefix("$ ") {
            Some(line) => Step::Prepare(line.to_owned()),
            None => Step::Invoke(Line::parse(line)),
        });
    }
    scripts
}

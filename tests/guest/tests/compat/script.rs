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
        self.line().is_none()
    }

    /// The line for the program.
    pub(crate) fn line(&self) -> Option<&Line> {
        match self {
            Step::Prepare(_) => None,
            Step::Invoke(line) => Some(line),
        }
    }
}

/// What comes before `netns`, and what comes after it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) options: Vec<String>,
    /// None for a line that ends before `netns`.
    pub(crate) words: Option<Vec<String>>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options.join(" ");
        match &self.words {
            Some(words) => write!(f, "{options} | {}", words.join(" ")),
            None => f.write_str(&options),
        }
    }
}

impl Line {
    /// Reads `OPTIONS | WORDS`, of which either may be empty; or `OPTIONS` alone.
    pub(crate) fn parse(text: &str) -> Self {
        let (options, words) = match text.split_once('|') {
            Some((options, words)) => (options, Some(words)),
            None => (text, None),
        };
        Line {
            options: split(options),
            words: words.map(split),
        }
    }

    /// With the process that the world has in place of `{PID}`.
    pub(crate) fn filled(&self, pid: u32) -> Self {
        let fill = |words: &[String]| -> Vec<String> {
            let fill = |word: &String| word.replace("{PID}", &pid.to_string());
            words.iter().map(fill).collect()
        };
        Line {
            options: fill(&self.options),
            words: self.words.as_deref().map(fill),
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

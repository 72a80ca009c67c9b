// SPDX-License-Identifier: GPL-2.0-only

//! `policy load`, `policy check` and `policy save`: the rules as a file.

use clap::{Args, ValueHint};
use homeward_client::Client;
use serde::Serialize;

use super::{failed, replace, warn_of};
use crate::command::{alone, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::{input, output, policy, Mistake, Place};
use crate::render::text::printable;
use crate::render::{Look, Style};
use crate::rule;

/// Where the rules of a machine are.
const FILE: &str = "/etc/homeward/policy.toml";

const LOAD_HELP: &str = "\
Examples:
  homeward policy load
      Only the rules of /etc/homeward/policy.toml are in force then; without that file, none.
  homeward policy load ./rules.toml
      Those of another file. If something is wrong in it, nothing changes.";

/// Replace the rules in force with those in a file, all or none.
#[derive(Debug, Args)]
#[command(after_help = LOAD_HELP)]
pub(crate) struct Load {
    /// The file; '-' for standard input; /etc/homeward/policy.toml if none is given.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = input())]
    file: Option<Place>,
}

/// Rules that were loaded.
#[derive(Debug, Serialize)]
struct Loaded {
    /// The file.
    file: String,
    /// How many rules are in force now.
    rules: usize,
    /// How many of them are new.
    added: usize,
    /// How many old ones are gone.
    removed: usize,
}

impl Verb for Load {
    fn run(self, context: &Context) -> Result<Status> {
        let (file, text) = self.text()?;
        let new = policy::parse(text.as_deref().unwrap_or_default())
            .map_err(|mistakes| refuse(context, &file, &mistakes))?;
        let connected = alone::connect(context);
        let (mut client, _lock) = connected.map_err(failed("cannot load the rules"))?;
        warn_of(context, &new);
        let replaced = replace(&mut client, &new)
            .map_err(|broken| broken.failure(&format!("cannot load the rules of '{file}'")))?;
        if let Some(early) = replaced.early {
            context.messages.warning(&format!(
                "the old and the new rules together are more than the kernel holds, so {early} of the \
                 old ones were gone for a moment before the new ones were there"
            ));
        }
        if text.is_none() {
            let told = format!("there is no file '{file}', so there are no rules");
            context.messages.warning(&told);
        }
        let loaded = Loaded {
            file,
            rules: new.len(),
            added: replaced.added,
            removed: replaced.removed,
        };
        context.print(&loaded, |_| loaded.text())
    }
}

impl Load {
    /// The file and what it says. That of the machine may be missing: whoever has removed it wants no
    /// rules. One that was asked for may not.
    fn text(&self) -> Result<(String, Option<String>)> {
        let machine = Place::File(FILE.into());
        let text = match &self.file {
            Some(place) => place.read().map(Some),
            None => machine.read_if_there(),
        };
        Ok((self.file.as_ref().unwrap_or(&machine).label(), text?))
    }
}

impl Loaded {
    fn text(&self) -> String {
        let (file, added, removed) = (printable(&self.file), self.added, self.removed);
        let rules = rule::count(self.rules);
        format!("{file}: {rules} in force, {added} added, {removed} removed\n")
    }
}

fn refuse(context: &Context, file: &str, mistakes: &[Mistake]) -> Failure {
    let line = |mistake: &Mistake| format!("{file}:{mistake}");
    context.tell(Status::Failed, mistakes.iter().map(line));
    let count = match mistakes.len() {
        1 => "a mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    let text = format!("'{file}' has {count}, so the rules in force are unchanged");
    Failure::failed(text)
}

const CHECK_HELP: &str = "\
Examples:
  homeward policy check
      Looks at /etc/homeward/policy.toml; status 1 if something is wrong in it.
  homeward policy check --json ./rules.toml
      The same about another file, for programs.";

/// Report mistakes in a policy file, with line numbers. Does not need the module.
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct Check {
    /// The file; '-' for standard input.
    #[arg(value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath, value_parser = input())]
    file: Place,
}

/// What is wrong in a file of rules.
#[derive(Debug, Serialize)]
struct Checked {
    /// The file.
    file: String,
    /// How many rules it has, if nothing is wrong.
    rules: usize,
    /// What is wrong.
    mistakes: Vec<Mistake>,
    /// What is not wrong, but to be thought about.
    notes: Vec<Mistake>,
}

impl Verb for Check {
    fn run(self, context: &Context) -> Result<Status> {
        let contents = policy::read(&self.file.read()?);
        let checked = Checked {
            file: self.file.label(),
            rules: match contents.mistakes.is_empty() {
                true => contents.rules.len(),
                false => 0,
            },
            mistakes: contents.mistakes,
            notes: contents.notes,
        };
        context.print(&checked, |look| checked.text(look))?;
        Ok(match checked.mistakes.is_empty() {
            true => Status::Ok,
            false => Status::Failed,
        })
    }
}

impl Checked {
    /// As compilers say it.
    fn text(&self, look: Look) -> String {
        let file = printable(&self.file);
        let line = |mistake: &Mistake, style: Style, word: &str| {
            let (line, column) = (mistake.line, mistake.column);
            let message = style.paint(
                &format!("{word}{}", printable(&mistake.message)),
                look.color,
            );
            format!("{file}:{line}:{column}: {message}\n")
        };
        let wrong = self.mistakes.iter();
        let wrong = wrong.map(|mistake| line(mistake, Style::Bad, ""));
        let notes = self.notes.iter();
        let notes = notes.map(|note| line(note, Style::Notable, "note: "));
        let mut text: String = wrong.chain(notes).collect();
        if self.mistakes.is_empty() {
            let good = Style::Good.paint("ok", look.color);
            text.push_str(&format!("{file}: {good}, {}\n", rule::count(self.rules)));
        }
        text
    }
}

const SAVE_HELP: &str = "\
Examples:
  homeward policy save
      Prints the rules.
  homeward policy save ./rules.toml
      Writes them to a file, in one step. A file written by hand is left alone.";

/// Write the rules in force to a file that can be loaded.
#[derive(Debug, Args)]
#[command(after_help = SAVE_HELP)]
pub(crate) struct Save {
    /// The file; '-' for standard output.
    #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath, value_parser = output())]
    file: Place,
    /// Replace a file that was written by hand, with its comments.
    #[arg(long)]
    force: bool,
}

impl Verb for Save {
    fn run(self, _context: &Context) -> Result<Status> {
        let rules = Client::connect().and_then(|mut client| client.rules());
        let rules = policy::of_rules(&rules.map_err(failed("cannot save the rules"))?);
        let file = self.file.label();
        let refused = |why: String| {
            let text = format!("cannot save the rules to '{file}': {why}");
            Failure::failed(text)
        };
        let text = policy::render(&rules).map_err(refused)?;
        if let Some(present) = self.file.present()? {
            if policy::parse(&present).is_ok_and(|present| present == rules) {
                // Nothing would change but what people wrote around the rules.
                return Ok(Status::Ok);
            }
            if !self.force && !policy::is_own(&present) {
                let why =
                    "it was written by hand, and comments would be lost: save them elsewhere, \
                           or use --force";
                return Err(refused(why.to_owned()));
            }
        }
        self.file.write(&text, 0o644)?;
        Ok(Status::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::policy::tests::read;
    use crate::command::policy::PolicyVerbs;
    use crate::fixture::{golden_data, TEXT};

    #[test]
    fn a_dash_is_standard_input_or_output() {
        let save = |words: &str| match read(words) {
            Ok(PolicyVerbs::Save(Save { file, force })) => (file, force),
            other => panic!("{other:?}"),
        };
        assert_eq!(save("save"), (Place::Standard, false));
        assert_eq!(save("save --force x"), (Place::File("x".into()), true));
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert_eq!(save(&format!("save {name}")), (Place::Standard, false));
        }
        let file = |words: &str| match read(words) {
            Ok(PolicyVerbs::Load(Load { file })) => file,
            Ok(PolicyVerbs::Check(Check { file })) => Some(file),
            other => panic!("{other:?}"),
        };
        assert_eq!(file("load -"), Some(Place::Standard));
        let default = Place::File("/etc/homeward/policy.toml".into());
        assert_eq!(file("check"), Some(default));
        assert_eq!(file("load"), None);
    }

    #[test]
    fn a_checked_file_as_text_and_json() {
        let mistake = Mistake {
            line: 3,
            column: 9,
            message: "'st\u{1b}ay' is no action".to_owned(),
        };
        let checked = Checked {
            file: "policy.toml".to_owned(),
            rules: 0,
            mistakes: vec![mistake.clone()],
            notes: Vec::new(),
        };
        golden_data("policy-check", checked.text(TEXT), &checked);
        let good = Checked {
            rules: 1,
            mistakes: Vec::new(),
            notes: vec![Mistake {
                message: "think".to_owned(),
                ..mistake
            }],
            ..checked
        };
        let text = "policy.toml:3:9: note: think\npolicy.toml: ok, 1 rule\n";
        assert_eq!(good.text(TEXT), text);
    }

    #[test]
    fn a_loaded_file_as_text_and_json() {
        let loaded = Loaded {
            file: "policy.toml".to_owned(),
            rules: 4,
            added: 3,
            removed: 2,
        };
        golden_data("policy-load", loaded.text(), &loaded);
    }
}

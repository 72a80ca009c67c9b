// SPDX-License-Identifier: GPL-2.0-only

//! Values as text, and colours by meaning.

use std::fmt::Write;
use std::time::Duration;

use anstyle::AnsiColor;

pub(crate) use crate::printable::{is_plain, printable};

/// What stands for an absent value.
pub(crate) const ABSENT: &str = "-";

/// A value, or what stands for an absent one.
pub(crate) fn or_absent(value: Option<impl ToString>) -> String {
    match value {
        Some(value) => printable(&value.to_string()),
        None => ABSENT.to_owned(),
    }
}

/// Several values, or what stands for absent ones.
pub(crate) fn list(values: &[impl AsRef<str>]) -> String {
    match values {
        [] => ABSENT.to_owned(),
        [one] => printable(one.as_ref()),
        several => {
            let texts = several.iter().map(|value| printable(value.as_ref()));
            texts.collect::<Vec<_>>().join(",")
        }
    }
}

/// Yes, or what stands for an absent value.
pub(crate) fn yes(value: bool) -> String {
    let text = if value { "yes" } else { ABSENT };
    text.to_owned()
}

/// Yes or no.
pub(crate) fn yes_or_no(value: bool) -> &'static str {
    if value {
        "yes"
    } else {
        "no"
    }
}

/// Nanoseconds, as JSON has them. A time of more than 584 years is cut.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A time span in its two greatest units, without a blank, as columns are cut at those.
pub(crate) fn span(nanoseconds: u64) -> String {
    let time = Duration::from_nanos(nanoseconds);
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0 if time.as_millis() == 0 => format!("{}us", time.as_micros()),
        0 => format!("{}ms", time.as_millis()),
        1..60 => format!("{:.1}s", time.as_secs_f64()),
        60..3600 => format!("{minutes}m{}s", seconds % 60),
        3600..86400 => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

/// An amount of memory.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut unit = UNITS[0];
    let mut shift = 0_u32;
    for (at, name) in (1..).zip(UNITS) {
        if count >> (10 * at) > 0 {
            (unit, shift) = (name, 10 * at);
        }
    }
    // In tenths, as a float would round up to 1024.0.
    let tenths = (u128::from(count) * 10) >> shift;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A time since boot, as the kernel's log has it.
pub(crate) fn timestamp(nanoseconds: u64) -> String {
    let time = Duration::from_nanos(nanoseconds);
    format!("[{:5}.{:06}]", time.as_secs(), time.subsec_micros())
}

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nothing special.
    Plain,
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// Worth a look.
    Notable,
    /// As it should not be.
    Bad,
    /// Not important.
    Faint,
}

impl Style {
    /// The text in its colour, if colours are wanted.
    pub(crate) fn paint(self, text: &str, color: bool) -> String {
        let mut painted = String::new();
        self.paint_onto(&mut painted, text, color);
        painted
    }

    /// The same, behind what is there.
    pub(crate) fn paint_onto(self, output: &mut String, text: &str, color: bool) {
        let style = match self {
            _ if !color || text.is_empty() => return output.push_str(text),
            Style::Plain => return output.push_str(text),
            Style::Heading => anstyle::Style::new().bold(),
            Style::Good => AnsiColor::Green.on_default(),
            Style::Notable => AnsiColor::Yellow.on_default(),
            Style::Bad => AnsiColor::Red.on_default().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
        };
        // Writing to a string does not fail.
        let _ = write!(output, "{style}{text}{style:#}");
    }

    /// This one for a count that is not 0.
    pub(crate) fn if_any(self, count: Option<u32>) -> Self {
        match count {
            None | Some(0) => Style::Plain,
            Some(_) => self,
        }
    }

    /// What the state of a namespace means.
    pub(crate) fn of_state(state: &str) -> Self {
        match state {
            "live" => Style::Good,
            "queued" => Style::Notable,
            "dying" => Style::Bad,
            _ => Style::Plain,
        }
    }

    /// What the fate of a device means.
    pub(crate) fn of_action(action: &str) -> Self {
        match action {
            "return" | "wiphy" => Style::Good,
            "kernel" => Style::Notable,
            _ => Style::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_or_one_and_a_fraction() {
        let second = 1_000_000_000;
        let table = [
            (0, "0us"),
            (999_999, "999us"),
            (second - 1, "999ms"),
            (59 * second, "59.0s"),
            (1_500_000_000, "1.5s"),
            (3599 * second, "59m59s"),
            (86399 * second, "23h59m"),
            (90000 * second, "1d1h"),
        ];
        for (time, text) in table {
            assert_eq!(span(time), text);
            let read = crate::value::time(text).map(|time| time.as_secs());
            assert!(
                read.is_ok_and(|read| read <= time / second),
                "{text} can be typed"
            );
        }
    }

    #[test]
    fn memory_is_told_in_the_greatest_unit() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1023.9 KiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "16777215.9 TiB"),
        ];
        for (count, text) in table {
            assert_eq!(bytes(count), text);
        }
    }
}

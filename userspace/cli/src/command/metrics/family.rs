// SPDX-License-Identifier: GPL-2.0-only

//! Metrics that belong together, and how they are written down.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::render::text::printable;

/// How metrics are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0. There a counter has its type and help without the suffix `_total`.
    OpenMetrics,
}

/// What kind of metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// It only grows, until the module is loaded anew.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    /// A number of things.
    Count(u64),
    /// A time.
    Seconds(f64),
}

/// One of the metrics of a family.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sample {
    /// What tells it from the others.
    pub(super) labels: BTreeMap<&'static str, String>,
    /// Its value.
    pub(super) value: Value,
}

/// Metrics of one name.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Family {
    /// Their name, of counters without its suffix.
    pub(super) name: String,
    /// What kind of metric they are.
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// In what their values are measured, which is the end of the name.
    pub(super) unit: Option<&'static str>,
    /// What they mean.
    pub(super) help: String,
    /// The metrics.
    pub(super) samples: Vec<Sample>,
}

impl Family {
    /// Writes it down.
    fn write(&self, format: Format, text: &mut String) {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
        };
        let (kind, sample) = match self.kind {
            Kind::Counter => ("counter", format!("{}{suffix}", self.name)),
            Kind::Gauge => ("gauge", self.name.clone()),
        };
        let name = match format {
            Format::Prometheus => &sample,
            Format::OpenMetrics => &self.name,
        };
        text.push_str(&format!("# HELP {name} {}\n", escaped(&self.help)));
        text.push_str(&format!("# TYPE {name} {kind}\n"));
        if let Some(unit) = self.unit {
            text.push_str(&format!("# UNIT {name} {unit}\n"));
        }
        for one in &self.samples {
            let labels = one.labels.iter();
            let labels = labels.map(|(key, value)| format!("{key}=\"{}\"", escaped(value)));
            let labels: Vec<_> = labels.collect();
            let labels = match labels.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", labels.join(",")),
            };
            let value = match one.value {
                Value::Count(count) => count.to_string(),
                Value::Seconds(seconds) => seconds.to_string(),
            };
            text.push_str(&format!("{sample}{labels} {value}\n"));
        }
    }
}

/// What others chose does nothing to a terminal, and does not end the quotes around it. Texts that differ stay
/// different: twice the same series is an error to Prometheus.
fn escaped(text: &str) -> String {
    let safe = printable(&text.replace('\\', "\\\\"));
    safe.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Families as they are collected.
pub(super) fn text(families: &[Family], format: Format) -> String {
    let mut text = String::new();
    for family in families {
        family.write(format, &mut text);
    }
    // A comment in the one, and in the other the end of what is whole.
    text.push_str("# EOF\n");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_that_others_chose_stays_in_its_quotes() {
        let family = Family {
            name: "n".to_owned(),
            kind: Kind::Gauge,
            unit: None,
            help: "Help.".to_owned(),
            samples: vec![Sample {
                labels: [("namespace", "a\"} 7\n\\\x1b".to_owned())].into(),
                value: Value::Seconds(0.25),
            }],
        };
        let text = text(&[family], Format::Prometheus);
        let line = text.lines().nth(2).unwrap();
        assert_eq!(line, r#"n{namespace="a\"} 7\\n\\\\\\u{1b}"} 0.25"#);
    }

    #[test]
    fn labels_that_differ_stay_different() {
        let names = [
            "a\tb", r"a\tb", r"a\\tb", "a\u{1b}", r"a\u{1b}", "a\"", "a\\\"",
        ];
        let written: HashSet<String> = names.into_iter().map(escaped).collect();
        assert_eq!(written.len(), names.len(), "{written:?}");
    }
}

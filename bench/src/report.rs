// SPDX-License-Identifier: GPL-2.0-only

//! What is made of what the guest printed: files for machines and for people.

use crate::measure::median;
use crate::regression::Comparison;
use crate::result::{
    Failed,
    Line,
    Results,
    Row,
    Side,
    Unit,
    MARK, //
};
use std::fmt::Write as _;

/// The results in a guest's output, which may have more in it. What cannot be read, and an end
/// that never came, are failures.
pub fn collect(output: &str) -> Results {
    let mut results = Results::default();
    let mut ended = false;
    for line in output.lines() {
        // Whatever a console may have put in front of it.
        let Some((_, text)) = line.split_once(MARK) else {
            continue;
        };
        match serde_json::from_str(text) {
            Ok(Line::Machine(machine)) => results.machine = machine,
            Ok(Line::Row(row)) => results.rows.push(*row),
            Ok(Line::Failed(failed)) => results.failed.push(failed),
            Ok(Line::End) => ended = true,
            Err(error) => fail(&mut results, format!("a line cannot be read: {error}")),
        }
    }
    if !ended {
        fail(&mut results, "the guest did not come to its end".to_owned());
    }
    results
}

fn fail(results: &mut Results, reason: String) {
    let row = "(all)".to_owned();
    results.failed.push(Failed { row, reason });
}

/// The results as JSON, each row on a line of its own: so a difference between two runs can be
/// read.
///
/// # Errors
///
/// Those of the serializer.
pub fn json(results: &Results) -> serde_json::Result<String> {
    let lines = |items: Vec<String>| match items.is_empty() {
        true => "[]".to_owned(),
        false => format!("[\n  {}\n]", items.join(",\n  ")),
    };
    let rows: serde_json::Result<Vec<_>> = results.rows.iter().map(serde_json::to_string).collect();
    let failed: serde_json::Result<Vec<_>> =
        results.failed.iter().map(serde_json::to_string).collect();
    Ok(format!(
        "{{\n\"host\": {},\n\"machine\": {},\n\"rows\": {},\n\"failed\": {}\n}}\n",
        serde_json::to_string_pretty(&results.host)?,
        serde_json::to_string(&results.machine)?,
        lines(rows?),
        lines(failed?),
    ))
}

/// The results as Markdown. `plots` are names of files beside it.
pub fn markdown(results: &Results, plots: &[String]) -> String {
    let mut text = "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n# Results\n\n\
        Written by `make bench`; what each row means is in README.md. Less is better in every row.\n\n"
        .to_owned();
    text.push_str(&machine(results));
    let (reached, with_target) = reached(results);
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        text,
        "\n{} rows, {reached} of {with_target} targets reached, {} failures.",
        results.rows.len(),
        results.failed.len(),
    );
    let mut last = "";
    for row in &results.rows {
        if row.row != last {
            let _ = writeln!(
                text,
                "\n## {}\n\n\
                 | what | size | measured | spread | target | reached | theirs, or smallest | ours, or largest |\n\
                 |---|---|---|---|---|---|---|---|",
                row.row
            );
            last = &row.row;
        }
        text.push_str(&table_line(row));
    }
    text.push_str(&notes(results));
    for failed in &results.failed {
        let _ = writeln!(text, "\nFailed: {}: {}", failed.row, failed.reason);
    }
    for plot in plots {
        let _ = writeln!(text, "\n![{plot}]({plot})");
    }
    text
}

/// How many targets are reached, and how many there are.
pub fn reached(results: &Results) -> (usize, usize) {
    let all: Vec<bool> = results.rows.iter().filter_map(Row::reached).collect();
    (all.iter().filter(|reached| **reached).count(), all.len())
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let mut text = format!(
        "| | |\n|---|---|\n| kernel | {} |\n| built by | {} |\n| guest | {} CPUs, {}, {} MiB, {} |\n| sizes | {} |\n",
        machine.kernel,
        machine.version,
        machine.cpus,
        machine.cpu,
        machine.memory,
        machine.accel,
        if machine.quick { "small (QUICK)" } else { "all" },
    );
    for (what, value) in &results.host {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    text
}

fn table_line(row: &Row) -> String {
    let size = row
        .size
        .map_or_else(|| "-".to_owned(), |size| format!("{size} {}", row.sized));
    let reached = match row.reached() {
        None => "-",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let side = |side: Option<&Side>| side.map_or_else(|| "-".to_owned(), of_side);
    format!(
        "| {} | {size} | {}{} | {} .. {} | {} | {reached} | {} | {} |\n",
        row.what,
        figure(row.value),
        unit(row.unit),
        figure(row.low),
        figure(row.high),
        row.target.map_or_else(|| "-".to_owned(), figure),
        side(row.sides.first()),
        side(row.sides.get(1..).and_then(<[Side]>::last)),
    )
}

fn of_side(side: &Side) -> String {
    let middle = median(&side.samples).map_or_else(|| "-".to_owned(), figure);
    format!("{}: {middle} {}", side.name, side.unit)
}

/// What is to be known of rows, each once.
fn notes(results: &Results) -> String {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for row in &results.rows {
        let note = (row.row.as_str(), row.note.as_str());
        if !row.note.is_empty() && !seen.contains(&note) {
            seen.push(note);
        }
    }
    let mut text = String::new();
    if !seen.is_empty() {
        text.push_str("\n## Notes\n\n");
    }
    for (row, note) in seen {
        let _ = writeln!(text, "- {row}: {note}");
    }
    text
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ratio | Unit::Growth => "x",
        Unit::Bytes => " B",
        Unit::Count => "",
    }
}

/// As many digits as say something.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.1 {
        format!("{value:.3}")
    } else {
        format!("{value:.4}")
    }
}

/// What became worse, a line each.
pub fn regressions(comparison: &Comparison) -> Vec<String> {
    let line = |worse: &crate::regression::Worse| {
        let row = &worse.row;
        let size = row
            .size
            .map_or_else(String::new, |size| format!(", {size} {}", row.sized));
        format!(
            "worse: {}: {}{size}: {} before, {} now, {} allowed",
            row.row,
            row.what,
            figure(worse.before),
            figure(row.value),
            figure(worse.allowed),
        )
    };
    comparison.worse.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{
        Pairs,
        Summary, //
    };
    use crate::regression::{
        compare,
        TOLERANCE, //
    };

    fn row(value: f64) -> Row {
        let pairs = Pairs {
            a: vec![1.0],
            b: vec![value],
        };
        let row = Row::ratio("list", "lsns -t net", ("lsns", "homeward"), "ms", &pairs);
        row.unwrap()
            .size(10, "namespaces")
            .target(0.1)
            .note("noted")
    }

    fn printed(lines: &[Line]) -> String {
        let line = |line| format!("{MARK}{}\n", serde_json::to_string(line).unwrap());
        "Booting.\n".to_owned() + &lines.iter().map(line).collect::<String>()
    }

    #[test]
    fn what_was_printed_is_collected() {
        let output = printed(&[Line::Row(Box::new(row(0.05))), Line::End]);
        let results = collect(&output);
        assert_eq!(results.rows, [row(0.05)]);
        assert_eq!(results.failed, []);
    }

    #[test]
    fn an_end_that_never_came_is_a_failure() {
        let results = collect(&printed(&[Line::Row(Box::new(row(0.05)))]));
        assert_eq!(results.failed.len(), 1);
    }

    #[test]
    fn a_line_that_was_cut_off_is_a_failure() {
        let results = collect(&format!("{MARK}{{\"row\":\n{}", printed(&[Line::End])));
        assert_eq!(results.failed.len(), 1);
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let results = collect(&printed(&[Line::Row(Box::new(row(0.05))), Line::End]));
        let text = json(&results).unwrap();
        assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results);
        assert_eq!(
            serde_json::from_str::<Results>(&json(&Results::default()).unwrap()).unwrap(),
            Results::default()
        );
    }

    #[test]
    fn the_table_says_whether_the_target_is_reached() {
        let with = |value| {
            let results = Results {
                rows: vec![row(value)],
                ..Results::default()
            };
            markdown(&results, &[])
        };
        assert!(with(0.05).contains(
            "| lsns -t net | 10 namespaces | 0.0500x | 0.0500 .. 0.0500 | 0.100 | yes | \
             lsns: 1 ms | homeward: 0.0500 ms |"
        ));
        assert!(with(0.5).contains("| no |"));
        assert!(with(0.5).contains("- list: noted"));
    }

    #[test]
    fn a_regression_is_told_in_a_line() {
        let of = |value| Results {
            rows: vec![row(value)],
            ..Results::default()
        };
        let comparison = compare(&[of(0.05)], &of(0.5), TOLERANCE);
        assert_eq!(
            regressions(&comparison),
            ["worse: list: lsns -t net, 10 namespaces: 0.0500 before, 0.500 now, 0.0575 allowed"]
        );
    }

    #[test]
    fn a_row_without_sides_has_dashes() {
        let holes = Row::new("events", "holes", Unit::Count, Summary::exact(0.0));
        assert_eq!(
            table_line(&holes),
            "| holes | - | 0 | 0 .. 0 | - | - | - | - |\n"
        );
    }
}

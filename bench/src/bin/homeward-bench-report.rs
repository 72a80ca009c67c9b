// SPDX-License-Identifier: GPL-2.0-only

//! Makes files of what the guest printed, and compares it with what was committed last.
//!
//! Ends with 1 when a row failed or became worse, with 2 when the files cannot be made.

use clap::Parser;
use homeward_bench::measure::Pairs;
use homeward_bench::regression::{
    compare,
    TOLERANCE, //
};
use homeward_bench::result::{
    Results,
    Row, //
};
use homeward_bench::{
    plot,
    report, //
};
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::ExitCode;

/// Makes results.json, results.md and plots of what the guest printed.
#[derive(Debug, Parser)]
#[command(name = "homeward-bench-report", version)]
struct Args {
    /// What the guest printed.
    #[arg(long)]
    output: PathBuf,
    /// Where the files go.
    #[arg(long)]
    into: PathBuf,
    /// Something to be known of the host: WHAT=TEXT.
    #[arg(long = "fact", value_name = "WHAT=TEXT")]
    facts: Vec<String>,
    /// Instructions, counted on the host: lines of WHAT, THEIRS and OURS with tabs between them.
    #[arg(long)]
    instructions: Option<PathBuf>,
    /// The results.json to compare with; of several, the worst of each row.
    #[arg(long)]
    against: Vec<PathBuf>,
    /// By which part a value may be worse, besides what it spreads.
    #[arg(long, default_value_t = TOLERANCE)]
    tolerance: f64,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("homeward-bench-report: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether nothing failed, and nothing became worse.
fn run(args: &Args) -> Result<bool, String> {
    // Read before it is written over: it may be the same file.
    let before: Vec<Results> = args
        .against
        .iter()
        .map(|path| old_results(path))
        .collect::<Result<_, _>>()?;
    let mut results = report::collect(&read(&args.output)?);
    let fact = |text: &String| text.split_once('=').map(|(a, b)| (a.into(), b.into()));
    results.host.extend(args.facts.iter().filter_map(fact));
    if let Some(path) = &args.instructions {
        results.rows.extend(instructions(&read(path)?));
    }
    write_all(&results, &args.into)?;
    for failed in &results.failed {
        eprintln!("failed: {}: {}", failed.row, failed.reason);
    }
    let (reached, targets) = report::reached(&results);
    println!(
        "{} rows, {reached} of {targets} targets reached: {}",
        results.rows.len(),
        args.into.join("results.md").display()
    );
    let comparison = compare(&before, &results, args.tolerance);
    let worse = comparison.worse.len();
    if !before.is_empty() {
        for line in report::regressions(&comparison) {
            eprintln!("{line}");
        }
        println!(
            "{} rows compared with before, {worse} worse",
            comparison.compared
        );
    }
    Ok(worse == 0 && results.failed.is_empty() && !results.rows.is_empty())
}

fn old_results(path: &Path) -> Result<Results, String> {
    serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// Rows of what was counted on the host.
fn instructions(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut words = line.split('\t');
        let what = format!("instructions: {}", words.next()?);
        let mut number = || words.next()?.trim().parse::<f64>().ok();
        let (a, b) = (vec![number()?], vec![number()?]);
        Row::ratio(
            "start",
            what,
            ("ip", "homeward"),
            "instructions",
            &Pairs { a, b },
        )
    };
    text.lines().filter_map(row).collect()
}

fn write_all(results: &Results, into: &Path) -> Result<(), String> {
    let plots = into.join("plots");
    // Those of an older run may be of rows that there are no more.
    let _ = fs::remove_dir_all(&plots);
    fs::create_dir_all(&plots).map_err(|error| format!("{}: {error}", plots.display()))?;
    let names = plot::draw_all(results, &plots)?;
    let names: Vec<String> = names.iter().map(|name| format!("plots/{name}")).collect();
    let json = report::json(results).map_err(|error| error.to_string())?;
    write(&into.join("results.json"), &json)?;
    write(&into.join("results.md"), &report::markdown(results, &names))
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    // A guest that died may have left anything.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_on_the_host_becomes_rows() {
        let rows = instructions("--version\t1000\t1500\nnothing\tx\ty\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].what, "instructions: --version");
        assert!((rows[0].value - 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_worse_run_fails_and_an_equal_one_passes() {
        let place = std::env::temp_dir().join(format!("homeward-report-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let args = |value: f64, against: Option<&str>| {
            let pairs = Pairs {
                a: vec![1.0],
                b: vec![value],
            };
            let row = Row::ratio("list", "lsns", ("a", "b"), "ms", &pairs).unwrap();
            let line = homeward_bench::result::Line::Row(Box::new(row));
            let output = place.join("output");
            let text = serde_json::to_string(&line).unwrap();
            write(&output, &format!("bench: {text}\nbench: \"end\"\n")).unwrap();
            Args {
                output,
                into: place.join("out"),
                facts: vec!["date=today".to_owned()],
                instructions: None,
                against: against.map(|name| place.join(name)).into_iter().collect(),
                tolerance: TOLERANCE,
            }
        };
        assert_eq!(run(&args(1.0, None)), Ok(true));
        assert_eq!(run(&args(1.0, Some("out/results.json"))), Ok(true));
        assert_eq!(run(&args(1.5, Some("out/results.json"))), Ok(false));
        assert!(run(&args(1.0, Some("nowhere.json"))).is_err());
        fs::remove_dir_all(&place).unwrap();
    }
}

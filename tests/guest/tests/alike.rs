// SPDX-License-Identifier: GPL-2.0-only

//! What holds of verbs alike: several namespaces, forms of times, a `--` before a command.

use std::thread::sleep;
use std::time::Duration;

use homeward_guest_tests::verb::{end, homeward, says, start};
use homeward_guest_tests::{load, Namespace};
use serde_json::Value;

fn error(text: &str) -> Value {
    let error: Value = serde_json::from_str(text).expect("JSON");
    error["error"].clone()
}

#[test]
fn several_are_waited_for_in_whatever_order_they_go() {
    load();
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    let wait = start("wait red nosuch blue --timeout 1m --json -q");
    sleep(Duration::from_millis(700));
    blue.delete();
    sleep(Duration::from_millis(300));
    red.delete();
    let ran = end(wait);
    assert_eq!(ran.status, 3, "{ran:?}");
    let waited: Value = serde_json::from_str(&ran.out).expect("JSON");
    let waited = waited.as_array().expect("a list");
    let names: Vec<_> = waited
        .iter()
        .map(|one| one["namespace"]["name"].as_str())
        .collect();
    assert_eq!(names, [Some("red"), Some("blue")]);
    for one in waited {
        assert_eq!(one["outcome"], "gone");
        assert!(one["teardown_ns"].as_u64().is_some(), "{one}");
    }
    let error = error(&ran.err);
    assert_eq!(error["status"], 3);
    let hint = error["hint"].as_str().expect("a hint");
    assert!(hint.contains("use its cookie"), "{hint}");
}

#[test]
fn of_several_that_are_waited_for_one_that_stays_is_told() {
    load();
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    let wait = start("wait red blue --timeout 1500ms");
    sleep(Duration::from_millis(700));
    blue.delete();
    let ran = end(wait);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("namespace red is not gone"), "{ran:?}");
    assert!(ran.out.starts_with("blue is gone"), "{ran:?}");
    drop(red);
}

#[test]
fn several_are_shown_also_after_one_that_is_not_there() {
    load();
    let red = Namespace::add("red");
    let ran = homeward("show red nosuch lo@red --json");
    assert_eq!(ran.status, 3, "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(shown.as_array().map(Vec::len), Some(2), "{shown}");
    assert_eq!(shown[0]["cookie"], red.cookie());
    assert_eq!(shown[1]["device"]["name"], "lo");
    let text = error(&ran.err)["text"].clone();
    assert_eq!(text, "there is no network namespace 'nosuch'");
    let one: Value = serde_json::from_str(&says("show red --json")).expect("JSON");
    assert_eq!(one["cookie"], red.cookie());
    let lines = says("show red init --json-lines");
    assert_eq!(lines.lines().count(), 2);
    let text = says("show red init");
    assert_eq!(text.matches("Cookie: ").count(), 2, "{text}");
    let text = says("holders red init");
    assert!(text.starts_with("Holders of red:\n"), "{text}");
    assert!(text.contains("\n\nHolders of init:\n"), "{text}");
}

#[test]
fn watch_writes_times_as_it_is_asked_to() {
    load();
    let first = |format: &str| {
        let text = says(&format!("watch --timeout 100ms --time-format {format}"));
        let line = text.lines().find(|line| line.contains("ns-present"));
        line.expect("a namespace").to_owned()
    };
    assert!(first("boot").starts_with("[ "));
    assert_eq!(&first("delta")[..16], "[+    0.000000] ");
    let iso = first("iso");
    assert_eq!(&iso[..2], "20", "{iso}");
    assert_eq!(iso.find('T'), Some(10), "{iso}");
    assert_eq!(iso.find("+00:00 ns-present"), Some(26), "{iso}");
    let unix = first("unix");
    let seconds: f64 = unix
        .split(' ')
        .next()
        .expect("a time")
        .parse()
        .expect("a number");
    let today = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time");
    assert!((today.as_secs_f64() - seconds).abs() < 20.0, "{unix}");
    let json = says("watch --timeout 100ms --time-format iso --json");
    let line: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert!(line["time_ns"].is_u64(), "{line}");
}

#[test]
fn two_hyphens_may_stand_before_a_command() {
    let _red = Namespace::add("red");
    for line in [
        "exec red -- echo -n a",
        "exec -- red echo -n a",
        "exe red echo -n a",
    ] {
        assert_eq!(says(line), "a", "{line}");
    }
    for line in [
        "exec --ns red -- echo a",
        "exec --all -- echo a",
        "exec -a echo a",
    ] {
        assert_eq!(says(line), "==> red <==\na\n", "{line}");
    }
    assert_eq!(says("exec --no-legend --ns red -- echo -- a"), "-- a\n");
    let ran = homeward("exec red --");
    assert_eq!(ran.status, 2, "{ran:?}");
}

#[test]
fn what_lists_prints_each_entry_on_a_line_with_json_lines() {
    load();
    let _red = Namespace::add("red");
    for (line, key) in [
        ("ls", "cookie"),
        ("devices", "ifindex"),
        ("plan red", "ifindex"),
        ("tree", "devices"),
        ("find lo", "namespace"),
        ("sockets", "inode"),
        ("metrics", "samples"),
        ("doctor", "outcome"),
    ] {
        let ran = homeward(&format!("{line} -q --json-lines"));
        for row in ran.out.lines() {
            let row: Value = serde_json::from_str(row).expect("an object");
            assert!(row.get(key).is_some(), "{line}: {row}");
        }
        let sockets = line == "sockets";
        assert!(sockets || ran.out.lines().count() > 0, "{line}");
    }
}

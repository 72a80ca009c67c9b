// SPDX-License-Identifier: GPL-2.0-only

//! Completions, which show what there is.

use std::process::Command;

use homeward_guest_tests::{client, eventually, ip, load, run, Namespace};

/// What bash offers after these words, broken as bash breaks them.
fn completions(line: &str, words: &[&str]) -> Vec<String> {
    let script = format!(
        "eval \"$(homeward completions bash)\"; compopt() {{ :; }}; COMP_LINE='{line}'; COMP_POINT={}; \
         COMP_WORDS=({}); COMP_CWORD={}; _homeward homeward '' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line.len(),
        words.join(" "),
        words.len() - 1,
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .output()
        .expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_namespaces_devices_and_rules_that_are_there() {
    load();
    let red = Namespace::add("red");
    let _green = Namespace::add("green");
    ip("link add dum7 type dummy");
    ip("link set dum7 netns red");
    assert_eq!(
        completions("homeward show re", &["homeward", "show", "re"]),
        ["red"]
    );
    assert_eq!(
        completions("homeward show x", &["homeward", "show", "x"]),
        [""]
    );
    let found = completions("homeward netns exec ", &["homeward", "netns", "exec", "''"]);
    assert_eq!(found, ["green", "red"]);
    let cookie = red.cookie().to_string();
    let found = completions(
        "homeward plan cookie:",
        &["homeward", "plan", "cookie", ":"],
    );
    assert!(found.contains(&cookie), "{found:?}");

    run(
        "homeward",
        &["policy", "add", "--name", "wg*", "--action", "return"],
    );
    let id = client().rules().expect("rules")[0].id.to_string();
    assert_eq!(
        completions("homeward policy del ", &["homeward", "policy", "del", "''"]),
        [id]
    );

    for verb in ["find", "sockets"] {
        let found = completions(&format!("homeward {verb} "), &["homeward", verb, "''"]);
        for name in ["green", "red"] {
            assert!(found.iter().any(|one| one == name), "{verb}: {found:?}");
        }
    }

    // By the function that all arguments of that kind use.
    let found = run(
        "homeward",
        &["__complete", "2", "--", "homeward", "exec", "re"],
    );
    assert!(found.starts_with("red\tinum "), "{found}");
    eventually("it is gone from the candidates when it is gone", || {
        let _ = Command::new("/usr/bin/ip")
            .args(["netns", "del", "red"])
            .output();
        completions("homeward show re", &["homeward", "show", "re"]) == [""]
    });
}

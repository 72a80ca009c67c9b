// SPDX-License-Identifier: GPL-2.0-only

//! Patterns of paths: `docker-{id}.scope` is a part of a path, `libpod_parent/libpod-{id}` are two.
//!
//! What stands in braces is found: `{id}` (of a container, in hexadecimal), `{pod}` (id of a pod), `{user}` (a
//! number), `{name}` (anything). A `*` at the beginning of a part stands for anything.

/// What a pattern found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found<'p> {
    pub(super) id: Option<&'p str>,
    pub(super) name: Option<&'p str>,
    pub(super) pod: Option<&'p str>,
    pub(super) user: Option<&'p str>,
}

/// The parts of a path.
pub(super) fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// What a pattern finds where these parts begin, and how many of them it describes.
pub(super) fn begins<'p>(pattern: &str, parts: &[&'p str]) -> Option<(Found<'p>, usize)> {
    let pattern = pattern.trim_start_matches('/');
    // Most do not, and there are many.
    let letter = |text: &str| text.bytes().next();
    if ![letter(parts.first()?), Some(b'*'), Some(b'{')].contains(&letter(pattern)) {
        return None;
    }
    let (mut found, mut count) = (Found::default(), 0);
    for wanted in pattern.split('/') {
        part(wanted, parts.get(count)?, &mut found)?;
        count += 1;
    }
    Some((found, count))
}

/// What a pattern finds in all of these parts.
pub(super) fn is_all<'p>(pattern: &str, parts: &[&'p str]) -> Option<Found<'p>> {
    let (found, count) = begins(pattern, parts)?;
    (count == parts.len()).then_some(found)
}

fn part<'p>(pattern: &str, text: &'p str, found: &mut Found<'p>) -> Option<()> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (pattern == text).then_some(());
    };
    let (what, after) = rest.split_once('}')?;
    let text = text.strip_suffix(after)?;
    let value = match before.strip_prefix('*') {
        Some(before) => text.get(text.rfind(before)? + before.len()..)?,
        None => text.strip_prefix(before)?,
    };
    let hex = |also: &str| {
        let known = |letter: char| letter.is_ascii_hexdigit() || also.contains(letter);
        value.starts_with(|letter: char| letter.is_ascii_hexdigit()) && value.chars().all(known)
    };
    let (fits, place) = match what {
        "id" => (value.len() >= 12 && hex(""), &mut found.id),
        "pod" => (value.len() >= 32 && hex("-_"), &mut found.pod),
        "user" => (value.parse::<u32>().is_ok(), &mut found.user),
        _ => (!value.is_empty(), &mut found.name),
    };
    *place = Some(value).filter(|_| fits);
    fits.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_nothing_else_is_taken_for_them() {
        let id = |pattern, path| begins(pattern, &parts(path)).and_then(|(found, _)| found.id);
        let hex = "4f797c539e6c";
        assert_eq!(
            id("docker-{id}.scope", "docker-4f797c539e6c.scope/x"),
            Some(hex)
        );
        assert_eq!(id("docker/{id}", "/docker/4f797c539e6c"), Some(hex));
        for other in [
            "docker",
            "docker/buildkit",
            "docker/4f79",
            "docker/",
            "x/docker/4f797c539e6c",
        ] {
            assert_eq!(id("docker/{id}", other), None, "{other}");
        }
        let all =
            |path| is_all("/run/docker/netns/{name}", &parts(path)).and_then(|found| found.name);
        assert_eq!(all("/run/docker/netns/a"), Some("a"));
        assert_eq!(all("/run/docker/netns/a/b"), None);
        assert_eq!(all("/run/docker/netns"), None);
    }

    #[test]
    fn what_is_before_a_pod_does_not_matter() {
        let uid = "0086d247_7fe3_4d93_a3fb_976a918797d7";
        let of = |path: &str| {
            let found = begins("*pod{pod}.slice", &parts(path)).and_then(|(found, _)| found.pod);
            found.map(str::to_owned)
        };
        for before in [
            "kubepods-",
            "kubepods-besteffort-",
            "kubelet-kubepods-burstable-",
            "",
        ] {
            assert_eq!(of(&format!("{before}pod{uid}.slice")).as_deref(), Some(uid));
        }
        assert_eq!(of("kubepods.slice"), None);
        assert_eq!(
            of("machine-libpod_pod_0a7c8532b5e0fb5064b894cc1381a62b.slice"),
            None
        );
    }
}

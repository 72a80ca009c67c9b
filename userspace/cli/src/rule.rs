// SPDX-License-Identifier: GPL-2.0-only

//! How rules are written, in files and on the command line, and what the kernel demands of them.

use std::ffi::OsStr;

use homeward_client::model::{
    setting, setting_name, Kind, Moved, NewRule, Rule, RuleAction, RuleClass, Setting, Settings,
    Value, Values,
};
use homeward_policy::{is_in_no_name, is_template};

use crate::names::nearest;

/// How many rules there may be at once.
pub(crate) const MOST: usize = 256;
/// The longest pattern, in bytes.
const PATTERN_SIZE: usize = 31;
/// The longest kind and the longest template, in bytes.
const NAME_SIZE: usize = 15;

/// Checks a pattern for names: also that some name may match it.
pub(crate) fn pattern(text: &str) -> Result<String, String> {
    sized(text, PATTERN_SIZE, "a pattern")?;
    if let Some(odd) = text.bytes().find(|&byte| is_in_no_name(byte)) {
        let (odd, several) = (char::from(odd).escape_default(), odd == b' ');
        let advice = if several {
            ": write a rule for each name"
        } else {
            ""
        };
        return Err(format!(
            "no device has a name with '{odd}' in it, so this pattern matches none{advice}"
        ));
    }
    match text.bytes().filter(|&byte| byte != b'*').count() {
        count if count > NAME_SIZE => Err(format!(
            "a name has at most {NAME_SIZE} bytes, and this pattern matches longer ones only"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// What is to be thought about in a pattern that means something else in a shell.
pub(crate) fn doubt(pattern: &str) -> Option<&'static str> {
    if pattern.contains(['[', '{']) {
        return Some("'[' and '{' stand for themselves in a pattern: only '*' and '?' are special");
    }
    let negated = pattern.starts_with('!');
    negated.then_some(
        "'!' stands for itself in a pattern: a rule cannot say which names it is not for",
    )
}

/// Whether a rule matches every device, so that none behind it is reached.
pub(crate) fn is_for_all(new: &NewRule) -> bool {
    let any = |name: &String| name.bytes().all(|byte| byte == b'*');
    new.name.as_ref().is_none_or(any) && new.kind.is_none() && new.class.is_none()
}

/// Checks a kind of device.
pub(crate) fn kind(text: &str) -> Result<String, String> {
    sized(text, NAME_SIZE, "a kind")
}

/// Checks a template for names, exactly as the kernel does.
pub(crate) fn template(text: &str) -> Result<String, String> {
    sized(text, NAME_SIZE, "a template")?;
    match is_template(text.as_bytes()) {
        true => Ok(text.to_owned()),
        false => Err(
            "a template has %d exactly once, %s at most once, and no other '%', '/', ':' or space"
                .to_owned(),
        ),
    }
}

fn sized(text: &str, most: usize, what: &str) -> Result<String, String> {
    match text.len() {
        _ if text.contains('\0') => Err(format!("{what} has no NUL in it")),
        0 => Err(format!("{what} is not empty")),
        len if len > most => Err(format!(
            "{what} has at most {most} bytes, this one has {len}"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// Reads an action.
pub(crate) fn action(text: &str) -> Result<RuleAction, String> {
    let told = |names| format!("'{text}' is not an action: use one of {names}");
    one_of(RuleAction::ALL, RuleAction::name, text).map_err(told)
}

/// Reads a class.
pub(crate) fn class(text: &str) -> Result<RuleClass, String> {
    let told = |names| format!("'{text}' is not a class: use one of {names}");
    one_of(RuleClass::ALL, RuleClass::name, text).map_err(told)
}

/// Reads what is restored of a device that somebody else brings home.
pub(crate) fn moved(text: &str) -> Result<Moved, String> {
    let told = |names| format!("'{text}' is none of {names}");
    one_of(Moved::ALL, Moved::name, text).map_err(told)
}

/// The one with this name, or the names of all.
fn one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    let names = || {
        all.iter()
            .map(|one| name(*one))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = all.iter().find(|one| name(**one) == text);
    found.copied().ok_or_else(names)
}

/// What a rule has restored then if it does not say: the same as in the kernel.
pub(crate) fn default_moved(new: &NewRule) -> Moved {
    match (new.action, new.class) {
        (RuleAction::Kernel, _) | (_, Some(RuleClass::Virtual)) => Moved::Leave,
        _ => Moved::Settings,
    }
}

/// Refuses what the kernel refuses: that something is restored of what is left alone.
pub(crate) fn check_moved(new: &NewRule) -> Result<(), String> {
    let default = default_moved(new);
    match new.moved.unwrap_or(default) {
        moved if default == Moved::Leave && moved != Moved::Leave => Err(format!(
            "'{}' does not go with action kernel or class virtual: these devices are left alone",
            moved.name()
        )),
        _ => Ok(()),
    }
}

/// Refuses what the kernel refuses: that something is set of what is left to the kernel.
pub(crate) fn check_set(new: &NewRule) -> Result<(), String> {
    match new.action {
        RuleAction::Kernel if !new.set.is_empty() => {
            Err("nothing is set of devices that are left to the kernel".to_owned())
        }
        _ => Ok(()),
    }
}

/// What to do about a rule that gives the same address or alternative names to several devices.
pub(crate) const FOR_ONE_ONLY: &str =
    "an address or alternative names that are set are those of one device, and this rule may match \
     several: give it a name without '*' and '?', or set address = \"permanent\"";

/// Whether a rule gives what only one device can have, and may match several.
pub(crate) fn clashes(new: &NewRule) -> bool {
    let one = matches!(new.set.get(&setting::ADDRESS), Some(Value::Address(_)))
        || matches!(new.set.get(&setting::ALTNAMES), Some(Value::Texts(names)) if !names.is_empty());
    let exact = |name: &String| !name.contains(['*', '?']);
    one && !new.name.as_ref().is_some_and(exact)
}

/// Reads a value that a rule fixes: the number of a setting, and what it is to be.
pub(crate) fn fixed(text: &str) -> Result<(u32, Value), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' is not SETTING=VALUE"))?;
    let id = with_value(name)?;
    Ok((id, Value::parse(id, value)?))
}

/// The number of a setting that can have a value.
pub(crate) fn with_value(name: &str) -> Result<u32, String> {
    let known = |one: &&Setting| one.kind != Kind::Apart && one.id != setting::XDP;
    let all = || setting::ALL.iter().filter(known);
    let found = all().find(|one| one.name == name).map(|one| one.id);
    found.ok_or_else(|| {
        let names: Vec<_> = all().map(|one| one.name).collect();
        let hint = match nearest(OsStr::new(name), names.iter().map(OsStr::new)) {
            Some(known) => format!("did you mean '{known}'?"),
            None => format!("use one of {}", names.join(", ")),
        };
        format!("'{name}' is not a setting with a value: {hint}")
    })
}

/// Values as they are typed: SETTING=VALUE each.
pub(crate) fn assignments(values: &Values) -> Vec<String> {
    let one = |(id, value): (&u32, &Value)| format!("{}={}", setting_name(*id), value.text(*id));
    values.iter().map(one).collect()
}

/// A number of rules in words.
pub(crate) fn count(rules: usize) -> String {
    match rules {
        1 => "1 rule".to_owned(),
        rules => format!("{rules} rules"),
    }
}

/// Adds to a set of settings what a word stands for, or takes it away.
pub(crate) fn apply(settings: Settings, word: &str) -> Result<Settings, String> {
    let meant = |word: &str| match word {
        "default" => Some(Settings::DEFAULT),
        "all" => Some(Settings::ALL),
        "none" => Some(Settings::default()),
        name => Settings::from_name(name),
    };
    let removed = word.strip_prefix('-');
    let bits = meant(removed.unwrap_or(word)).ok_or_else(|| {
        let names = Settings::ALL.names().join(", ");
        format!("'{word}' is not a setting: use default, all, none, or any of {names}")
    })?;
    match removed {
        None => Ok(settings | bits),
        Some(name) if !settings.contains(bits) => Err(format!(
            "'{word}' excludes a setting that is not included: put '{name}', 'default' or 'all' before it"
        )),
        Some(_) => Ok(without(settings, bits)),
    }
}

/// The words that stand for a set of settings, as few as will do.
pub(crate) fn words(settings: Settings) -> Vec<String> {
    let missing = without(Settings::DEFAULT, settings).names();
    let present = settings.names();
    if missing.len() > present.len() {
        return present;
    }
    let mut words = vec!["default".to_owned()];
    words.extend(missing.iter().map(|name| format!("-{name}")));
    words.extend(without(settings, Settings::DEFAULT).names());
    words
}

/// Refuses what the kernel refuses: addresses or routes without up.
pub(crate) fn check_restore(settings: Settings) -> Result<Settings, String> {
    let has = |id| settings.contains(Settings::of(id));
    let mut with_up = [setting::ADDRESSES, setting::ROUTES].into_iter();
    match with_up.find(|id| has(*id)) {
        Some(id) if !has(setting::UP) => Err(format!(
            "{} come back only together with up",
            setting_name(id)
        )),
        _ => Ok(settings),
    }
}

fn without(settings: Settings, other: Settings) -> Settings {
    Settings::from(settings.bits() & !other.bits())
}

/// A rule in force, as one to be added.
pub(crate) fn anew(rule: &Rule) -> NewRule {
    NewRule {
        before: None,
        name: rule.name.clone(),
        kind: rule.kind.clone(),
        class: rule.class,
        action: rule.action,
        template: rule.template.clone(),
        restore: Some(rule.restore),
        moved: Some(rule.moved),
        set: rule.set.clone(),
    }
}

/// What a rule says of the settings that are restored, if that is not the default, whatever it is.
pub(crate) fn own_restore(new: &NewRule) -> Option<Settings> {
    new.restore.filter(|restore| *restore != Settings::DEFAULT)
}

/// Whether a rule in force says the same as one to be added.
pub(crate) fn same(rule: &Rule, new: &NewRule) -> bool {
    same_with(Settings::DEFAULT, rule, new)
}

/// Likewise, where the module restores these settings by default.
pub(crate) fn same_with(default: Settings, rule: &Rule, new: &NewRule) -> bool {
    rule.name == new.name
        && rule.kind == new.kind
        && rule.class == new.class
        && rule.action == new.action
        && rule.template == new.template
        && rule.restore == own_restore(new).unwrap_or(default)
        && rule.moved == new.moved.unwrap_or(default_moved(new))
        && rule.set == new.set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_kernel() {
        // 15 letters are as many as a name has.
        let long = |stars| format!("{}{}", "x".repeat(15), "*".repeat(stars));
        assert!(pattern(&long(16)).is_ok());
        assert!(pattern(&long(17)).is_err());
        assert!(pattern("").is_err());
        assert!(pattern("a\0").is_err());
        assert!(kind(&"x".repeat(15)).is_ok());
        assert!(kind(&"x".repeat(16)).is_err());
        // 15 letters, 30 bytes.
        assert!(kind(&"\u{e4}".repeat(15)).is_err());
        for good in ["%s_%d", "%d", "old%d", "%d%s"] {
            assert!(template(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "%s",
            "%d%d",
            "%s%s%d",
            "%x%d",
            "a b%d",
            "a/%d",
            "%d%",
            "abcdefghijklmn%d",
        ] {
            assert!(template(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_that_no_name_can_match_is_refused() {
        for good in [
            "eth*",
            "*",
            "?",
            "eth0.100",
            "caf\u{e9}",
            "%",
            &"?".repeat(15),
            "x*".repeat(15).as_str(),
        ] {
            assert!(pattern(good).is_ok(), "{good}");
        }
        for bad in [
            "eth0 eth1",
            "a/b",
            "eth0:1",
            "a\tb",
            "\u{a0}",
            "\u{e0}",
            &"?".repeat(16),
            "0123456789abcdef",
        ] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_put_back_by_default_is_that_of_the_module() {
        let module = (
            homeward_policy::ALL_SETTINGS,
            homeward_policy::DEFAULT_SETTINGS,
        );
        assert_eq!((Settings::ALL.bits(), Settings::DEFAULT.bits()), module);
    }

    #[test]
    fn settings_are_words_and_back() {
        let read = |words: &[&str]| {
            words
                .iter()
                .try_fold(Settings::default(), |all, word| apply(all, word))
        };
        assert_eq!(read(&["default"]), Ok(Settings::DEFAULT));
        assert_eq!(read(&["all"]), Ok(Settings::ALL));
        assert_eq!(read(&["none"]), Ok(Settings::default()));
        assert_eq!(
            read(&["mtu", "name"]),
            Ok(Settings::of(setting::MTU) | Settings::of(setting::NAME))
        );
        let rest =
            without(Settings::DEFAULT, Settings::of(setting::MTU)) | Settings::of(setting::UP);
        assert_eq!(read(&["default", "-mtu", "up"]), Ok(rest));
        assert_eq!(words(rest), ["default", "-mtu", "up"]);
        assert_eq!(words(Settings::of(setting::MTU)), ["mtu"]);
        assert!(words(Settings::default()).is_empty());
        assert!(read(&["-mtu"]).is_err());
        assert!(read(&["speed"])
            .unwrap_err()
            .contains("'speed' is not a setting"));
    }

    #[test]
    fn words_lead_back_to_every_set_of_settings() {
        // All would take minutes: an odd step changes every bit.
        let all = Settings::ALL.bits();
        let step = usize::try_from(all / 65_521).expect("a step") | 1;
        for bits in (0..=all).step_by(step) {
            let settings = Settings::from(bits & all);
            let back = words(settings)
                .iter()
                .try_fold(Settings::default(), |all, word| apply(all, word));
            assert_eq!(back, Ok(settings));
        }
    }
}

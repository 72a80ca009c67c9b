// SPDX-License-Identifier: GPL-2.0-only

//! Values of arguments, read by clap: what one gives back here as an error, clap tells with the argument.

use std::net::IpAddr;
use std::time::Duration;

use homeward_policy::is_device_name;

/// Units of time, in seconds.
const UNITS: [(&str, f64); 6] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86400.0),
];

/// Reads a time: a number of seconds, or numbers with units.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.or_else(|| time_with_units(text)).ok_or_else(|| {
        let units = UNITS.map(|(unit, _)| unit).join(", ");
        format!("neither a number of seconds nor a time such as 1m30s (units: {units})")
    })
}

fn time_with_units(text: &str) -> Option<Duration> {
    let mut total = None;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let part =
            Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()?;
        total = Some(part.checked_add(total.unwrap_or_default())?);
        rest = after.trim_start();
    }
    total
}

/// A name that a device can be given.
pub(crate) fn device_name(text: &str) -> Result<String, String> {
    match is_device_name(text.as_bytes()) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 15 bytes, without '/', ':', '%' and spaces".to_owned()),
    }
}

/// An address, with the length of its prefix or as a single one.
pub(crate) fn address(text: &str) -> Result<(IpAddr, u8), String> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let parse = || {
        let address: IpAddr = address.parse().ok()?;
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = match prefix {
            // parse() would take a sign.
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (prefix <= most).then_some((address, prefix))
    };
    parse().ok_or_else(|| {
        "not an IP address with a prefix length, such as 192.0.2.1/24 or 2001:db8::1/64".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_numbers_with_units() {
        for (text, millis) in [
            ("1.5", 1500),
            ("0", 0),
            ("30", 30_000),
            ("30s", 30_000),
            ("0s", 0),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("500ms", 500),
            ("1.5h", 5_400_000),
            ("2h", 7_200_000),
            ("1d12h", 129_600_000),
            ("2000us", 2),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "", " ", "-1", "NaN", "inf", "1e30", "x", "s", "30x", "-30s", "30s5", "1m-30s",
            "1e30d", "NaNs", "infs", "1 m 30", "1S",
        ] {
            assert!(time(text).unwrap_err().contains("1m30s"), "{text}");
        }
    }

    #[test]
    fn an_address_has_a_length_or_is_a_single_one() {
        let four: IpAddr = "192.0.2.1".parse().unwrap();
        let six: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(address("192.0.2.1/24"), Ok((four, 24)));
        assert_eq!(address("192.0.2.1"), Ok((four, 32)));
        assert_eq!(address("2001:db8::1/64"), Ok((six, 64)));
        for text in [
            "",
            "/24",
            "192.0.2.1/",
            "192.0.2.1/33",
            "192.0.2.1/+24",
            "192.0.2.1/-1",
            "2001:db8::1/129",
            "192.0.2/24",
            "192.0.2.1/24/24",
            "example.org/24",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_new_name_is_one_that_the_kernel_would_take_as_it_is() {
        assert_eq!(device_name("net0"), Ok("net0".to_owned()));
        assert_eq!(device_name("nët0"), Ok("nët0".to_owned()));
        for text in ["", "net%d", "a b", "a/b", "a:b", "..", "sixteen-letters-"] {
            assert!(device_name(text).is_err(), "{text}");
        }
    }
}

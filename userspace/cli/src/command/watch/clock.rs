// SPDX-License-Identifier: GPL-2.0-only

//! When something happened, in the form that is asked for.

use std::time::Duration;

use clap::ValueEnum;
use jiff::tz::TimeZone;
use jiff::Timestamp;
use nix::time::{clock_gettime, ClockId};

use crate::command::now;
use crate::render::text::timestamp;

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::command) enum TimeFormat {
    // As in the kernel's log.
    #[default]
    Boot,
    // With the offset of the local time.
    Iso,
    Unix,
    Delta,
}

/// Writes times since boot.
#[derive(Debug, Default)]
pub(in crate::command) struct Clock {
    format: TimeFormat,
    last: Option<u64>,
}

impl Clock {
    /// One that writes them so.
    pub(super) fn new(format: TimeFormat) -> Self {
        Clock { format, last: None }
    }

    /// A time in nanoseconds.
    pub(super) fn write(&mut self, time: u64) -> String {
        match self.format {
            TimeFormat::Boot => timestamp(time),
            // Somebody may have set the clock since the last line.
            TimeFormat::Iso => iso(time, boot(), TimeZone::system()),
            TimeFormat::Unix => unix(time, boot()),
            TimeFormat::Delta => {
                let last = self.last.replace(time).unwrap_or(time);
                timestamp(time.saturating_sub(last)).replace('[', "[+")
            }
        }
    }
}

/// When this machine was started, since 1970.
fn boot() -> Duration {
    let today = clock_gettime(ClockId::CLOCK_REALTIME).map_or(Duration::ZERO, Duration::from);
    today.saturating_sub(now())
}

fn unix(time: u64, boot: Duration) -> String {
    let time = boot.saturating_add(Duration::from_nanos(time));
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

fn iso(time: u64, boot: Duration, zone: TimeZone) -> String {
    let since = boot.saturating_add(Duration::from_nanos(time)).as_nanos();
    match Timestamp::from_nanosecond(i128::try_from(since).unwrap_or(i128::MAX)) {
        Ok(time) => time.to_zoned(zone).strftime("%FT%T.%6f%:z").to_string(),
        Err(_) => unix(time, boot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::offset;

    const BOOT: Duration = Duration::new(1_764_474_672, 900_000_000);

    #[test]
    fn a_time_is_written_as_it_is_asked_for() {
        let time = 5_123_456_789;
        assert_eq!(Clock::default().write(time), "[    5.123456]");
        assert_eq!(unix(time, BOOT), "1764474678.023456");
        let zone = |hours| TimeZone::fixed(offset(hours));
        assert_eq!(iso(time, BOOT, zone(0)), "2025-11-30T03:51:18.023456+00:00");
        assert_eq!(
            iso(time, BOOT, zone(-9)),
            "2025-11-29T18:51:18.023456-09:00"
        );
        // As good as never.
        assert_eq!(
            iso(u64::MAX, Duration::MAX, zone(0)),
            unix(u64::MAX, Duration::MAX)
        );
    }

    #[test]
    fn a_difference_is_to_the_line_before() {
        let mut clock = Clock::new(TimeFormat::Delta);
        let second = 1_000_000_000;
        let written = [7, 9, 8, 70].map(|time| clock.write(time * second));
        let expected = [
            "[+    0.000000]",
            "[+    2.000000]",
            "[+    0.000000]",
            "[+   62.000000]",
        ];
        assert_eq!(written, expected);
    }

    #[test]
    fn the_time_of_day_is_that_of_the_machine() {
        let written = Clock::new(TimeFormat::Unix).write(u64::try_from(now().as_nanos()).unwrap());
        let written: f64 = written.parse().unwrap();
        let today = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_secs_f64();
        assert!((today - written).abs() < 5.0, "{today} {written}");
    }
}

//! When a busy server wants to be asked again.

use std::time::{Duration, SystemTime};

/// The longest pause, whatever a server says: it is sent to clients, and added to clocks.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause in the headers of an answer: in seconds, in milliseconds (as OpenAI and Azure do), or as a date.
pub fn retry_after<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    let milliseconds = || pause(header("retry-after-ms")?, 0.001);
    let seconds = || pause(header("retry-after")?, 1.0);
    milliseconds().or_else(seconds).or_else(|| {
        let until = httpdate::parse_http_date(header("retry-after")?.trim()).ok()?;
        // By the server's own clock, if it sends the time.
        let now = header("date").and_then(|date| httpdate::parse_http_date(date.trim()).ok());
        Some(until.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default().min(MAX_PAUSE))
    })
}

/// The pause of a number of units of this many seconds.
pub fn pause(number: &str, unit: f64) -> Option<Duration> {
    let seconds = number.trim().parse::<f64>().ok()? * unit;
    // Neither negative nor NaN.
    let is_pause = seconds.is_finite() && seconds >= 0.0;
    is_pause.then(|| Duration::try_from_secs_f64(seconds).map_or(MAX_PAUSE, |pause| pause.min(MAX_PAUSE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_in_each_of_its_forms() {
        for (headers, seconds) in [
            (&[("retry-after", "7")][..], 7.0),
            (&[("retry-after", " 5.8 ")], 5.8),
            (&[("retry-after-ms", "6500")], 6.5),
            (&[("retry-after-ms", "6500"), ("retry-after", "7")], 6.5),
            (&[("retry-after-ms", "soon"), ("retry-after", "7")], 7.0),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:06 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")], 6.0),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), ("date", "Wed, 21 Oct 2026 07:28:09 GMT")], 0.0),
            (&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], 86400.0),
        ] {
            let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            assert_eq!(retry_after(header), Some(Duration::from_secs_f64(seconds)), "{headers:?}");
        }
    }

    #[test]
    fn without_a_clock_of_the_server_a_date_is_compared_with_ours() {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        let pause = retry_after(|name| (name == "retry-after").then_some(&date)).unwrap();
        assert!((98..=100).contains(&pause.as_secs()), "{pause:?}");
    }
}

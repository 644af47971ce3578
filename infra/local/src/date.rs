//! Dates as AWS writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `09/Feb/2024:18:23:28 +0000`, as in `requestTime`.
pub fn request_time(time: SystemTime) -> String {
    let [day, month, year, clock] = parts(time);
    format!("{day}/{month}/{year}:{clock} +0000")
}

/// `2024-02-09T18:23:28.941Z`, as in the answers of `@connections`.
pub fn iso(epoch_millis: u64) -> String {
    let [day, month, year, clock] = parts(UNIX_EPOCH + Duration::from_millis(epoch_millis));
    let month = MONTHS.iter().position(|name| *name == month).unwrap_or(0) + 1;
    format!("{year}-{month:02}-{day}T{clock}.{:03}Z", epoch_millis % 1000)
}

/// `2024-02-09T18:23:28Z`, as in scheduled events.
pub fn seconds(time: SystemTime) -> String {
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    iso(millis / 1000 * 1000).replace(".000Z", "Z")
}

/// `2024/02/09`, as in the names of log streams.
pub fn day(time: SystemTime) -> String {
    seconds(time)[..10].replace('-', "/")
}

/// `18:23:28.941`, for people.
pub fn time_of_day(time: SystemTime) -> String {
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let [.., clock] = parts(time);
    format!("{clock}.{:03}", millis % 1000)
}

/// Day, month, year and time of day of `Fri, 09 Feb 2024 18:23:28 GMT`.
fn parts(time: SystemTime) -> [String; 4] {
    let date = httpdate::fmt_http_date(time);
    let mut words = date.split(' ').skip(1).map(str::to_owned);
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_name_the_same_moment() {
        let millis = 1_707_503_008_941;
        assert_eq!(request_time(UNIX_EPOCH + Duration::from_millis(millis)), "09/Feb/2024:18:23:28 +0000");
        assert_eq!(iso(millis), "2024-02-09T18:23:28.941Z");
        let time = UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(seconds(time), "2024-02-09T18:23:28Z");
        assert_eq!((day(time), time_of_day(time)), ("2024/02/09".to_owned(), "18:23:28.941".to_owned()));
    }
}

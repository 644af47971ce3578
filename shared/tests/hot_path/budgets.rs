//! The budgets.
//!
//! Who makes a count leave its budget writes the new figure here and says in the commit what it is for. That holds for a count that
//! has become lower, too: otherwise what was won could be lost again unseen. Another release of the compiler or of a library may
//! also be the reason.

/// What is counted, and how much it may be.
pub struct Budget {
    what: &'static str,
    figure: f64,
    // Of the figure, up and down.
    tolerance: f64,
}

/// From the model's bytes to the reply: that of its words.
pub const ALLOCATIONS_OF_A_DELTA: Budget = Budget { what: "allocations of a delta", figure: 1.0, tolerance: 0.01 };

/// The same with the delta's share of posts and saves, at 50 tokens a second. The ids and signatures of two turns differ, which
/// makes a tenth of a percent. Some forty of them are made by the SDK's client of the management API, for its share in a post; a
/// signer of our own with an HTTP client under it made 27 of all.
pub const ALLOCATIONS_OF_A_DELTA_IN_A_TURN: Budget =
    Budget { what: "allocations of a delta with its share of posts and saves", figure: 67.3, tolerance: 0.004 };

/// Of a turn of 200 tokens, in an unoptimised build for x86_64, since an optimised one of all that it needs would take the tests
/// many minutes. From run to run it differs by less than a hundredth of a percent. Without the SDK's client of the management API,
/// with calls of our own that were signed and sent as they are, it was 106.2; with that client as it comes, its signer and its
/// telemetry included, it was 244.3.
pub const INSTRUCTIONS_OF_A_TURN: Budget =
    Budget { what: "million instructions of a turn of 200 tokens", figure: 173.9, tolerance: 0.02 };

/// Of the beginning of a turn behind twenty exchanges, all of which its client shows: from the client's frame to where the turn is
/// stored and its model called. Most of it is the SDK's, which reads the past.
pub const INSTRUCTIONS_OF_A_BEGINNING: Budget =
    Budget { what: "million instructions of the beginning of a turn", figure: 36.5, tolerance: 0.02 };

/// The same in allocations.
pub const ALLOCATIONS_OF_A_BEGINNING: Budget =
    Budget { what: "allocations of the beginning of a turn", figure: 3568.0, tolerance: 0.004 };

impl Budget {
    /// Fails if `counted` is more or less than it may be.
    pub fn keep(&self, counted: f64) {
        let Self { what, figure, tolerance } = self;
        let words = format!("{counted:.2} {what}; the budget is {figure} ± {} %", tolerance * 100.0);
        println!("{words}");
        let place = "shared/tests/hot_path/budgets.rs";
        let is_kept = (counted - figure).abs() <= figure * tolerance;
        assert!(
            is_kept,
            "{words}. If that is how it is to be, write the new figure into {place}, and why into the commit."
        );
    }
}

//! How the cost of a turn grows: `make bench-growth`. One thing after the other is made larger while all else is held fixed, and a
//! turn's cost is counted. It prints tables, writes the figures to `target/growth.json`, and draws `docs/growth.svg`.

mod curve;
mod measurements;
mod picture;

use std::path::Path;

use serde_json::json;

use crate::report::write_json;
use crate::settings::Settings;

/// Measures all that can grow, and shows it.
pub async fn show(settings: &Settings) {
    let curves = [
        measurements::messages(settings).await,
        measurements::tokens(settings).await,
        measurements::connections(settings).await,
        measurements::tabs(settings).await,
    ];
    for curve in &curves {
        println!("\n{curve}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let report = json!({
        "tokens": settings.tokens, "rate": settings.rate, "firstTokenMillis": settings.first_token,
        "databaseMillis": settings.database, "postMillis": settings.post,
        "curves": curves.iter().map(curve::Curve::to_json).collect::<Vec<_>>(),
    });
    write_json("growth.json", &report);
    std::fs::write(root.join("docs/growth.svg"), picture::draw(&curves)).unwrap();
}

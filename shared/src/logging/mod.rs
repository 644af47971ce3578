//! The log: one JSON object per line, some of which are metrics too.
//!
//! A line has the fields of its event and of all spans around it, side by side: a query for a conversation, a turn, a
//! connection or a Lambda request finds every line of it, also those of libraries.
//!
//! What may be logged: codes, counts, times, and the ids of conversations, turns, connections and requests. What may
//! not: text of users and models, tokens, keys, and the ids of users, which are often their mail addresses.

mod config;
mod line;
mod metrics;

use lambda_runtime::tracing::Subscriber;
use lambda_runtime::tracing::level_filters::LevelFilter;
use lambda_runtime::tracing::subscriber::filter::Targets;
use lambda_runtime::tracing::subscriber::fmt::MakeWriter;
use lambda_runtime::tracing::subscriber::fmt::format::JsonFields;
use lambda_runtime::tracing::subscriber::layer::{Layer, SubscriberExt};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{Registry, fmt};

use crate::environment::Environment;

pub use config::LogConfig;
pub use metrics::{METRIC, METRICS, Metric};

/// Our own crates: the library and the functions.
const OURS: [&str; 7] = ["natter", "authorize", "connect", "disconnect", "message", "sweep", "ticket"];

/// The target of the span with the Lambda request id.
const INVOCATIONS: &str = "lambda_runtime::layers";

/// Starts logging to the standard output, as configured in the environment, and logs that a function has started.
///
/// # Panics
/// If called twice: to be called first in `main`.
pub fn init() {
    let config = LogConfig::read(&Environment::of_process());
    subscriber(&config, std::io::stdout).init();
    // The message of a panic may quote a user or a model.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(tracing::field::display);
        tracing::error!(place, "a panic");
    }));
    tracing::info!(target: METRIC, ColdStarts = 1, Function = config.function, "a function has started");
}

/// What [`init`] installs, for any writer.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = LevelFilter::from_level(config.level);
    // Libraries log headers and bodies at their lower levels, so no setting enables those.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|ours| (ours, level)))
        .with_target(INVOCATIONS, LevelFilter::INFO)
        .with_target(METRIC, LevelFilter::INFO)
        // It quotes what servers send; what fails is logged where it is called.
        .with_target("rmcp", LevelFilter::OFF);
    let lines = line::JsonLine::new(config.namespace.clone());
    let layer = fmt::layer().fmt_fields(JsonFields::new()).event_format(lines).with_writer(writer);
    Registry::default().with(layer.with_filter(targets))
}

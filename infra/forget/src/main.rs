//! `make forget-user`: erases everything that is stored of a user, or counts it.

use std::process::ExitCode;

use clap::Parser;
use natter::app::operators_table;
use natter::conversation::UserId;
use natter::db::{Footprint, StoreError, UserErasure};

#[derive(Parser)]
#[command(name = "forget-user", about = "Removes everything that is stored of a user")]
struct Settings {
    /// The user: the subject of their tokens.
    #[arg(long)]
    user: String,
    /// The table: the stack's output TableName, or the one that `make dev` names.
    #[arg(long)]
    table: String,
    /// The database's address, where it is not AWS: the one that `make dev` prints.
    #[arg(long)]
    endpoint: Option<String>,
    /// Erases it. Without this, nothing is changed.
    #[arg(long)]
    yes: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let Ok(user) = UserId::try_from(settings.user.clone()) else {
        return failed("a user's name has 1 to 255 visible ASCII characters other than '#'");
    };
    match forget(&settings, &user).await {
        Ok(Footprint { conversations, messages, others }) => {
            let done = if settings.yes { "removed" } else { "found (nothing is removed without --yes)" };
            println!(
                "{done}: {conversations} conversations with {messages} messages, segments and branches; \
                 {others} connections, requests and allowances"
            );
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error.to_string()),
    }
}

async fn forget(settings: &Settings, user: &UserId) -> Result<Footprint, StoreError> {
    let store = operators_table(&settings.table, settings.endpoint.as_deref()).await;
    if settings.yes { store.erase_user(user).await } else { store.footprint(user).await }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("forget-user: {problem}");
    ExitCode::FAILURE
}

use std::time::Duration;

/// Has time pass for all that measures it, without waiting.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

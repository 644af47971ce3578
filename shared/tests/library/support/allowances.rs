use std::sync::Arc;

use natter::allowance::UsageLimits;
use natter::conversation::Timestamp;
use natter::db::AllowanceStore;
use natter::services::AllowanceService;

/// Users may do whatever they like.
pub fn no_limits(store: impl AllowanceStore + 'static) -> Arc<AllowanceService> {
    let limits = UsageLimits::default();
    Arc::new(AllowanceService { limits, store: Arc::new(store), clock: Timestamp::now })
}

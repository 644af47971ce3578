//! On-demand prices in dollars: us-east-1, arm64, without free tiers, as on AWS's price pages in November 2026.
//!
//! Sources: aws.amazon.com/api-gateway/pricing (WebSocket APIs, first tier), aws.amazon.com/lambda/pricing (Arm, first tier),
//! aws.amazon.com/dynamodb/pricing/on-demand (standard table class).

/// One WebSocket message of up to 32 KB, in either direction.
pub const MESSAGE: f64 = 1.00e-6;

/// One minute of one connection.
pub const CONNECTION_MINUTE: f64 = 0.25e-6;

/// One invocation.
pub const FUNCTION_REQUEST: f64 = 0.20e-6;

/// One second of one GB of a function's memory. Since August 2025 init is charged for like the invocation.
pub const GIGABYTE_SECOND: f64 = 0.000_013_333_4;

/// One write unit: 1 KB, two in a transaction.
pub const WRITE_UNIT: f64 = 0.625e-6;

/// One read unit: 4 KB, half of one if eventually consistent, two in a transaction.
pub const READ_UNIT: f64 = 0.125e-6;

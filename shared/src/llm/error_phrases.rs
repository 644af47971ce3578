//! The error phrases of the known servers, in lower case.

/// The prompt is too long, unambiguously.
pub const TOO_LONG: &[&str] = &[
    "context_length",
    "context length",
    "context size",
    "context_size",
    "context window",
    "context_window",
    "contextwindow",
    "context limit",
    "context overflow",
    "when context the overflows",
    "prompt is too long",
    "prompt too long",
    "prompt_too_long",
    "input is too long",
    "input too long",
    "input length",
    "input token count",
    "max_seq_len",
    "maximum sequence length",
    "maximum prompt length",
    "request too large",
    "request_too_large",
    "tokens_limit_reached",
    "string_above_max_length",
    "reduce the length of the messages",
];

/// The prompt is too long if both a phrase of size and one of excess occur.
pub const SIZES: &[&str] = &["token", "prompt", "sequence", "message length"];
/// The other half of it.
pub const EXCESSES: &[&str] =
    &["too long", "too large", "too many", "exceed", "longer than", "at most", "less than", "overflow"];

/// The provider's content filter rejected the prompt or the reply.
pub const FILTERED: &[&str] = &[
    "content_filter",
    "content filter",
    "contentfilter",
    "content_policy",
    "content policy",
    "content management policy",
    "responsibleaipolicy",
    "data_inspection_failed",
    "prohibited_content",
    "inappropriate content",
    "sensitive content",
    "sensitive words",
    "safety system",
    "safety_violation",
    "moderation",
    "considered high risk",
    "usage policies",
    "guardrail intervened",
    "guardrail_intervened",
];

/// The server is overloaded.
pub const OVERLOADED: &[&str] = &[
    "overloaded",
    "rate_limit",
    "rate limit",
    "ratelimit",
    "too many requests",
    "too_many_requests",
    "throttl",
    "resource_exhausted",
    "resource exhausted",
    "service_unavailable",
    "service unavailable",
    "capacity",
    "server is busy",
    "server busy",
    "concurrency limit",
    "queue is full",
    "per minute",
    "per day",
    "try again later",
];

/// The account has no credit left.
pub const USED_UP: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "insufficient_balance",
    "insufficient credits",
    "insufficient funds",
    "credit balance",
    "payment required",
    "payment_required",
    "billing_hard_limit",
    "billing_not_active",
    "arrearage",
];

/// The key is wrong.
pub const KEY_REFUSED: &[&str] = &[
    "invalid_api_key",
    "invalid api key",
    "incorrect api key",
    "api_key_invalid",
    "api key not valid",
    "authentication_error",
    "authentication failed",
    "unauthenticated",
    "unauthorized",
];

/// There is no model of this name, if the text is about a model.
pub const UNKNOWN: &[&str] = &[
    "not_found",
    "not found",
    "not exist",
    "no such",
    "unknown model",
    "not a valid model",
    "invalid model",
    "not_available",
    "no models loaded",
    "identifier is invalid",
];

/// The system role is not supported. Some templates say so in words that fit every prompt which begins with it, and
/// ours follow their rules in everything else.
pub const NO_SYSTEM_ROLE: &[&str] = &[
    "system role",
    "role system",
    "system message",
    "system prompt",
    "system instruction",
    "developer instruction",
    "system field",
    "system: extra inputs",
    // The field of OpenAI's Responses.
    "'instructions'",
    "`instructions`",
    "\"instructions\"",
    "instructions: extra",
    "parameter: instructions",
    "'system'",
    "\"system\"",
    "roles must alternate",
    "only user and assistant roles",
    "should be 'user'",
];

/// Cache points are not supported.
pub const NO_CACHE_POINTS: &[&str] =
    &["cache_control", "cachepoint", "cache_point", "cache point", "not allow prompt caching"];

/// Returned reasoning is not supported, if the text does not demand it.
pub const REASONING: &[&str] = &[
    "reasoning_content",
    "reasoningcontent",
    "reasoning_details",
    "property 'reasoning'",
    "extra_content",
    // A signature that the provider does not know.
    "`signature` in `thinking`",
];
/// The other half of it.
pub const DEMANDS: &[&str] = &["must be passed", "must be provided", "must start", "missing", "required"];

/// Reasoning that was returned is not accepted as it is, whatever else the text demands.
pub const NO_RETURNED_REASONING: &[&str] = &[
    "invalid_encrypted_content",
    "could not be verified",
    "could not be decrypted",
    "of type 'reasoning' was provided without",
    "items are not persisted",
    "reasoning item",
];

/// Encrypted reasoning is not supported, or no request for additional output is.
pub const NO_ENCRYPTED_REASONING: &[&str] = &[
    "encrypted content is not",
    "encrypted_content",
    "'include'",
    "`include`",
    "\"include\"",
    "include: ",
    "parameter: include",
];

/// Not storing replies is not supported, or cannot be chosen.
pub const NO_STORAGE: &[&str] =
    &["'store'", "`store`", "\"store\"", "parameter: store", "store: extra", "supplied: store"];

/// Summaries of the reasoning are not supported, or the account may not have them.
pub const NO_SUMMARIES: &[&str] = &["reasoning.summary", "reasoning summar", "reasoning_summary"];

/// Telling the model how long to reason is not supported, or not in this way, or not so long.
pub const NO_EFFORT: &[&str] = &[
    "reasoning_effort",
    "reasoning.effort",
    "reasoningeffort",
    "reasoning effort",
    "reasoningconfig",
    "reasoning_config",
    "output_config",
    "effort parameter",
    "adaptive thinking",
    "budget_tokens",
    "thinking.type",
    "thinking: ",
    "[thinking]",
    "support thinking",
    // A step of a turn whose beginning had no thoughts.
    "`thinking` or `redacted_thinking`",
];

/// No setting of reasoning is supported.
pub const NO_REASONING_SETTINGS: &[&str] = &[
    "'reasoning'",
    "`reasoning`",
    "\"reasoning\"",
    "parameter: reasoning",
    "supplied: reasoning",
    "reasoning: ",
    "support reasoning",
    "reasoning is not supported",
];

/// Pictures are not supported, if the text is about them.
pub const PICTURES: &[&str] = &["image", "multimodal", "vision"];
/// The other half of it.
pub const NO_PICTURES: &[&str] = &[
    "not support",
    "n't support",
    "only supported",
    "at most 0",
    "not a multimodal",
    "unknown variant",
    "not allowed",
];

/// Strict schemas are not supported.
pub const NO_STRICT_SCHEMAS: &[&str] = &[
    "'strict'",
    "\"strict\"",
    "`strict`",
    ".strict",
    "strict:",
    "strict mode",
    "strict schema",
    "strict tool",
    // A schema that is valid, but not as strict ones have to be.
    "invalid schema for function",
];

/// Telling the model whether to call tools is not supported.
pub const NO_TOOL_CHOICE: &[&str] = &["tool_choice", "toolchoice", "tool choice"];

/// Tools are not supported, if the text is about them and does not complain of a schema.
pub const TOOLS: &[&str] = &["tool", "function call", "functions", "toolconfig"];
/// The other half of it.
pub const UNSUPPORTED: &[&str] = &[
    "not support",
    "n't support",
    "that support tool use",
    "unsupported",
    "not permitted",
    "not enabled",
    "not allowed",
    "unrecognized",
    "unknown field",
    "unknown parameter",
    "requires --",
];

//! Resources of a template that do not run here.

use super::Resource;

/// What a function or a client would miss nothing of: permissions, logs, alarms.
const WITHOUT_EFFECT: [&str; 5] =
    ["AWS::ApiGateway::Account", "AWS::CloudWatch::", "AWS::IAM::", "AWS::Lambda::Permission", "AWS::Logs::"];

/// Whether a resource of this kind need not be there, and may even be referred to.
pub(super) fn has_no_effect(kind: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|prefix| kind.starts_with(prefix))
}

/// Names resources that do not run here, in one line for people; `None` if there are none.
pub(super) fn sentence<'a>(resources: impl Iterator<Item = &'a Resource<'a>>) -> Option<String> {
    let named: Vec<_> = resources.map(|resource| format!("{} ({})", resource.id, resource.kind)).collect();
    (!named.is_empty()).then(|| format!("not here, but in the template: {}", named.join(", ")))
}

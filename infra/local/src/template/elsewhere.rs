//! Resources of a template that do not run here.

use super::resources::Resource;

/// Lists resources that do not run here in one line; `None` if there are none.
pub(super) fn sentence<'a>(resources: impl Iterator<Item = &'a Resource<'a>>) -> Option<String> {
    let named: Vec<_> = resources.map(|resource| format!("{} ({})", resource.id, resource.kind)).collect();
    (!named.is_empty()).then(|| format!("not here, but in the template: {}", named.join(", ")))
}

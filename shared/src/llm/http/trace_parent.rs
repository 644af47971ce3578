//! The trace of an invocation in W3C format, which model servers and their proxies understand.

/// Returns the trace of the current invocation in X-Ray's format: `Root=1-5759e988-bd86…;Parent=53995c3f…;Sampled=1`.
pub type TraceSource = fn() -> Option<String>;

/// The header `traceparent` for an X-Ray trace; `None` if that is incomplete.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub(super) fn trace_parent(trace: &str) -> Option<String> {
    let field = |name: &str| trace.split(';').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let (time, unique) = field("Root")?.strip_prefix("1-")?.split_once('-')?;
    let parent = field("Parent")?;
    let sampled = u8::from(field("Sampled") == Some("1"));
    let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(time, 8) && is_hex(unique, 24) && is_hex(parent, 16))
        .then(|| format!("00-{time}{unique}-{parent}-{sampled:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_of_x_ray_keeps_its_ids_and_whether_it_is_recorded() {
        let trace =
            |sampled| format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}");
        let parent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8";
        assert_eq!(trace_parent(&trace(1)), Some(format!("{parent}-01")));
        assert_eq!(trace_parent(&trace(0)), Some(format!("{parent}-00")));
        assert_eq!(trace_parent(&format!("{};Lineage=1:a", trace(1))), Some(format!("{parent}-01")));
    }

    #[test]
    fn what_is_not_whole_is_not_handed_on() {
        for trace in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=5;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a99427279x;Parent=53995c3f42cd8ad8",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
        ] {
            assert_eq!(trace_parent(trace), None, "{trace}");
        }
    }
}

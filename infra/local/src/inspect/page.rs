//! The files of the page, compiled into the program.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;

use super::inspected::Inspected;

/// Allows only the page's own files and responses, and no embedding.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file: its path, its type, and its content.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [File; 19] = [
    ("/inspect", HTML, include_str!("page/index.html")),
    ("/inspect/page.css", CSS, include_str!("page/page.css")),
    ("/inspect/icon.svg", IMAGE, include_str!("page/icon.svg")),
    ("/inspect/cost.js", SCRIPT, include_str!("page/cost.js")),
    ("/inspect/detail.js", SCRIPT, include_str!("page/detail.js")),
    ("/inspect/element.js", SCRIPT, include_str!("page/element.js")),
    ("/inspect/filter.js", SCRIPT, include_str!("page/filter.js")),
    ("/inspect/journal.js", SCRIPT, include_str!("page/journal.js")),
    ("/inspect/json.js", SCRIPT, include_str!("page/json.js")),
    ("/inspect/list.js", SCRIPT, include_str!("page/list.js")),
    ("/inspect/metrics.js", SCRIPT, include_str!("page/metrics.js")),
    ("/inspect/page.js", SCRIPT, include_str!("page/page.js")),
    ("/inspect/sidebar.js", SCRIPT, include_str!("page/sidebar.js")),
    ("/inspect/tables.js", SCRIPT, include_str!("page/tables.js")),
    ("/inspect/turn-rows.js", SCRIPT, include_str!("page/turn-rows.js")),
    ("/inspect/turns.js", SCRIPT, include_str!("page/turns.js")),
    ("/inspect/units.js", SCRIPT, include_str!("page/units.js")),
    ("/inspect/waterfall.js", SCRIPT, include_str!("page/waterfall.js")),
    ("/inspect/words.js", SCRIPT, include_str!("page/words.js")),
];

/// `/inspect` and the files beside it.
pub fn router() -> Router<Arc<Inspected>> {
    FILES.into_iter().fold(Router::new(), |router, file| router.route(file.0, get(move || async move { serve(file) })))
}

fn serve((_, kind, content): File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, content).into_response()
}

//! The web page: a folder of static files.

use std::path::Path;

use axum::Router;
use http::{HeaderValue, StatusCode, header};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// Serves the files of `folder`, or an explanation if there is no page.
pub fn router(folder: Option<&Path>) -> Router {
    match folder.filter(|folder| folder.is_dir()) {
        Some(folder) => Router::new()
            .fallback_service(ServeDir::new(folder))
            // A page that was just built must be the one that is seen.
            .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))),
        None => Router::new().fallback(|| async {
            (
                StatusCode::NOT_FOUND,
                "There is no page here: it has not been built, or --site does not name its folder.\n",
            )
        }),
    }
}

use axum::Router;

/// An HTTP server on loopback that ends with the test.
pub struct HttpServer {
    pub url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl HttpServer {
    pub async fn start(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, serving }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

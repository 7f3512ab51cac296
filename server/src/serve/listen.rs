//! Accepting connections. A client that does not send its request in time is hung up on, so that slow or
//! silent ones do not pile up.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::serve::Listener;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::Layer;

/// The head of a request must be there within this time.
pub const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// Serves until `stopped`, then until the requests under way have been answered.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    head_within: Duration,
    stopped: impl Future<Output = ()>,
) {
    let (stopping, stop) = watch::channel(());
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let (stream, peer): (_, SocketAddr) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = stopped.as_mut() => break,
        };
        let service = Extension(ConnectInfo(peer)).layer(router.clone());
        let mut stop = stop.clone();
        crate::supervise::detach("a connection", async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
            let connection = builder
                .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stop.changed() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    drop(listener);
    drop(stop);
    let _ = stopping.send(());
    stopping.closed().await;
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test awaits it")]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_request_that_is_never_finished_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let stopped = async move {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(serve(listener, router, Duration::from_millis(100), stopped));

        let mut whole = TcpStream::connect(address).await.expect("connected");
        let here = whole.local_addr().expect("an address").to_string();
        whole.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        whole.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&here), "{answer}");

        let mut half = TcpStream::connect(address).await.expect("connected");
        half.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("sent");
        let mut answer = Vec::new();
        // Ends because the server ends it: this side goes on waiting.
        let _ = half.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));

        stop.send(()).expect("it serves");
        serving.await.expect("it ends once nothing is under way");
    }
}

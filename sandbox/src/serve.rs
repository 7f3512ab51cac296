//! Starting and stopping: one listener for everything.

use std::{io, net::SocketAddr};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Options, actions, controls, graphql, http::exchange::exchange, oauth, rest, smart_http, web, world::World,
};

/// A running sandbox. Dropping it stops listening; [`Sandbox::shutdown`] also waits for that.
pub struct Sandbox {
    addr: SocketAddr,
    world: World,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    telling: JoinSet<()>,
}

/// Opens the world and serves it.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    options.check()?;
    let listener = TcpListener::bind(options.addr).await?;
    let addr = listener.local_addr()?;
    let (world, telling) = World::open(&options, format!("http://{addr}")).await?;
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(serve(listener, world.clone(), stopped));
    Ok(Sandbox { addr, world, stop: Some(stop), serving, telling })
}

/// Everything that is served; whatever has no route is not found.
fn router(world: World) -> Router {
    Router::new()
        .merge(actions::router())
        .merge(controls::router())
        .merge(graphql::router())
        .merge(oauth::router())
        .merge(rest::router())
        .merge(smart_http::router())
        .merge(web::router())
        .fallback(rest::nothing)
        .method_not_allowed_fallback(rest::nothing)
        .with_state(world)
}

async fn serve(listener: TcpListener, world: World, mut stopped: oneshot::Receiver<()>) {
    let router = router(world.clone());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, world.clone(), router.clone()));
                }
                Err(error) => tracing::warn!(%error, "the sandbox could not accept a connection"),
            },
        }
    }
    connections.shutdown().await;
}

/// Serves one connection. An exchange that is cut ends it without an answer.
async fn connection(stream: TcpStream, world: World, router: Router) {
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: Request<Incoming>| {
        exchange(world.clone(), router.clone(), request.map(Body::new))
    });
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended");
    }
}

impl Sandbox {
    /// `http://127.0.0.1:3100`, without a slash at its end.
    pub fn url(&self) -> String {
        self.world.base().to_owned()
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the world is kept.
    pub fn folder(&self) -> &std::path::Path {
        self.world.dir()
    }

    /// Stops listening, ends every connection and every run.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        (&mut self.serving).await.ok();
        if let Some(actions) = self.world.actions() {
            actions.stop().await;
        }
        self.telling.shutdown().await;
    }
}

//! Starting and stopping: one listener for everything.

use std::{io, net::SocketAddr};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{Options, actions, world::World};

/// A running sandbox. Dropping it stops listening; [`Sandbox::shutdown`] also waits for that.
pub struct Sandbox {
    addr: SocketAddr,
    world: World,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// Opens the world and serves it.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    options.check()?;
    let listener = TcpListener::bind(options.addr).await?;
    let addr = listener.local_addr()?;
    let world = World::open(&options, format!("http://{addr}")).await?;
    let app = app(world.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let shutdown = async { stopped.await.unwrap_or(()) };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(shutdown).await {
            tracing::error!(%error, "the sandbox stopped serving");
        }
    });
    Ok(Sandbox { addr, world, stop: Some(stop), serving })
}

fn app(world: World) -> Router {
    Router::new().merge(actions::router()).with_state(world)
}

impl Sandbox {
    /// `http://127.0.0.1:3100`, without a slash at its end.
    pub fn url(&self) -> String {
        self.world.base().to_owned()
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening; requests that hang are not waited for.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        let limit = std::time::Duration::from_secs(2);
        if tokio::time::timeout(limit, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

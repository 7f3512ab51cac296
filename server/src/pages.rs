//! The routes of the pages and the context they run in: the same for pages and server functions.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context, render_app_async_with_context};
use tower_sessions::Session;
use waymark_app::areas::{Account, Areas, Installation, Problem, ProblemKind, Viewer};
use waymark_app::{Origin, RequestId, SessionName, shell};

use crate::auth::{ClientAddress, Current, hardening, session_name};
use crate::config::EncryptionKey;
use crate::state::App;

impl Account for App {
    fn installation(&self) -> Installation {
        Installation {
            public_url: self.config.public().to_owned(),
            github_url: self.config.github().to_owned(),
            sandbox: self.config.sandbox,
            demo: self.config.demo,
            admins: self.config.entry.admins.iter().map(ToString::to_string).collect(),
        }
    }

    fn reset_demo(&self, viewer: &Viewer) -> Result<(), Problem> {
        #[cfg(feature = "sandbox")]
        if self.config.demo {
            tracing::info!(by = viewer.login, "the demo is reset");
            return crate::serve::sandbox::ask_for_reset(&self.config)
                .map(|()| self.reset.notify_one())
                .map_err(|error| {
                    tracing::error!(%error, "the data folder cannot be written");
                    Problem::new(ProblemKind::Internal, "The demo could not be reset.")
                        .next("Look at the log of the server.")
                });
        }
        let _ = viewer;
        Err(Problem::new(ProblemKind::NotFound, "There is no demo here."))
    }

    fn administers(&self, viewer: &Viewer) -> bool {
        self.door.known_to_administer(viewer)
    }
}

/// What the pages need of the server.
#[derive(Clone)]
struct Site {
    areas: Areas,
    options: LeptosOptions,
    github: String,
    key: EncryptionKey,
}

/// Pages at every address that nothing else answers, and server functions under `/do`.
pub fn routes(app: &App, areas: &Areas) -> Router<App> {
    waymark_app::register();
    // Resources of a page are spawned on this runtime; a second call changes nothing.
    let _ = any_spawner::Executor::init_tokio();
    let options = LeptosOptions::builder()
        .output_name("waymark")
        .site_root(app.config.site_dir.display().to_string())
        .build();
    let site = Site {
        areas: areas.clone(),
        options,
        github: app.config.github().to_owned(),
        key: app.config.encryption_key.clone(),
    };
    Router::new()
        // Nothing that changes state answers a GET.
        .route("/do/{*function}", post(server_function))
        .fallback(page)
        .layer(Extension(site))
}

/// The address of every page, with `:name` in the place of what varies.
pub fn paths() -> Vec<String> {
    leptos_axum::generate_route_list(waymark_app::App).iter().map(|route| route.path().to_owned()).collect()
}

/// Provides what a page or a server function may ask for.
fn provide(
    site: &Site,
    viewer: Option<Viewer>,
    origin: Origin,
    session: Option<SessionName>,
    id: Option<RequestId>,
) {
    provide_context(site.areas.clone());
    provide_context(viewer);
    provide_context(origin);
    session.into_iter().for_each(provide_context);
    id.into_iter().for_each(provide_context);
}

/// The context of this request, to be provided when the page or the function runs.
fn context(site: &Site, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
    let viewer = request.extensions().get::<Current>().and_then(|current| current.0.clone());
    let id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let id = id.map(|id| RequestId(id.to_owned()));
    let session = request.extensions().get::<Session>().and_then(Session::id);
    let session = session.map(|id| SessionName(session_name(&id)));
    let address = request.extensions().get::<ClientAddress>();
    let origin = Origin(address.map(|address| address.hashed(&site.key)).unwrap_or_default());
    let site = site.clone();
    move || provide(&site, viewer.clone(), origin.clone(), session.clone(), id.clone())
}

async fn server_function(Extension(site): Extension<Site>, request: Request) -> Response {
    let context = context(&site, &request);
    handle_server_fns_with_context(context, request).await.into_response()
}

async fn page(Extension(site): Extension<Site>, request: Request) -> Response {
    let context = context(&site, &request);
    let document = move || {
        if let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>()) {
            let policy = hardening::page_policy(&nonce, &site.github);
            if let Ok(policy) = HeaderValue::from_str(&policy) {
                options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
        shell(site.options.clone())
    };
    let (parts, _): (Parts, Body) = request.into_parts();
    render_app_async_with_context(context, document)(Request::from_parts(parts, Body::empty())).await
}

//! GitHub's OAuth, with its two departures from the standard: errors arrive with status 200, and
//! scopes are separated by commas.

use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::BasicTokenType;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse},
};
use secrecy::{ExposeSecret, SecretString};

use crate::config::Config;

/// What Waymark asks a person for. Without effect for a GitHub App, whose permissions are its own.
const SCOPES: [&str; 4] = ["repo", "workflow", "gist", "read:org"];

type GitHubClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub(super) enum OauthError {
    /// GitHub refused: its error code, such as `bad_verification_code`.
    #[error("GitHub refused: {0}")]
    Refused(String),
    #[error("GitHub could not be reached or understood")]
    Unreachable,
}

/// Tokens as GitHub gives them.
pub(super) struct Granted {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// Time to live of the access token, where it expires.
    pub expires_in: Option<Duration>,
}

/// Where a sign-in begins, and what must come back.
pub(super) struct Beginning {
    pub address: String,
    pub state: String,
    pub verifier: String,
}

#[derive(Clone)]
pub(super) struct Oauth {
    client: GitHubClient,
    http: Http,
}

#[derive(Debug, thiserror::Error)]
#[error("the address of GitHub or of Waymark cannot be used for signing in: {0}")]
pub struct SetupError(String);

impl Oauth {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let wrong = |error: &dyn std::fmt::Display| SetupError(error.to_string());
        let github = config.github();
        let client = Client::new(ClientId::new(config.github_client_id.clone()))
            .set_client_secret(ClientSecret::new(config.github_client_secret.expose_secret().to_owned()))
            .set_auth_uri(AuthUrl::new(format!("{github}/login/oauth/authorize")).map_err(|e| wrong(&e))?)
            .set_token_uri(
                TokenUrl::new(format!("{github}/login/oauth/access_token")).map_err(|e| wrong(&e))?,
            )
            .set_redirect_uri(
                RedirectUrl::new(format!("{}/auth/github/callback", config.public()))
                    .map_err(|e| wrong(&e))?,
            )
            // GitHub documents form parameters for the client's id and secret.
            .set_auth_type(AuthType::RequestBody);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.github_timeout)
            .build()
            .map_err(|e| wrong(&e))?;
        Ok(Oauth { client, http: Http(http) })
    }

    pub fn begin(&self) -> Beginning {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state) = self
            .client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Beginning {
            address: address.into(),
            state: state.secret().clone(),
            verifier: verifier.secret().clone(),
        }
    }

    pub async fn exchange(&self, code: String, verifier: String) -> Result<Granted, OauthError> {
        let request = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        request.request_async(&self.http).await.map(granted).map_err(refused)
    }

    pub async fn refresh(&self, token: &SecretString) -> Result<Granted, OauthError> {
        let token = RefreshToken::new(token.expose_secret().to_owned());
        self.client
            .exchange_refresh_token(&token)
            .request_async(&self.http)
            .await
            .map(granted)
            .map_err(refused)
    }
}

/// Sends the requests of the OAuth client, and gives an error that arrives with status 200 the status
/// of an error.
#[derive(Clone)]
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = self
                .0
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .header(http::header::USER_AGENT, "waymark")
                .body(body)
                .send()
                .await?;
            let status = answer.status();
            let body = answer.bytes().await?.to_vec();
            let refused = serde_json::from_slice::<serde_json::Value>(&body)
                .is_ok_and(|json| json.get("error").is_some());
            let mut response = HttpResponse::new(body);
            *response.status_mut() =
                if refused && status.is_success() { http::StatusCode::BAD_REQUEST } else { status };
            let json = http::HeaderValue::from_static("application/json");
            response.headers_mut().insert(http::header::CONTENT_TYPE, json);
            Ok(response)
        })
    }
}

fn granted(answer: StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>) -> Granted {
    Granted {
        access: answer.access_token().secret().as_str().into(),
        refresh: answer.refresh_token().map(|token| token.secret().as_str().into()),
        expires_in: answer.expires_in(),
    }
}

fn refused<E: std::error::Error>(error: RequestTokenError<E, BasicErrorResponse>) -> OauthError {
    match error {
        RequestTokenError::ServerResponse(answer) => OauthError::Refused(answer.error().to_string()),
        RequestTokenError::Request(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            OauthError::Unreachable
        }
    }
}

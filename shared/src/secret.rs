//! Secrets, such as the key of a model: given in the environment (development) or kept in AWS Secrets Manager.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use tokio::sync::OnceCell;

/// A secret, fetched once, when it is first needed.
pub struct Secret {
    value: OnceCell<String>,
    // Where it is kept, unless the value was given.
    store: Option<(Client, String)>,
}

/// A secret could not be fetched. The message names the secret, never its value.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the secret {id}: {cause}")]
pub struct SecretError {
    id: String,
    cause: String,
}

impl Secret {
    /// A secret whose value is known.
    pub fn given(value: String) -> Self {
        Self { value: OnceCell::new_with(Some(value)), store: None }
    }

    /// The secret that Secrets Manager keeps under `id`, an ARN or a name.
    pub fn kept(client: Client, id: String) -> Self {
        Self { value: OnceCell::new(), store: Some((client, id)) }
    }

    /// The value. A failure is not remembered: the next call asks again.
    ///
    /// # Errors
    /// The store cannot be reached, refuses, or holds no text under this id.
    pub async fn value(&self) -> Result<&str, SecretError> {
        let fetch = async || {
            let (client, id) = self.store.as_ref().ok_or_else(|| error("", "none was given"))?;
            let answer = client
                .get_secret_value()
                .secret_id(id)
                .send()
                .await
                .map_err(|cause| error(id, DisplayErrorContext(cause)))?;
            answer.secret_string.ok_or_else(|| error(id, "it is not text"))
        };
        self.value.get_or_try_init(fetch).await.map(|value| value.trim())
    }
}

fn error(id: &str, cause: impl fmt::Display) -> SecretError {
    SecretError { id: id.to_owned(), cause: cause.to_string() }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

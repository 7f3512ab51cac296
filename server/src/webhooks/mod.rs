//! Webhook deliveries: on disk before they are acknowledged.

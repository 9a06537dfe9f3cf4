//! End-to-end tests against the real node and operator.

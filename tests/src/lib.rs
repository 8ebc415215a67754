//! End-to-end tests of the mvmhat binary, golden and parity checks

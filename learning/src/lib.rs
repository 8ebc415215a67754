//! The learning stack that every network shares

//! Who is who: similarity, assignment, motion, over time, across views, identities

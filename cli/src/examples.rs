//! What stands at the end of every help: examples, and the environment variables.

/// The end of a help: examples, one per line, and the environment variables.
macro_rules! examples {
    ($($line:literal),+ $(,)?) => {
        concat!(
            "Examples:\n",
            $("  ", $line, "\n",)+
            "\nEnvironment variables:\n",
            "  MVMHAT_LOG             how much is logged: error, warn, info, debug, trace [default: info]\n",
            "  MVMHAT_CACHE           folder for fetched weights [default: ~/.cache/mvmhat]\n",
            "  MVMHAT_WEIGHTS_MIRROR  folder with weights files, for machines without internet access"
        )
    };
}
pub(crate) use examples;

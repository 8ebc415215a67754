//! The mvmhat binary: sources, stages, sinks and one file per subcommand

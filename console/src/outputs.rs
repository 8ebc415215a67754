//! Where a command may write. One policy for all commands: what exists is not written over unless `--overwrite` says so,
//! and what is read is never written over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::usage;

/// Refuses a folder for outputs that exists, unless it may be overwritten, and one that is a file or one of the inputs
/// in any case. `option` names it, for instance `--out`.
///
/// # Errors
/// A [`UsageError`](crate::UsageError): what is wrong with it, and what to give instead.
pub fn check_folder(option: &str, folder: &Path, overwrite: bool, inputs: &[PathBuf]) -> Result<()> {
    check_distinct(option, folder, inputs)?;
    if folder.exists() && !overwrite {
        return Err(usage!(
            "{option} {}: the folder exists; give another one, or --overwrite",
            folder.display()
        ));
    }
    Ok(())
}

/// Refuses a folder for outputs that is a file or one of the inputs; for those that are continued.
///
/// # Errors
/// A [`UsageError`](crate::UsageError): what is wrong with it, and what to give instead.
pub fn check_distinct(option: &str, folder: &Path, inputs: &[PathBuf]) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(usage!("{option} {}: this is a file, not a folder", folder.display()));
    }
    let Ok(path) = folder.canonicalize() else { return Ok(()) };
    if inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == path)) {
        return Err(usage!(
            "{option} {}: this is the recording itself; give a folder of its own",
            path.display()
        ));
    }
    Ok(())
}

/// Refuses a file for outputs that exists, unless it may be overwritten, and one that is a folder in any case. Devices
/// such as `/dev/stdout` may always be written to.
///
/// # Errors
/// A [`UsageError`](crate::UsageError): what is wrong with it, and what to give instead.
pub fn check_file(option: &str, file: &Path, overwrite: bool) -> Result<()> {
    let shown = file.display();
    if file.is_dir() {
        return Err(usage!("{option} {shown}: this is a folder, not a file"));
    }
    if file.is_file() && !overwrite {
        return Err(usage!("{option} {shown}: the file exists; give another name, or --overwrite"));
    }
    Ok(())
}

/// Writes a whole file: it appears complete or not at all, and what had the name before stays until then.
///
/// # Errors
/// A file that cannot be written; the message names it.
pub fn write_file(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    mvmhat_scene::write_atomically(path, content).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.json");
        write_file(&file, "{}").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"{}");
        let error = write_file(&file.join("below"), "{}").unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.ends_with("below"), "{error}");
    }

    #[test]
    fn what_exists_is_refused_unless_it_may_be_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let (folder, file) = (root.path().join("out"), root.path().join("scores.json"));
        check_folder("--out", &folder, false, &[]).unwrap();
        check_file("--json", &file, false).unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, "{}").unwrap();
        for (checked, overwriting) in [
            (check_folder("--out", &folder, false, &[]), check_folder("--out", &folder, true, &[])),
            (check_file("--json", &file, false), check_file("--json", &file, true)),
        ] {
            assert!(checked.unwrap_err().to_string().ends_with("or --overwrite"));
            overwriting.unwrap();
        }
    }

    #[test]
    fn an_input_is_never_overwritten_nor_a_folder_taken_for_a_file() {
        let root = tempfile::tempdir().unwrap();
        let (folder, file) = (root.path().to_path_buf(), root.path().join("a"));
        std::fs::write(&file, "").unwrap();
        let error =
            check_folder("--out", &folder.join("."), true, std::slice::from_ref(&folder)).unwrap_err();
        assert!(error.to_string().contains("the recording itself"), "{error}");
        assert!(check_folder("--out", &file, true, &[]).unwrap_err().to_string().contains("not a folder"));
        assert!(check_file("--json", &folder, true).unwrap_err().to_string().contains("not a file"));
    }
}

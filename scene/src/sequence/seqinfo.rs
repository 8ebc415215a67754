//! `seqinfo.ini`, what MOTChallenge says of a sequence.

use std::path::Path;

use super::SequenceError;

/// What is used of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SeqInfo {
    pub(super) fps: Option<f64>,
    /// Folder of the images, relative to the file's.
    pub(super) images: Option<String>,
    /// A video, relative to the file's folder; not of MOTChallenge.
    pub(super) video: Option<String>,
}

impl SeqInfo {
    /// Reads the file in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, SequenceError> {
        let path = folder.join("seqinfo.ini");
        let text = std::fs::read(&path);
        let text = text.map_err(|error| SequenceError::Unreadable { path: path.clone(), error })?;
        Self::parse(&String::from_utf8_lossy(&text)).map_err(|problem| SequenceError::content(path, problem))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut info = Self::default();
        for (i, line) in text.lines().enumerate() {
            // Sections, comments and keys of no use here are passed over.
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "framerate" => {
                    let fps = value.parse().ok().filter(|fps: &f64| fps.is_finite() && *fps > 0.0);
                    let fps =
                        fps.ok_or_else(|| format!("line {}: frameRate={value} is no frame rate", i + 1))?;
                    info.fps = Some(fps);
                }
                "imdir" => info.images = Some(value.to_owned()),
                "video" => info.video = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_of_it() {
        let info =
            SeqInfo::parse("[Sequence]\r\nname=MOT17-02\r\nimDir = frames\r\nframeRate=29.97\r\n; x\r\n")
                .unwrap();
        assert_eq!(info, SeqInfo { fps: Some(29.97), images: Some("frames".to_owned()), video: None });
        for bad in ["0", "fast", "nan", "-25"] {
            let error = SeqInfo::parse(&format!("[Sequence]\nframeRate={bad}")).unwrap_err();
            assert_eq!(error, format!("line 2: frameRate={bad} is no frame rate"));
        }
    }
}

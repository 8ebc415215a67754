//! Images in folders, one folder per class: for instance crops of people by identity.

use std::path::{Path, PathBuf};

use tch::{Kind, Tensor, vision};

use super::{DataError, Samples};

/// The images (PNG, JPEG) in the subfolders of a folder, N x 3 x height x width, values from 0 to 1, and the number of
/// classes. All images are resized to one height and width; classes are numbered in the order of their folders' names.
///
/// # Errors
/// If a folder cannot be read, there are fewer than two classes, or an image cannot be read.
pub fn read_image_folder(folder: &Path, [height, width]: [i64; 2]) -> Result<(Samples, usize), DataError> {
    let classes: Vec<_> = sorted(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for (label, class) in (0i64..).zip(&classes) {
        for path in sorted(class)?.into_iter().filter(|path| is_image(path)) {
            let image = vision::image::load_and_resize(&path, width, height);
            let image = image.map_err(|e| DataError::format(&path, "image", e.to_string()))?;
            images.push(image.to_kind(Kind::Float) / 255.0);
            labels.push(label);
        }
    }
    if classes.len() < 2 || images.is_empty() {
        let reason = format!(
            "it has {} folders with {} images; one folder per class is needed",
            classes.len(),
            images.len()
        );
        return Err(DataError::format(folder, "image folder", reason));
    }
    Ok((Samples { inputs: Tensor::stack(&images, 0), labels: Tensor::from_slice(&labels) }, classes.len()))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Io { path: folder.to_path_buf(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg"].contains(&extension.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn one_folder_per_class() {
        let folder = tempfile::tempdir().unwrap();
        for (class, gray) in [("b", 200.0), ("a", 100.0)] {
            std::fs::create_dir(folder.path().join(class)).unwrap();
            let image = Tensor::full([3, 8, 4], gray, (Kind::Uint8, Device::Cpu));
            vision::image::save(&image, folder.path().join(class).join("1.png")).unwrap();
        }
        let (samples, classes) = read_image_folder(folder.path(), [16, 8]).unwrap();
        assert_eq!((samples.inputs.size(), classes), (vec![2, 3, 16, 8], 2));
        assert!((samples.inputs.double_value(&[0, 1, 3, 3]) - 100.0 / 255.0).abs() < 1e-6);
        assert_eq!(samples.labels, Tensor::from_slice(&[0i64, 1]));
        std::fs::write(folder.path().join("a/2.png"), "no image").unwrap();
        let error = read_image_folder(folder.path(), [16, 8]).unwrap_err().to_string();
        assert!(error.contains("2.png is not a valid image file"), "{error}");
        let error = read_image_folder(&folder.path().join("a"), [16, 8]).unwrap_err().to_string();
        assert!(error.contains("it has 0 folders with 0 images"), "{error}");
    }
}

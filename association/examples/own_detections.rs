//! Identities for your own detections: frame sets in, tracked boxes out.
//!
//! `cargo run --release -p mvmhat-association --example own_detections`

use mvmhat_association::{AssociationConfig, ConfigError, Evidence, build};
use mvmhat_scene::{BBox, Detection, Embedding, FrameIndex, FrameNumber, FrameSet, ViewFrame};

fn main() -> Result<(), ConfigError> {
    // From your detector and re-ID network: whom each camera sees. Here two people walk, the second before both cameras.
    let person = |t: u32, left: f64, appearance: [f32; 2]| Detection {
        bbox: BBox::new(left + f64::from(t), 50.0, 60.0, 170.0),
        score: 0.9,
        embedding: Some(Embedding::normalized(appearance.to_vec())),
    };
    let my_detections = (0..50).map(|t| {
        let first = vec![person(t, 100.0, [1.0, 0.0]), person(t, 400.0, [0.0, 1.0])];
        let second = vec![person(t, 250.0, [0.1, 1.0])];
        let view =
            |found: Vec<Detection>| Some(ViewFrame { number: FrameNumber(t + 1), content: found.into() });
        let views = [first, second].map(view).into();
        FrameSet { index: FrameIndex(t.into()), seconds: f64::from(t) / 25.0, views }
    });

    let mut associator = build(&AssociationConfig::default(), Evidence::default())?;
    for timestep in my_detections {
        // A FrameSet<ViewDetections>: a box, a score and an embedding per person and camera.
        for decided in associator.associate(timestep) {
            for (camera, view) in decided.present() {
                view.content
                    .iter()
                    .for_each(|tracked| println!("{camera:?} {:?} {:?}", tracked.person, tracked.bbox));
            }
        }
    }
    Ok(())
}

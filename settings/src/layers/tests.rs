use serde::Deserialize;

use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Detector {
    name: String,
    conf: f64,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Batch {
    batch: usize,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
enum Loss {
    Mvmhat { margin: f64 },
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Train {
    pk_sampling: Batch,
    samples: Batch,
    loss: Option<Loss>,
}

const SCHEMA: Schema = Schema { sections: &["detector", "train", "association"], values: &["task"] };

fn layers() -> Layers {
    let mut layers = Layers::new(SCHEMA);
    layers.lay_preset("detector: {name: yolox-nano, conf: 0.3}").unwrap();
    layers
}

fn set(layers: &mut Layers, assignment: &str) -> Result<()> {
    layers.lay_settings(&[assignment.to_owned()])
}

/// Layers with a file over the preset; its text without the path of its folder in messages.
struct WithFile {
    layers: Layers,
    folder: tempfile::TempDir,
}

impl WithFile {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, text).unwrap();
        let mut layers = layers();
        layers.lay_file(&file).unwrap();
        Self { layers, folder }
    }

    fn message(&self, error: &anyhow::Error) -> String {
        format!("{error:#}").replace(&format!("{}/", self.folder.path().display()), "")
    }

    /// What is said of a value that breaks a rule.
    fn refusal(&self, path: &str) -> String {
        self.message(&self.layers.refuse(ConfigError::new(path, 2, "must be less")))
    }

    /// What is said of a section that cannot be read.
    fn error<T: DeserializeOwned + std::fmt::Debug>(&self, section: &str) -> String {
        self.message(&self.layers.section::<T>(section).unwrap_err())
    }
}

#[test]
fn the_order_of_settings_does_not_matter() {
    for order in [["detector.conf=0.9", "detector.name=file"], ["detector.name=file", "detector.conf=0.9"]] {
        let mut l = layers();
        l.lay_settings(&order.map(str::to_owned)).unwrap();
        let detector: Detector = l.section("detector").unwrap();
        assert_eq!(detector, Detector { name: "file".into(), conf: 0.9 });
    }
}

#[test]
fn later_layers_win_key_by_key() {
    let mut l = layers();
    set(&mut l, "detector.conf=0.5").unwrap();
    let detector: Detector = l.section("detector").unwrap();
    assert_eq!(detector, Detector { name: "yolox-nano".into(), conf: 0.5 });
}

#[test]
fn another_choice_drops_the_keys_of_the_former() {
    let mut l = layers();
    set(&mut l, "detector.name=file").unwrap();
    let detector: Detector = l.section("detector").unwrap();
    assert_eq!(detector, Detector { name: "file".into(), conf: 0.0 });
    let mut short = layers();
    set(&mut short, "detector=file").unwrap();
    assert_eq!(short.name("detector"), Some("file"));
    assert_eq!(short.origin("detector.name"), Origin::Set("detector=file".into()));
}

#[test]
fn a_value_of_its_own_is_no_section() {
    let mut l = layers();
    set(&mut l, "task=reid").unwrap();
    assert_eq!(l.value(&["task"]), Some(&Value::from("reid")));
}

#[test]
fn an_unknown_section_or_key_is_refused_with_the_nearest_and_the_line() {
    let error = set(&mut layers(), "detectr.conf=1").unwrap_err().to_string();
    assert_eq!(error, "--set detectr.conf=1: unknown section `detectr`; did you mean `detector`?");

    let file = WithFile::new("# comment\ndetector:\n  name: x\n  cnof: 0.5\n");
    let error = file.error::<Detector>("detector");
    assert!(error.starts_with("c.yaml:4: `detector.cnof`: unknown field `cnof`"), "{error}");
    assert!(error.ends_with("; did you mean `conf`?"), "{error}");

    let file = WithFile::new("train:\n  samples:\n    btach: 1\n");
    let error = file.error::<Train>("train");
    assert!(error.starts_with("c.yaml:3: `train.samples.btach`"), "{error}");
}

#[test]
fn a_value_of_another_type_is_refused_with_its_line() {
    let file = WithFile::new("train:\n  pk_sampling:\n    batch: 1\n  samples:\n    batch: many\n");
    let error = file.error::<Train>("train");
    assert!(error.starts_with("c.yaml:5: `train.samples.batch`: invalid type"), "{error}");
}

#[test]
fn a_key_inside_a_value_that_is_chosen_by_name_has_its_line_too() {
    let file = WithFile::new("train:\n  loss:\n    name: mvmhat\n    margin: 0.5\n    magrin: 0.5\n");
    let error = file.error::<Train>("train");
    assert!(error.starts_with("c.yaml:5: `train.loss.magrin`"), "{error}");
}

#[test]
fn a_setting_is_blamed_and_not_a_similar_key_further_down_in_the_file() {
    let mut file = WithFile::new("detector:\n  name: yolox-nano\ntrain:\n  data:\n    conf: 0.3\n");
    set(&mut file.layers, "detector.conf=2").unwrap();
    assert_eq!(
        file.refusal("detector.conf"),
        "--set detector.conf=2: `detector.conf` is 2, but must be less"
    );
}

#[test]
fn keys_of_one_name_in_two_parts_have_a_line_each() {
    let file = WithFile::new("train:\n  pk_sampling:\n    batch: 1\n  samples:\n    batch: 2\n");
    assert!(file.refusal("train.samples.batch").starts_with("c.yaml:5: "));
    assert!(file.refusal("train.pk_sampling.batch").starts_with("c.yaml:3: "));
}

#[test]
fn a_comment_that_contains_the_key_does_not_win_over_it() {
    let file = WithFile::new("detector:\n  # conf: of people\n  name: x # conf: 1\n  conf: 2\n");
    assert_eq!(file.refusal("detector.conf"), "c.yaml:4: `detector.conf` is 2, but must be less");
}

#[test]
fn what_nobody_has_said_blames_no_line() {
    let file = WithFile::new("detector:\n  name: yolox-nano\n");
    assert_eq!(file.refusal("detector.conf"), "`detector.conf` is 2, but must be less");
    assert_eq!(file.layers.origin("detector.conf"), Origin::Preset);
    assert_eq!(file.layers.origin("detector.min_size"), Origin::Default);
}

#[test]
fn keys_in_one_setting_or_behind_an_alias_have_the_place_of_the_whole() {
    let mut file = WithFile::new("train:\n  pk_sampling: &shared\n    batch: 1\n  samples: *shared\n");
    assert!(file.refusal("train.samples.batch").starts_with("c.yaml:4: "));
    set(&mut file.layers, "detector={conf: 2}").unwrap();
    assert!(file.refusal("detector.conf").starts_with("--set detector={conf: 2}: "));
}

#[test]
fn a_key_that_was_renamed_is_refused_with_its_present_name() {
    let file = WithFile::new("detector:\n  score: 0.4\n");
    assert_eq!(file.error::<Detector>("detector"), "c.yaml:2: `detector.score` is now `detector.conf`");
    let file = WithFile::new("train:\n  people:\n    batch: 4\n");
    assert_eq!(file.error::<Train>("train"), "c.yaml:2: `train.people` is now `train.pk_sampling`");
}

#[test]
fn a_choice_that_was_renamed_is_refused_with_its_present_name() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Name {
        Clustering,
    }
    #[derive(Debug, Deserialize)]
    struct Association {
        #[serde(rename = "name")]
        _name: Name,
    }
    let expected = "c.yaml:1: `association.name=fused` is now `association.name=clustering`";
    let file = WithFile::new("association: fused\n");
    assert_eq!(file.error::<Association>("association"), expected);
    // The name is read by itself where the keys depend upon it.
    let by_name = |_: PathDeserializer<'_, '_>| {
        Err::<(), _>(serde::de::Error::unknown_variant("fused", &["clustering"]))
    };
    assert_eq!(file.message(&file.layers.options("association", by_name).unwrap_err()), expected);
}

#[test]
fn what_is_not_a_mapping_is_refused() {
    assert!(Layers::new(SCHEMA).lay_preset("- 1").is_err());
    assert!(set(&mut layers(), "detector.conf").is_err());
    assert!(set(&mut layers(), "detector=3").is_err());
}

//! Checkpoints of an earlier version of this program: its configuration had other keys, so they cannot be resumed.

use serde_json::Value;

/// Keys of the section `trainer` that an earlier version wrote and this one does not.
const FORMER_TRAINER_KEYS: [&str; 6] = ["rate", "decay_vectors", "clip", "average", "best", "keep"];

/// Whether an earlier version wrote a configuration.
pub(super) fn wrote(configuration: &Value) -> bool {
    FORMER_TRAINER_KEYS.iter().any(|key| configuration["trainer"].get(key).is_some())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;
    use tch::nn::VarStore;
    use tch::{Device, Tensor};

    use super::super::checkpoint::Checkpoint;
    use super::super::checkpoints::Checkpoints;
    use super::super::progress::Progress;
    use super::super::{StepOutput, Task, TrainerConfig, TrainingStep};
    use super::*;
    use crate::TaskError;

    #[test]
    fn the_present_keys_are_those_of_no_earlier_version() {
        assert!(!wrote(&json!({"trainer": TrainerConfig::default()})));
        assert!(wrote(&json!({"trainer": {"epochs": 2, "decay_vectors": true}})));
    }

    struct Empty(VarStore);

    impl Task for Empty {
        fn store(&self) -> &VarStore {
            &self.0
        }
        fn steps_per_epoch(&self) -> u64 {
            1
        }
        fn configuration(&self) -> Value {
            Value::Null
        }
        fn loss(&mut self, _at: TrainingStep) -> Result<StepOutput, TaskError> {
            Ok(Tensor::from(0f32).into())
        }
        fn describe_batch(&self, _at: TrainingStep) -> String {
            String::new()
        }
    }

    #[test]
    fn a_checkpoint_of_an_earlier_version_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(folder.path().join("checkpoints"), 1, 1).unwrap();
        let configuration = json!({"trainer": {"rate": {"peak": 0.1}}, "task": null});
        let progress = Progress { step: 1, best: None };
        let bytes = Checkpoint::encode(progress, &configuration, &[], Path::new("")).unwrap();
        checkpoints.write(1, None, &bytes).unwrap();
        let mut task = Empty(VarStore::new(Device::Cpu));
        let error = TrainerConfig::default().resume(&mut task, folder.path()).err().unwrap().to_string();
        assert!(error.contains("step-00000001.safetensors was written by an earlier version"), "{error}");
        assert!(error.ends_with("begin anew in another folder"), "{error}");
    }
}

use std::sync::{Arc, Mutex};

/// What was wrong where a panic would be caught: within a function.
#[derive(Clone, Default)]
pub struct Problems(Arc<Mutex<Vec<String>>>);

impl Problems {
    pub fn note(&self, problem: String) {
        self.0.lock().unwrap().push(problem);
    }

    pub fn check(&self) {
        let problems = self.0.lock().unwrap();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

//! What the audience sees: headings, typed commands, their output. Plain text, on a terminal or not.

use std::{
    cell::RefCell,
    io::{self, Write as _},
};

/// Standard output, and the step that is on.
#[derive(Debug, Default)]
pub struct Screen {
    step: RefCell<String>,
}

impl Screen {
    /// Begins a step; a failure later names it.
    pub fn begin(&self, step: &str) {
        step.clone_into(&mut self.step.borrow_mut());
        self.line(&format!("\n# {step}"));
    }

    /// The step that is on.
    pub fn step(&self) -> String {
        self.step.borrow().clone()
    }

    /// A remark.
    pub fn say(&self, text: &str) {
        self.line(&format!("# {text}"));
    }

    /// A command as it is typed.
    pub fn typed(&self, command: &str) {
        self.line(&format!("$ {command}"));
    }

    /// What a command printed.
    pub fn printed(&self, output: &str) {
        self.line(output.trim_end());
    }

    fn line(&self, text: &str) {
        // An audience that left (`cargo demo | head`) is no failure.
        let _ = writeln!(io::stdout(), "{text}");
        let _ = io::stdout().flush();
    }
}

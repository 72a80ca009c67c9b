// SPDX-License-Identifier: GPL-2.0-only

//! Measures Homeward, as root in a guest of its own.
//!
//! `homeward-bench [quick=1] [only=ROW,ROW] [sizes=N,N] [repeat=N]`. Each result is a line that
//! begins with `bench: `; all other lines are for people. A row that cannot be measured is told
//! and the others go on; then it ends with 1.

mod arrivals;
mod dweller;
mod error;
mod listener;
mod machine;
mod module;
mod nics;
mod options;
mod programs;
mod rows;
mod rtnl;
mod screen;
mod stage;
mod town;
mod world;

use error::Result;
use homeward_bench::result::{
    Failed,
    Line, //
};
use options::Options;
use stage::Stage;
use std::panic::{
    catch_unwind,
    AssertUnwindSafe, //
};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let options = match Options::new(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("homeward-bench: {error}");
            return ExitCode::from(2);
        }
    };
    let stage = Stage::new(options);
    stage.line(&Line::Machine(machine::look(stage.options.quick)));
    let mut good = true;
    if let Err(error) = world::raise_limits() {
        good = false;
        stage.fail("(all)", &error.to_string());
    }
    for (name, measure) in rows::ALL {
        if stage.options.wants(name) {
            good &= one(&stage, name, measure);
        }
    }
    stage.line(&Line::End);
    ExitCode::from(u8::from(!good))
}

/// Measures one row, whatever comes of it; whether it was measured.
fn one(stage: &Stage, name: &str, measure: fn(&Stage) -> Result<()>) -> bool {
    let begun = Instant::now();
    println!("{name} ...");
    let result = catch_unwind(AssertUnwindSafe(|| measure(stage)));
    let failure = match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("it panicked; the console says where".to_owned()),
    };
    if let Some(reason) = &failure {
        stage.fail(name, reason);
    }
    // Whatever a row has left: the next one begins without the module.
    if let Err(error) = module::set(false) {
        println!("{name}: {error}");
    }
    println!("{name}: {} s", begun.elapsed().as_secs());
    failure.is_none()
}

impl Stage {
    /// Tells of a row that could not be measured.
    fn fail(&self, row: &str, reason: &str) {
        println!("{row}: failed: {reason}");
        self.line(&Line::Failed(Failed {
            row: row.to_owned(),
            reason: reason.to_owned(),
        }));
    }
}
